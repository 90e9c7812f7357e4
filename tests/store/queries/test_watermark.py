from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.watermark import Watermark

TURNS = range(12)
WATERMARKS = st.builds(
    lambda end, pending: Watermark(end, frozenset(x for x in pending if x < end)),
    st.integers(0, 10),
    st.frozensets(st.integers(0, 9)),
)


def covered(watermark: Watermark) -> set[int]:
    return set(filter(watermark.covers, TURNS))


@given(WATERMARKS, WATERMARKS)
def test_a_watermark_that_includes_another_covers_all_that_it_covers(
    one: Watermark, other: Watermark
) -> None:
    if one.includes(other):
        assert covered(one) >= covered(other)


@given(WATERMARKS, WATERMARKS)
def test_nothing_before_the_oldest_missing_turn_shows_later(
    seen: Watermark, later: Watermark
) -> None:
    shows = covered(later) - covered(seen)
    assert all(turn >= seen.oldest_missing(later) for turn in shows)


def test_a_transaction_that_commits_late_is_all_that_a_later_watermark_adds() -> None:
    seen, later = Watermark(9, frozenset({3, 7})), Watermark(9, frozenset({3}))
    assert later.includes(seen)
    assert not seen.includes(later)
    assert covered(later) - covered(seen) == {7}
    assert seen.oldest_missing(later) == 7


def test_watermarks_of_two_servers_do_not_compare() -> None:
    assert not Watermark(9, origin="a").includes(Watermark(3, origin="b"))
