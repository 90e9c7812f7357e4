"""Modes: whom their keys name, what they change, and mistakes by place."""

from pathlib import Path

import pytest

from reconciler.model.declaration import Mode
from reconciler.model.roster import Fields, Unlisted
from tests.files.rosters import HEAD, declared, errors, read, said

ROOM = HEAD + (
    "roles: {talker: {muted: false, coaching: false, timeout: 20}}\n"
    "groups: {jury: {members: [j1, j2]}, both: [j2, w]}\n"
    "participants:\n"
    "  judge: {to: 'client:judge', role: talker}\n"
    "  j1: {to: 'client:j1'}\n"
    "  j2: {to: 'client:j2'}\n"
    "  w: {to: 'client:w'}\n"
)
MODES = "version: 1\nmodes: {{m: {}}}\n"

HELD: Fields = (("hold", True),)
FREE: Fields = (("hold", False),)
EXPANDED: list[tuple[str, dict[str, Fields]]] = [
    ("{}", {}),
    ("{others: {hold: true}}", dict.fromkeys(("j1", "j2", "judge", "w"), HELD)),
    ("{judge: {hold: false}}", {"judge": FREE}),
    (
        "{judge: {hold: false}, others: {hold: true}}",
        {"judge": FREE, "j1": HELD, "j2": HELD, "w": HELD},
    ),
    ("{jury: {hold: true}}", {"j1": HELD, "j2": HELD}),
    ("{jury: {hold: true}, j1: {hold: false}}", {"j1": FREE, "j2": HELD}),
    (
        "{jury: {hold: true}, j1: {muted: true}}",
        {"j1": (("hold", True), ("muted", True)), "j2": HELD},
    ),
    ("{role talker: {hold: true}}", {"judge": HELD}),
    (
        "{w: {role: talker, hold: true}}",
        {"w": (("coaching", False), ("hold", True), ("muted", False))},
    ),
    ("{w: {role: talker, muted: true}}", {"w": (("coaching", False), ("muted", True))}),
    ("{w: {coaching: j1}}", {"w": (("coaching", "j1"),)}),
    (
        "{jury: {hold: true}, both: {hold: true}}",
        dict.fromkeys(("j1", "j2", "w"), HELD),
    ),
    (
        "{jury: {hold: true}, both: {hold: false}, j2: {hold: true}}",
        {"j1": HELD, "j2": HELD, "w": FREE},
    ),
]


@pytest.mark.parametrize(("mode", "members"), EXPANDED)
@pytest.mark.parametrize("shared", [False, True])
def test_a_mode_is_what_differs_for_each_label(
    mode: str, members: dict[str, Fields], *, shared: bool, tmp_path: Path
) -> None:
    own = "" if shared else f"modes: {{m: {mode}}}\n"
    files = {"room.yaml": ROOM + own}
    if shared:
        files["modes.yaml"] = MODES.format(mode)

    assert declared(tmp_path, files).modes == (
        Mode("m", tuple(sorted(members.items()))),
    )


def test_modes_are_sorted_and_say_what_happens_to_strangers(tmp_path: Path) -> None:
    room = ROOM + "modes: {z: {unlisted: hold}, a: {}}\nmode: z\n"

    declaration = declared(tmp_path, {"room.yaml": room})

    assert declaration.modes == (Mode("a"), Mode("z", unlisted=Unlisted.HOLD))
    assert declaration.mode == "z"


def test_a_shared_mode_may_name_others_and_a_room_its_own_of_the_name(
    tmp_path: Path,
) -> None:
    files = {
        "room.yaml": ROOM + "modes: {own: {w: {hold: true}}}\nmode: m\n",
        "modes.yaml": "version: 1\nmodes: {m: {zed: {hold: true}}, own: {}}\n",
    }

    declaration = declared(tmp_path, files)

    assert declaration.modes == (Mode("m"), Mode("own", (("w", HELD),)))


MISTAKES = [
    ("modes: {m: {jduge: {hold: true}}}", "11:13 'jduge' matches no participant; did you mean 'judge'?"),
    ("modes: {m: {role zed: {hold: true}}}", "11:13 'role zed' matches no participant;"),
    ("modes: {m: {w: {to: 'client:x'}}}", "11:17 unknown key 'to' in 'w' in a mode; a mode can only change muted"),
    ("modes: {m: {w: {role: talkr}}}", "11:23 unknown role 'talkr'; did you mean 'talker'?"),
    ("modes: {m: {w: {coaching: zed}}}", "11:27 no participant has the label 'zed';"),
    ("modes: {m: {jury: {coaching: j1}}}", "11:13 'j1' cannot coach themselves; name j1 as well"),
    ("modes: {m: {w: {coaching: j1}, j1: {coaching: w}}}", "11:9 circular coaching in this mode: j1 → w → j1;"),
    ("modes: {m: {jury: {hold: true}, both: {hold: false}}}", "11:33 'j2' is in 'jury' and 'both', which set hold differently; write hold for j2"),
    ("modes: {m: {unlisted: drop}}", "11:23 unlisted must be one of keep, mute, hold, remove;"),
    ("modes: {normal: {}}", "11:9 the mode normal cannot be declared;"),
    ("modes: {a b: {}}", "11:9 'a b' cannot be the name of a mode; write letters"),
    ("modes: {m: {w: {muted: yes}}}", "11:24 muted must be true or false;"),
    ("mode: sidebar", "11:7 unknown mode 'sidebar'; this room has: normal"),
    ("modes: {sidebar: {}}\nmode: sidebr", "12:7 unknown mode 'sidebr'; did you mean 'sidebar'?"),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "expected"), MISTAKES)
def test_a_mistake_is_named_by_its_place(
    lines: str, expected: str, tmp_path: Path
) -> None:
    loading, problems = read(tmp_path, {"room.yaml": ROOM + lines})

    (only,) = said(tmp_path, errors(problems))
    assert only.startswith(f"room.yaml:{expected}")
    assert loading.declarations == ()
