#!/usr/bin/env bash
# Guess: a loop over the messages of a WebSocket ends by itself if the server closed the stream as it should, with 1000 or 1001, and raises an error if the connection was
#        cut off without a closing message, or if the server closed for a failure of its own, 1011: else a stream that is a half looks like a whole one.
# Seen:  websockets does. In aiohttp and tornado the loop ends in the same way for each of the four: a feed of events, or the sound of a call, that broke off is taken
#        for complete unless the code asks for close_code after the loop. websocket-client calls on_error for all of them, also for the regular close.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check aiohttp==3.14.5 tornado==6.6.1 websocket-client==1.9.2 websockets==17.4
cat >streams.py <<'PY'
import asyncio
import base64
import hashlib

import aiohttp
import websocket
import websockets
from tornado.websocket import websocket_connect


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send two messages, then a close frame with the code of the path, or none, and end the connection."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    key = next(line.split(": ")[1] for line in head if line.lower().startswith("sec-websocket-key"))
    accept = base64.b64encode(hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest())
    writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n")
    for text in (b"one", b"two"):
        writer.write(bytes([0x81, len(text)]) + text)
    path = head[0].split()[1].strip("/")
    if path != "cut":
        writer.write(bytes([0x88, 2]) + int(path).to_bytes(2, "big"))
    await writer.drain()
    writer.close()


async def with_websockets(address: str) -> str:
    async with websockets.connect(address) as stream:
        return f"{[message async for message in stream]}"


async def with_aiohttp(address: str) -> str:
    async with aiohttp.ClientSession() as session, session.ws_connect(address) as stream:
        return f"{[message.data async for message in stream]}, close_code {stream.close_code}"


async def with_tornado(address: str) -> str:
    stream = await websocket_connect(address)
    messages = []
    while (message := await stream.read_message()) is not None:
        messages.append(message)
    return f"{messages}, close_code {stream.close_code}"


async def with_websocket_client(address: str) -> str:
    heard = []
    stream = websocket.WebSocketApp(
        address,
        on_message=lambda _, message: heard.append(message),
        on_error=lambda _, error: heard.append(type(error).__name__),
    )
    await asyncio.to_thread(stream.run_forever)
    return f"{heard}"


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    for client in (with_websockets, with_aiohttp, with_tornado, with_websocket_client):
        for path in ("1000", "1001", "1011", "cut"):
            try:
                outcome = await asyncio.wait_for(client(f"ws://127.0.0.1:{port}/{path}"), 20)
            except websockets.ConnectionClosedError as error:
                outcome = type(error).__name__
            print(f"{client.__name__}, {path}: {outcome}")


asyncio.run(main())
PY
echo "version: aiohttp==3.14.5 tornado==6.6.1 websocket-client==1.9.2 websockets==17.4"
echo "guess: for 1000 and 1001 the two messages, for 1011 and cut an error."
seen=$(venv/bin/python streams.py)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
with_websockets, 1000: ['one', 'two']
with_websockets, 1001: ['one', 'two']
with_websockets, 1011: ConnectionClosedError
with_websockets, cut: ConnectionClosedError
with_aiohttp, 1000: ['one', 'two'], close_code 1000
with_aiohttp, 1001: ['one', 'two'], close_code 1001
with_aiohttp, 1011: ['one', 'two'], close_code 1011
with_aiohttp, cut: ['one', 'two'], close_code 1006
with_tornado, 1000: ['one', 'two'], close_code 1000
with_tornado, 1001: ['one', 'two'], close_code 1001
with_tornado, 1011: ['one', 'two'], close_code 1011
with_tornado, cut: ['one', 'two'], close_code None
with_websocket_client, 1000: ['one', 'two', 'WebSocketConnectionClosedException']
with_websocket_client, 1001: ['one', 'two', 'WebSocketConnectionClosedException']
with_websocket_client, 1011: ['one', 'two', 'WebSocketConnectionClosedException']
with_websocket_client, cut: ['one', 'two', 'WebSocketConnectionClosedException']
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
