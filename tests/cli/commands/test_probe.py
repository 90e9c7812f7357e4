"""``reconciler probe``: its plan, its files, and what interrupts it."""

import fcntl
import signal
from pathlib import Path

import pytest
import yaml

from reconciler.cli.commands.simulate import measured
from reconciler.probe import ending_calls
from reconciler.probe.profile import load_profile
from reconciler.simulator.exchange.behavior import Switches, flip
from tests.cli.conftest import PATIENCE, SID, World
from tests.waiting import until

ADDRESSES = (
    "--from", "+15005550006", "--answering", "client:ann", "--answering", "client:bob",
    "--ringing", "client:no-answer",
)  # fmt: skip
UNANSWERED = ("probe", *ADDRESSES, "--only", "unanswered", "--yes")


def live(world: World) -> list[str]:
    calls = (each.latest for each in [*world.exchange.state.calls.values()])
    return [each.to for each in calls if not each.ended]


def answer(world: World, name: str, value: object) -> Path:
    """Write another answer into the profile."""
    path = world.folder / "twilio-profile.yaml"
    document = yaml.safe_load(path.read_text("utf-8"))
    document["answers"][name] = {"answer": value}
    path.write_text(yaml.safe_dump(document), "utf-8")
    return path


def test_the_plan_shows_the_cost_first_and_calls_nobody(world: World) -> None:
    done = world.run(
        "probe", *ADDRESSES, "--only", "kick", "--plan", "--price-per-minute", "0.02"
    )

    first, cost = done.out.splitlines()[:2]
    assert done.code == 0
    assert "At most 2 calls: 1 to addresses that answer, 1 that ring" in first
    assert "0.02 at 0.02 a minute" in cost
    assert "client:ann, client:bob, client:no-answer" in done.out
    assert "- remove the one that rings" in done.out
    assert world.rings() == []


def test_nobody_is_called_before_a_person_agrees(world: World) -> None:
    done = world.run("probe", *ADDRESSES, "--only", "unanswered")

    assert done.code == 64
    assert "pass --yes to call without a prompt" in done.err
    assert "At most 1 calls" in done.err
    assert world.rings() == []


def test_a_probe_writes_the_profile_and_leaves_nothing(world: World) -> None:
    done = world.run(*UNANSWERED)

    profile = load_profile(world.folder / "twilio-profile.yaml")
    assert done.code == 0, done.err
    assert profile.answers == {"conference_visible_before_connect": True}
    assert live(world) == []
    assert not (world.folder / "twilio-probe.state").exists()
    assert SID not in (world.folder / "twilio-profile.yaml").read_text("utf-8")


def test_answers_to_other_questions_stay_in_the_profile(world: World) -> None:
    world.run(*UNANSWERED)
    answer(world, "coach_when_target_leaves", "silent")

    done = world.run("probe", *ADDRESSES, "--only", "pages", "--yes")

    assert done.code == 0, done.err
    profile = load_profile(world.folder / "twilio-profile.yaml")
    assert profile.answers == {
        "coach_when_target_leaves": "silent",
        "conference_visible_before_connect": True,
    }
    assert profile.unanswered.keys() == {"next_page_absolute"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--from", "+15005550006"), "are needed"),
        ((*ADDRESSES, "--ringing", "client:ann"), "for both --answering"),
        ((*ADDRESSES, "--listen", "127.0.0.1:0"), "go together"),
        ((*ADDRESSES, "--only", "lag"), "unknown question 'lag'"),
        ((*ADDRESSES, "--answering", "0155"), "0155"),
        ((*ADDRESSES, "--ringing", "+1911"), "emergency"),
        (("--compare", "nowhere.yaml"), "nowhere.yaml"),
    ],
    ids=[
        "too few",
        "in both",
        "no URL",
        "unknown",
        "no address",
        "emergency",
        "no file",
    ],
)
def test_what_cannot_be_meant_is_refused(
    words: tuple[str, ...], says: str, world: World
) -> None:
    done = world.run("probe", *words)

    assert done.code in {64, 78}
    assert says in done.err
    assert world.rings() == []


@pytest.mark.parametrize(
    ("text", "says"),
    [("version: 7\n", "version 7 is not 1"), ("people: {}\n", "version None")],
    ids=["another version", "another file"],
)
def test_a_file_that_is_no_profile_is_not_written_over(
    text: str, says: str, world: World
) -> None:
    path = world.folder / "twilio-profile.yaml"
    path.write_text(text, "utf-8")

    done = world.run(*UNANSWERED)

    assert done.code == 78
    assert says in done.err
    assert path.read_text("utf-8") == text
    assert world.rings() == []


def test_nobody_is_called_for_a_profile_that_cannot_be_written(world: World) -> None:
    done = world.run(*UNANSWERED, "--profile", "missing/profile.yaml")

    assert done.code == 78
    assert "missing/profile.yaml: no such folder: missing" in done.err
    assert world.rings() == []


