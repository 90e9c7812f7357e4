"""The operator's file of accounts; mistakes with their positions.

```yaml
version: 1
accounts:
  europe:
    account_sid: AC0123456789abcdef0123456789abcdef
    auth_token_file: /run/secrets/europe-token
    region: ie1
    calls_per_second: 5
    folders: [desired/europe]
```
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from msgspec import Struct
from yaml.nodes import Node, SequenceNode

from reconciler.files.document import documents
from reconciler.files.folder import problem, read_text
from reconciler.files.mapping import Entry, did_you_mean, entries, known, shown
from reconciler.files.policy_value import beside
from reconciler.files.scalar import scalar, text
from reconciler.files.version import check_version
from reconciler.files.yaml_text import Page
from reconciler.model.account_name import DEFAULT_ACCOUNT, AccountNames, is_account_name
from reconciler.model.errors import Problem, RosterError, Severity

SECRETS: Final = ("auth_token", "api_key", "api_secret", "webhook_secrets")
"""Values that are read from the files that ``…_file`` names."""

MOST_CALLS_PER_SECOND: Final = 1000.0
MOST_CONCURRENT: Final = 1000

_ACCOUNT_SID: Final = re.compile(r"AC[0-9a-fA-F]{32}")
_NUMBER: Final = re.compile(r"[0-9]+(\.[0-9]+)?")
_IN_CLEAR: Final = {
    name: f"secrets are read from files: write {name}_file: PATH" for name in SECRETS
}


class AccountEntry(Struct, frozen=True):
    """An account as the file gives it; paths are absolute.

    ``files`` are those of its secrets by name, ``folders`` those whose rooms have the
    account unless they name one. ``place`` is ``file:line:column``.
    """

    name: str
    place: str
    account_sid: str = ""
    files: Mapping[str, str] | None = None
    region: str | None = None
    edge: str | None = None
    url: str | None = None
    calls_per_second: float | None = None
    concurrency: int | None = None
    folders: tuple[str, ...] = ()


def load_accounts(path: str) -> tuple[AccountEntry, ...]:
    """The accounts in the file *path*; RosterError with every problem."""
    problems: list[Problem] = []
    content = read_text(path, Path(path), problems)
    if content is None:
        raise RosterError(tuple(problems))
    page = Page(path, content, {})
    page.secret = True
    nodes = list(documents(page))
    if len(nodes) > 1:
        page.wrong(nodes[1], "accounts are one document", "remove the line ---")
    if not nodes and not page.errors:
        raise RosterError((problem(path, "no accounts", "begin with version: 1"),))
    accounts = _accounts(page, nodes[0]) if nodes else ()
    errors = [each for each in page.shown() if each.severity is Severity.ERROR]
    if errors:
        raise RosterError(tuple(errors))
    return accounts


def names_of(accounts: tuple[AccountEntry, ...], *, default: bool) -> AccountNames:
    """What rosters may name; with *default*, the environment's account as well."""
    names = [entry.name for entry in accounts]
    if default and DEFAULT_ACCOUNT not in names:
        names.insert(0, DEFAULT_ACCOUNT)
    pairs = ((folder, entry.name) for entry in accounts for folder in entry.folders)
    return AccountNames(tuple(names), tuple(pairs))


def _accounts(page: Page, node: Node) -> tuple[AccountEntry, ...]:
    found = known(page, "an accounts file", node, ("version", "accounts"), {}) or {}
    check_version(page, node, found.get("version"), "an accounts file")
    if "accounts" not in found:
        page.wrong(
            node, "an accounts file needs accounts", "write accounts: {europe: …}"
        )
        return ()
    given = entries(page, "accounts", found["accounts"].value) or {}
    accounts = tuple(_account(page, name, entry) for name, entry in given.items())
    _note_doubles(page, given, accounts)
    return accounts


