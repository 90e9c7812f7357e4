#!/usr/bin/env bash
# Guess: a client of Asterisk's manager interface gives all lines of a key that is repeated, as Output is for the result of a command and
#        ChanVariable for the variables of a channel: the protocol repeats keys for lists.
# Seen:  panoramisk does. basicami gives the last line alone, without an error: a list of three calls is one call, and an event has one of
#        the two variables.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
pins="panoramisk==1.4 basicami==0.1.0"
python3 -m venv "$folder/venv"
# shellcheck disable=SC2086
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check $pins
echo "version: $pins"
echo "guess: three lines of output and two variables from each."
seen=$("$folder/venv/bin/python" -W ignore - 2>/dev/null <<'PY'
import asyncio

from basicami import BasicAMI
from panoramisk import Manager

OUTPUT = ("Message: Command output follows", "Output: 5501 ringing", "Output: 5502 up", "Output: 5503 up")
EVENT = ("Event: Newstate", "Privilege: call,all", "Channel: PJSIP/5501-00000001", "ChanVariable: room=support", "ChanVariable: role=agent")
LISTING = {"Action": "Command", "Command": "core show channels"}


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"Asterisk Call Manager/7.0.3\r\n")
    while text := await reader.readuntil(b"\r\n\r\n"):
        keys = {key.lower(): value for key, value in (line.split(": ", 1) for line in text.decode().splitlines() if line)}
        answer = ("Response: Success", f"ActionID: {keys.get('actionid')}", *(OUTPUT if keys["action"].lower() == "command" else ()), "", *EVENT, "\r\n")
        writer.write("\r\n".join(answer).encode())


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    events = asyncio.Queue()
    manager = Manager(host="127.0.0.1", port=port, username="user", secret="secret")
    manager.register_event("Newstate", lambda _, event: events.put_nowait(event))
    await manager.connect()
    print("panoramisk", (await manager.send_action(LISTING))["Output"], (await events.get())["ChanVariable"])
    manager.close()
    basic = await BasicAMI.connect("127.0.0.1", port, "user", "secret")
    print("basicami", (await basic.send_action(LISTING))["Output"], (await basic.get_events(timeout=5))[0]["ChanVariable"])
    await basic.close()


asyncio.run(main())
PY
)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
panoramisk ['5501 ringing', '5502 up', '5503 up'] ['room=support', 'role=agent']
basicami 5503 up role=agent
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
