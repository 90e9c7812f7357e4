"""What happens in one run, all of it decided by the seed before it begins."""

from collections.abc import Mapping

from msgspec import Struct, field

from reconciler.engine.desired_room import Standing
from reconciler.model.declaration import Mode, Override, Presence, ScheduleEntry
from reconciler.model.roster import Roster
from reconciler.play.scenarios.trouble import CALM, Strike, TroubleRates
from reconciler.simulator.exchange.behavior import Switches
from reconciler.simulator.exchange.fault import Fault
from reconciler.simulator.exchange.people import Subscriber

START = 1_776_158_802.0
"""When a run begins that needs no other time, in Unix seconds."""

QUIET_SECONDS = 3.0
"""How old a file must be that may remove people."""


class Declare(Struct, frozen=True):
    """Somebody edits a roster."""

    roster: Roster


class Save(Struct, frozen=True):
    """A folder is loaded as its files say it at that moment.

    A room of the folder that *rosters* do not have is released. Files that were
    written just now are *young*: they are quiet ``QUIET_SECONDS`` later.
    """

    rosters: tuple[Roster, ...]
    young: frozenset[str] = frozenset()


class Stand(Struct, frozen=True):
    """Somebody pauses, resumes or releases a room; a pause may end by itself."""

    room: str
    standing: Standing
    seconds: float | None = None


class Approve(Struct, frozen=True):
    """Somebody approves what the last look at a room withholds."""

    room: str


class Overrule(Struct, frozen=True):
    """Somebody overrides a room; what ends by itself does after so many seconds."""

    override: Override
    seconds: float | None = None


class TakeBack(Struct, frozen=True):
    """Somebody takes back all overrides of a room."""

    room: str


class RollBack(Struct, frozen=True):
    """Somebody has the generation declared that was so many before."""

    room: str
    back: int


class Unpin(Struct, frozen=True):
    """Somebody lets the file of a room count again."""

    room: str


class RedialOrder(Struct, frozen=True):
    """Somebody asks for another ring."""

    room: str
    label: str


class Resolve(Struct, frozen=True):
    """Somebody says whether a lost ring reached the phone."""

    room: str
    label: str
    rung: bool


class PhoneHangsUp(Struct, frozen=True):
    """Somebody hangs up; ``who`` is a label or a number.

    Twilio notices it after ``ghost_seconds``, and lists the leg ``listed_seconds``
    longer.
    """

    who: str
    ghost_seconds: float = 0.0
    listed_seconds: float = 0.0


class PhoneDialsIn(Struct, frozen=True):
    """Somebody dials in; ``withheld`` says why their number is not shown."""

    room: str
    sender: str
    label: str | None = None
    withheld: str = ""


class Meddle(Struct, frozen=True):
    """Somebody else changes a participant."""

    who: str
    form: Mapping[str, str]


class Break(Struct, frozen=True):
    """A request is to go wrong."""

    fault: Fault


class StartProcess(Struct, frozen=True):
    """A process starts; ``rest`` are the seconds between two syncs."""

    name: str
    rest: float
    once: bool = False


class Kill(Struct, frozen=True):
    """A process dies, so many callbacks after this moment."""

    name: str
    after: int


class Stop(Struct, frozen=True):
    """A process is asked to stop; with ``hard`` its task is cancelled too."""

    name: str
    hard: bool = False


class Freeze(Struct, frozen=True):
    """A process stands still, so many callbacks after this moment."""

    name: str
    after: int
    seconds: float


class FreezeAt(Struct, frozen=True):
    """A process stands still at the next point of that name."""

    name: str
    point: str
    seconds: float


class Jump(Struct, frozen=True):
    """A host's clock jumps."""

    name: str
    seconds: float


Happening = (
    Declare
    | Save
    | Stand
    | Approve
    | Overrule
    | TakeBack
    | RollBack
    | Unpin
    | RedialOrder
    | Resolve
    | PhoneHangsUp
    | PhoneDialsIn
    | Meddle
    | Break
    | StartProcess
    | Kill
    | Stop
    | Freeze
    | FreezeAt
    | Jump
)


class Timetable(Struct, frozen=True):
    """What a room declares over time, beside its roster."""

    schedule: tuple[ScheduleEntry, ...] = ()
    presences: tuple[Presence, ...] = ()


class Scenario(Struct, frozen=True):
    """Everything that a run depends on. ``steps`` are by seconds from the start.

    ``timetables`` are by room; ``start`` is in Unix seconds. ``strikes`` is the trouble
    of network and database, None to draw it by ``rates``. ``stuck_after`` says that
    when faults stop one process stands still for ever, that many callbacks later; None
    ends them all. ``witness`` says that events report calls, late, twice or never, and
    that Voice Insights is asked.
    """

    seed: int
    rooms: tuple[str, ...]
    steps: tuple[tuple[float, Happening], ...]
    people: Mapping[str, Subscriber]
    switches: Switches
    rates: TroubleRates = CALM
    strikes: tuple[Strike, ...] | None = None
    stuck_after: int | None = None
    modes: tuple[Mode, ...] = ()
    timetables: Mapping[str, Timetable] = field(default_factory=dict)
    start: float = START
    calls_per_second: float = 5.0
    pace: float = 5.0
    page_size: int = 1000
    horizon: float = 40.0
    witness: bool = False

    @property
    def disturbed(self) -> bool:
        """Whether people or clocks did something that the product cannot know."""
        strange = PhoneHangsUp | PhoneDialsIn | Meddle | Jump | Stand | Approve | Save
        said = Overrule | TakeBack | RollBack | Unpin
        return bool(self.timetables) or any(
            isinstance(each, strange | said) for _, each in self.steps
        )


def stands_still(scenario: Scenario) -> bool:
    """Whether a process stands still for a while, between any two of its steps."""
    return any(isinstance(each, Freeze | FreezeAt) for _, each in scenario.steps)
