"""The five jobs of docs/jobs.md, played step by step with the files of desired/."""

import shlex
import shutil
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.cli.conftest import Ended, World
from tests.docs.jobs import ROOT, Step, jobs

DESIRED = ROOT / "desired"


class Job:
    """One job: its files in a folder, and its steps in order."""

    def __init__(self, world: World, heading: str, room: str, *files: str) -> None:
        self.world, self.room = world, room
        self.steps = iter(jobs()[heading])
        self.folder = world.folder / "desired"
        self.folder.mkdir()
        for name in (f"{room}.yaml", *files):
            shutil.copy(DESIRED / name, self.folder)

    def step(self, *starts: str) -> Ended:
        """Do the next step, whose text starts so, and have it carried out."""
        step = next(self.steps)
        assert step.text.startswith(" ".join(starts)), step.text
        done = self._do(step)
        assert done.code == 0, done.out + done.err
        return done

    def _do(self, step: Step) -> Ended:
        if step.file:
            path = self.folder / step.file
            text = path.read_text("utf-8")
            assert text.count(f" {step.text}\n") == 1
            path.write_text(text.replace(f" {step.text}\n", f" {step.after}\n"))
            return self.world.run("sync")
        done = self.world.run(*shlex.split(step.text)[1:])
        if done.code or step.text == "reconciler sync":
            return done
        synced = self.world.run("sync")
        return done if synced.code == 0 else synced

    def state(self, field: str) -> dict[str, Any]:
        people = self.world.people(self.room)
        return {label: leg[field] for label, leg in people.items()}

    def labels(self, field: str, value: Any = True) -> set[str]:
        """Whose *field* has the value."""
        return {x for x, found in self.state(field).items() if found == value}

    def over(self) -> bool:
        """Whether no step of the page is left."""
        return next(self.steps, None) is None


def fast_machines(world: World) -> None:
    """Detection takes a moment, not seconds."""
    for number in (*range(201, 207), 0):
        address = f"+15550100{number}" if number else "client:scribe"
        world.tell("people", address=address, answers_after=0.05, told_after=0.1)


def test_an_incident_bridge_is_opened_briefed_reopened_ended_and_started(
    world: World,
) -> None:
    job = Job(world, "Incident bridge", "incident-bridge", "people.yaml")
    fast_machines(world)
    world.tell("people", address="+15550100202", busy=9)
    world.tell("people", address="+15550100203", machine=True, told_after=0.1)
    job.step("reconciler sync")
    inside = {"ada", "vendor", "scribe", "dina", "emil"}
    assert set(job.state("muted")) == inside
    assert sorted(world.creates()) == sorted([*inside, "ben", "cleo"])
    assert world.creates()[0] == "ada"
    assert job.labels("muted") == {"vendor", "scribe"}
    job.step("reconciler mode")
    assert job.labels("muted", value=False) == {"ada"}
    job.step("reconciler unset")
    assert job.labels("muted") == {"vendor", "scribe"}
    for label in ("ada", "scribe"):
        world.tell("hang-up", who="client:scribe" if label == "scribe" else label)
    world.run("sync")
    assert set(job.state("muted")) == inside - {"ada", "scribe"}
    world.forget()
    job.step("reconciler redial")
    assert set(job.state("muted")) == inside
    assert sorted(world.creates()) == ["ada", "scribe"]
    job.step("reconciler end")
    assert job.state("muted") == {}
    world.forget()
    job.step("reconciler start")
    assert set(job.state("muted")) == inside
    assert sorted(world.creates()) == sorted([*inside, "ben", "cleo"])
    assert job.over()


