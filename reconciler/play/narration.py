"""A run as text: each event in order, one sentence each."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from reconciler.engine.desired_room import Standing
from reconciler.engine.room.reconcile import ReconcileResult
from reconciler.model.action import Action
from reconciler.model.declaration import Override
from reconciler.model.roster import Member, RoomState, Roster
from reconciler.planning.describe import describe, subject
from reconciler.play.scenarios.scenario import (
    Approve,
    Break,
    Declare,
    Freeze,
    FreezeAt,
    Happening,
    Jump,
    Kill,
    Meddle,
    Overrule,
    PhoneDialsIn,
    PhoneHangsUp,
    RedialOrder,
    Resolve,
    RollBack,
    Save,
    Stand,
    StartProcess,
    Stop,
    TakeBack,
    Unpin,
)
from reconciler.play.scenarios.trouble import Site, Strike
from reconciler.play.world.act import Act, Kind
from reconciler.play.world.run import Report
from reconciler.play.world.run_journal import Violation
from reconciler.simulator.exchange.fault import Fault

_STANDS = {
    Standing.PAUSED: "pauses",
    Standing.MANAGED: "resumes",
    Standing.RELEASED: "releases",
}
_LOST = "the write is lost on its way"
_ACTS = {
    Kind.CREATE: "asks Twilio to call {who} for {room}",
    Kind.UPDATE: "asks Twilio to change {who} in {room}: {form}",
    Kind.DELETE: "asks Twilio to remove {who} from {room}",
    Kind.COMPLETE: "asks Twilio to end {room}",
    Kind.HANG_UP: "asks Twilio to end the call of {who}",
}
_DONE = {
    Kind.CREATE: "the call to",
    Kind.UPDATE: "the change of",
    Kind.DELETE: "the removal of",
    Kind.COMPLETE: "the end of",
    Kind.HANG_UP: "the end of the call of",
}
_SHOWN = {"Muted", "Hold", "Coaching", "CallSidToCoach", "EndConferenceOnExit"}


class Sentence(NamedTuple):
    """What happened, seconds after the start; ``broken`` where it breaks a promise."""

    at: float
    text: str
    broken: bool = False


def narrated(report: Report) -> Iterator[Sentence]:
    """All that happened in a run, in order."""
    start = report.scenario.start
    names = _names(report)
    for at, who, what, about in report.journal.lines:
        text = _text(who, what, about, names)
        yield Sentence(at - start, text, isinstance(about, Violation))


def _names(report: Report) -> dict[str, str]:
    """Whose call each is: the label that was called, or the number that dialed in."""
    calls = report.world.exchange.state.calls
    labels = {sid: act.target for sid, act in report.journal.made.items()}
    return {sid: report.world.number_of(sid) for sid in calls} | labels


def event_in_words(event: tuple[float, Happening] | Strike) -> str:
    """An event of a list, with its time if it has one."""
    if isinstance(event, Strike):
        return f"{'network':>9}  {_strike(event)} (occasion {event.nth})"
    at, step = event
    return f"{at:9.3f}  {_step(step)}"


def _text(who: str, what: str, about: object, names: Mapping[str, str]) -> str:
    match about:
        case Violation():
            return f"BROKEN PROMISE {about}"
        case Act():
            return _effect(about, names) if who == "Twilio" else _begun(about, names)
        case ReconcileResult():
            return f"{who} {_pass(about, names)}"
        case Strike():
            return _strike(about)
        case None:
            return f"{who}: {what}"
        case _:
            return _step(about)  # type: ignore[arg-type]


def _begun(act: Act, names: Mapping[str, str]) -> str:
    form = ", ".join(f"{x} {value}" for x, value in act.form.items() if x in _SHOWN)
    who = names.get(act.target, act.target)
    words = _ACTS[act.kind].format(who=who, room=act.room, form=form or "other fields")
    return f"{act.process} {words}"


def _effect(act: Act, names: Mapping[str, str]) -> str:
    who = names.get(act.target, act.target)
    what = f"{_DONE[act.kind]} {who or act.room}"
    if act.took:
        return f"Twilio carries out {what}"
    return f"Twilio refuses {what} with {act.effect}"


def _pass(made: ReconcileResult, names: Mapping[str, str]) -> str:
    """State, what was done, what is withheld and what is waited for."""
    plan = made.evaluation.plan
    parts = [f"finds {made.room} {made.state}"]
    if plan.unknown:
        parts.append(plan.unknown.rstrip("."))
    parts += [
        f"{describe(x.action)} {_whom(x.action, names)}: {x.result}"
        for x in made.outcomes
    ]
    parts += [
        f"withholds '{describe(x.action)} {_whom(x.action, names)}' ({x.guard})"
        for x in plan.withheld
    ]
    parts += [
        f"{x.label or made.room} is {x.phase}: {x.reason.rstrip('.')}"
        for x in plan.waiting
    ]
    return "; ".join(parts)


def _whom(action: Action, names: Mapping[str, str]) -> str:
    who = subject(action)
    return names.get(who, who)


def _strike(strike: Strike) -> str:
    if strike.seconds:
        return f"{strike.site}: {strike.seconds:.1f} s"
    return _LOST if strike.site is Site.LOSE else str(strike.site)


def _step(step: Happening) -> str:  # noqa: PLR0911, PLR0912 - a table
    match step:
        case Declare(roster):
            return f"the roster says {_roster(roster)}"
        case Save(rosters, young):
            rooms = "; ".join(map(_roster, rosters)) or "nothing"
            fresh = f" (just written: {', '.join(sorted(young))})" if young else ""
            return f"the folder says {rooms}{fresh}"
        case Stand(room, standing, seconds):
            lasts = f" for {seconds:g} s" if seconds else ""
            return f"a person {_STANDS[standing]} {room}{lasts}"
        case Approve(room):
            return f"a person approves what is withheld in {room}"
        case Overrule(override, seconds):
            lasts = f" for {seconds:g} s" if seconds else ""
            return f"a person overrides {override.room}: {_override(override)}{lasts}"
        case TakeBack(room):
            return f"a person ends all overrides of {room}"
        case RollBack(room, back):
            return f"a person rolls {room} back by {back} generations"
        case Unpin(room):
            return f"a person unpins {room}"
        case RedialOrder(room, label):
            return f"a person asks for another call to {label} of {room}"
        case Resolve(room, label, rung):
            answer = "reached" if rung else "did not reach"
            return f"a person says that the lost call {answer} {label} of {room}"
        case PhoneHangsUp(who, ghost, _):
            later = f"; Twilio notices it {ghost:g} s later" if ghost else ""
            return f"{who} hangs up{later}"
        case PhoneDialsIn(room, sender, label, withheld):
            number = f"{sender} (shown as {withheld})" if withheld else sender
            named = f" as {label}" if label else ""
            return f"{number} dials in to {room}{named}"
        case Meddle(who, form):
            fields = ", ".join(f"{x} {value}" for x, value in form.items())
            return f"somebody else changes {who}: {fields}"
        case Break(fault):
            return _fault(fault)
        case _:
            return _process(step)


def _process(step: Happening) -> str:  # noqa: PLR0911 - a table
    match step:
        case StartProcess(name, rest, once):
            how = "one pass" if once else f"again every {rest:g} s"
            return f"process {name} starts ({how})"
        case Kill(name, after):
            return f"process {name} is to die {after} callbacks later"
        case Stop(name, hard):
            return f"process {name} is asked to stop{', twice' if hard else ''}"
        case Freeze(name, after, seconds):
            return f"process {name} is to stand still for {seconds:g} s, {after} callbacks later"
        case FreezeAt(name, point, seconds):
            return f"process {name} is to stand still for {seconds:g} s {point}"
        case Jump(name, seconds):
            return f"the clock of process {name} jumps by {seconds:g} s"
        case _:
            return str(step)


def _fault(fault: Fault) -> str:
    when = f"after {fault.skip} more, " if fault.skip else ""
    late = f" {fault.seconds:g} s" if fault.seconds else ""
    taken = ", although it is carried out" if fault.after else ""
    return (
        f"{when}the next {fault.times} of {fault.method} {fault.path} get: "
        f"{fault.kind}{late}{taken}"
    )


def _override(override: Override) -> str:
    fields = [f"{x}={value}" for x, value in override.fields]
    words = (str(override.verb), *override.labels, *fields, override.mode or "")
    return " ".join(filter(None, words))


def _roster(roster: Roster) -> str:
    if roster.state is RoomState.ENDED:
        return f"{roster.room} is ended"
    members = ", ".join(map(_member, roster.members)) or "nobody"
    return f"{roster.room} has {members}; unlisted: {roster.unlisted}"


def _member(member: Member) -> str:
    words = {
        "muted": member.muted,
        "on hold": member.hold,
        "ends the conference": member.end_conference_on_exit,
    }
    said = [
        f"{'' if on else 'not '}{word}" for word, on in words.items() if on is not None
    ]
    if isinstance(member.coaching, str):
        said.append(f"coaches {member.coaching}")
    return f"{member.label} ({', '.join(said)})" if said else member.label
