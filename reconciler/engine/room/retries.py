"""Records failed requests for the next plan."""

from collections.abc import Iterable, Mapping

from reconciler.engine.room.outcome import UNSENT, ActionOutcome, Outcome
from reconciler.model.action import Remove
from reconciler.model.roster import Value
from reconciler.planning.call_facts import REMOVING
from reconciler.planning.retry import failed, place

_COUNTED = frozenset({Outcome.GONE, Outcome.DELAYED, Outcome.UNKNOWN, Outcome.FAILED})
"""An update that was answered and did not take is a correction that did not last."""


def tries(
    outcomes: Iterable[ActionOutcome],
    memory: Mapping[str, Mapping[str, Value]],
    now: float,
) -> dict[str, dict[str, Value | None]]:
    """The memory of the tries of *outcomes*: counted, or forgotten once one worked.

    Somebody who was taken out counts as tried: whoever is taken out a second time
    was still listed.
    """
    found: dict[str, dict[str, Value | None]] = {}
    for outcome in outcomes:
        key = place(outcome.action)
        if key is None or outcome.result in UNSENT or _holds_up_account(outcome):
            continue
        sid, name = key
        if _counts(outcome):
            refused = outcome.result is Outcome.FAILED
            message = outcome.message or "removed, but listed again"
            retry = failed(outcome.action, memory, now, message, refused=refused)
            found.setdefault(sid, {})[name] = retry.value
        elif name in memory.get(sid, {}):
            found.setdefault(sid, {})[name] = None
    return found


def unsent_removals(
    outcomes: Iterable[ActionOutcome], memory: Mapping[str, Mapping[str, Value]]
) -> dict[str, dict[str, Value | None]]:
    """What to forget of removals that were put on record and surely not done.

    A call that ends later then ends by itself. *memory* is what was on record
    before: a removal of an earlier pass may have been done.
    """
    found: dict[str, dict[str, Value | None]] = {}
    for outcome in outcomes:
        action = outcome.action
        unsent = outcome.result in UNSENT or outcome.result is Outcome.DELAYED
        if isinstance(action, Remove) and action.call_sid and unsent:
            known = memory.get(action.call_sid, {})
            noted = (REMOVING, *(name for name, _ in action.memory))
            forgotten: dict[str, Value | None] = dict.fromkeys(
                name for name in noted if name not in known
            )
            if REMOVING in forgotten:
                found[action.call_sid] = forgotten
    return found


def _counts(outcome: ActionOutcome) -> bool:
    action = outcome.action
    taken_out = isinstance(action, Remove) and action.call_sid is not None
    return outcome.result in _COUNTED or (taken_out and outcome.result is Outcome.DONE)


def _holds_up_account(outcome: ActionOutcome) -> bool:
    """A pause of the whole account says nothing of the request."""
    return outcome.result is Outcome.DELAYED and outcome.retry_after is not None