def test_a_supervisor_listens_coaches_barges_in_and_listens_again(
    world: World,
) -> None:
    job = Job(world, "Call-centre supervisor", "support-line")
    job.step("reconciler sync")
    assert job.labels("muted") == {"supervisor", "trainee"}
    assert job.labels("hold") == {"specialist"}
    job.step("reconciler mode support-line coach")
    people = world.people(job.room)
    assert job.labels("coaching") == {"supervisor"}
    assert people["supervisor"]["call_sid_to_coach"] == people["agent"]["call_sid"]
    assert job.labels("muted") == {"trainee"}
    job.step("reconciler mode support-line barge")
    assert (job.labels("coaching"), job.labels("muted")) == (set(), {"trainee"})
    job.step("reconciler unset")
    assert job.labels("muted") == {"supervisor", "trainee"}
    job.step("reconciler set")
    assert job.labels("hold") == set()
    assert len(world.rings()) == 5
    assert job.over()


def test_a_hearing_calls_a_witness_goes_to_a_sidebar_and_ends(world: World) -> None:
    job = Job(world, "Hearing", "hearing")
    job.step("reconciler sync")
    everybody = set(job.state("hold"))
    assert len(everybody) == 6
    assert job.labels("hold") == {"witness"}
    assert job.labels("coaching") == {"interpreter"}
    job.step("hold: true")
    assert job.labels("hold") == set()
    guest = {"room": "hearing", "from": "+15559990001", "label": "guest"}
    world.tell("dial-in", **guest)
    job.step("reconciler mode")
    assert job.labels("hold", value=False) == {"judge", "counsel"}
    job.step("reconciler unset")
    assert job.labels("hold") & everybody == set()
    assert job.labels("muted") == {"guest"}
    job.step("reconciler mute-all")
    assert job.labels("muted", value=False) == {"judge"}
    job.step("reconciler end")
    assert job.state("hold") == {}
    assert job.over()


def test_a_webinar_lets_three_speak_breaks_and_goes_on(world: World) -> None:
    job = Job(world, "Webinar", "webinar", "people.yaml", "audience.csv")
    job.step("reconciler sync")
    speakers, three = {"host", "guest"}, {"amir", "chen", "eli"}
    assert set(world.creates()[:2]) == speakers
    assert job.labels("muted", value=False) == speakers
    assert len(job.state("muted")) == 10
    done = job.step("reconciler set")
    assert done.out.count("muted=false, until ") == 3
    assert job.labels("muted", value=False) == speakers | three
    job.step("reconciler mode")
    assert job.labels("hold", value=False) == {"host"}
    job.step("reconciler unset")
    assert job.labels("hold") == set()
    assert job.labels("muted", value=False) == speakers
    job.step("reconciler mute-all")
    assert job.labels("muted", value=False) == {"host"}
    assert job.over()


def test_a_hand_over_is_listed_and_planned_before_it_happens(world: World) -> None:
    heading = "Interpreter line"
    job = Job(world, heading, "interpreter-line")
    assert world.run("sync", "--no-wait").code in {0, 3}
    listed, planned, again = (_words(step) for step in jobs()[heading])
    shown = world.run(*listed, "--timezone", "Europe/Berlin")
    assert shown.code == 0, shown.err
    assert "18:00" in shown.out
    assert "interp-evening" in shown.out
    at, called = _next_hand_over()
    planned = [x if x != "18:00" else at for x in planned]
    assert f"+ {called}: ring" in world.run(*planned).out
    assert world.run(*again).code in {0, 78}
    assert job.room == "interpreter-line"


def _next_hand_over() -> tuple[str, str]:
    """When somebody is called who is not in the room now, in Berlin, and who that is."""
    here = datetime.now(ZoneInfo("Europe/Berlin"))
    is_evening = 18 <= here.hour < 22
    hour, called = (8, "interp-day") if is_evening else (18, "interp-evening")
    at = here.replace(hour=hour, minute=0, second=0, microsecond=0)
    days = 0 if at > here else 1
    return (at + timedelta(days=days)).isoformat(timespec="minutes"), called


def _words(step: Step) -> list[str]:
    return shlex.split(step.text)[1:]
