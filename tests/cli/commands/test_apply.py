"""``plan --out FILE`` and ``apply FILE``: what is carried out is what was shown."""

import json
import stat
from collections.abc import Callable

import pytest

from reconciler.cli.commands import apply_plan
from reconciler.cli.plan_file import read_plan_file
from tests.cli.conftest import LINE, World

BRIDGE = LINE.replace("conference: line", "conference: bridge").replace(
    "+155512300", "+155512399"
)


def save(world: World, *words: str) -> None:
    done = world.run("plan", *words, "--out", "plan.json")
    assert done.code == 0, done.err
    assert "reconciler apply plan.json" in done.err


def test_a_saved_plan_is_carried_out_and_holds_once(world: World) -> None:
    world.write(LINE)
    save(world)

    done = world.run("apply", "plan.json")

    assert done.code == 0, done.err + done.out
    assert world.people().keys() == {"ann", "bob", "cara", "sup", "dan"}
    assert len(world.rings()) == 5
    again = world.run("apply", "plan.json")
    assert again.code == 4
    assert len(world.rings()) == 5


def test_a_plan_goes_through_standard_output_and_input(world: World) -> None:
    world.write(LINE)

    saved = world.run("plan", "--out", "-")
    done = world.run("apply", "-", stdin=saved.out)

    assert saved.code == 0, saved.err
    assert json.loads(saved.out)["kind"] == "reconciler-plan"
    assert "4 to ring" in saved.err
    assert "reconciler apply - < FILE" in saved.err
    assert done.code == 0, done.err + done.out
    assert len(world.rings()) == 5
    again = world.run("apply", "-", stdin=saved.out)
    assert again.code == 4
    assert "--out FILE" in again.err
    assert not (world.folder / "-").exists()


def test_standard_input_that_is_no_plan_and_two_documents_at_once_are_refused(
    world: World,
) -> None:
    world.write(LINE)

    wrong = world.run("apply", "-", stdin="version: 1")
    both = world.run("plan", "--out", "-", "--output", "json")
    copy = world.run("db", "backup", "-")

    assert wrong.code == 78
    assert "standard input is not a saved plan" in wrong.err
    assert both.code == copy.code == 64
    assert "both print on standard output: name a file" in both.err
    assert "name one, not -" in copy.err


def test_a_saved_plan_of_a_room_as_declared_changes_nothing(world: World) -> None:
    world.converge()
    save(world)

    assert world.run("apply", "plan.json").code == 0
    assert world.writes() == []


CHANGES: dict[str, tuple[Callable[[World], object], str]] = {
    "a file": (
        lambda world: world.write(LINE.replace("hold: true", "hold: false")),
        "its file has changed",
    ),
    "a new file": (
        lambda world: world.write(BRIDGE, "bridge.yaml"),
        "bridge: not declared when planned",
    ),
    "who is in the room": (
        lambda world: world.tell("change", who="ann", muted=True),
        "who is in the room, or how, has changed",
    ),
    "a stranger": (
        lambda world: world.tell("dial-in", room="line", **{"from": "+15559990000"}),
        "who is in the room, or how, has changed",
    ),
    "the generation": (
        lambda world: world.run("set", "line", "ann", "muted=true"),
        "generation",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_plan_no_longer_holds_once_something_changed(
    world: World, change: str
) -> None:
    world.converge()
    world.tell("change", who="bob", muted=False)
    save(world)
    alter, reason = CHANGES[change]
    alter(world)
    world.forget()

    done = world.run("apply", "plan.json")
    data = world.run("apply", "plan.json", "--output", "json").data

    assert done.code == 4
    assert "nothing was changed" in done.err
    assert reason in done.err
    assert "reconciler plan desired --out plan.json" in done.err
    assert any(reason in each for each in data["changes"])
    assert world.writes() == []


def test_a_room_that_changes_at_the_last_moment_is_left_but_for_silences(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.converge()
    world.tell("change", who="ann", muted=True)
    save(world)
    monkeypatch.setattr(apply_plan, "changes_since", lambda *_: ())
    world.tell("change", who="ann", hold=True)
    world.tell("change", who="cara", hold=False)
    world.forget()

    done = world.run("apply", "plan.json")

    assert done.code == 4
    assert "the room has changed since the plan" in done.out
    people = world.people()
    assert people["cara"]["hold"] is True
    assert people["ann"]["hold"] is people["ann"]["muted"] is True


def test_an_apply_acts_on_the_people_of_the_plan_alone(world: World) -> None:
    world.converge()
    world.tell("change", who="bob", muted=False)
    save(world, "--target", "line/bob")
    world.tell("reset")

    assert world.run("apply", "plan.json").code == 0

    assert world.people()["bob"]["muted"] is True


def test_a_saved_plan_has_no_number_and_is_its_owners(world: World) -> None:
    world.write(LINE)
    save(world)
    path = world.folder / "plan.json"

    assert "555123" not in path.read_text("utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_plan_file(path).labels["line"] >= {"ann", "sup"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{}", "is not a saved plan"),
        ("not json", "is not a saved plan"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_is_no_plan_is_named(
    world: World, text: str | None, reason: str
) -> None:
    world.write(LINE)
    if text is not None:
        (world.folder / "plan.json").write_text(text, "utf-8")

    done = world.run("apply", "plan.json")

    assert done.code == 78
    assert f"plan.json {reason}" in done.err


def test_a_plan_of_another_format_or_account_is_refused(world: World) -> None:
    world.write(LINE)
    save(world)
    path = world.folder / "plan.json"
    other = world.run("apply", "plan.json", TWILIO_ACCOUNT_SID="AC" + "c3" * 16)
    data = json.loads(path.read_text("utf-8")) | {"format_version": "9"}
    path.write_text(json.dumps(data), "utf-8")
    newer = world.run("apply", "plan.json")

    assert other.code == newer.code == 78
    assert "the plan is for account" in other.err
    assert "saved by another version" in newer.err


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"format_version": None}, "missing required field `format_version`"),
        ({"kind": None}, "missing required field `kind`"),
        ({"kind": "terraform-plan"}, "Invalid enum value 'terraform-plan'"),
    ],
)
def test_a_plan_without_its_format_or_kind_is_refused(
    world: World, change: dict[str, str | None], reason: str
) -> None:
    world.write(LINE)
    save(world)
    path = world.folder / "plan.json"
    data = json.loads(path.read_text("utf-8")) | change
    kept = {name: value for name, value in data.items() if value is not None}
    path.write_text(json.dumps(kept), "utf-8")

    done = world.run("apply", "plan.json")

    assert done.code == 78
    assert reason in done.err


def test_a_plan_is_not_saved_where_a_file_has_errors_or_for_another_time(
    world: World,
) -> None:
    world.write(LINE)
    world.write("version: 1\nconference: broken\n", "broken.yaml")

    done = world.run("plan", "--out", "plan.json")
    later = world.run("plan", "--out", "plan.json", "--at", "23:59")

    assert done.code == 78
    assert "The plan is not saved: files have errors." in done.err
    assert later.code == 64
    assert not (world.folder / "plan.json").exists()
