"""The file of notification targets: what is wrong, where, and what to write."""

from pathlib import Path

import pytest

from reconciler.files.notify_file import INLINE, load_targets
from reconciler.model.errors import RosterError
from reconciler.model.notice import Notice

KEY = "whsec_" + "A" * 32
ENVIRON = {"KEY": KEY, "HOOK": "https://h.example/?token=s3cret"}


def declared(target: str) -> str:
    return f"version: 1\ntargets:\n  - {{{target}}}\n"


def problems(text: str) -> list[str]:
    with pytest.raises(RosterError) as refused:
        load_targets(None, text, ENVIRON)
    return [
        f"{x.line}:{x.column} {x.message}; {x.hint}" for x in refused.value.problems
    ]


def test_a_target_is_read_with_its_place_and_its_secrets_hidden(tmp_path: Path) -> None:
    path = tmp_path / "notify.yaml"
    text = 'name: ops, url: "${HOOK}", secret: "${KEY}", kinds: [left], rooms: ["a*"]'
    path.write_text(declared(text), "utf-8")
    (target,) = load_targets(str(path), None, ENVIRON)
    assert (target.url, target.secret) == (ENVIRON["HOOK"], KEY)
    assert target.kinds == frozenset({Notice.LEFT})
    assert target.wants("abc", Notice.LEFT, ())
    assert target.place == f"{path}:3:5"
    assert "s3cret" not in repr(target)
    assert KEY not in repr(target)


def test_nothing_is_declared_without_a_file() -> None:
    assert load_targets(None, None, {}) == ()


SIGNED = 'secret: "${KEY}"'

MISTAKES = [
    ("", "0:0 no targets; begin with version: 1"),
    ("targets: []", "1:1 a notification file needs version; begin"),
    ("version: 2\ntargets: []", "1:10 unsupported version; write version: 1"),
    ("version: 1", "1:1 targets are missing; write targets:"),
    ("version: 1\ntargets: {}", "2:10 targets must be a list; write - {name"),
    (declared(f"url: https://h, {SIGNED}"), "3:5 a target needs a name; write a name"),
    (declared(f"name: Ops, url: https://h, {SIGNED}"), "3:12 'Ops' is no name"),
    (declared("name: ops"), "3:5 a target needs url or apprise"),
    (
        declared(f"name: ops, url: https://h, apprise: json://h, {SIGNED}"),
        "3:5 a target needs url or apprise, and not both; write url:",
    ),
    (
        declared(f"name: ops, url: http://h.example, {SIGNED}"),
        "3:22 url is not encrypted; write https://",
    ),
    (declared(f"name: ops, url: ftp://h, {SIGNED}"), "3:22 url is no URL of a web"),
    (declared(f'name: ops, url: "https://[", {SIGNED}'), "3:22 url is no URL; write"),
    (declared("name: ops, url: https://h"), "3:5 url needs a secret to sign with; wri"),
    (
        declared("name: ops, url: https://h, secret: hunter2"),
        "3:41 secret is no signing key; write a key made by: echo whsec_$(openssl",
    ),
    (
        declared('name: ops, url: https://h, secret: "${MISSING}"'),
        "3:41 the environment variable MISSING is not set; set MISSING",
    ),
    (declared(f"name: ops, apprise: json://h, {SIGNED}"), "apprise signs nothing"),
    (
        declared(f"name: ops, url: https://h, {SIGNED}, kinds: [lefft]"),
        "kinds must be one of left,",
    ),
    (
        declared(f"name: ops, url: https://h, {SIGNED}, rooms: a"),
        "rooms must be a list of names or patterns",
    ),
    (declared(f"name: ops, ur: https://h, {SIGNED}"), "did you mean 'url'?"),
    (
        declared("name: ops, apprise: json://h")
        + "  - {name: ops, apprise: json://i}\n",
        "4:5 two targets are called ops; rename one",
    ),
]


@pytest.mark.parametrize(("text", "said"), MISTAKES)
def test_a_mistake_is_told_with_its_place_and_what_to_write(
    text: str, said: str
) -> None:
    assert any(said in each for each in problems(text)), problems(text)


def test_a_mistake_shows_neither_the_url_nor_the_line() -> None:
    text = declared('name: ops, url: "http://h.example/s3cret", secret: hunter2')
    with pytest.raises(RosterError) as refused:
        load_targets(None, text, ENVIRON)
    assert {each.file for each in refused.value.problems} == {INLINE}
    shown = repr(refused.value.problems)
    assert "s3cret" not in shown
    assert "hunter2" not in shown


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_this_machine_is_reached_without_encryption(host: str) -> None:
    text = declared(f'name: ops, url: "http://{host}:80/x", {SIGNED}')
    assert len(load_targets(None, text, ENVIRON)) == 1
