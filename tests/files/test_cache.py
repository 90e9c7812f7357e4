"""Files read again only if they changed, to the same result as reading all anew."""

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.files import Cache, Loading, examine, load
from reconciler.files.directory import Directory
from reconciler.files.referenced_files import ReferencedFiles
from reconciler.model.errors import Problem

Environ: TypeAlias = dict[str, str]

ROOM = 'version: 1\nconference: {}\nfrom: "+15550100000"\nparticipants:{}\n'
NOBODY = " {}"
ANN = "\n  ann: {to: 'client:ann', muted: true}"
TWIN = ANN + "\n  bob: {to: 'client:ann'}"

CONTENTS = [
    ROOM.format("one", NOBODY),
    ROOM.format("two", ANN),
    ROOM.format("one", ANN) + "---\n" + ROOM.format("two", NOBODY),
    ROOM.format("one", NOBODY) + "---\n" + ROOM.format("one", NOBODY),
    "\n\n" + ROOM.format("one", NOBODY),
    ROOM.format("one", TWIN),
    ROOM.format("one", ANN.replace("true", "yes")),
    ROOM.format("${NAME}", NOBODY),
    ROOM.format("two", ANN.replace("true", 'true, call_reason: "${A} ${B}"')),
    ROOM.format("one", ANN.replace("true", 'true, sip_auth_password: "${A}"')),
    ROOM.format("one", ANN.replace("true", "true, sip_auth_password: hunter2")),
    ROOM.format("two", NOBODY).replace("\n", "\r\n"),
    "\N{ZERO WIDTH NO-BREAK SPACE}" + ROOM.format("two", NOBODY),
    ROOM.format("x" * 129, NOBODY),
    ROOM.format("one", " [") + "]",
    "a: [\n",
    "",
    ROOM.format("one", "\n  ann: {role: r}"),
    ROOM.format("two", " {ann: {}, bob: {}}") + "mode: m\ngroups: {g: {}}\n",
    ROOM.format("two", " {}") + "groups: {g: {csv: all.csv}}\n",
    ROOM.format("one", " {}") + "include: c/b.yml\n",
    "version: 1\npeople: {ann: {to: 'client:a1'}, bob: {to: '${NAME}'}}\n",
    "\nversion: 1\npeople: {ann: {to: 'client:a1'}}\ngroups: {g: [ann]}\n",
    "version: 1\npeople: {ann: {to: 'client:a2'}, c: {}}\n",
    "version: 1\npeople: {csv: all.csv}\n",
    "version: 1\ngroups: {g: [bob]}\nroles: {r: {muted: true}}\nmodes: {m: {ann: {hold: true}}}\n",
    "version: 1\nroles: {r: {muted: true}}\n---\n" + ROOM.format("two", ANN),
    "participants: {ann: {to: 'client:part'}}\n",
    "include: ../a.yaml\n",
    "label,to\nann,client:row\nbob,${NAME}\n",
    "label,to\nann\n",
]
NAMES = ["a.yaml", "b.yaml", "c/a.yaml", "c/b.yml", "all.csv"]

names = st.sampled_from(NAMES)


def write(folder: Path, _: Environ, name: str, content: bytes) -> None:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    os.utime(path, (0, 0))


def rename(folder: Path, _: Environ, name: str, other: str) -> None:
    if (folder / name).is_file():
        (folder / other).parent.mkdir(exist_ok=True)
        (folder / name).rename(folder / other)


def delete(folder: Path, _: Environ, name: str) -> None:
    (folder / name).unlink(missing_ok=True)


def link(folder: Path, environ: Environ, name: str, other: str) -> None:
    if name != other:
        delete(folder, environ, name)
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).symlink_to(folder / other)


def export(_: Path, environ: Environ, name: str, value: str | None) -> None:
    environ.pop(name, None)
    if value is not None:
        environ[name] = value


