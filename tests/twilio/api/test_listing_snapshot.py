"""A listing is told from what it was by whatever an observation keeps, and by no more."""

import copy
import gzip
import json
import time
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model import observation
from reconciler.model.observation import Conference, ConferenceStatus, Questions
from reconciler.twilio.api import decode
from reconciler.twilio.api.listing_snapshot import (
    HASHED_BYTES,
    ListingSnapshot,
    _kept,
    _SnapshotRow,
)
from reconciler.twilio.api.participants import _only_page
from reconciler.twilio.provider import TwilioProvider
from tests.sample_size import sample_size
from tests.twilio.samples import ANN, BOB, COACH, CONFERENCE, page, participant
from tests.twilio.wire_server import Reply, error, in_turn, reply, serving

URL = "http://twilio.test/listing"
OTHER = "CF00000000000000000000000000000001"

CHANGED: dict[str, object] = {
    "call_sid": COACH,
    "conference_sid": OTHER,
    "label": "anna",
    "status": "complete",
    "muted": True,
    "hold": True,
    "coaching": True,
    "call_sid_to_coach": COACH,
    "end_conference_on_exit": True,
    "start_conference_on_enter": False,
}
"""Another value of every field that an observation keeps."""

COMPARED = tuple(
    name for name in observation.Participant.__struct_fields__ if name != "created_at"
)
UNREAD = tuple(name for name in participant() if name not in COMPARED)

Json = dict[str, Any]


def people(**changes: object) -> Json:
    """A realistic page; *changes* are of its first participant."""
    return page(
        "participants",
        participant(**changes),
        participant(BOB, label="bob", muted=True),
    )


def dumped(found: object, **style: Any) -> bytes:
    return json.dumps(found, **style).encode()


def snapshot_of(content: bytes) -> ListingSnapshot:
    """What is kept of a listing that showed this page."""
    return ListingSnapshot(URL, _only_page(content), _only_page)


def same(snapshot: ListingSnapshot, content: bytes, **headers: str) -> bool:
    sent = [(name.encode(), value.encode()) for name, value in headers.items()]
    return snapshot.matches((200, sent, content))


def fresh() -> ListingSnapshot:
    """A snapshot that knows the observation only."""
    return snapshot_of(dumped(people()))


def seasoned() -> ListingSnapshot:
    """A snapshot that has read a page."""
    snapshot = fresh()
    assert same(snapshot, dumped(people()))
    return snapshot


def restored() -> ListingSnapshot:
    """The snapshot of another process, of which the hash was kept."""
    return ListingSnapshot.restored(URL, fresh().stored, _only_page)


both = pytest.mark.parametrize("snapshot", [fresh, seasoned, restored])


def test_what_is_kept_for_another_process_is_the_same_before_and_after_a_page() -> None:
    assert fresh().stored == seasoned().stored == restored().stored
    other = snapshot_of(dumped(people(muted=True)))
    assert other.stored != fresh().stored


def test_all_that_an_observation_keeps_is_compared() -> None:
    assert set(_SnapshotRow.__struct_fields__) == set(COMPARED) == set(CHANGED)


@both
@pytest.mark.parametrize("name", COMPARED)
def test_a_change_of_anything_that_is_kept_is_seen(
    snapshot: Callable[[], ListingSnapshot], name: str
) -> None:
    kept = snapshot()
    assert not same(kept, dumped(people(**{name: CHANGED[name]})))
    assert same(kept, dumped(people()))


@both
@pytest.mark.parametrize("name", UNREAD)
def test_a_change_of_anything_else_is_none(
    snapshot: Callable[[], ListingSnapshot], name: str
) -> None:
    kept = snapshot()
    assert same(kept, dumped(people(**{name: "something else"})))
    assert same(kept, dumped(people(**{name: ["and", {"another": 1}]})))
    changed = people()
    del changed["participants"][0][name]
    assert same(kept, dumped(changed))
    assert not same(kept, dumped(people(muted=True)))


def more() -> Json:
    third = participant(COACH, label="sup")
    found = people()
    return found | {"participants": [*found["participants"], third], "end": 2}


