"""``reconciler record`` and ``reconciler replay``: a run kept, and decided again."""

from pathlib import Path

import click

from reconciler.cli.json_output import print_json
from reconciler.cli.options import current
from reconciler.cli.output import echo
from reconciler.model.errors import SettingError
from reconciler.model.exit_code import DIFFERENCES
from reconciler.model.masking import mask
from reconciler.planning.serialize import FORMAT_VERSION
from reconciler.replay.recorder import recording
from reconciler.replay.recording_file import RunRecording, read_recording
from reconciler.replay.replaying import ChangedDecision, Replayed, replay_recording

RECORDED = ("sync", "daemon", "apply")
_SHOWN = 10
"""Differences that are listed."""


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False}
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def record(file: Path, command: tuple[str, ...]) -> None:
    """Run COMMAND (sync, daemon or apply), and keep in FILE what it decides and why.

    FILE gets each observation of a room: the roster, what is on record, what Twilio
    answered, the time, and the decision. Numbers, SIDs, names, addresses and texts are
    replaced, each by the same word throughout. Options of COMMAND, and those of every
    command, come after its name:

    \b
        reconciler record incident.jsonl sync --timeout 5m
    """  # noqa: D301 - click reads its own escape
    if command[0] not in RECORDED:
        raise click.UsageError(f"only {', '.join(RECORDED)} can be recorded")
    from reconciler.cli.root_command import cli  # noqa: PLC0415 - it has this command

    try:
        with recording(file) as recorder:
            code = cli.main([*command], prog_name="reconciler", standalone_mode=False)
    except FileExistsError:
        raise SettingError(f"{file} exists: name a new file") from None
    except OSError as error:
        raise SettingError(f"{file} cannot be written: {error.strerror}") from None
    if recorder.failure is None:
        click.echo(f"{recorder.looks} observations recorded in {file}", err=True)
    else:
        click.echo(
            f"warning: the recording in {file} ends after {recorder.looks} "
            "observations: "
            f"{mask(recorder.failure)}",
            err=True,
        )
    click.get_current_context().exit(code if isinstance(code, int) else 0)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--incomplete", is_flag=True, help="Replay a recording that was not closed."
)
def replay(file: Path, *, incomplete: bool) -> None:
    """Decide again what 'record' kept in FILE, and say what is decided otherwise.

    Nobody is called and nothing is read but FILE. Exit code 0: this version decides
    the same, byte for byte; 2: the first differences are shown.
    """
    recording = _read(file, incomplete=incomplete)
    replayed = replay_recording(recording)
    if current().json:
        print_json(_data(recording, replayed))
    else:
        _show(recording, replayed)
    if replayed.differences:
        click.get_current_context().exit(DIFFERENCES)


def _read(file: Path, *, incomplete: bool) -> RunRecording:
    try:
        text = file.read_text("utf-8")
    except OSError as error:
        raise SettingError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingError(f"{file} cannot be read: it is not UTF-8 text") from None
    recording = read_recording(text, str(file))
    if not recording.whole and not incomplete:
        raise SettingError(
            f"{file} is cut off after {len(recording.looks)} observations: its last "
            "line is missing. To replay what is there: add --incomplete"
        )
    return recording


def _show(recording: RunRecording, replayed: Replayed) -> None:
    same = replayed.looks - len(replayed.differences)
    echo(
        f"{replayed.looks} observations recorded by reconciler {recording.version}: "
        f"{same} decided the same, {len(replayed.differences)} otherwise"
    )
    if replayed.unfaithful:
        echo(
            f"{replayed.unfaithful} observations were decided otherwise with names and numbers "
            "than without: those do not show what happened"
        )
    for changed_decision in replayed.differences[:_SHOWN]:
        _show_difference(changed_decision)


def _show_difference(each: ChangedDecision) -> None:
    echo(f"observation {each.number} of {each.room}:")
    for text in each.before:
        echo(f"  - {text}")
    for text in each.after:
        echo(f"  + {text}")
    if not each.before and not each.after:
        echo(f"  differs in: {', '.join(each.other)}")


def _data(recording: RunRecording, replayed: Replayed) -> dict[str, object]:
    return {
        "format_version": FORMAT_VERSION,
        "recorded_by": recording.version,
        "looks": replayed.looks,
        "unfaithful": replayed.unfaithful,
        "differences": [
            {
                "look": changed_decision.number,
                "at": changed_decision.at,
                "room": changed_decision.room,
                "before": list(changed_decision.before),
                "after": list(changed_decision.after),
                "other": list(changed_decision.other),
            }
            for changed_decision in replayed.differences
        ],
    }
