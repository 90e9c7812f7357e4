"""People as CSV: columns, spreadsheets' habits, and mistakes by row."""

from pathlib import Path

import pytest

from tests.files.rosters import HEAD, declared, errors, read, said

GROUP = HEAD + "groups: {all: {csv: all.csv}}\n"
SHARED = "version: 1\npeople: {csv: all.csv}\n"

WRITTEN = [
    "label,to\nann,+15551230001\n",
    "label,to\r\nann,+15551230001",
    "\N{ZERO WIDTH NO-BREAK SPACE}label,to\nann,+15551230001\n",
    'to,label\n"+15551230001","ann"\n',
    "label,to,muted\nann,+15551230001,\n",
    "label , to\n ann , +15551230001 \n",
    "label,to\n\n,\nann,+15551230001\n\n",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_a_row_is_a_person_however_it_is_written(text: str, tmp_path: Path) -> None:
    for room in (GROUP, HEAD + "participants: {ann: {}}"):
        files = {"room.yaml": room, "all.csv": text}
        if room is not GROUP:
            files["people.yaml"] = SHARED

        (ann,) = declared(tmp_path, files).roster.members

        assert (ann.label, ann.to, ann.muted) == ("ann", "+15551230001", None)


def test_columns_are_the_keys_of_a_member(tmp_path: Path) -> None:
    text = (
        "label,to,timezone,muted,hold,timeout,beep,role,priority,coaching,from\n"
        "no,client:no,Europe/Berlin,TRUE,false,20,true,r,1,no2,+15550100009\n"
        '"no2, jr",client:no2,,,,,,,,false,\nno2,client:x,,,,,,,,,\n'
    )
    files = {"room.yaml": "roles: {r: {protect: true}}\n" + GROUP, "all.csv": text}

    first, second, _ = declared(tmp_path, files).roster.members

    assert (first.label, first.muted, first.hold) == ("no", True, False)
    assert first.create_only == (("beep", "true"), ("timeout", 20))
    assert (first.role, first.priority, first.protect) == ("r", 1, True)
    assert (first.coaching, first.sender) == ("no2", "+15550100009")
    assert (second.label, second.coaching) == ("no2, jr", False)


MISTAKES = [
    ("", "1:1 this file is empty; begin with the row label,to"),
    ("label;to\nann;+1555\n", "1:1 the column label is missing; separate the columns by commas"),
    ("label,tto\nann,+15551230001\n", "1:7 unknown column 'tto'; did you mean 'to'?"),
    ("ann,+15551230001\n", "1:1 the column label is missing; write the names of the columns"),
    ("label,to,to\nann,+15551230001,x\n", "1:10 the column 'to' is given twice; remove one"),
    ("to\n+15551230001\n", "1:1 the column label is missing; write the names of the"),
    ("label,to\nann\n", "2:1 this row has 1 cells, but the first row has 2; write a cell"),
    ("label,to\nann,a,b\n", "2:1 this row has 3 cells, but the first row has 2; write a cell"),
    ("label,to\n,+15551230001\n", "2:1 this row has no label; write a label"),
    ("label,to\nann,client:a\n\nann,client:b\n", "4:1 'ann' is given twice; first at all.csv:2:1; keep one"),
    ('label,to\nann,"client:a\n', "2:1 this row is not CSV: unexpected end of data; quote text"),
    ('label,to\nann,"client"x\n', "2:1 this row is not CSV: ',' expected after '\"'; quote text"),
    ("label,to\nann,15551230001\n", "2:5 to: a phone number must begin with +"),
    ("label,to\nann,1.5E+10\n", "2:5 to: "),
    ("label,to,muted\nann,client:a,yes\n", "2:14 muted must be true or false; write true or false (here: true)"),
    ("label,to,timeout\nann,client:a,soon\n", "2:14 timeout must be a whole number;"),
    ("label,to\nCA00000000000000000000000000000000,client:a\n", "2:1 a label must not have the shape"),
    ("label,to\nann,\n", "2:1 'ann' has no 'to';"),
    ('label,to\n"a\nb",client:a\n', "2:1 a label contains a line break"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), MISTAKES)
@pytest.mark.parametrize("shared", [False, True])
def test_a_mistake_is_named_by_its_row(
    text: str, expected: str, *, shared: bool, tmp_path: Path
) -> None:
    files = {"a.yaml": SHARED if shared else GROUP, "all.csv": text}

    loading, problems = read(tmp_path, files)

    (only,) = said(tmp_path, errors(problems))
    assert only.startswith(f"all.csv:{expected}")
    assert [each.file for each in loading.refused] == [str(tmp_path / "a.yaml")]


BROKEN = (
    "label,to,timeout\nann,client:a\nbob,15551230001,\nbob,client:b,soon\n"
    ",client:x,\neve,client:e,x\ndan,client:d,,\n"
)
BROKEN_SAID = {
    "2:1 this row has 2 cells, but the first row has 3",
    "3:5 to: a phone number must begin with +",
    "4:1 'bob' is given twice",
    "4:14 timeout must be a whole number",
    "5:1 this row has no label",
    "6:14 timeout must be a whole number",
    "7:1 this row has 4 cells, but the first row has 3",
}


@pytest.mark.parametrize(
    "text",
    [GROUP, SHARED, "version: 1\ngroups: {all: {csv: all.csv}}\n"],
)
def test_a_row_that_cannot_be_read_hides_no_mistake_of_another(
    text: str, tmp_path: Path
) -> None:
    _, problems = read(tmp_path, {"a.yaml": text, "all.csv": BROKEN})

    found = said(tmp_path, errors(problems))
    assert {
        expected
        for expected in BROKEN_SAID
        if any(each.startswith(f"all.csv:{expected}") for each in found)
    } == BROKEN_SAID
    assert len(found) == len(BROKEN_SAID)


def test_who_a_broken_row_may_list_is_not_said_to_be_missing(tmp_path: Path) -> None:
    room = GROUP.replace("csv: all.csv", "csv: all.csv, want: 3") + (
        "modes: {quiet: {ann: {muted: true}, zoe: {muted: true}}}\n"
        "participants: {cara: {to: 'client:c', coaching: ann}}\n"
    )
    text = "label,to\nann\nbob,client:b\n,client:z\n"

    loading, problems = read(tmp_path, {"a.yaml": room, "all.csv": text})

    assert [each.split(" ")[0] for each in said(tmp_path, errors(problems))] == [
        "all.csv:2:1",
        "all.csv:4:1",
    ]
    assert loading.declarations == ()


@pytest.mark.parametrize(
    "shared",
    [
        "version: 1\ngroups: {all: {csv: all.csv}}\n",
        "version: 1\npeople: {csv: all.csv}\n",
    ],
)
def test_a_room_is_not_declared_from_the_readable_rows_of_a_broken_file(
    shared: str, tmp_path: Path
) -> None:
    members = (
        "groups: {all: {want: 1}}"
        if "groups" in shared
        else ("participants: {bob: {}}")
    )
    files = {
        "people.yaml": shared,
        "room.yaml": HEAD + members,
        "all.csv": "label,to\n,client:a\nbob,client:b\n",
    }

    loading, _ = read(tmp_path, files)

    assert loading.declarations == ()


@pytest.mark.parametrize("text", [GROUP, "version: 1\ngroups: {all: {csv: all.csv}}\n"])
def test_a_file_with_its_first_row_alone_says_to_add_a_row(
    text: str, tmp_path: Path
) -> None:
    _, problems = read(tmp_path, {"a.yaml": text, "all.csv": "label,to\n"})

    (only,) = said(tmp_path, problems)
    assert only == (
        "all.csv:1:1 this file has no people for the group 'all'; add a row for each "
        "person below the first row"
    )


def test_a_file_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.yaml": GROUP,
        "all.csv": "label,to\nann,client:\xe9\n".encode("latin-1"),
    }

    _, problems = read(tmp_path, files)

    assert said(tmp_path, problems) == [
        "all.csv:2:12 not UTF-8; save the file as UTF-8"
    ]
    assert problems[0].snippet == "ann,client:\N{REPLACEMENT CHARACTER}"