def _account(page: Page, name: str, entry: Entry) -> AccountEntry:
    if not is_account_name(name):
        hint = "write lower-case letters, digits and dashes, such as europe-2"
        page.wrong(entry.key, f"{shown(name)} is no name of an account", hint)
    keys = ("account_sid", *(f"{each}_file" for each in SECRETS), *_READERS)
    found = known(page, f"account {shown(name)}", entry.value, keys, _IN_CLEAR) or {}
    mark = entry.key.start_mark
    fields: dict[str, Any] = {}
    for key, each in found.items():
        if key in _READERS:
            fields[key] = _READERS[key](page, key, each.value)
    return AccountEntry(
        name,
        f"{page.file}:{mark.line + 1}:{mark.column + 1}",
        _sid(page, entry, found.get("account_sid")),
        _files(page, entry, found),
        **fields,
    )


def _sid(page: Page, account: Entry, entry: Entry | None) -> str:
    sid = text(page, "account_sid", entry.value) if entry else ""
    if entry is None:
        page.wrong(
            account.key, "an account needs account_sid", "write account_sid: AC…"
        )
    elif sid and not _ACCOUNT_SID.fullmatch(sid):
        hint = "the SID of an account: AC and 32 hexadecimal digits"
        if sid.startswith("SK"):
            hint = "this is the SID of an API key: put it into the file of api_key_file"
        page.wrong(entry.value, "this is not the SID of an account", hint)
    return sid or ""


def _files(page: Page, account: Entry, found: Mapping[str, Entry]) -> dict[str, str]:
    files = {
        name: beside(page, path)
        for name in SECRETS
        if (entry := found.get(f"{name}_file"))
        and (path := text(page, f"{name}_file", entry.value))
    }
    if "auth_token" not in files and not {"api_key", "api_secret"} <= files.keys():
        hint = "write auth_token_file: PATH, or api_key_file and api_secret_file"
        page.wrong(account.key, "an account needs credentials", hint)
    return files


def _note_doubles(
    page: Page, given: Mapping[str, Entry], accounts: tuple[AccountEntry, ...]
) -> None:
    """Two names of one account would be two budgets, and two ledgers, of one."""
    first: dict[str, str] = {}
    folders: dict[str, str] = {}
    for entry in accounts:
        key = given[entry.name].key
        other = first.setdefault(entry.account_sid, entry.name)
        if entry.account_sid and other != entry.name:
            message = f"{entry.name} and {other} have the same account_sid"
            page.wrong(key, message, "keep one of the names, and use it in the rosters")
        for folder in entry.folders:
            owner = folders.setdefault(folder, entry.name)
            if owner != entry.name:
                page.wrong(
                    key, f"{folder} is a folder of {owner} already", "remove one"
                )


def _word(page: Page, what: str, node: Node) -> str | None:
    return text(page, what, node)


def _rate(page: Page, what: str, node: Node) -> float | None:
    single = scalar(page, what, node)
    if single is None:
        return None
    rate = float(single.value) if _NUMBER.fullmatch(single.value) else -1.0
    if not 0 < rate <= MOST_CALLS_PER_SECOND:
        hint = (
            "a number above 0, at most the account's limit (1 unless Twilio raised it)"
        )
        page.wrong(node, f"{what} must be a number", hint)
        return None
    return rate


def _count(page: Page, what: str, node: Node) -> int | None:
    single = scalar(page, what, node)
    if single is None:
        return None
    number = int(single.value) if single.value.isdecimal() else 0
    if not 1 <= number <= MOST_CONCURRENT:
        page.wrong(node, f"{what} must be a number from 1 to {MOST_CONCURRENT}")
        return None
    return number


def _folders(page: Page, what: str, node: Node) -> tuple[str, ...]:
    if not isinstance(node, SequenceNode):
        page.wrong(node, f"{what} must be a list", f"write {what}: [desired/europe]")
        return ()
    paths = [text(page, "a folder", each) for each in node.value]
    return tuple(beside(page, path) for path in paths if path)


_READERS: Final = {
    "region": _word,
    "edge": _word,
    "url": _word,
    "calls_per_second": _rate,
    "concurrency": _count,
    "folders": _folders,
}


def unknown_account(name: str, names: tuple[str, ...]) -> str:
    """What to tell somebody who asks for an account that is not there."""
    hint = did_you_mean(name, names) or f"known: {', '.join(names)}"
    return f"there is no account {shown(name)}; {hint}"
