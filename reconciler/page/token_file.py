"""The token file: a line ``NAME ROLE TOKEN`` for each person."""

import hashlib
import hmac
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

from msgspec import Struct, field

from reconciler.model.errors import SettingError
from reconciler.model.masking import invisible
from reconciler.page.page_access import Identity, PageRole

SHORTEST_TOKEN: Final = 16
"""Characters of a token, so that it cannot be guessed."""

_log = logging.getLogger("reconciler.page")

_VARIABLE: Final = "RECONCILER_PAGE_TOKENS_FILE"


class TokenFile(Struct):
    """The people of a file, read again when the file changes.

    A change that cannot be read lets nobody in until it is mended.
    """

    path: Path | None
    _people: tuple[Identity, ...] = ()
    _stamp: tuple[int, int, int] | None = field(default=None)
    problem: str = ""

    @classmethod
    def open(cls, path: str | None, lines: str | None = None) -> Self:
        """The file at *path*, or *lines* instead; SettingError with the wrong line."""
        if path and lines:
            raise SettingError(f"RECONCILER_PAGE_TOKENS and {_VARIABLE} are both set")
        if path is None:
            return cls(None, tuple(_people(lines or "", "RECONCILER_PAGE_TOKENS")))
        made = cls(Path(path))
        made._stamp = _stamp(Path(path))
        made._people = tuple(_read(Path(path)))
        return made

    def check(self) -> str:
        """Read the file again if it has changed; what is wrong with it, "" if nothing."""
        self._refresh()
        return self.problem

    def identity(self, token: str) -> Identity | None:
        """Whose *token* it is; every token is compared in constant time."""
        return self.holder(_digest(token))

    def holder(self, digest: bytes) -> Identity | None:
        """Who has the token of *digest* now; None once it left the file."""
        self._refresh()
        match: Identity | None = None
        for person in self._people:
            if hmac.compare_digest(person.digest, digest):
                match = person
        return match

    def _refresh(self) -> None:
        if self.path is None:
            return
        stamp = _stamp(self.path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._people = tuple(_read(self.path))
        except SettingError as error:
            self._people, self.problem = (), str(error)
            _log.error(
                "page token file is wrong: its tokens sign nobody in until it is mended",
                extra={"problem": self.problem},
            )
            return
        if self.problem:
            self.problem = ""
            _log.info("page token file is right again", extra={"file": str(self.path)})


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _read(path: Path) -> Iterator[Identity]:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise SettingError(f"{_VARIABLE}: {path} cannot be read: {reason}") from None
    yield from _people(text, f"{_VARIABLE}: {path}")


def _people(text: str, source: str) -> Iterator[Identity]:
    names, tokens = set[str](), set[bytes]()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        person = _person(line, f"{source}:{number}")
        if person.name in names or person.digest in tokens:
            raise SettingError(
                f"{source}:{number}: the name or the token is given twice"
            )
        names.add(person.name)
        tokens.add(person.digest)
        yield person
    if not names:
        raise SettingError(f"{source} names nobody: write lines of NAME ROLE TOKEN")


def _person(line: str, where: str) -> Identity:
    words = line.split()
    if len(words) != 3:  # noqa: PLR2004 - NAME ROLE TOKEN
        raise SettingError(f"{where}: write NAME ROLE TOKEN, apart by spaces")
    name, role, token = words
    if role not in {*PageRole}:
        raise SettingError(
            f"{where}: write NAME ROLE TOKEN; ROLE is viewer or operator"
        )
    if invisible(name):
        raise SettingError(f"{where}: the name holds {invisible(name)}")
    if len(token) < SHORTEST_TOKEN:
        raise SettingError(
            f"{where}: the token has fewer than {SHORTEST_TOKEN} characters and could "
            "be guessed. To make one: openssl rand -hex 24"
        )
    return Identity(name, PageRole(role), _digest(token))