Edit: TypeAlias = tuple[Callable[..., None], tuple[object, ...]]
contents = st.sampled_from([*(each.encode() for each in CONTENTS), b"room: \xff"])
values = st.sampled_from([None, "", "one", "two", "a\nb"])
edits: st.SearchStrategy[Edit] = st.one_of(
    st.tuples(st.just(write), st.tuples(names, contents)),
    st.tuples(st.just(write), st.tuples(names, contents)),
    st.tuples(st.just(rename), st.tuples(names, names)),
    st.tuples(st.just(delete), st.tuples(names)),
    st.tuples(st.just(link), st.tuples(names, names)),
    st.tuples(st.just(export), st.tuples(st.sampled_from(["NAME", "A", "B"]), values)),
)


def read(
    folder: Path, environ: Environ, cache: Cache | None = None
) -> tuple[Loading, tuple[Problem, ...]]:
    return examine([folder], environ, cache=cache)


@settings(deadline=None)
@given(st.lists(edits, max_size=20))
def test_whatever_is_edited_a_load_with_a_cache_is_as_one_without(
    history: list[Edit],
) -> None:
    cache, environ = Cache(), {"A": "1"}
    with TemporaryDirectory() as name:
        folder = Path(name)
        for edit, given_ in history:
            edit(folder, environ, *given_)

            assert read(folder, environ, cache) == read(folder, environ)


def test_a_change_is_seen_that_leaves_size_and_time_as_they_were(
    tmp_path: Path,
) -> None:
    cache = Cache()
    write(tmp_path, {}, "a.yaml", ROOM.format("one", ANN).encode())
    load([tmp_path], {}, cache=cache)
    write(tmp_path, {}, "a.yaml", ROOM.format("two", ANN).encode())

    (found,) = load([tmp_path], {}, cache=cache).rosters

    assert found.room == "two"


def test_a_file_that_did_not_change_is_not_read_again(tmp_path: Path) -> None:
    cache = Cache()
    write(tmp_path, {}, "a.yaml", ROOM.format("one", ANN).encode())
    write(tmp_path, {}, "b.yaml", ROOM.format("two", ANN).encode())
    still, _ = load([tmp_path], {}, cache=cache).rosters
    write(tmp_path, {}, "b.yaml", ROOM.format("three", ANN).encode())

    first, second = load([tmp_path], {"OTHER": "x"}, cache=cache).rosters

    assert first is still
    assert second.room == "three"


def test_a_file_is_read_again_when_a_variable_that_it_uses_changed(
    tmp_path: Path,
) -> None:
    cache = Cache()
    write(tmp_path, {}, "a.yaml", ROOM.format("${NAME}", ANN).encode())
    load([tmp_path], {"NAME": "one"}, cache=cache)

    (found,) = load([tmp_path], {"NAME": "two"}, cache=cache).rosters

    assert found.room == "two"


def test_the_same_content_under_another_name_is_told_by_its_own_place(
    tmp_path: Path,
) -> None:
    cache = Cache()
    write(tmp_path, {}, "a.yaml", ROOM.format("one", TWIN).encode())
    load([tmp_path], {}, cache=cache)
    rename(tmp_path, {}, "a.yaml", "b.yaml")

    loading = load([tmp_path], {}, cache=cache)

    assert loading.rosters[0].source == f"{tmp_path / 'b.yaml'}:1"
    assert loading.warnings[0].file == str(tmp_path / "b.yaml")


def test_files_that_are_gone_are_forgotten(tmp_path: Path) -> None:
    cache = Cache()
    for name in NAMES:
        write(tmp_path, {}, name, ROOM.format(name, ANN).encode())
    load([tmp_path], {}, cache=cache)
    assert len(cache) == len(NAMES) - 1
    for name in NAMES[1:]:
        delete(tmp_path, {}, name)

    load([tmp_path], {}, cache=cache)

    assert len(cache) == 1


def test_what_a_cache_keeps_of_the_environment_is_not_shown(tmp_path: Path) -> None:
    cache = Cache()
    content = ROOM.format("one", ANN.replace("true", 'true, call_token: "${A}"'))
    write(tmp_path, {}, "a.yaml", content.encode())
    environ = {"A": "hunter2"}
    load([tmp_path], environ, cache=cache)

    roster_file = cache.roster_file(
        str(tmp_path / "a.yaml"),
        content.encode(),
        environ,
        referenced=ReferencedFiles(),
        directory=Directory(),
    )

    assert roster_file.used == (("A", "hunter2"),)
    assert "'A', 'hunter2'" not in repr(roster_file)
