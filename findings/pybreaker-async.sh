#!/usr/bin/env bash
# Guess: a circuit breaker put on an async function counts its failures, or is refused for it; the package has asynchronous calls in its API.
# Seen:  pybreaker takes the coroutine for a success before it has run: five failures leave it closed with a count of 0. No error is raised.
#        The circuitbreaker package, whose decorator looks alike, opens after two.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pybreaker==1.4.1 circuitbreaker==2.1.3
echo "version: pybreaker==1.4.1 circuitbreaker==2.1.3"
echo "guess: each is open after five failures, with a limit of two."
seen=$("$folder/venv/bin/python" - <<'PY'
import asyncio

import circuitbreaker
import pybreaker

limit = pybreaker.CircuitBreaker(fail_max=2)


def plain() -> None:
    raise OSError


async def call() -> None:
    raise OSError


@circuitbreaker.circuit(failure_threshold=2, name="other")
async def other() -> None:
    raise OSError


async def fail(guarded, times: int = 5) -> list[str]:
    raised = []
    for _ in range(times):
        try:
            result = guarded()
            if asyncio.iscoroutine(result):
                await result
        except Exception as error:
            raised.append(type(error).__name__)
    return raised


print("pybreaker, async:", *asyncio.run(fail(limit(call))), limit.current_state, limit.fail_counter)
print("pybreaker, plain:", *asyncio.run(fail(limit(plain))), limit.current_state, limit.fail_counter)
asyncio.run(fail(other))
print("circuitbreaker, async:", circuitbreaker.CircuitBreakerMonitor.get("other").state)
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
pybreaker, async: OSError OSError OSError OSError OSError closed 0
pybreaker, plain: OSError CircuitBreakerError CircuitBreakerError CircuitBreakerError CircuitBreakerError open 2
circuitbreaker, async: open
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
