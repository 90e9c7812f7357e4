"""Fields of a submitted form."""

from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

MOST_BYTES: Final = 16_384
MOST_FIELDS: Final = 500


class FormRefused(Exception):  # noqa: N818 - answered, not raised to anybody
    """The form is too large or cannot be read."""


class Fields(dict[str, str]):
    """The last value of each field; ``all`` has every one."""

    all: dict[str, tuple[str, ...]]


async def read_form(request: Request) -> Fields:
    """The fields of a POST; FormRefused with the reason."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise FormRefused("the form is too large")
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
