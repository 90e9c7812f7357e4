"""Groups, replacements and protection from a file to the room, by the command line."""

from tests.cli.conftest import World

BRIDGE = """\
version: 1
conference: bridge
from: "+15550100002"
defaults: {machine_detection: Enable, machine: hang-up}
participants:
  ann: {to: "+15551230001"}
  bob: {to: "+15551230002"}
  cara: {to: "+15551230003"}
groups:
  dbas: {want: 1, members: [ann, bob, cara]}
"""
LINE = """\
version: 1
conference: line
from: "+15550100001"
participants:
  ann: {to: "+15551230001", protect: true}
  bob: {to: "+15551230002"}
"""


def test_the_third_of_a_group_is_in_by_one_sync_and_all_is_shown(world: World) -> None:
    world.tell("people", address="+15551230001", busy=9)
    world.tell("people", address="+15551230002", machine=True, told_after=0.2)
    world.write(BRIDGE)
    done = world.run("sync")
    assert done.code == 0, done.out + done.err
    assert world.rings() == ["bob", "cara"]
    assert world.creates() == ["ann", "bob", "cara"]
    assert set(world.people("bridge")) == {"cara"}
    text = "dbas: 1 of 1 in (cara); ann busy, bob machine"
    assert text in done.out
    assert text in world.run("status").out
    assert text in world.run("plan").out
    told = world.run("explain", "bridge", "bob").out
    assert "standby: dbas has 1 of 1 in (last call: machine)" in told
    (room,) = world.run("status", "--output", "json").data["rooms"]
    assert room["groups"] == [
        {
            "name": "dbas",
            "want": 1,
            "in": ["cara"],
            "others": {"ann": "busy", "bob": "machine"},
        }
    ]
    asked = world.run("redial", "bridge", "bob")
    assert "Not called yet: standby: dbas has 1 of 1 in" in asked.out


def test_a_protected_member_is_removed_only_by_a_command_that_names_them(
    world: World,
) -> None:
    world.write(LINE)
    assert world.run("sync").code == 0
    world.run("sync")
    world.write("".join(x for x in LINE.splitlines(keepends=True) if "ann" not in x))
    held = world.run("sync")
    assert held.code == 4
    assert "reconciler approve line --protected ann" in held.out
    assert world.run("sync", "--force", "I insist").code == 4
    plain = world.run("approve", "line", "--yes")
    assert plain.code == 4
    assert "--protected ann" in plain.out
    strange = world.run("approve", "line", "--protected", "bob", "--yes")
    assert strange.code == 78
    assert set(world.people()) == {"ann", "bob"}
    assert "ann  " in world.run("status").out
    assert "no longer in the roster: connected" in world.run("status").out
    (room,) = world.run("status", "--output", "json").data["rooms"]
    assert [x["label"] for x in room["dismissed"]] == ["ann"]
    told = world.run("explain", "line", "ann").out
    assert f"observed: call {room['dismissed'][0]['call_sid']}: connected" in told
    assert told.rstrip().endswith("reconciler approve line --protected ann")
    given = world.run("approve", "line", "--protected", "ann", "--yes")
    assert given.code == 0, given.err
    assert "1 removal of a protected member" in given.out
    assert world.run("sync").code == 0
    assert set(world.people()) == {"bob"}


def test_one_takes_over_from_another_in_one_sync(world: World) -> None:
    world.write(LINE.replace(", protect: true", ""))
    assert world.run("sync").code == 0
    ann, night = (
        '  ann: {to: "+15551230001", protect: true}',
        ('  night: {to: "+15551230009", replaces: {label: ann, settle: 1s}}'),
    )
    world.write(LINE.replace(ann, night))
    planned = world.run("plan")
    assert "ann: stays until night has been connected for 1 s" in planned.out
    done = world.run("sync")
    assert done.code == 0, done.out + done.err
    assert set(world.people()) == {"bob", "night"}
