"""Whether two windows last at the same time, against minutes counted one by one."""

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.schedule import Once, Period, Recurring, Weekly, Window
from reconciler.planning.occurrences import active
from reconciler.planning.overlap import overlap
from tests.planning.zones import BERLIN, NEW_YORK, utc

WEEK = 7 * 86400
MONDAY = utc("2026-06-01T00:00")
DAYS = st.sets(st.integers(0, 6), min_size=1, max_size=2).map(sorted).map(tuple)
HOURS = st.integers(0, 23).map(lambda hour: hour * 60)
ZONES = st.sampled_from((BERLIN, NEW_YORK))


@st.composite
def _windows(draw: st.DrawFn) -> Window:
    kind = draw(st.sampled_from(("weekly", "weekly", "rule", "once")))
    if kind == "once":
        begin = MONDAY + draw(st.integers(0, 6 * 24)) * 3600.0
        return Once(begin, begin + draw(st.integers(1, 12)) * 3600.0)
    if kind == "rule":
        start_hour = draw(st.integers(0, 23))
        start = f"2026-06-01T{start_hour:02}:00:00"
        hours = draw(st.integers(1, 12))
        return Recurring("FREQ=WEEKLY", start, hours * 3600.0, draw(ZONES))
    start_at, end_at = draw(st.lists(HOURS, min_size=2, max_size=2, unique=True))
    return Weekly(draw(DAYS), start_at, end_at, draw(ZONES))


@given(_windows(), _windows())
def test_windows_overlap_where_a_common_hour_says_so(
    first: Window, second: Window
) -> None:
    one, other = Period(first), Period(second)
    common = [
        at
        for at in (MONDAY + hour * 3600.0 for hour in range(2 * WEEK // 3600))
        if active(one, at) and active(other, at)
    ]

    at = overlap(one, other)

    assert overlap(other, one) == at
    if common:
        assert at is not None
    if at is not None:
        assert active(one, at)
        assert active(other, at)
    if isinstance(first, Once) or isinstance(second, Once):
        assert (at is None) == (not common)


def test_what_overlaps_only_while_clocks_differ_is_found() -> None:
    """New York changes its clocks three weeks before Berlin."""
    berlin = Period(Weekly((0,), 14 * 60, 15 * 60, BERLIN))
    new_york = Period(Weekly((0,), 9 * 60, 10 * 60, NEW_YORK))

    assert overlap(berlin, new_york) == utc("2026-03-09T13:00")


def test_an_excepted_date_ends_the_only_overlap() -> None:
    weekly = Weekly((3,), 9 * 60, 10 * 60, BERLIN)
    once = Period(Once(utc("2026-12-24T00:00"), utc("2026-12-25T00:00")))

    assert overlap(Period(weekly), once) == utc("2026-12-24T08:00")
    assert overlap(Period(weekly, ("2026-12-24",)), once) is None
