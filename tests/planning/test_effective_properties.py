"""What holds of every declaration, every set of overrides and every instant."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.model.declaration import (
    Declaration,
    Mode,
    Override,
    OverrideVerb,
    Presence,
    ScheduleEntry,
)
from reconciler.model.roster import Fields, Member, RoomState, Roster, Unlisted, Value
from reconciler.model.schedule import Once, Period
from reconciler.planning.effective import effective, lasting, superseded

LABELS = ("ann", "bob", "cara")
END = 100
labels = st.sampled_from(LABELS)
flags = st.sampled_from([None, False, True])
instants = st.integers(0, END)


@st.composite
def periods(draw: st.DrawFn) -> Period:
    start, end = sorted(draw(st.sets(instants, min_size=2, max_size=2)))
    return Period(Once(start, end))


@st.composite
def state_fields(draw: st.DrawFn) -> Fields:
    said: dict[str, Value] = draw(
        st.fixed_dictionaries(
            {}, optional={"hold": st.booleans(), "muted": st.booleans()}
        )
    )
    return tuple(sorted(said.items()))


members = st.builds(
    Member,
    label=st.just(""),
    to=st.just("+15551230001"),
    sender=st.just("+15550100002"),
    muted=flags,
    hold=flags,
)
modes = st.builds(
    Mode,
    name=st.just("sidebar"),
    members=st.dictionaries(labels, state_fields()).map(
        lambda it: tuple(sorted(it.items()))
    ),
    unlisted=st.sampled_from([None, *Unlisted]),
)
entries = st.builds(
    ScheduleEntry,
    period=st.none() | periods(),
    mode=st.sampled_from([None, "normal", "sidebar"]),
    state=st.sampled_from([None, *RoomState]),
)
presences = st.builds(
    Presence, labels=labels.map(lambda x: (x,)), periods=st.tuples(periods())
)


@st.composite
def declarations(draw: st.DrawFn) -> Declaration:
    listed = tuple(replace(draw(members), label=label) for label in LABELS)
    roster = Roster("board", listed, state=draw(st.sampled_from(RoomState)))
    return Declaration(
        roster,
        modes=(draw(modes),),
        mode=draw(st.sampled_from(["normal", "sidebar"])),
        schedule=tuple(draw(st.lists(entries, max_size=3))),
        presences=tuple(draw(st.lists(presences, max_size=2))),
    )


@st.composite
def overrides(draw: st.DrawFn, number: int = 1) -> Override:
    verb = draw(st.sampled_from(OverrideVerb))
    until = draw(st.none() | instants)
    made = Override(number, "board", verb, 0.0, until, "ops")
    if verb is OverrideVerb.MODE:
        return replace(made, mode=draw(st.sampled_from(["normal", "sidebar"])))
    if verb is OverrideVerb.SET:
        field: tuple[str, Value] = (
            draw(st.sampled_from(["hold", "muted"])),
            draw(st.booleans()),
        )
        return replace(made, labels=(draw(labels),), fields=(field,))
    if verb in {OverrideVerb.MUTE_ALL, OverrideVerb.ONLY}:
        return replace(made, labels=tuple(sorted(draw(st.sets(labels)))))
    return made


@st.composite
def several(draw: st.DrawFn) -> tuple[Override, ...]:
    numbers = range(1, draw(st.integers(0, 4)) + 1)
    return tuple(draw(overrides(number)) for number in numbers)


@given(declarations(), several(), instants)
def test_nothing_changes_before_until(
    declared: Declaration, words: tuple[Override, ...], at: int
) -> None:
    found = effective(declared, words, at)
    last = END + 1 if found.until is None else found.until
    assert last > at
    for halves in range(at * 2, int(last) * 2):
        later = effective(declared, words, halves / 2)
        assert (later.roster, later.mode) == (found.roster, found.mode)
        assert later.until == found.until


@given(declarations(), several(), instants)
def test_until_is_an_instant_at_which_a_period_or_an_override_changes(
    declared: Declaration, words: tuple[Override, ...], at: int
) -> None:
    until = effective(declared, words, at).until
    windows = [x.period.window for x in declared.schedule if x.period]
    windows += [p.window for x in declared.presences for p in x.periods]
    ends = [t for w in windows if isinstance(w, Once) for t in (w.start, w.end)]
    ends += [x.until for x in words if x.until is not None]
    assert until == min((t for t in ends if t > at), default=None)


@given(declarations(), several(), instants, st.randoms())
def test_the_order_in_which_overrides_are_given_is_of_no_account(
    declared: Declaration, words: tuple[Override, ...], at: int, random: object
) -> None:
    mixed = list(words)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert effective(declared, mixed, at) == effective(declared, words, at)


@given(declarations(), several(), instants)
def test_what_has_ended_and_what_is_superseded_leaves_no_trace(
    declared: Declaration, words: tuple[Override, ...], at: int
) -> None:
    kept = lasting(words, at)
    for word in kept:
        gone = {x.id for x in superseded(kept, word) if x.id < word.id}
        kept = tuple(x for x in kept if x.id not in gone)
    for later in range(at, END + 2):
        whole = effective(declared, words, later)
        short = effective(declared, kept, later)
        assert (whole.roster, whole.mode) == (short.roster, short.mode)


@given(declarations(), several(), instants)
def test_a_field_with_no_origin_is_as_the_roster_says(
    declared: Declaration, words: tuple[Override, ...], at: int
) -> None:
    found = effective(declared, words, at)
    named = {(x.label, x.field) for x in found.origins}
    for member in declared.roster.members:
        now = found.roster.member(member.label)
        assert (now is None) == ((member.label, "presence") in named)
        for name in ("muted", "hold"):
            if now is not None and (member.label, name) not in named:
                assert getattr(now, name) == getattr(member, name)
    if ("", "state") not in named:
        assert found.roster.state == declared.roster.state


@given(declarations(), several())
def test_walking_from_boundary_to_boundary_meets_every_change(
    declared: Declaration, words: tuple[Override, ...]
) -> None:
    at, met = 0.0, [effective(declared, words, 0.0)]
    while (until := met[-1].until) is not None:
        at = until
        met.append(effective(declared, words, at))
    seen = [effective(declared, words, at / 2).roster for at in range(END * 2 + 2)]
    changes = [b for a, b in pairwise(seen) if a != b]
    walked = [b.roster for a, b in pairwise(met) if a.roster != b.roster]
    assert changes == walked
