"""The token file: who is in it, and what changes in it while people are signed in."""

import logging
import os
from pathlib import Path

import pytest

from reconciler.engine.desired_room import Standing
from reconciler.model.errors import SettingError
from reconciler.page.token_file import TokenFile
from tests.page.decision_forms import confirm, desired, plan_of
from tests.page.page_desk import OPERATOR, ROOM, TOKENS, VIEWER, PageDesk


async def test_a_token_that_leaves_the_file_ends_its_sessions(desk: PageDesk) -> None:
    async with desk.browser() as http:
        _rewrite(desk, TOKENS.replace(OPERATOR, "another-token-0123456789"))
        assert (await http.get("/rooms?fragment=1")).status_code == 401


async def test_a_role_that_changes_in_the_file_counts_at_once(desk: PageDesk) -> None:
    async with desk.browser() as http:
        _rewrite(desk, TOKENS.replace("ann operator", "ann viewer"))
        answer = await http.get(f"/rooms/{ROOM}/do/pause")
    assert answer.status_code == 403


async def test_a_role_that_is_taken_away_before_the_confirmation_counts(
    desk: PageDesk,
) -> None:
    async with desk.browser() as http:
        _, fields = await plan_of(http, "pause")
        _rewrite(desk, TOKENS.replace("ann operator", "ann viewer"))
        answer = await confirm(http, "pause", fields)
    assert answer.status_code == 403
    assert (await desired(desk)).standing is Standing.MANAGED


async def test_a_token_file_that_becomes_wrong_lets_nobody_in(desk: PageDesk) -> None:
    _rewrite(desk, "ann operator short\n")
    async with desk.client(token=OPERATOR) as http:
        assert (await http.get("/rooms")).status_code == 401


async def test_a_wrong_token_file_is_logged_once_a_change_and_when_it_is_right_again(
    desk: PageDesk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "reconciler.page")
    _rewrite(desk, f"ann {OPERATOR} operator\n")
    async with desk.client(token=OPERATOR) as http:
        for _ in range(3):
            assert (await http.get("/rooms")).status_code == 401
        (record,) = caplog.records
        problem = str(vars(record)["problem"])
        assert f"{desk.folder / 'tokens'}:1: write NAME ROLE TOKEN" in problem
        assert OPERATOR not in problem
        (desk.folder / "tokens").unlink()
        assert (await http.get("/rooms")).status_code == 401
        assert "No such file" in str(vars(caplog.records[1])["problem"])
        _rewrite(desk, TOKENS)
        assert (await http.get("/rooms")).status_code == 200
    assert [x.levelname for x in caplog.records] == ["ERROR", "ERROR", "INFO"]


def _rewrite(desk: PageDesk, text: str) -> None:
    path = desk.folder / "tokens"
    path.write_text(text, "utf-8")
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("ann operator\n", "NAME ROLE TOKEN"),
        ("ann admin 0123456789abcdef\n", "viewer or operator"),
        ("ann viewer 0123\n", "fewer than 16"),
        (f"ann viewer {VIEWER}\nann viewer {OPERATOR}\n", "twice"),
        (f"ann viewer {VIEWER}\nbob viewer {VIEWER}\n", "twice"),
        ("# nobody\n", "names nobody"),
        (f"a\u202eb viewer {VIEWER}\n", "u202e"),
    ],
)
def test_a_wrong_token_file_is_refused_at_its_line(
    tmp_path: Path, text: str, problem: str
) -> None:
    path = tmp_path / "tokens"
    path.write_text(text, "utf-8")
    with pytest.raises(SettingError, match=problem):
        TokenFile.open(str(path))


def test_a_token_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="No such file"):
        TokenFile.open(str(tmp_path / "none"))
