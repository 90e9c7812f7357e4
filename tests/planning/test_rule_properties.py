"""Rules of every kind: a year at a time comes to what dateutil gives from the start."""

from datetime import date, datetime, time
from itertools import takewhile

from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reconciler.model.schedule import Recurring
from reconciler.planning.recurrence import starts
from reconciler.planning.rrule import WEEKDAYS, fault_of

LAST_YEAR = 2032


def _numbers(least: int, most: int) -> st.SearchStrategy[str]:
    numbers = st.integers(least, most).filter(bool)
    return st.lists(numbers, min_size=1, max_size=3, unique=True).map(
        lambda found: ",".join(map(str, found))
    )


PARTS = {
    "INTERVAL": st.integers(1, 60).map(str),
    "BYMONTH": _numbers(1, 12),
    "BYMONTHDAY": _numbers(-31, 31),
    "BYYEARDAY": _numbers(-366, 366),
    "BYHOUR": _numbers(1, 23),
    "BYMINUTE": st.sampled_from(("0", "15", "0,30")),
    "BYSETPOS": _numbers(-3, 3),
    "WKST": st.sampled_from(WEEKDAYS),
    "BYDAY": st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=3).map(",".join)
    | st.lists(
        st.tuples(st.integers(-5, 5).filter(bool), st.sampled_from(WEEKDAYS)),
        min_size=1,
        max_size=2,
    ).map(lambda found: ",".join(f"{number}{day}" for number, day in found)),
}


@st.composite
def _rules(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(("DAILY", "WEEKLY", "MONTHLY", "YEARLY")))
    names = draw(st.lists(st.sampled_from(sorted(PARTS)), max_size=4, unique=True))
    parts = [f"FREQ={frequency}", *(f"{name}={draw(PARTS[name])}" for name in names)]
    rule = ";".join(parts)
    assume(fault_of(rule) is None)
    return rule


@settings(deadline=None)
@given(
    _rules(),
    st.dates(date(2018, 1, 1), date(2025, 12, 31)),
    st.sampled_from((time(0, 0), time(9, 30), time(23, 45))),
)
def test_a_year_at_a_time_comes_to_the_same_as_from_the_start(
    rule: str, day: date, clock: time
) -> None:
    start = datetime.combine(day, clock)
    recurring = Recurring(rule, start.isoformat(), 60.0, "UTC")

    years = [starts(recurring, year) for year in range(day.year, LAST_YEAR + 1)]
    assume(years[-1])  # dateutil looks for another until the year 9999

    whole = takewhile(lambda at: at.year <= LAST_YEAR, rrulestr(rule, dtstart=start))
    expected = [datetime.fromisoformat(f"{each.isoformat()}+00:00") for each in whole]
    found = [each.at for year in years for each in year]
    assert found == [each.timestamp() for each in expected]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("FREQ", "UNTIL", "COUNT", *PARTS, "X", "")),
            st.text("0123456789-+,MOTUWEFRSADILYTZ ", max_size=8),
        ),
        max_size=4,
    ),
    st.sampled_from(("FREQ=DAILY", "FREQ=WEEKLY", "FREQ=MONTHLY", "FREQ=YEARLY", "")),
)
def test_whatever_is_written_is_named_as_a_fault_or_can_be_used(
    parts: list[tuple[str, str]], frequency: str
) -> None:
    rule = ";".join([frequency, *(f"{name}={value}" for name, value in parts)])

    if fault_of(rule) is None:
        starts(Recurring(rule, "2026-01-01T09:00:00", 60.0, "UTC"), 2026)