def test_the_place_of_what_is_not_utf_8_counts_characters(tmp_path: Path) -> None:
    text = b"label,to\n" + "zo\xe9,client:".encode() + b"\xe9\n"

    _, problems = read(tmp_path, {"a.yaml": GROUP, "all.csv": text})

    assert said(tmp_path, problems)[0].startswith("all.csv:2:12 not UTF-8")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("gone.csv", "csv: gone.csv: no such file or folder;"),
        (
            "../out.csv",
            "csv: '../out.csv' is not in the folder of this file; name a file",
        ),
        ("/etc/passwd", "csv: '/etc/passwd' is not in the folder of this file; name"),
        ("link.csv", "csv: 'link.csv' is not in the folder of this file; name a file"),
        (
            "sub",
            "csv: sub: cannot be read: Is a directory; create the file, or correct",
        ),
    ],
)
def test_a_file_is_one_of_the_folder(path: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("label,to\nann,client:a\n")
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    (folder / "link.csv").symlink_to(tmp_path / "out.csv")

    _, problems = read(folder, {"a.yaml": GROUP.replace("all.csv", path)})

    (only,) = said(folder, problems)
    assert only.replace(f"{tmp_path}/out", "../out").startswith(
        f"a.yaml:4:21 {message}"
    )


@pytest.mark.parametrize("shared", [False, True])
def test_no_row_with_a_secret_is_shown(*, shared: bool, tmp_path: Path) -> None:
    files = {
        "a.yaml": SHARED if shared else GROUP,
        "b.yaml": HEAD.replace("room", "other") + "participants: {ann: {}}\n",
        "all.csv": "label,to,muted,sip_auth_password\nann,sip:a@b.example,yes,hunter2\n",
    }

    loading, problems = read(tmp_path, files)

    assert any(
        "sip_auth_password must not be written" in each.message for each in problems
    )
    assert "hunter2" not in repr((loading, problems))
