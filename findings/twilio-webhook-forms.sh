#!/usr/bin/env bash
# Guess: a webhook's form, as a web framework of Python gives it, is what was sent, so that the validator of Twilio's SDK, which takes the form as a dict, accepts
#        a message whose signature is right, in each framework.
# Seen:  not in sanic and tornado. sanic leaves out fields that are empty, and Twilio sends empty ones, such as a caller's city that is not known; the signature is
#        over their names too. tornado takes the blanks off both ends of a value, so a text that ends in a blank is refused; strip=False keeps them. A test with
#        a full form passes in both. starlette, quart, flask, falcon, litestar, bottle, and aiohttp give what was sent.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check twilio==9.13.0 aiohttp==3.14.5 bottle==0.13.4 falcon==4.4.0 flask==3.1.3 litestar==2.25.0 \
  python-multipart==0.0.34 quart==0.22.0 sanic==25.12.1 starlette==1.10.0 tornado==6.6.1 uvicorn==0.54.0
cat >aiohttp_app.py <<'PY'
import sys

from aiohttp import web


async def answer(request: web.Request) -> web.Response:
    return web.json_response(dict(await request.post()))


app = web.Application()
app.router.add_post("/", answer)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
PY
cat >bottle_app.py <<'PY'
import sys

import bottle


@bottle.post("/")
def answer() -> dict:
    return dict(bottle.request.forms.items())


bottle.run(host="127.0.0.1", port=int(sys.argv[1]), quiet=True)
PY
cat >falcon_app.py <<'PY'
import sys
from wsgiref.simple_server import make_server

import falcon


class Webhook:
    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        response.media = request.get_media()


app = falcon.App()
app.add_route("/", Webhook())
make_server("127.0.0.1", int(sys.argv[1]), app).serve_forever()
PY
cat >flask_app.py <<'PY'
import sys

import flask

app = flask.Flask("app")


@app.post("/")
def answer() -> dict:
    return flask.request.form.to_dict()


app.run("127.0.0.1", int(sys.argv[1]))
PY
cat >litestar_app.py <<'PY'
import sys

import litestar
import uvicorn


@litestar.post("/")
async def answer(request: litestar.Request) -> dict:
    return dict(await request.form())


uvicorn.run(litestar.Litestar([answer]), port=int(sys.argv[1]), log_level="critical")
PY
cat >quart_app.py <<'PY'
import sys

import quart
import uvicorn

app = quart.Quart("app")


@app.post("/")
async def answer() -> dict:
    return (await quart.request.form).to_dict()


uvicorn.run(app, port=int(sys.argv[1]), log_level="critical")
PY
cat >sanic_app.py <<'PY'
import sys

import sanic

app = sanic.Sanic("app")


@app.post("/")
async def answer(request: sanic.Request) -> sanic.HTTPResponse:
    return sanic.json({name: request.form.get(name) for name in request.form})


if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]), single_process=True, motd=False, access_log=False)
PY
cat >starlette_app.py <<'PY'
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def answer(request: Request) -> JSONResponse:
    return JSONResponse(dict(await request.form()))


app = Starlette(routes=[Route("/", answer, methods=["POST"])])
uvicorn.run(app, port=int(sys.argv[1]), log_level="critical")
PY
cat >tornado_app.py <<'PY'
import asyncio
import sys

import tornado.web


class Webhook(tornado.web.RequestHandler):
    def post(self) -> None:
        self.write({name: self.get_body_argument(name) for name in self.request.body_arguments})


async def main() -> None:
    tornado.web.Application([("/", Webhook)]).listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()


asyncio.run(main())
PY
cat >webhooks.py <<'PY'
import json
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request

from twilio.request_validator import RequestValidator

validator = RequestValidator("a token for tests only")
FULL = {"CallSid": "CA00000000000000000000000000000000", "CallerCity": "DUBLIN", "Body": "see you"}
FORMS = {"full": FULL, "an empty field": FULL | {"CallerCity": ""}, "a blank at the end": FULL | {"Body": "see you "}}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def post(url: str, form: dict) -> dict:
    for _ in range(300):
        try:
            with urllib.request.urlopen(url, urllib.parse.urlencode(form).encode(), timeout=20) as answer:
                return json.load(answer)
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(url)


for name in ("aiohttp", "bottle", "falcon", "flask", "litestar", "quart", "sanic", "starlette", "tornado"):
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    command = [sys.executable, "-W", "ignore", f"{name}_app.py", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as app:
        words = []
        for kind, form in FORMS.items():
            accepted = validator.validate(url, post(url, form), validator.compute_signature(url, form))
            words.append(f"{kind} {'accepted' if accepted else 'refused'}")
        app.kill()
    print(f"{name}: {', '.join(words)}")
PY
echo "version: twilio==9.13.0 aiohttp==3.14.5 bottle==0.13.4 falcon==4.4.0 flask==3.1.3 litestar==2.25.0 quart==0.22.0 sanic==25.12.1 starlette==1.10.0 tornado==6.6.1"
echo "guess: all accepted."
seen=$(venv/bin/python webhooks.py)
printf 'seen:\n%s\n' "$seen"
recorded=$(cat <<'TEXT'
aiohttp: full accepted, an empty field accepted, a blank at the end accepted
bottle: full accepted, an empty field accepted, a blank at the end accepted
falcon: full accepted, an empty field accepted, a blank at the end accepted
flask: full accepted, an empty field accepted, a blank at the end accepted
litestar: full accepted, an empty field accepted, a blank at the end accepted
quart: full accepted, an empty field accepted, a blank at the end accepted
sanic: full accepted, an empty field refused, a blank at the end accepted
starlette: full accepted, an empty field accepted, a blank at the end accepted
tornado: full accepted, an empty field accepted, a blank at the end refused
TEXT
)
[ "$seen" = "$recorded" ] || { echo "The behavior has changed." >&2; exit 1; }
