#!/usr/bin/env bash
# Guess: with limits, hit(limit, cost=5) that is refused, as 2 of 10 are left in the minute, takes nothing: a request for 2 is served after it, in each of
#        the three strategies, as a bank refuses a large sum and pays a small one.
# Seen:  the fixed window, the plainest strategy, adds the refused cost to its count, so nothing is left for anybody with that key until the window ends:
#        one request that is too large shuts out the small ones. Its remaining is 0 then, as if the ten had been used. The two moving windows
#        do as guessed. test(limit, cost=5) before hit() avoids it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check limits==5.8.0
echo "version: limits==5.8.0"
echo "guess: refused, 2 left, served, each time."
seen=$("$folder/venv/bin/python" - <<'PY'
from limits import parse, strategies
from limits.storage import MemoryStorage

limit = parse("10/hour")
WORD = {True: "served", False: "refused"}
for name in ("FixedWindowRateLimiter", "MovingWindowRateLimiter", "SlidingWindowCounterRateLimiter"):
    limiter = getattr(strategies, name)(MemoryStorage())
    limiter.hit(limit, "line", cost=8)
    large = WORD[limiter.hit(limit, "line", cost=5)]
    left = limiter.get_window_stats(limit, "line").remaining
    print(f"{name}: 5 {large}, {left} left, 2 {WORD[limiter.hit(limit, 'line', cost=2)]}")
limiter = strategies.FixedWindowRateLimiter(MemoryStorage())
limiter.hit(limit, "line", cost=8)
print("with test:", WORD[limiter.test(limit, "line", cost=5) and limiter.hit(limit, "line", cost=5)], end=", ")
print("2", WORD[limiter.hit(limit, "line", cost=2)])
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
FixedWindowRateLimiter: 5 refused, 0 left, 2 refused
MovingWindowRateLimiter: 5 refused, 2 left, 2 served
SlidingWindowCounterRateLimiter: 5 refused, 2 left, 2 served
with test: refused, 2 served
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
