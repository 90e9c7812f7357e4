"""``reconciler dump``: export a live room as a roster."""

import asyncio
import json
import sys
from typing import Any

import click
import yaml

from reconciler.bootstrap.command_session import CommandSession, command_session
from reconciler.cli.command_settings import command_settings
from reconciler.cli.decision_session import unknown_state
from reconciler.cli.options import current
from reconciler.cli.output import echo
from reconciler.cli.roster_export import RosterExport, export_roster
from reconciler.model.errors import SettingError
from reconciler.model.masking import mask, printable
from reconciler.model.observation import Observation, Questions, Unknown


@click.command()
@click.argument("room")
def dump(room: str) -> int:
    """Write the live conference ROOM as a roster, on standard output.

    Labels, numbers by the calls' own records, who is muted, on hold, coaching
    or ends the conference. Unlabeled participants get a label. 'reconciler
    plan' on the result shows nothing to do. Reads Twilio; read-only.
    """
    options = current()
    of = command_settings()

    async def run() -> Observation | Unknown:
        async with command_session(of, read_only=True, room=room) as shop:
            return await _observe(shop, room)

    observation = asyncio.run(run())
    if isinstance(observation, Unknown):
        raise unknown_state(room, observation.reason)
    roster_export = export_roster(observation)
    for each in roster_export.left_out:
        echo(mask(f"warning: left out: {each}"), err=True)
    text = (
        json.dumps(_document(roster_export)) if options.json else as_yaml(roster_export)
    )
    click.echo(text)
    return 0


async def _observe(shop: CommandSession, room: str) -> Observation | Unknown:
    shown = (await shop.provider.survey((room,))).of(room)
    if shown is None:
        raise SettingError(f"no conference called '{room}' is active at Twilio")
    if isinstance(shown, Unknown):
        return shown
    return await shop.provider.observe(room, shown, Questions())


def _document(found: RosterExport) -> dict[str, Any]:
    return {
        "version": 1,
        "conference": found.room,
        **({"from": found.sender} if found.sender else {}),
        "participants": {
            exported_member.label: exported_member.fields
            for exported_member in found.people
        },
        "unlisted": "keep",
    }


def as_yaml(found: RosterExport) -> str:
    """The document in YAML's own words, texts quoted, and readable in any script."""
    lines = [
        "# yaml-language-server: $schema=roster.schema.json",
        f"# Exported from conference {found.conference_sid}.",
        "version: 1",
        f"conference: {_quoted(found.room)}",
        *([f"from: {_quoted(found.sender)}"] if found.sender else []),
        "participants:" if found.people else "participants: {}",
    ]
    for exported_member in found.people:
        if exported_member.note:
            lines.append(f"  # {printable(exported_member.note)}")
        lines.append(f"  {_quoted(exported_member.label)}:")
        lines += [
            f"    {name}: {_quoted(value)}"
            for name, value in exported_member.fields.items()
        ]
    lines += [f"# left out: {mask(each)}" for each in found.left_out]
    lines.append("unlisted: keep")
    return "\n".join(lines)


def _quoted(value: str | bool) -> str:
    if isinstance(value, bool):
        return json.dumps(value)
    text: str = yaml.safe_dump(
        value, allow_unicode=True, default_style='"', width=sys.maxsize
    )
    return text.rstrip()
