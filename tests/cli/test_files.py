"""Files as people save them: in halves, behind links, from other folders."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import World
from tests.cli.daemon_process import daemon
from tests.plain_http import CLIENT
from tests.waiting import until

PEOPLE = ["ann", "bob", "cara", "dan", "eve"]
HEAD = 'version: 1\nconference: line\nfrom: "+15550100000"\nparticipants:\n'


def text(*labels: str, room: str = "line") -> str:
    people = "".join(
        f'  {label}: {{to: "+1555010020{number}"}}\n'
        for number, label in enumerate(PEOPLE)
        if label in labels
    )
    return HEAD.replace("line", room) + people


@contextmanager
def half_saved(path: Path, whole: str, seconds: float) -> Iterator[None]:
    """The file cut after its third member, and whole some seconds later."""
    half = "".join(whole.splitlines(keepends=True)[:7])

    def finish() -> None:
        with path.open("a") as file:
            file.write(whole[len(half) :])

    path.write_text(half)
    timer = threading.Timer(seconds, finish)
    timer.start()
    try:
        yield
    finally:
        timer.join()


@pytest.mark.parametrize("seconds", [0.4, 1.5])
def test_a_sync_in_the_middle_of_a_save_removes_nobody(
    world: World, seconds: float
) -> None:
    path = world.write(text(*PEOPLE))
    assert world.run("sync").code == 0
    rung = len(world.rings())

    with half_saved(path, text(*PEOPLE), seconds):
        done = world.run("sync", RECONCILER_QUIET="3s")

    assert done.code == 0, done.out
    assert world.people().keys() == set(PEOPLE)
    assert len(world.rings()) == rung


@pytest.mark.process
def test_a_daemon_removes_nobody_when_a_file_is_saved_in_halves(world: World) -> None:
    path = world.write(text(*PEOPLE))
    world.environ["RECONCILER_QUIET"] = "2s"
    with daemon(world, "--resync", "1s"):
        until(lambda: world.people().keys() == set(PEOPLE))
        world.forget()

        with half_saved(path, text(*PEOPLE), 1.2):
            pass
        time.sleep(3)

        assert world.people().keys() == set(PEOPLE)
        assert world.writes() == []


@pytest.mark.parametrize("option", [(), ("--no-wait",)])
def test_a_sync_waits_for_the_file_to_be_quiet_and_then_removes(
    world: World, option: tuple[str, ...]
) -> None:
    path = world.write(text(*PEOPLE))
    assert world.run("sync").code == 0

    path.write_text(text(*PEOPLE[:4]))
    began = time.monotonic()
    done = world.run("sync", *option, RECONCILER_QUIET="1s")

    assert time.monotonic() - began > 1.0
    assert world.people().keys() == set(PEOPLE[:4]), done.out


def test_a_sync_removes_on_the_word_of_a_file_of_the_future_and_doctor_names_it(
    world: World,
) -> None:
    path = world.write(text(*PEOPLE))
    assert world.run("sync").code == 0
    path.write_text(text(*PEOPLE[:4]))
    later = time.time() + 3600
    os.utime(path, (later, later))

    done = world.run("sync", RECONCILER_QUIET="1s")

    assert done.code == 0, done.out
    assert world.people().keys() == set(PEOPLE[:4])
    assert "s in the future" in world.run("doctor").out
    checked = world.run("validate")
    assert checked.code == 0
    assert "s in the future" in checked.out + checked.err


@pytest.mark.process
def test_a_daemon_given_one_file_follows_its_edits(world: World) -> None:
    path = world.write(text("ann", "bob"))
    with daemon(world, str(path), "--resync", "1h"):
        until(lambda: world.people().keys() == {"ann", "bob"})

        path.write_text(text("ann", "bob", "cara"))

        until(lambda: "cara" in world.people())


def test_a_swapped_link_releases_what_is_gone_and_follows_what_changed(
    world: World,
) -> None:
    for release, rooms in (("1", ("alpha", "beta")), ("2", ("alpha",))):
        for room in rooms:
            path = world.folder / "releases" / release / f"{room}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text("ann", room=room))
    (world.folder / "current").symlink_to("releases/1")
    assert world.run("sync", "current", "--no-wait").code in {0, 3}

    (world.folder / "next").symlink_to("releases/2")
    (world.folder / "next").rename(world.folder / "current")
    done = world.run("sync", "current", "--output", "json")

    assert done.data["released"] == [{"conference": "beta"}]


def test_a_room_of_another_folder_is_taken_only_when_asked(world: World) -> None:
    for folder, label in (("one", "ann"), ("two", "eve")):
        (world.folder / folder).mkdir()
        (world.folder / folder / "line.yaml").write_text(text(label))
    assert world.run("sync", "one").code == 0

    refused = world.run("sync", "two")

    assert refused.code == 78
    assert "reconciler sync --take-over" in refused.out
    assert world.people().keys() == {"ann"}
    taken = world.run("sync", "two", "--take-over")
    assert taken.code == 0, taken.out
    assert world.people().keys() == {"eve"}


@pytest.mark.process
def test_a_refused_file_is_named_and_holds_back_no_other_room(world: World) -> None:
    world.write(text("ann", room="alpha"), "alpha.yaml")
    bad = world.write(text("bob", room="beta"), "beta.yaml")
    with daemon(world, "--resync", "1h") as process:
        until(lambda: world.people("beta").keys() == {"bob"})
        until(lambda: world.people("alpha").keys() == {"ann"})
        bad.write_text(bad.read_text() + "unlisted: mut\n")
        until(lambda: "not valid" in process.log.read_text())
        alpha = text("ann", room="alpha").replace("}", ", muted: true}")
        world.write(alpha, "alpha.yaml")
        until(lambda: world.people("alpha")["ann"]["muted"])
        checks = CLIENT.get(f"http://{process.admin}/readyz?verbose").json()["checks"]
        assert "beta.yaml" in next(x for x in checks if x["name"] == "files")["message"]

    shown = world.run("status")
    assert "! desired/beta.yaml refused since" in shown.out
    assert "Rooms that keep the previous roster: beta." in shown.out
    (file,) = world.run("status", "--output", "json").data["refused_files"]
    assert (file["file"], file["rooms"]) == ("desired/beta.yaml", ["beta"])
    assert "beta.yaml refused since" in world.run("explain", "beta", "bob").out
    assert "refused" not in world.run("explain", "alpha", "ann").out
    assert "roster.refused" in world.run("events", "beta", "--output", "json").out


def test_a_plan_shows_what_a_load_releases_and_what_stays_behind(world: World) -> None:
    path = world.write(text("ann", "bob", room="alpha"), "a.yaml")
    world.write(text("cara", room="beta"), "b.yaml")
    assert world.run("sync").code == 0
    path.write_text(text("ann", "bob", room="alpha_new"))

    planned = world.run("plan", "--exit-code")
    data = world.run("plan", "--output", "json").data

    assert planned.code == 2
    assert (
        "alpha: released; 2 people stay in the conference, no longer managed"
        in planned.out
    )
    assert (
        "alpha_new: 2 of its phones are in calls for alpha, which this load releases"
        in planned.out
    )
    assert data["released"] == [{"conference": "alpha", "people": 2}]
    assert data["moved"] == [{"conference": "alpha_new", "from": "alpha", "phones": 2}]
    assert data["converged"] is False
    (new,) = (x for x in data["rooms"] if x["conference"] == "alpha_new")
    assert {x["guard"] for x in new["withheld"]} == {"released-room"}
    assert (len(new["withheld"]), data["summary"]["ring"]) == (2, 0)


def test_a_plan_shows_a_room_that_is_managed_again(world: World) -> None:
    path = world.write(text("ann", room="alpha"), "a.yaml")
    world.write(text("cara", room="beta"), "b.yaml")
    assert world.run("sync").code == 0
    kept = path.read_text()
    path.unlink()
    assert world.run("sync").code == 0
    path.write_text(kept)

    planned = world.run("plan", "--exit-code")

    assert planned.code == 2
    assert "alpha: managed again" in planned.out


def test_a_plan_names_a_room_of_another_folder(world: World) -> None:
    for folder, label in (("one", "ann"), ("two", "eve")):
        (world.folder / folder).mkdir()
        (world.folder / folder / "line.yaml").write_text(text(label))
    assert world.run("sync", "one").code == 0

    planned = world.run("plan", "two", "--exit-code")
    taken = world.run("plan", "two", "--take-over", "--output", "json")

    assert planned.code == 2
    assert "To move it here: reconciler sync --take-over" in planned.out
    assert taken.data["summary"]["ring"] == 1
    home = str(world.folder / "one")
    assert taken.data["taken"] == [{"conference": "line", "folder": home}]
    same = world.folder / "three"
    same.mkdir()
    (same / "line.yaml").write_text(text("ann"))
    alike = world.run("plan", "three", "--take-over", "--exit-code")
    assert alike.code == 2
    assert f"Taken over: line, previously declared by {home}" in alike.out
    assert world.run("sync", "three", "--take-over").code == 0
    assert "Taken over from" in world.run("events", "line").out


POLICY = "version: 1\naddresses: ['client:']\n"


def test_a_roster_beyond_the_policy_rings_nobody_even_by_force(world: World) -> None:
    (world.folder / "policy.yaml").write_text(POLICY)
    world.write(text("ann"))

    refused = world.run("sync", "--force", "go", RECONCILER_POLICY="policy.yaml")

    assert refused.code == 78
    assert (
        "desired/line.yaml:5:13: error: to: +1555•••0200 is not allowed" in refused.err
    )
    assert world.writes() == []


@pytest.mark.process
def test_a_policy_that_came_later_withholds_what_was_loaded(world: World) -> None:
    world.write(text("ann"))
    assert world.run("sync").code == 0
    world.write(text("ann", "bob"))
    assert world.run("sync").code == 0
    world.tell("hang-up", who="bob")
    world.run("redial", "line", "bob")
    (world.folder / "policy.yaml").write_text(POLICY)
    world.environ["RECONCILER_POLICY"] = "policy.yaml"
    rung = len(world.rings())

    with daemon(world, "--resync", "1s"):
        until(lambda: "withheld by policy" in world.run("status").out)

    assert len(world.rings()) == rung
    assert "withheld by policy" in world.run("status").out


def test_a_policy_is_checked_with_places(world: World) -> None:
    (world.folder / "policy.yaml").write_text("version: 1\nadresses: []\n")

    done = world.run("policy", "check", "policy.yaml")

    assert done.code == 78
    assert "policy.yaml:2:1: error: unknown key 'adresses' in a policy" in done.err
    assert "did you mean 'addresses'?" in done.err


def test_only_those_whom_the_policy_names_approve_or_force(world: World) -> None:
    policy = world.folder / "policy.yaml"
    policy.write_text("version: 1\napprove: {removals: [nobody-here]}\n")
    world.write(text(*PEOPLE) + "limits: {removals: 0}\n")
    assert world.run("sync").code == 0
    world.write(text(*PEOPLE[:4]) + "limits: {removals: 0}\n")
    world.environ["RECONCILER_POLICY"] = "policy.yaml"
    assert world.run("sync").code == 4

    forced = world.run("sync", "--force", "go")
    approved = world.run("approve", "line", "--yes")

    for done in (forced, approved):
        assert done.code == 78
        assert "the policy allows only nobody-here to approve removals" in done.err
    assert "eve" in world.people()


def test_a_number_is_rung_no_oftener_than_the_policy_allows(world: World) -> None:
    (world.folder / "policy.yaml").write_text(
        "version: 1\nrings: {number: {hour: 2}}\n"
    )
    world.environ["RECONCILER_POLICY"] = "policy.yaml"
    world.write(text("ann"))
    assert world.run("sync").code == 0
    for _ in range(2):
        world.tell("hang-up", who="ann")
        world.run("redial", "line", "ann")
        world.run("sync", "--force", "again", "--timeout", "3s")

    assert len(world.rings()) == 2
    shown = world.run("status").out
    assert "this number has had 2 rings within an hour; the policy allows 2" in shown


def test_the_only_file_is_named_when_it_is_refused(world: World) -> None:
    path = world.write(text("ann"))
    assert world.run("sync").code == 0
    path.write_text(path.read_text() + "foo: 1\n")

    assert world.run("sync").code == 78

    assert "! desired/line.yaml refused since" in world.run("status").out
    assert "roster.refused" in world.run("events", "line", "--output", "json").out
    assert "refused since" in world.run("explain", "line", "ann").out


def test_a_paused_room_is_a_difference(world: World) -> None:
    world.write(text("ann"))
    assert world.run("sync").code == 0
    assert world.run("plan", "--exit-code").code == 0

    world.run("pause", "line")

    assert world.run("plan", "--exit-code").code == 2
