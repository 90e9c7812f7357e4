"""Labels, names and errors from strangers change no line of output but their own."""

import re

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.cli.commands.dump import as_yaml
from reconciler.cli.commands.events import event_line
from reconciler.cli.output import one_line
from reconciler.cli.roster_export import export_roster
from reconciler.cli.text import action_line, heading, plan_lines, withheld_lines
from reconciler.engine.room.evaluation import Evaluation, RoomPhase
from reconciler.model.action import Remove
from reconciler.model.event import Event
from reconciler.model.masking import mask, unseen
from reconciler.model.observation import Observation
from reconciler.planning.plan import Person, Phase, Plan, Waiting, Withheld
from reconciler.telemetry.logs import Cleaner
from tests.planning.samples import CA1, CA2, CONFERENCE, NOW, call, leg, member
from tests.sample_size import sample_size

HOSTILE = st.text(
    st.sampled_from("ab: #-\n\r\t\x00\x07\x1b\x85\x9b\u200b\u202e\u2066\u2028\u2029é")
    | st.characters(),
    min_size=1,
    max_size=60,
) | st.sampled_from(
    [
        "bob: mute [silence]\r\x1b[2K  ~ harmless: mute [silence] ",
        "\x1b]0;title\x07\x1b[31mLF\nroom-s CF0 (generation 1): converged\x1bc\x9b",
        "x\u2028---\u2028version: 1\u2028conference: z\u2028participants: {} #",
    ]
)
_STYLE = re.compile(r"\x1b\[[0-9;]*m")


def plan_of(text: str) -> Plan:
    """A plan in which a stranger's *text* is wherever it can be."""
    remove = Remove(text, CA1, CONFERENCE.sid, connected=True, reason=text)
    person = Person(member(text), leg(label=text), Phase.STALLED, text)
    return Plan(
        "line",
        1,
        conference=CONFERENCE,
        actions=(remove,),
        withheld=(Withheld(remove, "limits.removals", text),),
        waiting=(Waiting(text, Phase.STALLED, text),),
        people=(person,),
        unlisted=(leg(CA2, text),),
    )


def lines_of(text: str) -> list[str]:
    plan = plan_of(text)
    seen = Evaluation("line", RoomPhase.STALLED, plan)
    unknown = replace(plan, unknown=text)
    event = Event("line", NOW, "kind", text, label=text, cause=text, request_id=text)
    return [
        *plan_lines(seen),
        heading(Evaluation("line", RoomPhase.UNKNOWN, unknown)),
        *withheld_lines(plan),
        action_line(plan.actions[0], text),
        event_line(event),
        mask(text),
        Cleaner(()).text(text),
    ]


@settings(max_examples=sample_size(60, 300), deadline=None)
@given(HOSTILE)
def test_no_line_holds_a_character_that_steers_a_terminal(text: str) -> None:
    for line in lines_of(text):
        assert not any(map(unseen, _STYLE.sub("", line))), repr(line)


@settings(max_examples=sample_size(40, 200), deadline=None)
@given(HOSTILE)
def test_a_stranger_s_text_adds_no_line_and_no_color(text: str) -> None:
    hostile, plain = lines_of(text), lines_of("ann")

    assert len(hostile) == len(plain)
    for one, other in zip(hostile, plain, strict=True):
        assert len(_STYLE.findall(one)) == len(_STYLE.findall(other))


@given(HOSTILE)
def test_what_is_printed_is_one_line(text: str) -> None:
    shown = one_line(text)

    assert not any(map(unseen, _STYLE.sub("", shown)))
    assert len(shown.splitlines()) <= 1


@settings(max_examples=sample_size(60, 300), deadline=None)
@given(HOSTILE, st.sampled_from(["Anonymous", "+15559990001", "client:x"]))
def test_a_dump_parses_back_to_exactly_the_people_shown(label: str, party: str) -> None:
    legs = (leg(), leg(CA2, label))
    calls = {CA1: call(), CA2: call(CA2, party, inbound=True)}
    found = export_roster(Observation("line", CONFERENCE, legs, calls))

    (document,) = yaml.safe_load_all(as_yaml(found))

    assert list(document["participants"]) == [each.label for each in found.people]
    assert document["conference"] == "line"
    assert document["participants"]["ann"]["to"] == found.people[0].fields["to"]
