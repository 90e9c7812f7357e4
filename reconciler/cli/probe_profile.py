"""The profile of a probe: where it may be show_profile, and what is shown of it."""

import os
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from reconciler.bootstrap.probe_source import ProbeOptions
from reconciler.cli.file_replacement import replace_file
from reconciler.cli.json_output import print_json
from reconciler.cli.options import current
from reconciler.cli.output import echo
from reconciler.model.errors import SettingError
from reconciler.model.exit_code import DIFFERENCES
from reconciler.planning.serialize import FORMAT_VERSION
from reconciler.probe.assumptions import wrong_assumptions
from reconciler.probe.profile import (
    Profile,
    dump_profile,
    load_profile,
    require_same_account,
    with_earlier,
)
from reconciler.probe.profile_comparison import differences, shown
from reconciler.probe.question import Question
from reconciler.settings import Settings


class ProbeCommand(Struct, frozen=True):
    """What the command line says."""

    options: ProbeOptions
    questions: Sequence[Question]
    profile: Path
    old: Profile | None
    price: float | None
    yes: bool


def require_folder(profile: Path) -> None:
    """SettingError before anybody is called for a profile that cannot be written."""
    folder = profile.parent
    if not folder.is_dir():
        raise SettingError(f"{profile}: no such folder: {folder}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SettingError(f"{profile}: {folder} cannot be written")


def require_own_profile(command: ProbeCommand, of: Settings) -> None:
    """SettingError rather than overwriting what is no profile of this account."""
    if command.profile.exists():
        sid = of.credentials().account_sid
        require_same_account(load_profile(command.profile), sid, command.profile)


def with_earlier_answers(command: ProbeCommand, profile: Profile) -> Profile:
    if not command.profile.exists():
        return profile
    return with_earlier(profile, load_profile(command.profile))


def write_profile(command: ProbeCommand, profile: Profile) -> None:
    try:
        replace_file(command.profile, dump_profile(profile).encode())
    except OSError as error:
        raise SettingError(f"{command.profile}: {error.strerror}") from error


def show_profile(command: ProbeCommand, profile: Profile) -> int:
    wrong = wrong_assumptions(profile)
    answer_differences = differences(command.old, profile) if command.old else ()
    if current().json:
        print_json(
            {
                "format_version": FORMAT_VERSION,
                "profile": str(command.profile),
                "answers": dict(profile.answers),
                "unanswered": dict(profile.unanswered),
                "warnings": [wrong_assumption.text for wrong_assumption in wrong],
                "differences": [
                    {"name": x.name, "old": shown(x.old), "new": shown(x.new)}
                    for x in answer_differences
                ],
            }
        )
        return DIFFERENCES if answer_differences else 0
    echo(f"{command.profile}: {len(profile.answers)} answers")
    for name, why in profile.unanswered.items():
        echo(f"no answer: {name}: {why}")
    for wrong_assumption in wrong:
        echo(f"warning: {wrong_assumption.text}")
    return show_differences(command.old, profile) if command.old else 0


def show_differences(old: Profile, new: Profile) -> int:
    answer_differences = differences(old, new)
    if current().json:
        rows = [
            {"name": x.name, "old": shown(x.old), "new": shown(x.new)}
            for x in answer_differences
        ]
        print_json({"format_version": FORMAT_VERSION, "differences": rows})
        return DIFFERENCES if answer_differences else 0
    if old.account != new.account:
        echo("warning: the profiles are of different accounts", err=True)
    for answer_difference in answer_differences:
        echo(
            f"{answer_difference.name}: {shown(answer_difference.old)} -> {shown(answer_difference.new)}"
        )
    if not answer_differences:
        echo("No differences.")
    return DIFFERENCES if answer_differences else 0
