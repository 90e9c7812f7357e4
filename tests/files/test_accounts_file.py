"""The accounts file, and the accounts that rosters name."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from reconciler.files import examine
from reconciler.files.accounts_file import load_accounts, names_of
from reconciler.model.account_name import AccountNames
from reconciler.model.errors import Problem, RosterError
from reconciler.model.policy import UNRESTRICTED

SID, OTHER = "AC" + "a" * 32, "AC" + "b" * 32
HEAD = "version: 1\naccounts:\n"
EUROPE = f"  europe: {{account_sid: {SID}, auth_token_file: token}}\n"


def written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "accounts.yaml"
    path.write_text(text)
    return str(path)


def test_a_whole_account_is_read_with_paths_beside_the_file(tmp_path: Path) -> None:
    text = (
        f"{HEAD}  europe:\n    account_sid: {SID}\n    api_key_file: key\n"
        "    api_secret_file: /run/secret\n    webhook_secrets_file: hooks\n"
        "    region: ie1\n    edge: dublin\n    url: https://twilio.example\n"
        "    calls_per_second: 2.5\n    concurrency: 7\n    folders: [desired/europe]\n"
    )
    (found,) = load_accounts(written(tmp_path, text))
    assert found.files == {
        "api_key": str(tmp_path / "key"),
        "api_secret": "/run/secret",
        "webhook_secrets": str(tmp_path / "hooks"),
    }
    assert (found.region, found.edge, found.url) == (
        "ie1",
        "dublin",
        "https://twilio.example",
    )
    assert (found.calls_per_second, found.concurrency) == (2.5, 7)
    assert found.folders == (str(tmp_path / "desired/europe"),)
    assert found.place.endswith("accounts.yaml:3:3")


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", "0:0", "no accounts"),
        ("version: 1\n", "1:1", "an accounts file needs accounts"),
        (f"accounts:\n{EUROPE}", "1:1", "an accounts file needs version"),
        (f"{HEAD}{EUROPE}{EUROPE}", "4:3", "'europe' is given twice"),
        (
            f"{HEAD}{EUROPE}{EUROPE.replace('europe', 'asia')}",
            "4:3",
            "asia and europe have the same account_sid",
        ),
        (f"{HEAD}  Europe: {{}}\n", "3:3", "'Europe' is no name of an account"),
        (
            f"{HEAD}  europe: {{account_sid: SK1}}\n",
            "3:25",
            "not the SID of an account",
        ),
        (f"{HEAD}  europe: {{account_sid: {SID}}}\n", "3:3", "needs credentials"),
        (
            f"{HEAD}  europe: {{account_sid: {SID}, auth_token: abc}}\n",
            "3:61",
            "unknown key 'auth_token'",
        ),
        (
            f"{HEAD}{EUROPE.replace('}', ', calls_per_second: 0}')}",
            "3:103",
            "calls_per_second must be a number",
        ),
        (
            f"{HEAD}{EUROPE.replace('}', ', concurrency: 0}')}",
            "3:98",
            "concurrency must be a number from 1",
        ),
        (f"{HEAD}{EUROPE}---\nversion: 1\n", "5:1", "accounts are one document"),
    ],
)
def test_a_mistake_is_told_with_its_place(
    text: str, place: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(RosterError) as error:
        load_accounts(written(tmp_path, text))
    found = {f"{x.line}:{x.column} {x.message}" for x in error.value.problems}
    assert any(x.startswith(f"{place} ") and message in x for x in found), found


def test_a_secret_in_clear_is_shown_nowhere(tmp_path: Path) -> None:
    text = f"{HEAD}  europe: {{account_sid: {SID}, auth_token: 0123456789abcdef}}\n"
    with pytest.raises(RosterError) as error:
        load_accounts(written(tmp_path, text))
    told = " ".join(f"{x.message} {x.hint} {x.snippet}" for x in error.value.problems)
    assert "0123456789abcdef" not in told
    assert "auth_token_file" in told


def declared(
    tmp_path: Path, accounts: AccountNames, *lines: str, folder: str = "desired"
) -> tuple[list[str], tuple[Problem, ...]]:
    """The accounts of the rooms of a file, and what is wrong with it."""
    path = tmp_path / folder / "room.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = ("version: 1", "conference: alpha", *lines, "participants: {}")
    path.write_text("\n".join(text))
    policy = replace(UNRESTRICTED, accounts=accounts)
    loading, problems = examine([tmp_path / "desired"], {}, policy=policy)
    return [each.account for each in loading.rosters], problems


def test_a_room_has_the_account_that_it_names_or_that_of_the_nearest_folder(
    tmp_path: Path,
) -> None:
    eu, ie = str(tmp_path / "desired/eu"), str(tmp_path / "desired/eu/ie")
    accounts = AccountNames(("default", "eu", "ie"), ((eu, "eu"), (ie, "ie")))
    assert declared(tmp_path, accounts)[0] == ["default"]
    (tmp_path / "desired/room.yaml").unlink()
    assert declared(tmp_path, accounts, folder="desired/eu")[0] == ["eu"]
    (tmp_path / "desired/eu/room.yaml").unlink()
    assert declared(tmp_path, accounts, folder="desired/eu/ie")[0] == ["ie"]
    (tmp_path / "desired/eu/ie/room.yaml").unlink()
    found = declared(tmp_path, accounts, "account: default", folder="desired/eu")
    assert found[0] == ["default"]


@pytest.mark.parametrize(
    ("names", "line", "place", "told"),
    [
        (("default", "europe"), "account: europ", "3:10", ("'europ'", "'europe'")),
        (("default",), "account: europe", "3:10", ("'europe'", "RECONCILER_ACCOUNTS")),
        (("europe",), "unlisted: keep", "1:1", ("needs account", "europe")),
    ],
)
def test_an_account_that_is_not_there_is_an_error_at_its_place(
    names: tuple[str, ...],
    line: str,
    place: str,
    told: tuple[str, str],
    tmp_path: Path,
) -> None:
    rooms, (problem,) = declared(tmp_path, AccountNames(names), line)
    assert rooms == []
    assert f"{problem.line}:{problem.column}" == place
    assert told[0] in problem.message
    assert told[1] in problem.hint


def test_the_environments_account_is_called_default(tmp_path: Path) -> None:
    found = load_accounts(written(tmp_path, HEAD + EUROPE))
    assert names_of(found, default=True).names == ("default", "europe")
    assert names_of(found, default=False).names == ("europe",)
