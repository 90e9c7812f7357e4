"""Edits that must not cut anybody off."""

from tests.cli.conftest import LINE, World


def test_a_renamed_member_is_neither_hung_up_nor_rung_again(world: World) -> None:
    world.converge()
    world.write(LINE.replace("  dan:", "  daniel:"))
    world.forget()

    done = world.run("sync")

    assert done.code == 0, done.out
    assert world.writes() == []
    assert len(world.people()) == 5
    assert world.run("sync").code == 0
    assert world.run("status", "--exit-code").code == 0


def test_a_coach_is_sent_on_even_if_one_request_cannot(world: World) -> None:
    world.write(LINE)
    world.tell("switches", retarget_in_one_post="error")
    assert world.run("sync").code == 0
    world.write(LINE.replace("coaching: ann", "coaching: dan"))

    done = world.run("sync")

    assert done.code == 0, done.out
    people = world.people()
    assert people["sup"]["call_sid_to_coach"] == people["dan"]["call_sid"]
    assert people["sup"]["muted"] is False
