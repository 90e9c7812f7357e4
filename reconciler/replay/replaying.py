"""Decides again what was decided in a recording, and names what is decided otherwise."""

import json
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from reconciler.replay.look import decide, decision_document
from reconciler.replay.recording_file import RecordedLook, RunRecording


class ChangedDecision(Struct, frozen=True):
    """A look at which this version decides otherwise.

    ``before`` are the decisions that are not made any more, ``after`` the new ones.
    ``other`` are parts of the decision that differ beside them.
    """

    number: int
    at: float
    room: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    other: tuple[str, ...]


class Replayed(Struct, frozen=True):
    """What a recording came to; ``unfaithful`` looks were decided otherwise with names."""

    looks: int
    unfaithful: int
    differences: tuple[ChangedDecision, ...]


def replay_recording(recording: RunRecording) -> Replayed:
    """Decide each look again."""
    return Replayed(
        len(recording.looks),
        sum(not recorded_look.faithful for recorded_look in recording.looks),
        tuple(_differences(recording)),
    )


def _differences(recording: RunRecording) -> Iterator[ChangedDecision]:
    for recorded in recording.looks:
        today = decision_document(decide(recorded.look))
        if _text(today) != _text(recorded.decision):
            yield _difference(recorded, today)


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, sort_keys=True)


def _difference(recorded: RecordedLook, today: dict[str, Any]) -> ChangedDecision:
    then = recorded.decision
    old, new = then.get("decisions", []), today["decisions"]
    keys = sorted(then.keys() | today.keys())
    plain = json.loads(json.dumps(today))
    return ChangedDecision(
        recorded.number,
        recorded.look.at,
        recorded.look.desired.roster.room,
        tuple(each for each in old if each not in new),
        tuple(each for each in new if each not in old),
        tuple(x for x in keys if then.get(x) != plain.get(x) and x != "decisions"),
    )
