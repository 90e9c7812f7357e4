"""The operator's file of notification targets; mistakes with their positions.

```yaml
version: 1
targets:
  - name: ops
    url: https://ops.example/hooks
    secret: ${OPS_SECRET}
    kinds: [withheld, stalled]
    rooms: ["incident-*"]
```
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from yaml.nodes import Node, SequenceNode

from reconciler.files.document import documents
from reconciler.files.folder import problem, read_text
from reconciler.files.mapping import Entry, known
from reconciler.files.scalar import scalar, text
from reconciler.files.value import read_words
from reconciler.files.yaml_text import Page
from reconciler.model.errors import Problem, RosterError, Severity
from reconciler.model.loopback import is_loopback
from reconciler.model.notice import Notice
from reconciler.model.notification import NotificationTarget

INLINE: Final = "RECONCILER_NOTIFY"
KEYS: Final = ("name", "url", "apprise", "secret", "kinds", "rooms")
VERSION: Final = "1"
SHORTEST_KEY: Final = 24
"""Bytes of a signing key, by Standard Webhooks."""

_NAME: Final = re.compile(r"[a-z]+(-[a-z]+)*")
_LONGEST_NAME: Final = 48
_KEY_HINT: Final = "write a key made by: echo whsec_$(openssl rand -base64 32)"


def load_targets(
    path: str | None, inline: str | None, environ: Mapping[str, str]
) -> tuple[NotificationTarget, ...]:
    """The targets of the file *path*, or of the text *inline*; () for neither.

    References are replaced from *environ*. RosterError with every problem.
    """
    problems: list[Problem] = []
    name, content = INLINE, inline
    if path is not None:
        name, content = path, read_text(path, Path(path), problems)
    if content is None:
        if problems:
            raise RosterError(tuple(problems))
        return ()
    page = Page(name, content, environ)
    page.secret = True
    targets = _document(page)
    errors = [each for each in page.shown() if each.severity is Severity.ERROR]
    if errors:
        raise RosterError(tuple(errors))
    return targets


def _document(page: Page) -> tuple[NotificationTarget, ...]:
    nodes = list(documents(page))
    if len(nodes) > 1:
        page.wrong(nodes[1], "targets are one document", "remove the line ---")
    if not nodes:
        if not page.errors:
            raise RosterError(
                (problem(page.file, "no targets", "begin with version: 1"),)
            )
        return ()
    keys = known(page, "a notification file", nodes[0], ("version", "targets"), {})
    keys = keys or {}
    _check_version(page, nodes[0], keys.get("version"))
    if "targets" not in keys:
        page.wrong(nodes[0], "targets are missing", "write targets: and a list")
        return ()
    return tuple(_targets(page, keys["targets"].value))


def _check_version(page: Page, node: Node, entry: Entry | None) -> None:
    if entry is None:
        page.wrong(node, "a notification file needs version", "begin with version: 1")
        return
    single = scalar(page, "version", entry.value)
    if single is not None and single.value != VERSION:
        page.wrong(entry.value, "unsupported version", "write version: 1")


def _targets(page: Page, node: Node) -> Iterator[NotificationTarget]:
    if not isinstance(node, SequenceNode):
        hint = "write - {name: ops, url: https://…, secret: ${OPS_SECRET}}"
        page.wrong(node, "targets must be a list", hint)
        return
    names: set[str] = set()
    for each in node.value:
        target = _target(page, each)
        if target is not None and target.name in names:
            page.wrong(each, f"two targets are called {target.name}", "rename one")
        elif target is not None:
            names.add(target.name)
            yield target


def _target(page: Page, node: Node) -> NotificationTarget | None:
    entries = known(page, "a target", node, KEYS, {})
    if entries is None:
        return None
    before = page.errors
    values: dict[str, str | None] = {
        name: text(page, name, entries[name].value)
        for name in ("name", "url", "apprise", "secret")
        if name in entries
    }
    _check_name(page, node, entries.get("name"), values.get("name"))
    _check_way(page, node, entries, values)
    kinds = _kinds(page, entries.get("kinds"))
    rooms = _rooms(page, entries.get("rooms"))
    if page.errors > before:
        return None
    return NotificationTarget(
        name=values["name"] or "",
        url=values.get("url"),
        apprise=values.get("apprise"),
        secret=values.get("secret"),
        kinds=kinds,
        rooms=rooms,
        place=page.place(node),
    )


def _check_name(page: Page, node: Node, entry: Entry | None, name: str | None) -> None:
    hint = "write a name such as ops-chat: small letters, parted by -"
    if entry is None:
        page.wrong(node, "a target needs a name", hint)
    elif name and (len(name) > _LONGEST_NAME or not _NAME.fullmatch(name)):
        page.wrong(
            entry.value, f"{name[:_LONGEST_NAME]!r} is no name of a target", hint
        )


def _check_way(
    page: Page,
    node: Node,
    found: Mapping[str, Entry],
    values: Mapping[str, str | None],
) -> None:
    if ("url" in found) == ("apprise" in found):
        hint = "write url: https://… for CloudEvents, or apprise: ${APPRISE_URL}"
        page.wrong(node, "a target needs url or apprise, and not both", hint)
    if values.get("url"):
        _check_url(page, found["url"].value, values["url"] or "")
    if "secret" in found and "apprise" in found:
        hint = "remove secret; services of Apprise have theirs in the URL"
        page.wrong(found["secret"].value, "apprise signs nothing", hint)
    elif "url" in found and "secret" not in found:
        page.wrong(node, "url needs a secret to sign with", _KEY_HINT)
    elif values.get("secret") and not _is_key(values["secret"] or ""):
        page.wrong(found["secret"].value, "secret is no signing key", _KEY_HINT)


def _check_url(page: Page, node: Node, url: str) -> None:
    """The message never shows the URL: it may hold a secret."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        page.wrong(node, "url is no URL", "write https://HOST/PATH")
        return
    if parts.scheme not in {"https", "http"} or not host:
        page.wrong(node, "url is no URL of a web server", "write https://HOST/PATH")
    elif parts.scheme == "http" and not is_loopback(host):
        hint = "write https://; http:// is for this machine alone"
        page.wrong(node, "url is not encrypted", hint)


def _is_key(secret: str) -> bool:
    encoded = secret.removeprefix("whsec_")
    if encoded == secret:
        return False
    try:
        return len(base64.b64decode(encoded, validate=True)) >= SHORTEST_KEY
    except (ValueError, binascii.Error):
        return False


def _kinds(page: Page, entry: Entry | None) -> frozenset[Notice] | None:
    if entry is None:
        return None
    words = read_words(page, "kinds", entry.value, tuple(Notice))
    return frozenset(Notice(each) for each in words or ())


def _rooms(page: Page, entry: Entry | None) -> tuple[str, ...]:
    if entry is None:
        return ("*",)
    if not isinstance(entry.value, SequenceNode) or not entry.value.value:
        hint = 'write rooms: ["incident-*", hearing]'
        page.wrong(entry.value, "rooms must be a list of names or patterns", hint)
        return ()
    read = [text(page, "a room", each) for each in entry.value.value]
    return tuple(each for each in read if each)
