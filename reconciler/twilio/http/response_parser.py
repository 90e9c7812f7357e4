"""Parses responses from the bytes of a connection (llhttp)."""

from httptools import HttpParserError, HttpResponseParser

Headers = list[tuple[bytes, bytes]]
"""As they came: white space after a value is part of it, see ``trimmed``."""

Reply = tuple[int, Headers, bytes]

MOST_HEAD = 64 * 1024
MOST_ANSWER = 64 * 1024 * 1024
_FIRST_STATUS = 100
_FIRST_FINAL = 200
_SWITCHING = 101
_CODING = b"transfer-encoding"
_CODING_LENGTH = len(_CODING)
_LENGTHS = frozenset({b"content-length", _CODING})


class MalformedResponse(Exception):  # noqa: N818 - it names what came
    """What came is no answer, or more of one than is taken."""


class ResponseParser:
    """The answer to one request at a time; ``begin`` before each.

    Interim answers (1xx) are passed over, trailers are dropped, and the body
    stays as it was sent. ``kept`` says whether another request may follow on
    the same connection: no, if there were bytes after the answer.
    """

    __slots__ = (
        "_bodiless",
        "_chunks",
        "_coming",
        "_fed",
        "_headers",
        "_parser",
        "_status",
        "complete",
        "kept",
    )

    def __init__(self) -> None:
        self.complete = True
        self.kept = True
        self._parser = HttpResponseParser(self)
        self.begin(bodiless=False)

    def begin(self, *, bodiless: bool) -> None:
        """Expect an answer; *bodiless* is one to HEAD."""
        self.complete = False
        self._bodiless = bodiless
        self._fed = self._status = 0
        self._headers: Headers = []
        self._coming: Headers = []
        self._chunks: list[bytes] = []

    def feed(self, data: bytes) -> bool:
        """Whether the answer is whole with *data*; Garbled if it never will be."""
        self._fed += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserError as error:
            if not self.complete:
                raise MalformedResponse(str(error.__context__ or error)) from error
            self.kept = False
        if self.complete:
            return True
        if self._fed > (MOST_ANSWER if self._status else MOST_HEAD):
            raise MalformedResponse("the response is too long")
        return False

    def end(self) -> bool:
        """Whether the answer is whole because no more bytes will come."""
        self.kept = False
        return bool(self._status) and not any(
            name.lower() in _LENGTHS for name, _ in self._headers
        )

    def reply(self) -> Reply:
        """The whole answer."""
        chunks = self._chunks
        body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        return self._status, self._headers, body

    def on_message_begin(self) -> None:
        """A message begins: the answer, or an interim one before it."""
        if self.complete:
            raise MalformedResponse("bytes after the response")
        self._coming = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer, which is dropped, once the headers are complete."""
        self._coming.append((name, value))

    def on_headers_complete(self) -> None:
        """The empty line after the headers."""
        status, headers = self._parser.get_status_code(), self._coming
        _check_coding(headers)
        if status < _FIRST_FINAL:
            if status < _FIRST_STATUS or status == _SWITCHING:
                raise MalformedResponse(f"unexpected status {status}")
            return
        if self._fed > MOST_HEAD and _size(headers) > MOST_HEAD:
            raise MalformedResponse("the headers are too long")
        self._status, self._headers, self._coming = status, headers, []
        self.complete = self._bodiless

    def on_body(self, data: bytes) -> None:
        """A piece of the body, out of its chunk."""
        if not self._status:
            raise MalformedResponse("an interim response with a body")
        if not self._bodiless:
            self._chunks.append(data)

    def on_message_complete(self) -> None:
        """A message ends, by its own length."""
        if self._status:
            self.complete = True
            self.kept = self._parser.should_keep_alive()


def trimmed(headers: Headers) -> Headers:
    """*headers* without white space after a value."""
    return [(name, value.rstrip(b" \t")) for name, value in headers]


def _check_coding(headers: Headers) -> None:
    for name, value in headers:
        if len(name) != _CODING_LENGTH or name.lower() != _CODING:
            continue
        if value.strip().lower() != b"chunked":
            raise MalformedResponse("an unknown transfer coding")


def _size(headers: Headers) -> int:
    return sum(len(name) + len(value) for name, value in headers)
