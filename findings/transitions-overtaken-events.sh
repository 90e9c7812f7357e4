#!/usr/bin/env bash
# Guess: an event that comes to an AsyncMachine of transitions while another one of the same object is still being handled waits for it, or is handled beside
#        it; either way each of the two ends as it would alone, or raises an error.
# Seen:  the first one is cancelled in the middle of its callback, and its await returns False, as if a condition had forbidden it: no error, and the
#        state is the one from before. The later event may be one that only makes a note and leaves the state as it is. So a call that was being
#        placed is cut off by a mark on it. queued=True makes the second one wait.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check transitions==0.9.3
cat >calls.py <<'PY'
import asyncio

from transitions.extensions.asyncio import AsyncMachine


class Call:
    def __init__(self, *, queued: bool) -> None:
        self.log = []
        self.begun = asyncio.Event()
        AsyncMachine(
            self,
            states=["idle", "dialing"],
            initial="idle",
            queued=queued,
            transitions=[
                {"trigger": "start", "source": "idle", "dest": "dialing", "before": "dial"},
                {"trigger": "mark", "source": "*", "dest": None, "after": "note"},
            ],
        )

    async def dial(self) -> None:
        self.log.append("dial begins")
        self.begun.set()
        await asyncio.sleep(0.3)
        self.log.append("dial ends")

    async def note(self) -> None:
        self.log.append("noted")


async def show(*, queued: bool) -> None:
    call = Call(queued=queued)
    first = asyncio.create_task(call.start())
    await call.begun.wait()
    marked = await call.mark()
    print(f"queued={queued}: start {await first}, mark {marked}, state {call.state}, log {call.log}")


asyncio.run(show(queued=False))
asyncio.run(show(queued=True))
PY
echo "version: transitions==0.9.3"
echo "guess: both times start True, mark True, and the state dialing."
seen=$(venv/bin/python calls.py)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
queued=False: start False, mark True, state idle, log ['dial begins', 'noted']
queued=True: start True, mark True, state dialing, log ['dial begins', 'dial ends', 'noted']
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
