"""Templates: every text is masked, made printable and escaped, unless said otherwise.

``Shown`` marks a text that whoever asks may see whole: it is made printable and
escaped. The filter ``names`` makes it of a text with labels, for operators. Addresses
of links are ``Link``: escaped only.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    pass_context,
)
from jinja2.runtime import Context
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from reconciler.model.declaration import NORMAL
from reconciler.model.masking import mask, mask_secrets, printable
from reconciler.page.room_list import RoomList, RoomRow
from reconciler.page.room_segment import room_segment
from reconciler.planning.override import words_of

FOLDER: Final = Path(__file__).parent


class Shown(str):
    """A text that is shown whole."""

    __slots__ = ()


class Link(str):
    """An address within the page, or a field's value: not shown as text."""

    __slots__ = ()


@pass_context
def _names(context: Context, text: str) -> str:
    """A text with labels: phone numbers in them are whole for who may see them."""
    identity = context.get("identity")
    whole = identity is not None and identity.sees_numbers
    return Shown(mask_secrets(text)) if whole else text


def _shown(value: object) -> object:
    if isinstance(value, Markup | Link) or not isinstance(value, str):
        return value
    return printable(value) if isinstance(value, Shown) else mask(value)


def room_url(room: str, *more: str, **query: str | Sequence[str]) -> Link:
    """The address of a room's page, or of something below it."""
    path = "/".join(["/rooms", room_segment(room), *more])
    return Link(f"{path}?{urlencode(query, doseq=True)}" if query else path)


def moment_text(at: float) -> str:
    """A moment in UTC: ``2026-11-29 18:00:03Z``."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def instant(at: float) -> Link:
    """A moment for addresses, in Unix seconds: exactly this one."""
    return Link(repr(float(at)))


def iso(at: float) -> str:
    """A moment for ``datetime`` attributes."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def span(seconds: float) -> str:
    """A length of time: ``12 s``, ``3 min``, ``2 h``, ``4 d``."""
    for limit, unit, word in ((100, 1, "s"), (6000, 60, "min"), (172800, 3600, "h")):
        if seconds < limit:
            return f"{max(0, seconds) / unit:.0f} {word}"
    return f"{seconds / 86400:.0f} d"


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        moment=moment_text,
        instant=instant,
        iso=iso,
        span=span,
        link=Link,
        whole=Shown,
        names=_names,
    )
    made.globals.update(room_url=room_url, words_of=words_of)
    return made


ENVIRONMENT: Final = _environment()


@cache
def _template(name: str) -> Template:
    return ENVIRONMENT.get_template(name)


def compile_templates() -> None:
    """Compile all templates: the first view does not wait for it."""
    for name in ENVIRONMENT.list_templates():
        _template(name)


@cache
def _row_pattern() -> str:
    """A row with ``{name}`` in place of each cell's text: filled, and not rendered."""
    names = ("url", "room", "state", "people", "differ", "withheld", "mode", "reason")
    places = {name: Markup(f"{{{name}}}") for name in names}  # noqa: S704 - a name of ours
    return _template("room_row.html").render(places)


@lru_cache(maxsize=32_768)
def row_html(row: RoomRow) -> str:
    """A row of the list of rooms, which seldom change; all rooms of a daemon must fit."""
    return _row_pattern().format(
        url=escape(room_url(row.room)),
        room=escape(mask(row.room)),
        state=row.state,
        people=f"{row.connected} of {row.members}",
        differ=row.differ or "",
        withheld=row.withheld or "",
        mode=escape(mask(row.mode)) if row.mode != NORMAL else "",
        reason=escape(mask(row.reason)),
    )


def rows_html(listing: RoomList) -> Markup:
    """All rows of a list of rooms."""
    if not listing.html:
        listing.html.append("".join(map(row_html, listing.rows)))
    return Markup(listing.html[0])  # noqa: S704 - of a template


ENVIRONMENT.globals["rows_html"] = rows_html


def render(
    request: Request, template: str, status: int = 200, **values: Any
) -> Response:
    """The page or fragment *template*."""
    visit = getattr(request.state, "visit", None)
    state = request.app.state.page
    text = _template(template).render(
        nonce=Link(request.state.nonce),
        identity=visit.identity if visit else None,
        now=state.clock(),
        path=request.url.path,
        **values,
    )
    return HTMLResponse(text, status)
