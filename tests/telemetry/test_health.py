"""Probes: what is stuck, what is away, and that the two are told apart."""

import httpx
import pytest
from msgspec.structs import replace

from reconciler.telemetry.health import (
    StallThresholds,
    Vitals,
    admin_app,
    liveness,
    readiness,
)

WELL = Vitals(
    now=10_000.0,
    started_at=9_000.0,
    loop_at=9_999.0,
    ticked_at=9_999.0,
    last_clean_at=9_990.0,
    warmed=True,
)


@pytest.mark.parametrize(
    ("changes", "failing", "seconds"),
    [
        ({}, set(), 0),
        ({"loop_at": 9_960.0}, {"loop"}, 40),
        ({"ticked_at": 9_900.0}, {"ticker"}, 100),
        ({"oldest_run_at": 9_600.0}, {"run"}, 400),
        ({"oldest_run_at": 9_800.0}, set(), 0),
        ({"loop_at": None}, {"loop"}, 1000),
        ({"loop_at": None, "ticked_at": None, "started_at": 9_990.0}, set(), 0),
        ({"database_lost_at": 9_000.0}, set(), 0),
        ({"schema_current": False}, set(), 0),
        ({"warmed": False}, set(), 0),
        ({"draining_at": 9_000.0}, set(), 0),
        ({"last_clean_at": 0.0}, set(), 0),
        ({"last_clean_at": None}, set(), 0),
    ],
)
def test_it_is_not_alive_only_when_loop_ticker_or_a_run_is_stuck(
    changes: dict[str, object], failing: set[str], seconds: float
) -> None:
    vitals = replace(WELL, **changes)
    failed = [each for each in liveness(vitals, StallThresholds()) if not each.ok]
    assert {each.name for each in failed} == failing
    assert [each.seconds for each in failed] == [seconds] * len(failing)
    assert all(f"{seconds:.0f} s" in each.message for each in failed)


@pytest.mark.parametrize(
    ("changes", "failing", "message"),
    [
        ({}, set(), ""),
        ({"database_lost_at": 9_940.0}, {"database"}, "cannot be reached, for 60 s"),
        ({"schema_current": False}, {"schema"}, "db upgrade"),
        ({"credentials_refused_at": 9_990.0}, {"credentials"}, "for 10 s"),
        ({"warmed": False}, {"rooms"}, "not all been read yet, for 1000 s"),
        ({"draining_at": 9_998.0}, {"process"}, "stopping, for 2 s"),
        ({"loop_at": 0.0, "ticked_at": 0.0}, set(), ""),
    ],
)
def test_it_is_ready_when_it_can_do_its_work(
    changes: dict[str, object], failing: set[str], message: str
) -> None:
    vitals = replace(WELL, **changes)
    failed = [each for each in readiness(vitals) if not each.ok]
    assert {each.name for each in failed} == failing
    assert all(message in each.message for each in failed)


@pytest.mark.parametrize(
    ("changes", "live", "ready"),
    [
        ({}, 200, 200),
        ({"loop_at": 0.0}, 503, 200),
        ({"database_lost_at": 1.0}, 200, 503),
    ],
)
async def test_probes_answer_with_every_check_and_what_is_wrong(
    changes: dict[str, object], live: int, ready: int
) -> None:
    vitals = replace(WELL, **changes)
    app = admin_app(lambda: vitals, lambda: (b"x 1\n", "text/plain"), StallThresholds())
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://admin"
    ) as http:
        livez, readyz = await http.get("/livez"), await http.get("/readyz")
        metrics, nothing = await http.get("/metrics"), await http.get("/hooks/call")
    assert (livez.status_code, readyz.status_code) == (live, ready)
    assert livez.json()["ok"] is (live == 200)
    assert [each["name"] for each in livez.json()["checks"]] == [
        "loop",
        "ticker",
        "run",
    ]
    assert (metrics.text, nothing.status_code) == ("x 1\n", 404)


async def test_refused_files_are_named_when_asked_and_leave_the_process_ready() -> None:
    vitals = replace(WELL, refused_files=("desired/a.yaml",), files_refused_at=9_940.0)
    app = admin_app(lambda: vitals, lambda: (b"", "text/plain"), StallThresholds())
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://admin"
    ) as http:
        plain, verbose = await http.get("/readyz"), await http.get("/readyz?verbose")
    assert (plain.status_code, verbose.status_code) == (200, 200)
    assert "files" not in {each["name"] for each in plain.json()["checks"]}
    (files,) = (x for x in verbose.json()["checks"] if x["name"] == "files")
    assert (files["ok"], files["seconds"]) == (False, 60.0)
    assert "desired/a.yaml" in files["message"]


async def test_a_wrong_token_file_is_told_when_asked_and_leaves_the_process_ready() -> (
    None
):
    vitals = replace(
        WELL, tokens_problem="page-tokens:1: write ROLE", tokens_wrong_at=9_940.0
    )
    app = admin_app(lambda: vitals, lambda: (b"", "text/plain"), StallThresholds())
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://admin"
    ) as http:
        verbose = await http.get("/readyz?verbose")
    assert verbose.status_code == 200
    (tokens,) = (x for x in verbose.json()["checks"] if x["name"] == "tokens")
    assert (tokens["ok"], tokens["seconds"]) == (False, 60.0)
    assert "page-tokens:1: write ROLE" in tokens["message"]
