"""Checks of the doctor on the account's profile."""

from collections.abc import Iterator
from pathlib import Path

from reconciler.cli.check_finding import Finding, Level, failed, passed
from reconciler.model.errors import SettingError
from reconciler.probe.assumptions import wrong_assumptions
from reconciler.probe.profile import load_profile, require_same_account
from reconciler.settings import Settings


def profile_findings(of: Settings) -> Iterator[Finding]:
    """One line for each answer that the product does not assume."""
    if not of.profile:
        text = "not set; to measure this account: reconciler probe"
        yield passed("profile", f"{text}, then set RECONCILER_PROFILE")
        return
    path = Path(of.profile)
    try:
        profile = load_profile(path)
        if of.account_sid:
            require_same_account(profile, of.account_sid, path)
    except SettingError as error:
        yield failed("profile", error)
        return
    wrong = wrong_assumptions(profile)
    for wrong_assumption in wrong:
        yield Finding("profile", Level.WARN, wrong_assumption.text)
    if not wrong:
        text = f"{path} of {profile.date}: {len(profile.answers)} answers, as assumed"
        yield passed("profile", text)
