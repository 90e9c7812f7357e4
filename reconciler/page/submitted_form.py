"""Fields of a submitted form."""

from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from reconciler.engine.request_body import OversizedBody, SlowBody, read_request_body

MOST_BYTES: Final = 16_384
MOST_FIELDS: Final = 500


class FormRefused(Exception):  # noqa: N818 - answered, not raised to anybody
    """The form is too large, too slow or cannot be read: ``status`` answers it."""

    def __init__(self, reason: str, status: int = 413) -> None:
        super().__init__(reason)
        self.status = status


class Fields(dict[str, str]):
    """The last value of each field; ``all`` has every one."""

    all: dict[str, tuple[str, ...]]


async def read_form(request: Request) -> Fields:
    """The fields of a POST; FormRefused with the reason."""
    said = request.headers.get("content-length")
    try:
        body = await read_request_body(request.stream(), said, MOST_BYTES)
    except OversizedBody:
        raise FormRefused("the form is too large") from None
    except (SlowBody, ClientDisconnect):
        raise FormRefused("the form did not come in time", 408) from None
    return parse_fields(body.decode("utf-8", "replace"))


def parse_fields(text: str) -> Fields:
    """The fields of a query or of a form's body."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise FormRefused("the form has too many fields") from error
    fields = Fields(pairs)
    fields.all = {}
    for name, value in pairs:
        fields.all[name] = (*fields.all.get(name, ()), value)
    return fields
