"""What ``plan`` shows after a command is what the next pass sends, and nothing else."""

import random
from collections import Counter
from typing import Any

import pytest

from tests.cli.conftest import World

BOARD = """\
version: 1
conference: line
from: "+15550100001"
defaults: {muted: false, hold: false, end_conference_on_exit: false}
participants:
  ann: {to: "+15551230001"}
  bob: {to: "client:bob", muted: true}
  cara: {to: "sip:cara@example.com"}
  dan: {to: "+15551230004"}
  sup: {to: "+15551230009", coaching: ann}
modes:
  sidebar: {bob: {hold: true, muted: false}, others: {muted: true}, unlisted: hold}
limits: {removals: 9}
"""
COMMANDS = (
    "set line bob dan muted=false --for 1h",
    "set line cara hold=true muted=true",
    "set line sup coaching=dan",
    "set line sup coaching=false",
    "set line ann end_conference_on_exit=true",
    "unset line cara",
    "mute-all line --except ann",
    "only line ann bob",
    "mode line sidebar --for 10m",
    "unset line --verb mode",
    "unset line --verb only --verb mute-all",
    "unset line --all",
    "end line --yes",
    "start line",
    "redial line --left",
)

EDITED = BOARD.replace(
    'cara: {to: "sip:cara@example.com"}', "eve: {to: 'client:eve', muted: true}"
)
"""The second generation: eve instead of cara."""

BACK_AND_FORTH = (
    "rollback line --to 1 --yes",
    "mute-all line --except ann",
    "unpin line",
    "unset line --all",
)

Sent = Counter[tuple[str, tuple[tuple[str, str], ...]]]
"""What is sent: to whom (a label, "" for the whole call), and which fields."""

PARAMETERS = {
    "Muted": "muted",
    "Hold": "hold",
    "Coaching": "coaching",
    "CallSidToCoach": "call_sid_to_coach",
    "EndConferenceOnExit": "end_conference_on_exit",
}


def planned(world: World) -> Sent:
    """The actions of ``plan``."""
    (room,) = world.run("plan", "--output", "json").data["rooms"]
    return Counter(_action(each) for each in room["actions"])


def _action(action: dict[str, Any]) -> tuple[str, tuple[tuple[str, str], ...]]:
    verb, label = action["verb"], action["label"] or ""
    if verb != "change":
        return f"{verb} {label}", ()
    fields = {name: _sent(each["to"]) for name, each in action["fields"].items()}
    return f"change {label}", tuple(sorted(fields.items()))


def _sent(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def sent(world: World, labels: dict[str, str]) -> Sent:
    """The requests that arrived since the last reset."""
    return Counter(_request(each, labels) for each in world.writes())


def _request(
    write: dict[str, Any], labels: dict[str, str]
) -> tuple[str, tuple[tuple[str, str], ...]]:
    form = {name: values[0] for name, values in write["form"].items()}
    sid = write["path"].rpartition("/")[2].removesuffix(".json")
    if write["path"].endswith("/Participants.json"):
        return f"ring {form['Label']}", ()
    if write["method"] == "DELETE" or "Status" in form:
        return f"remove {labels.get(sid, '')}", ()
    fields = {PARAMETERS[name]: value for name, value in form.items()}
    return f"change {labels[sid]}", tuple(sorted(fields.items()))


@pytest.mark.parametrize("seed", range(2))
def test_each_pass_sends_what_the_plan_before_it_shows(world: World, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    world.converge(BOARD)
    shown = 0
    for command in chance.sample(COMMANDS, 5):
        if "redial" in command and "dan" in world.people():
            world.tell("hang-up", who="+15551230004")
        shown += carried_out(world, command)
    assert shown > 3


def test_each_pass_after_a_rollback_sends_what_the_plan_before_it_shows(
    world: World,
) -> None:
    world.converge(BOARD)
    world.write(EDITED)
    assert world.run("sync").code == 0
    shown = [carried_out(world, command) for command in BACK_AND_FORTH]
    assert all(shown[:3]), shown


def carried_out(world: World, command: str) -> int:
    """Carry a command out pass by pass; how many actions its plans showed."""
    done, shown = world.run(*command.split()), 0
    assert done.code == 0, (command, done.err)
    for _ in range(4):
        world.forget()
        people = world.people()
        labels = {x["call_sid"]: label for label, x in people.items()}
        expected = planned(world)
        world.run("sync", "--no-wait")
        assert sent(world, labels) == expected, command
        shown += len(expected)
        if not expected:
            break
    assert world.run("sync").code == 0, command
    return shown