def less() -> Json:
    found = people()
    return found | {"participants": found["participants"][:1], "end": 0}


def turned() -> Json:
    found = people()
    return found | {"participants": found["participants"][::-1]}


def twice() -> Json:
    found = people()
    return found | {"participants": found["participants"][:1] * 2}


def without(name: str) -> Json:
    return {key: value for key, value in people().items() if key != name}


OTHERS: dict[str, Json] = {
    "somebody more": more(),
    "somebody more, told by nothing else": more() | {"end": 1},
    "somebody less": less(),
    "nobody": page("participants"),
    "another order": turned(),
    "somebody twice": twice(),
    "a next page": people() | {"next_page_uri": "/next"},
    "no word of a next page": without("next_page_uri"),
    "an end beyond the page": people() | {"end": 7},
    "a start before the page": people() | {"start": -4},
    "no participants": without("participants"),
    "participants of null": people() | {"participants": None},
    "participants of another kind": people() | {"participants": {"0": {}}},
    "a participant of null": people() | {"participants": [None]},
    "an error": {"code": 20404, "message": "not found", "status": 404},
}


@both
@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_another_listing_is_not_the_same(
    snapshot: Callable[[], ListingSnapshot], other: Json
) -> None:
    kept = snapshot()
    assert not same(kept, dumped(other))
    assert same(kept, dumped(people()))


def reordered() -> bytes:
    found = people()
    items = [dict(reversed(each.items())) for each in found["participants"]]
    return dumped(dict(reversed((found | {"participants": items}).items())))


STYLES = {
    "indented": dumped(people(), indent=4),
    "tight": dumped(people(), separators=(",", ":")),
    "spaced": b"\r\n\t " + dumped(people()) + b"\n \n",
    "other order of keys": reordered(),
    "escaped": dumped(people()).replace(b'"ann"', b'"\\u0061nn"'),
}


@both
@pytest.mark.parametrize("content", STYLES.values(), ids=STYLES)
def test_the_same_written_otherwise_is_the_same(
    snapshot: Callable[[], ListingSnapshot], content: bytes
) -> None:
    kept = snapshot()
    assert same(kept, content)
    assert same(kept, content)
    assert same(kept, dumped(people()))


