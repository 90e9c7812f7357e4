"""Rosters, attempts and other values to put into a store."""

from hypothesis import strategies as st

from reconciler.engine.ports import AttemptDraft, Lease, Notes
from reconciler.model.action import Ring
from reconciler.model.attempt import Attempt, AttemptState, CallOutcome
from reconciler.model.declaration import (
    Declaration,
    Mode,
    Presence,
    ScheduleEntry,
)
from reconciler.model.observation import Call, CallStatus
from reconciler.model.roster import (
    Announcement,
    Cause,
    Group,
    GroupOrder,
    Late,
    Limits,
    Machine,
    Member,
    OnChange,
    Redial,
    Replacement,
    RoomState,
    Roster,
    Unlisted,
)
from reconciler.model.schedule import Once, Period, Recurring, Weekly
from reconciler.planning.absence import LOST_CREATE_SECONDS
from reconciler.planning.finding import Progress
from reconciler.store.store import SqlStore

NOW = 1_800_000_000.25
LATER = NOW + 2 * LOST_CREATE_SECONDS
"""When a person may say what became of a create of about ``NOW``."""
ROOM = "support-line"
ANN = Member(label="ann", to="+15551230001", sender="+15550005550")
BOB = Member(label="bob", to="client:bob", sender="+15550005550")


def roster(*members: Member, room: str = ROOM, source: str = "") -> Roster:
    return Roster(room=room, members=members, source=source)


async def load(
    store: SqlStore,
    *rosters: Roster | Declaration,
    folder: str | None = None,
    now: float = NOW,
) -> None:
    await store.load(rosters, folder=folder, now=now, cause="test")


async def take(store: SqlStore, room: str = ROOM, now: float = NOW) -> Lease:
    return await store.acquire(room, "me", now, 1e6)


TO = {"ann": "+15551230001", "bob": "client:bob"}


def draft(
    label: str = "ann",
    *,
    intent: int = 1,
    number: int = 1,
    room: str = ROOM,
    to: str | None = None,
) -> AttemptDraft:
    ring = Ring(
        label=label,
        to=to or TO.get(label, f"client:{label}"),
        conference=room,
        fields=(("beep", "onEnter"), ("label", label), ("timeout", 20)),
        memory=(),
        intent=intent,
        number=number,
        reason="absent",
    )
    return AttemptDraft(
        ring=ring, room=room, generation=1, created_at=NOW + 0.125, send_by=NOW + 3
    )


async def ring(
    store: SqlStore, lease: Lease, label: str = "ann", number: int = 1
) -> Attempt:
    attempt = await ring_if_allowed(store, lease, label, number)
    assert attempt is not None
    return attempt


async def ring_if_allowed(
    store: SqlStore, lease: Lease, label: str = "ann", number: int = 1
) -> Attempt | None:
    drafts = (draft(label, number=number),)
    (attempt,) = await store.open_attempts(lease, drafts, NOW)
    return attempt


async def move(
    store: SqlStore,
    lease: Lease,
    attempt: Attempt,
    state: AttemptState,
    *,
    call_sid: str | None = None,
    outcome: CallOutcome | None = None,
    ended_at: float | None = None,
) -> None:
    told = Progress(
        attempt_id=attempt.id,
        label=attempt.label,
        state=state,
        reason=f"told {state}",
        call_sid=call_sid,
        outcome=outcome,
        ended_at=ended_at,
    )
    await store.note(lease, Notes(findings=(told,)), NOW)


async def only_attempt(store: SqlStore, label: str = "ann") -> Attempt:
    record = (await store.ledger(ROOM, NOW)).records[label]
    (attempt,) = record.attempts
    return attempt


CALL = Call(
    sid="CA1",
    status=CallStatus.IN_PROGRESS,
    to="+15550005550",
    sender="+15551230001",
    direction="inbound",
    created_at=NOW,
    started_at=NOW + 1.5,
    answered_by="machine_start",
)

_TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20
)
_NAME = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    min_size=1,
    max_size=128,
)
_COUNT = st.integers(0, 2**31 - 1)
_VALUES = st.one_of(
    _TEXT, st.integers(), st.booleans(), st.lists(_TEXT, max_size=3).map(tuple)
)
_FIELDS = st.dictionaries(_NAME, _VALUES, max_size=4).map(
    lambda found: tuple(sorted(found.items()))
)
_OPINION = st.none() | st.booleans()
_TIME = st.floats(0, 4e9)
_ANNOUNCEMENTS = st.builds(
    Announcement, id=_TEXT, url=_TEXT, method=st.none() | st.just("GET")
)
_REDIALS = st.builds(
    Redial,
    on=st.lists(st.sampled_from(Cause), unique=True).map(tuple),
    attempts=_COUNT,
    backoff=st.floats(0, 1e9),
)
MEMBERS = st.builds(
    Member,
    label=_NAME,
    to=_TEXT,
    sender=_TEXT,
    muted=_OPINION,
    hold=_OPINION,
    coaching=st.none() | st.just(value=False) | _NAME,
    end_conference_on_exit=_OPINION,
    create_only=_FIELDS,
    write_only=_FIELDS,
    announcements=st.lists(_ANNOUNCEMENTS, max_size=2).map(tuple),
    redial=_REDIALS,
    on_change=st.sampled_from(OnChange),
    role=st.just("") | _TEXT,
    protect=st.booleans(),
    priority=st.integers(1, 5),
    replaces=st.none()
    | st.builds(
        Replacement,
        label=_NAME,
        settle_seconds=_TIME,
        deadline_seconds=st.none() | _TIME,
        keep_after_deadline=st.booleans(),
    ),
    machine=st.sampled_from(Machine),
)
_GROUPS = st.builds(
    Group,
    name=_NAME,
    labels=st.lists(_NAME, max_size=3).map(tuple),
    want=st.none() | _COUNT,
    each_seconds=_TIME,
    order=st.sampled_from(GroupOrder),
    late=st.sampled_from(Late),
)
ROSTERS = st.builds(
    Roster,
    room=_NAME,
    members=st.lists(MEMBERS, max_size=4, unique_by=lambda each: each.label).map(tuple),
    state=st.sampled_from(RoomState),
    unlisted=st.sampled_from(Unlisted),
    limits=st.builds(Limits, removals=_COUNT, rings=_COUNT, exposures=_COUNT),
    source=_TEXT,
    groups=st.lists(_GROUPS, max_size=2).map(tuple),
    notify=st.lists(_TEXT, max_size=3).map(tuple),
)
_WEEKLY = st.builds(
    Weekly,
    days=st.lists(st.integers(0, 6), min_size=1, unique=True).map(tuple),
    start=st.integers(0, 1439),
    end=st.integers(0, 1440),
    timezone=st.just("Europe/Berlin"),
)
_RECURRING = st.builds(
    Recurring,
    rule=st.just("FREQ=DAILY;COUNT=3"),
    start=st.just("2027-01-15T18:00:00"),
    duration_seconds=st.floats(1, 1e5),
    timezone=st.just("America/New_York"),
)
_ONCE = st.builds(Once, start=st.floats(0, 2e9), end=st.floats(2e9, 4e9))
PERIODS = st.builds(
    Period,
    window=_WEEKLY | _RECURRING | _ONCE,
    dates=st.lists(st.just("2027-12-25"), max_size=1).map(tuple),
    text=_TEXT,
)
_MODES = st.builds(
    Mode,
    name=_NAME,
    members=st.lists(st.tuples(_NAME, _FIELDS), max_size=2).map(tuple),
    unlisted=st.none() | st.sampled_from(Unlisted),
)
DECLARATIONS = st.builds(
    Declaration,
    roster=ROSTERS,
    modes=st.lists(_MODES, max_size=2).map(tuple),
    mode=_NAME,
    schedule=st.lists(
        st.builds(
            ScheduleEntry,
            period=st.none() | PERIODS,
            mode=st.none() | _NAME,
            state=st.none() | st.sampled_from(RoomState),
        ),
        max_size=2,
    ).map(tuple),
    presences=st.lists(
        st.builds(
            Presence,
            labels=st.lists(_NAME, max_size=2).map(tuple),
            periods=st.lists(PERIODS, min_size=1, max_size=2).map(tuple),
        ),
        max_size=1,
    ).map(tuple),
)
DRAFTS = st.builds(
    AttemptDraft,
    ring=st.builds(
        Ring,
        label=_NAME,
        to=_TEXT,
        conference=_TEXT,
        fields=_FIELDS,
        memory=st.sampled_from([(), (("hold_url", "http://a"), ("muted", True))]),
        intent=_COUNT,
        number=_COUNT,
        reason=_TEXT,
    ),
    room=_NAME,
    generation=_COUNT,
    created_at=_TIME,
    send_by=_TIME,
)
PROGRESS = st.builds(
    Progress,
    attempt_id=st.just(0),
    label=st.just("ann"),
    state=st.sampled_from(AttemptState),
    reason=_TEXT,
    call_sid=st.none() | st.sampled_from(["CA1", "CA2"]),
    conference_sid=st.none() | st.sampled_from(["CF1", "CF2"]),
    connected_at=st.none() | _TIME,
    ended_at=st.none() | _TIME,
    outcome=st.sampled_from(CallOutcome),
    code=st.none() | _COUNT,
    request_id=st.none() | st.just("RQ1"),
)
