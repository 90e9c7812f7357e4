"""What the far end says of when rooms were read."""

from benchmarks.account import Looks

ROOMS = ("CF1", "CF2", "CF3")


def looks(*reads: tuple[str, float]) -> Looks:
    found = Looks(began=100.0)
    for sid, at in reads:
        found.add(sid, at)
    return found


def test_the_longest_time_without_a_look_counts_both_ends() -> None:
    reads = [("CF1", 110.0), ("CF2", 111.0), ("CF3", 112.0)]
    assert looks(*reads).result(ROOMS, 113.0)["longest"] == 12.0
    assert looks(*reads).result(ROOMS, 130.0)["longest"] == 20.0
    assert looks(*reads, ("CF1", 135.0)).result(ROOMS, 135.0)["longest"] == 25.0


def test_a_room_that_is_never_read_counts_from_the_beginning() -> None:
    found = looks(("CF1", 101.0), ("CF1", 102.0)).result(ROOMS, 150.0)
    assert (found["rooms"], found["all"], found["longest"]) == (1, 2, 50.0)


def test_the_busiest_second_is_the_one_with_most_requests() -> None:
    found = looks()
    found.requests.update([1, 2, 2, 3, 2])
    assert found.result(ROOMS, 100.0)["busiest"] == 3
