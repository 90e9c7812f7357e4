"""A run of the benchmarks: what breaks off, what runs at once, what is interrupted."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from benchmarks.__main__ import main
from benchmarks.builds import this_build
from benchmarks.cores import Cores
from benchmarks.harness import Bench
from benchmarks.part import Part, measure, side_by_side
from benchmarks.rows.checks import started
from benchmarks.table import Row, markdown, read_json, render, write_json
from benchmarks.world import World
from tests.waiting import until

ONE = Row("one", 1.0, 2.0, "", "")


def a_bench(folder: Path) -> Bench:
    return Bench(Cores(-1, -1), folder)


def test_a_part_that_breaks_off_is_said_to_have_failed_and_the_others_are_measured(
    tmp_path: Path,
) -> None:
    def breaking(_: Bench) -> Iterable[Row]:
        yield ONE
        raise RuntimeError("the far end is gone")

    parts = [
        Part("alone", breaking, alone=True),
        Part("beside", breaking),
        Part("last", lambda _: [ONE]),
    ]
    done = measure(parts, a_bench(tmp_path))
    verdicts = {name: [x.verdict for x in rows] for name, rows in done.rows.items()}
    both = ["ok", "failed"]
    assert verdicts == {"alone": both, "beside": both, "last": ["ok"]}
    table = render(done.rows["alone"])
    assert "failed" in table
    assert "the far end is gone" in table


def test_figures_of_a_part_that_broke_off_are_valid_json(tmp_path: Path) -> None:
    rows = [Row.failure("part", RuntimeError("gone")), ONE]
    write_json(tmp_path / "bench.json", rows, {}, {})
    text = (tmp_path / "bench.json").read_text("utf-8")
    kept = json.loads(text, parse_constant=pytest.fail)["rows"]
    assert [(x["verdict"], x["value"]) for x in kept] == [("failed", None), ("ok", 1.0)]


def test_the_table_of_an_earlier_run_is_the_one_that_it_printed(
    tmp_path: Path,
) -> None:
    rows = [
        Row.failure("part", RuntimeError("gone")),
        replace(ONE, rounds={"this": [1.0, 2.0]}, note="2 of 3", profile="check"),
        Row("many", 3.0, 2.0, "a second", "—", least=True),
        Row("few", 1.0, 2.0, "a second", "—", least=True),
    ]
    path = tmp_path / "bench.json"
    write_json(path, rows, {}, {})
    assert read_json(path) == rows
    assert "| few | ≥ 2.00 a second | 1.00 a second | — |  | short |" in markdown(rows)


def test_parts_run_two_at_a_time_each_on_a_core_of_its_own(tmp_path: Path) -> None:
    meeting, cores = threading.Barrier(2, timeout=30.0), []

    def met(bench: Bench) -> None:
        meeting.wait()
        cores.append(bench.cores)

    bench = Bench(Cores(-1, -2), tmp_path)
    side_by_side(bench, [met, met], threading.Event())
    assert set(cores) == {Cores(-1, -2), Cores(-2, -1)}


@pytest.mark.long
@pytest.mark.process
def test_a_world_is_as_a_daemon_leaves_it_that_has_every_room_at_rest(
    tmp_path: Path,
) -> None:
    bench, of = a_bench(tmp_path), World(2, 12)
    with bench.over():
        product = started(bench, of, bench.server(of, tls=True))
        assert product.ask("sweep")["endings"] == {"rested": of.rooms}


@pytest.mark.long
@pytest.mark.process
def test_a_database_is_copied_for_each_use(tmp_path: Path) -> None:
    bench, of = a_bench(tmp_path), World(1, 2)
    paths = [Path(bench.database(of).removeprefix("sqlite:///")) for _ in range(2)]
    made = bench.home(of) / paths[0].name
    assert len({made, *paths}) == 3
    assert {each.read_bytes() for each in paths} == {made.read_bytes()}


@pytest.mark.process
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("part", ["idle", "simulation"], ids=["alone", "beside"])
def test_an_interrupted_run_leaves_no_process(
    tmp_path: Path, sent: signal.Signals, part: str
) -> None:
    argv = [sys.executable, "-m", "benchmarks", part, "--quick"]
    run = subprocess.Popen(
        [*argv, "--json", str(tmp_path / "bench.json")],
        cwd=this_build().tree,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.stderr is not None
    try:
        measuring = psutil.Process(run.pid)
        assert any(line.startswith(f"{part}:") for line in run.stderr)
        until(lambda: measuring.children(recursive=True))
        started_by_it = measuring.children(recursive=True)
        run.send_signal(sent)
        run.communicate(timeout=60)
        assert run.returncode == 130
        assert not [each for each in started_by_it if each.is_running()]
    finally:
        run.kill()
        run.communicate()


@pytest.mark.process
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--against", "nosuch"), "--against nosuch: not a commit of this repository"),
        (("--json", "/dev/null/x.json"), "--json /dev/null/x.json: cannot be written"),
        (("--of", "/dev/null/x.json"), "--of /dev/null/x.json: not the figures of a"),
        (("--of", "/dev/null"), "--of /dev/null: not the figures of a run"),
        (("--rounds", "0"), "--rounds 0: at least 1"),
        (("--rooms", "0"), "--rooms 0: at least 1"),
    ],
)
def test_what_cannot_be_measured_is_said_before_anything_is(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    told: str,
) -> None:
    place = ("--json", str(tmp_path / "bench.json"))
    monkeypatch.setattr(sys, "argv", ["benchmarks", "files", *place, *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


@pytest.mark.process
def test_what_makes_an_older_build_ends_with_an_interrupt() -> None:
    program = (
        "from benchmarks.builds import _output; _output('sh', '-c', 'sleep 60; :')"
    )
    run = subprocess.Popen([sys.executable, "-c", program], cwd=this_build().tree)
    try:
        making = psutil.Process(run.pid)
        until(lambda: len(making.children(recursive=True)) > 1)
        started_by_it = making.children(recursive=True)
        run.send_signal(signal.SIGINT)
        run.wait(timeout=60)
        assert not [each for each in started_by_it if each.is_running()]
    finally:
        run.kill()
        run.wait()
