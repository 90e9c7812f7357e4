"""Checks of the doctor that are made of each account."""

from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from reconciler.bootstrap.account_source import NamedAccount, named_accounts
from reconciler.cli.check_finding import Finding, failed, invalid
from reconciler.model.errors import RosterError, SettingError
from reconciler.settings import Settings

Check = Callable[[NamedAccount], Awaitable[list[Finding]]]


async def account_findings(of: Settings, *checks: Check) -> list[Finding]:
    """What *checks* find of each account, by its name where there is a file of them."""
    try:
        accounts = named_accounts(of)
    except RosterError as error:
        return [invalid("accounts", error)]
    except SettingError as error:
        return [failed("accounts", error)]
    found: list[Finding] = []
    for account in accounts:
        findings = [x for check in checks for x in await _checked(check, account)]
        name = "" if of.accounts is None else f" ({account.name})"
        found += [replace(x, check=f"{x.check}{name}") for x in findings]
    return list(dict.fromkeys(found))


async def _checked(check: Check, of: NamedAccount) -> list[Finding]:
    if of.problem:
        return [failed("credentials", SettingError(of.problem))]
    return await check(of)
