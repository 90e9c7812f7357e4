"""The accounts of a process: that of the environment, and those of the accounts file."""

import stat
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from msgspec import Struct, structs

from reconciler.files.accounts_file import (
    AccountEntry,
    load_accounts,
    names_of,
    unknown_account,
)
from reconciler.files.policy_file import load_policy
from reconciler.model.account_name import DEFAULT_ACCOUNT, ONE_ACCOUNT, AccountNames
from reconciler.model.errors import SettingError
from reconciler.model.policy import Policy
from reconciler.setting_values import webhook_secrets_of
from reconciler.settings import Settings


class NamedAccount(Struct, frozen=True):
    """An account by its name; ``settings`` are as if it were the only one.

    ``problem`` is why it cannot be used, "" if it can: nothing is sent to its rooms.
    """

    name: str
    settings: Settings
    problem: str = ""


def named_accounts(of: Settings) -> tuple[NamedAccount, ...]:
    """All accounts, or the one that *of* is narrowed to, those that cannot be used too.

    RosterError for an accounts file with mistakes, SettingError for a name that is not
    there, and for a default account that is given twice.
    """
    accounts = _all(of)
    if of.account is None:
        return accounts
    chosen = tuple(account for account in accounts if account.name == of.account)
    if not chosen:
        names = tuple(account.name for account in accounts)
        raise SettingError(unknown_account(of.account, names))
    return chosen


def _all(of: Settings) -> tuple[NamedAccount, ...]:
    if of.accounts is None:
        return (NamedAccount(DEFAULT_ACCOUNT, of),)
    entries = load_accounts(of.accounts)
    named = tuple(_named(entry, of) for entry in entries)
    if not of.account_sid:
        return named
    _require_one_default(entries, of.account_sid)
    return (NamedAccount(DEFAULT_ACCOUNT, of), *named)


def _require_one_default(found: tuple[AccountEntry, ...], account_sid: str) -> None:
    """Two names of one account would be two budgets of it."""
    for entry in found:
        if entry.name == DEFAULT_ACCOUNT:
            raise SettingError(
                f"{entry.place}: account 'default' is defined twice: by "
                "TWILIO_ACCOUNT_SID and here. Unset the variable, or remove this entry"
            )
        if entry.account_sid == account_sid:
            raise SettingError(
                f"{entry.place}: account {entry.name} is defined twice: here, and as 'default' by "
                "TWILIO_ACCOUNT_SID. Unset the variable, or remove this entry"
            )


def one_account(of: Settings) -> NamedAccount:
    """The account that *of* is narrowed to; without that the default one, or the only one.

    SettingError if it is not there or cannot be used.
    """
    accounts = named_accounts(of)
    if len(accounts) > 1:
        accounts = named_accounts(replace(of, account=DEFAULT_ACCOUNT))
    (account,) = accounts
    if account.problem:
        raise SettingError(account.problem)
    return account


def account_secrets(of: Settings) -> tuple[str, ...]:
    """Every value of any account that must never be shown."""
    every = (x.settings.secrets for x in named_accounts(replace(of, account=None)))
    return tuple(dict.fromkeys(secret for some in every for secret in some))


def account_names(of: Settings) -> AccountNames:
    """What rosters may name; RosterError for an accounts file with mistakes."""
    if of.accounts is None:
        return ONE_ACCOUNT
    return names_of(load_accounts(of.accounts), default=bool(of.account_sid))


def roster_policy(of: Settings) -> Policy:
    """The operator's policy, with the accounts that rosters may name."""
    return structs.replace(load_policy(of.policy), accounts=account_names(of))


def _named(entry: AccountEntry, of: Settings) -> NamedAccount:
    try:
        secrets = _secrets(entry)
    except SettingError as error:
        bare = replace(of, account_sid=None, auth_token=None, api_key=None)
        return NamedAccount(entry.name, bare, str(error))
    settings = replace(
        of,
        account_sid=entry.account_sid,
        auth_token=secrets.get("auth_token"),
        api_key=secrets.get("api_key"),
        api_secret=secrets.get("api_secret"),
        webhook_secrets=webhook_secrets_of(secrets.get("webhook_secrets")),
        region=entry.region,
        edge=entry.edge,
        twilio_url=entry.url or of.twilio_url,
        calls_per_second=entry.calls_per_second or of.calls_per_second,
        concurrency=entry.concurrency,
    )
    return NamedAccount(entry.name, settings)


def _secrets(entry: AccountEntry) -> Mapping[str, str]:
    files = (entry.files or {}).items()
    return {name: _secret(entry, name, Path(path)) for name, path in files}


def _secret(entry: AccountEntry, name: str, path: Path) -> str:
    """The text of a secret's file; SettingError if it is not there, or not secret."""
    where = f"{entry.place}: {name}_file of account {entry.name}: {path}"
    try:
        open_to_all = path.stat().st_mode & stat.S_IROTH
        text = path.read_text("utf-8").removeprefix("\ufeff").strip()
    except OSError as error:
        raise SettingError(
            f"{where} cannot be read: {error.strerror or error}"
        ) from None
    except UnicodeDecodeError:
        raise SettingError(f"{where} is not UTF-8 text") from None
    if open_to_all:
        raise SettingError(
            f"{where} can be read by every user of this machine. Run: chmod o-r "
            f"{path} (Kubernetes: defaultMode: 0440)"
        )
    if not text:
        raise SettingError(f"{where} is empty")
    return text