WHOLE = dumped(people())
RUBBISH = {
    "nothing": b"",
    "a space": b" ",
    "garbage": b"\x00\xff\xfe garbage",
    "an open brace": b"{",
    "HTML": b"<html><body>502 Bad Gateway</body></html>",
    "cut short": WHOLE[:-1],
    "cut in half": WHOLE[: len(WHOLE) // 2],
    "more after it": WHOLE + b"{}",
    "a list": b"[" + WHOLE + b"]",
    "null": b"null",
    "a number": b"7",
    "text": dumped("participants"),
    "deep": b"[" * 200_000,
    "deep objects": b'{"participants":' * 100_000,
    "deep in a field that is not read": WHOLE.replace(
        b'"page": 0', b'"page": ' + b"[" * 100_000 + b"]" * 100_000
    ),
    "invalid text": WHOLE.replace(b'"ann"', b'"\xff\xfe"'),
    "half a surrogate": WHOLE.replace(b'"ann"', b'"\\ud800"'),
    "another encoding": WHOLE.decode().encode("utf-16"),
}


@both
@pytest.mark.parametrize("content", RUBBISH.values(), ids=RUBBISH)
def test_what_is_no_listing_is_not_the_same_and_raises_nothing(
    snapshot: Callable[[], ListingSnapshot], content: bytes
) -> None:
    kept = snapshot()
    assert not same(kept, content)
    assert not same(kept, content)
    assert same(kept, WHOLE)


@both
@pytest.mark.parametrize("value", [None, "", 7, 1.5, [], {}, ["ann"]])
@pytest.mark.parametrize("name", COMPARED)
def test_a_value_of_another_kind_is_not_the_same_unless_a_look_would_say_so(
    snapshot: Callable[[], ListingSnapshot], name: str, value: object
) -> None:
    content = dumped(people(**{name: value}))
    try:
        equal = _only_page(content) == _only_page(WHOLE)
    except decode.Malformed:
        equal = False
    assert equal or not same(snapshot(), content)


def test_a_status_of_null_is_the_same_as_itself_and_as_connected_at_first() -> None:
    content = dumped(people(status=None))
    snapshot = snapshot_of(content)
    assert same(snapshot, content)
    assert same(snapshot, dumped(people(status=None, date_updated="later")))
    assert not same(snapshot, dumped(people(status="complete")))
    gone = people()
    del gone["participants"][0]["status"]
    assert not same(snapshot, dumped(gone))


def test_what_was_read_last_is_what_is_compared_next() -> None:
    snapshot, content = fresh(), b""
    for number in range(5):
        content = dumped(people(date_updated=f"at {number}"))
        assert same(snapshot, content)
        assert same(snapshot, content)
        assert snapshot._body == _kept(content)
    assert not same(snapshot, dumped(people(hold=True)))
    assert snapshot._body == _kept(content)


def test_a_long_page_is_compared_byte_by_byte_and_a_short_one_by_its_hash() -> None:
    crowd = [participant(f"CA{each:032d}", label=f"p{each}") for each in range(30)]
    long, short = dumped(page("participants", *crowd)), dumped(people())
    assert len(short) < HASHED_BYTES < len(long)
    for content in (long, short):
        snapshot = snapshot_of(content)
        assert same(snapshot, content)
        assert same(snapshot, content)
        assert not same(snapshot, content.replace(b'"hold": false', b'"hold": true', 1))
    assert _kept(long) is long
    assert _kept(short) == hash(short)


def test_equal_bytes_are_not_decoded() -> None:
    snapshot, content = fresh(), gzip.compress(WHOLE)
    assert not same(snapshot, content)
    assert same(snapshot, content, **{"Content-Encoding": "gzip"})
    assert same(snapshot, content)
    assert same(snapshot, WHOLE)
    assert not same(snapshot, content)


def test_the_observation_is_compared_once_and_the_fields_from_then_on() -> None:
    read: list[bytes] = []

    def reading(content: bytes) -> tuple[observation.Participant, ...]:
        read.append(content)
        return _only_page(content)

    snapshot = ListingSnapshot(URL, _only_page(WHOLE), reading)
    for content in (WHOLE, STYLES["indented"], dumped(people(date_updated="later"))):
        assert same(snapshot, content)
        assert same(snapshot, content)
    assert read == [WHOLE]


def test_a_compressed_listing_is_read_as_what_it_holds() -> None:
    for name, packed in (("gzip", gzip.compress), ("deflate", zlib.compress)):
        coded = {"Content-Encoding": name}
        for snapshot in (fresh(), seasoned()):
            assert same(snapshot, packed(WHOLE), **coded)
            assert same(snapshot, packed(WHOLE), **coded)
            assert same(snapshot, packed(dumped(people(date_updated="later"))), **coded)
            assert not same(snapshot, packed(dumped(people(muted=True))), **coded)
            assert not same(snapshot, packed(WHOLE)[:60], **coded)
            assert not same(snapshot, packed(b"<html>"), **coded)
            assert not same(snapshot, b"\x1f\x8b garbage", **coded)
            assert same(snapshot, WHOLE)


ROOM = Conference(CONFERENCE, "standup", ConferenceStatus.IN_PROGRESS)
KNOWN = Questions(known=frozenset({ANN, BOB}))


async def told(*answers: Reply) -> list[bool]:
    """A look, and whether each answer after it shows the same, over loopback."""
    async with serving(in_turn(*answers)) as server, server.client() as twilio:
        provider = TwilioProvider(twilio, secrets=str, clock=time.time)
        seen = await provider.observe("standup", ROOM, KNOWN)
        assert isinstance(seen, observation.Observation), seen
        assert seen.listing is not None
        found = [await provider.unchanged(seen.listing) for _ in answers[1:]]
        assert len(server.requests) == len(answers)
        assert len({each.target for each in server.requests}) == 1
        return found


def packed(name: str, found: object) -> Reply:
    content = dumped(found)
    content = gzip.compress(content) if name == "gzip" else zlib.compress(content)
    headers = [("Content-Encoding", name), ("Content-Type", "application/json")]
    return reply(200, content, headers)


@pytest.mark.parametrize("name", ["gzip", "deflate"])
async def test_a_compressed_listing_over_the_line_is_compared(name: str) -> None:
    assert await told(
        packed(name, people()),
        packed(name, people()),
        packed(name, people()),
        reply(200, people()),
        packed(name, people(date_updated="later")),
        packed(name, people(hold=True)),
        reply(200, people(hold=True)),
        packed(name, people()),
    ) == [True, True, True, True, False, False, True]


async def test_anything_but_a_whole_answer_with_200_is_not_the_same() -> None:
    found = await told(
        reply(200, people()),
        reply(200, b""),
        reply(200, people()),
        reply(200, b""),
        reply(204),
        error(404, 20404),
        error(401, 20003),
        error(429, 20429),
        reply(500, people()),
        reply(201, people()),
        reply(301, people(), [("Location", "/elsewhere")]),
        reply(200, b"<html>"),
        reply(200, people()),
    )
    assert found == [False, True, *[False] * 9, True]


texts = st.sampled_from(["", "ann", "bob", "é", ANN, BOB])
flags = st.sampled_from([True, False, None])
rows = st.fixed_dictionaries(
    {
        "call_sid": st.sampled_from([ANN, BOB]),
        "conference_sid": st.sampled_from([CONFERENCE, OTHER]),
        "status": st.sampled_from(["connected", "ringing", "complete", None]),
        "muted": flags,
        "hold": flags,
    },
    optional={
        "label": st.none() | texts,
        "coaching": flags,
        "call_sid_to_coach": st.none() | texts,
        "end_conference_on_exit": flags,
        "start_conference_on_enter": flags,
        "date_updated": texts,
        "queue_time": st.none() | st.integers(),
    },
)
pages = st.lists(rows, max_size=3).map(
    lambda items: {"participants": items, "next_page_uri": None, "uri": "/x"}
)
spoilt = st.one_of(
    st.just({"next_page_uri": "/next"}),
    st.just({"next_page_uri": 7}),
    st.just({"participants": [{}]}),
    st.just({"participants": None}),
    st.just({"start": 0, "end": 9}),
    st.just({"start": 0, "end": 0}),
)


@st.composite
def alike(draw: st.DrawFn) -> tuple[Json, Json]:
    """Two pages that differ in at most a few places."""
    before: Json = draw(pages)
    after: Json = copy.deepcopy(before)
    for each in after["participants"]:
        if draw(st.booleans()):
            each.update(draw(st.sampled_from(draw(st.lists(rows, min_size=1)))))
        if draw(st.booleans()):
            each["date_updated"] = draw(texts)
    if draw(st.booleans()):
        after["participants"].reverse()
    if draw(st.integers(0, 4)) == 0:
        after |= draw(spoilt)
    return before, after


def shown(content: bytes) -> tuple[observation.Participant, ...] | None:
    try:
        return _only_page(content)
    except decode.Malformed:
        return None


@settings(max_examples=sample_size(80, 400), deadline=None)
@given(alike(), st.sampled_from([None, 0, 3]))
def test_the_first_comparison_says_what_two_looks_would_say(
    found: tuple[Json, Json], indent: int | None
) -> None:
    before, after = dumped(found[0]), dumped(found[1], indent=indent)
    assert same(snapshot_of(before), after) is (shown(before) == shown(after))


@settings(max_examples=sample_size(80, 400), deadline=None)
@given(alike(), st.sampled_from([None, 0, 3]))
def test_later_comparisons_call_nothing_the_same_that_two_looks_would_not(
    found: tuple[Json, Json], indent: int | None
) -> None:
    before, after = dumped(found[0]), dumped(found[1], indent=indent)
    snapshot = snapshot_of(before)
    assert same(snapshot, before)
    if same(snapshot, after):
        assert shown(before) == shown(after)
