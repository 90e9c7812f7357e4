"""What doctor says of Event Streams and Voice Insights, and a daemon without a URL."""

import pytest

from reconciler.simulator.exchange.second_sources import SecondSources
from tests.cli.commands.test_explain import levels
from tests.cli.conftest import LINE, World


def test_a_doctor_says_whether_voice_insights_answer(world: World) -> None:
    world.write(LINE)
    assert "voice insights" not in levels(world)[1]
    asked = {"RECONCILER_VOICE_INSIGHTS": "yes"}

    code, refused = levels(world, **asked)

    assert (code, refused["voice insights"]) == (0, "warn")
    said = world.run("doctor", **asked).out
    assert "Voice Insights Advanced Features" in said
    assert "unset RECONCILER_VOICE_INSIGHTS" in said

    world.exchange.second_sources = SecondSources(None, 0.0)
    assert levels(world, **asked)[1]["voice insights"] == "ok"


def test_a_doctor_names_the_sink_of_event_streams(world: World) -> None:
    world.write(LINE)
    wanted = {"RECONCILER_EVENT_STREAMS": "yes"}
    url = {"RECONCILER_PUBLIC_URL": "https://a.example/x/"}

    code, without = levels(world, **wanted)

    assert (code, without["daemon"]) == (78, "fail")
    found = levels(world, **wanted, **url)[1]
    assert (found["daemon"], found["event streams"]) == ("ok", "ok")
    said = world.run("doctor", **wanted, **url).out
    assert "POST https://a.example/x/hooks/event-streams" in said
    assert "event streams" not in levels(world, **url)[1]


def test_a_daemon_that_nobody_can_reach_does_not_wait_for_event_streams(
    world: World,
) -> None:
    world.write(LINE)
    done = world.run("daemon", RECONCILER_EVENT_STREAMS="yes")
    assert done.code == 78
    assert "RECONCILER_EVENT_STREAMS" in done.err
    assert "--public-url" in done.err


@pytest.mark.parametrize("name", ["EVENT_STREAMS", "VOICE_INSIGHTS"])
def test_a_switch_takes_yes_or_no_alone(world: World, name: str) -> None:
    done = world.run("doctor", **{f"RECONCILER_{name}": "on"})
    assert done.code == 78
    assert f"RECONCILER_{name} is 'on': write yes or no" in done.err
