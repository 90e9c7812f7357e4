"""The account's budget: pauses and how they end."""

from hypothesis import given
from hypothesis import strategies as st

from reconciler.engine.limits.rate_limiter import (
    MAX_PAUSE_SECONDS,
    SLOW_START_SECONDS,
    AccountLimiter,
)


class Hand:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def limiter(clock: Hand, jitter: float = 0.0) -> AccountLimiter:
    return AccountLimiter(calls_per_second=1.0, clock=clock, jitter=lambda: jitter)


def test_nothing_is_held_up_without_a_pause() -> None:
    clock = Hand()
    assert [limiter(clock).admit(clock.now) for _ in range(100)] == [0.0] * 100


def test_a_pause_lasts_as_long_as_twilio_asked_and_holds_up_rings_too() -> None:
    clock = Hand()
    account = limiter(clock)
    account.limited(20.0)
    assert account.admit(clock.now) == 20.0
    assert account.take(clock.now) == 20.0
    clock.now += 20.0
    assert account.admit(clock.now) == 0.0
    assert account.take(clock.now) == 0.0


def test_a_second_429_during_a_pause_only_ever_makes_it_longer() -> None:
    clock = Hand()
    account = limiter(clock)
    account.limited(20.0)
    account.limited(5.0)
    assert account.paused_for(clock.now) == 20.0
    account.limited(30.0)
    assert account.paused_for(clock.now) == 30.0


def test_pauses_grow_while_twilio_says_no_and_does_not_say_how_long() -> None:
    clock = Hand()
    account = limiter(clock)
    pauses = []
    for _ in range(12):
        account.limited(None)
        pauses.append(account.paused_for(clock.now))
        clock.now += pauses[-1]
    assert pauses[:4] == [1.0, 2.0, 4.0, 8.0]
    assert pauses[-1] == MAX_PAUSE_SECONDS
    clock.now += SLOW_START_SECONDS
    account.limited(None)
    assert account.paused_for(clock.now) == 1.0


@given(st.floats(0.0, 0.999), st.floats(1.0, 60.0))
def test_rooms_are_let_in_slowly_after_a_pause(jitter: float, asked: float) -> None:
    clock = Hand()
    account = limiter(clock, jitter)
    account.limited(asked)
    pause = account.paused_for(clock.now)
    assert asked - 1e-6 <= pause <= 1.25 * asked + 1e-6
    clock.now += pause
    let_in = []
    end = clock.now + SLOW_START_SECONDS
    while clock.now < end:
        wait = account.admit(clock.now)
        if not wait:
            let_in.append(clock.now)
        clock.now += wait
    first = let_in[0]
    assert sum(at < first + 1.0 for at in let_in) <= 4
    assert sum(at < first + 2.0 for at in let_in) <= 10
    assert len(let_in) > 100


def test_a_clock_that_is_set_back_ends_a_pause_instead_of_drawing_it_out() -> None:
    clock = Hand()
    account = limiter(clock)
    account.limited(60.0)
    clock.now -= 3600.0
    assert account.admit(clock.now) == 0.0


def taken(limiters: list[AccountLimiter], clock: Hand, seconds: int) -> int:
    """Tokens that all get who ask ten times a second."""
    count = 0
    for _ in range(10 * seconds):
        clock.now += 0.1
        count += sum(each.take(clock.now) == 0.0 for each in limiters)
    return count


def test_processes_that_share_an_account_take_no_more_together_than_it_allows() -> None:
    clock = Hand()
    limiters = [limiter(clock) for _ in range(4)]
    for each, portion in zip(limiters, (0.5, 0.25, 0.25, 0.0), strict=True):
        each.portion = portion
    bursts = taken(limiters, clock, 1)
    assert bursts <= 5
    assert 58 <= taken(limiters, clock, 60) <= 61


def test_a_wait_for_a_small_portion_is_short_as_the_portion_may_grow() -> None:
    clock = Hand()
    account = limiter(clock)
    account.portion = 0.001
    assert account.take(clock.now) == 0.0
    assert 0.0 < account.take(clock.now) <= 5.0
    account.portion = 1.0
    clock.now += 1.0
    assert account.take(clock.now) == 0.0
