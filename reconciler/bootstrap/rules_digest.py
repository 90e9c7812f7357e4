"""Hash of what decides beside the database, files and Twilio's answers."""

import os
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import blake2b
from io import FileIO
from pathlib import Path

from msgspec import Struct, field
from msgspec.json import encode

import reconciler
from reconciler.model.policy import UNRESTRICTED, Policy
from reconciler.twilio.api.account import Account

_PACKAGES = ("model", "planning", "engine", "files", "store", "twilio")
"""What decides, and what reads what is decided on."""


def code_digest() -> bytes:
    """A hash of the bytes of the modules that decide."""
    found = blake2b(reconciler.__version__.encode())
    root = Path(reconciler.__file__).parent
    for path in _modules(root):
        found.update(path.removeprefix(str(root)).encode())
        with FileIO(path) as module:
            found.update(module.readall())
    return found.digest()


@cache
def own_code() -> bytes:
    """That of the modules of this process: they are imported once."""
    return code_digest()


def _modules(root: Path) -> Iterator[str]:
    for package in _PACKAGES:
        for folder, inside, files in os.walk(root / package):
            inside.sort()
            yield from (f"{folder}/{x}" for x in sorted(files) if x.endswith(".py"))


class RulesDigest(Struct):
    """Called: a hash of the code, of the policy, and of what else is said of a process."""

    policy: Callable[[], Policy]
    said: tuple[object, ...] = ()
    code: bytes = field(default_factory=own_code)
    _of: Policy = UNRESTRICTED
    _known: str = ""

    def __call__(self) -> str:
        policy = self.policy()
        if not self._known or policy is not self._of:
            self._of, self._known = policy, self._digest(policy)
        return self._known

    def _digest(self, policy: Policy) -> str:
        text = encode((self.said, policy), enc_hook=str, order="deterministic")
        return blake2b(self.code + text, digest_size=32).hexdigest()


def account_rules(name: str, to: Account) -> tuple[object, ...]:
    """What tells an account and its service from others; no secret."""
    service = to.service
    return (name, to.sid, to.base_url, service.name, service.path, service.lacks)