def test_the_profile_of_another_account_is_not_written_over(world: World) -> None:
    world.run("probe", *ADDRESSES, "--only", "callers", "--yes")

    done = world.run(*UNANSWERED, TWILIO_ACCOUNT_SID="AC" + "c3" * 16)

    assert done.code == 78
    assert "profile of another account" in done.err
    assert world.rings() == []


def test_profiles_are_compared(world: World) -> None:
    world.run(*UNANSWERED)
    old = world.folder / "old.yaml"
    old.write_text((world.folder / "twilio-profile.yaml").read_text("utf-8"), "utf-8")
    same = world.run("probe", "--compare", "old.yaml")
    answer(world, "conference_visible_before_connect", value=False)
    answer(world, "list_lag", 3)

    done = world.run("probe", "--compare", "old.yaml")

    assert (same.code, same.out) == (0, "No differences.\n")
    assert done.code == 2
    assert done.out.splitlines() == [
        "conference_visible_before_connect: true -> false",
        "list_lag: no answer -> 3",
    ]


def test_the_doctor_warns_where_the_account_is_not_as_assumed(world: World) -> None:
    world.run(*UNANSWERED)
    as_assumed = world.run("doctor", RECONCILER_PROFILE="twilio-profile.yaml")
    answer(world, "label_held_while_ringing", value=False)
    answer(world, "list_lag", 30)
    answer(world, "update_ringing", "404")

    done = world.run("doctor", RECONCILER_PROFILE="twilio-profile.yaml")

    lines = [x for x in done.out.splitlines() if " profile: " in x]
    assert "1 answers, as assumed" in as_assumed.out
    assert [x.partition(": ")[2].partition(":")[0] for x in lines] == [
        "label_held_while_ringing is false",
        "list_lag is 30",
    ]
    assert all(x.startswith("warn") for x in lines)


def test_the_doctor_fails_for_a_profile_that_it_cannot_read(world: World) -> None:
    done = world.run("doctor", RECONCILER_PROFILE="nowhere.yaml")

    assert done.code == 78
    assert "fail profile: nowhere.yaml" in done.out


def test_a_damaged_state_file_ends_what_rings_and_says_what_to_do(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending_calls, "_APPEARS_SECONDS", 2)
    form = {"To": ("client:no-answer",), "From": ("+15005550006",)}
    world.exchange.create_participant("reconciler-probe-1-kick-1", form)
    (world.folder / "twilio-probe.state").write_text('{"kind": "beg', "utf-8")

    done = world.run(*UNANSWERED)

    assert done.code == 78
    assert "cut off" in done.err
    assert "Delete the file to begin again" in done.err
    assert live(world) == []


@pytest.mark.long
@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_calls_and_the_same_command_resumes(
    number: signal.Signals, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending_calls, "_APPEARS_SECONDS", 2)
    process = world.start_fresh(*UNANSWERED, "--only", "kick")
    until(lambda: live(world) != [])
    process.send_signal(number)
    _, err = process.communicate(timeout=PATIENCE)

    assert process.returncode == 130
    assert "All calls are ended" in err
    assert live(world) == []
    done = world.run(*UNANSWERED, "--only", "kick")
    assert done.code == 0, done.err
    assert live(world) == []


@pytest.mark.process
def test_a_killed_probe_is_cleaned_up_before_anybody_is_asked(world: World) -> None:
    process = world.start_fresh(*UNANSWERED)
    until(lambda: live(world) != [])
    process.kill()
    process.communicate(timeout=PATIENCE)
    left = live(world)

    unanswered = world.run(*UNANSWERED[:-1])

    assert left == ["client:no-answer"]
    assert unanswered.code == 64
    assert live(world) == []
    assert world.run(*UNANSWERED).code == 0


def test_two_probes_with_one_state_file_are_refused(world: World) -> None:
    state = world.folder / "twilio-probe.state"
    with state.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = world.run(*UNANSWERED)

    assert done.code == 78
    assert "another probe is under way" in done.err
    assert world.rings() == []


def test_the_simulator_behaves_as_a_profile_says(world: World) -> None:
    world.run(*UNANSWERED)
    path = answer(world, "list_lag", 3)
    answer(world, "update_ringing", "21220")
    answer(world, "machine_detection_seconds", 7)

    switches = measured(Switches(), path)

    assert switches == flip(Switches(), {"list_lag": 3, "update_ringing": "21220"})


def test_a_profile_with_a_value_that_no_switch_has_is_refused(world: World) -> None:
    world.run(*UNANSWERED)
    answer(world, "update_ringing", "20500")

    done = world.run("simulate", "--port", "0", "--profile", "twilio-profile.yaml")

    assert done.code == 78
    assert "twilio-profile.yaml: answers: switch update_ringing" in done.err
