"""The accounts of a process, and which of them cannot be used."""

from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from reconciler.bootstrap.account_binding import require_named
from reconciler.bootstrap.account_source import (
    NamedAccount,
    account_secrets,
    named_accounts,
)
from reconciler.model.errors import SettingError
from reconciler.settings import Settings, read_settings
from reconciler.store.opening import open_store
from reconciler.store.store import SqlStore

HOME, SID = "AC" + "a" * 32, "AC" + "b" * 32


def settings(tmp_path: Path, **environ: str) -> Settings:
    text = (
        f"version: 1\naccounts:\n  europe: {{account_sid: {SID}, "
        "auth_token_file: token, region: ie1, calls_per_second: 5}\n"
    )
    (tmp_path / "accounts.yaml").write_text(text)
    token = tmp_path / "token"
    token.write_text("secret\n")
    token.chmod(0o600)
    given = {
        "TWILIO_ACCOUNT_SID": HOME,
        "TWILIO_AUTH_TOKEN": "home",
        "RECONCILER_ACCOUNTS": str(tmp_path / "accounts.yaml"),
        "TWILIO_REGION": "au1",
    }
    return read_settings(given | environ, lambda path: Path(path).read_text("utf-8"))


def test_without_a_file_the_environments_account_is_the_only_one(
    tmp_path: Path,
) -> None:
    of = settings(tmp_path, RECONCILER_ACCOUNTS="")
    assert [(x.name, x.settings) for x in named_accounts(of)] == [("default", of)]


def test_an_account_has_settings_of_its_own(tmp_path: Path) -> None:
    default, europe = named_accounts(settings(tmp_path))
    assert default.settings.region == "au1"
    assert europe.settings.region == "ie1"
    assert europe.settings.credentials().account_sid == SID
    assert europe.settings.credentials().secret == "secret"
    assert europe.settings.calls_per_second == 5.0


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda x: x.unlink(), "token cannot be read: No such file"),
        (lambda x: x.chmod(0o644), "can be read by every user of this machine"),
        (lambda x: x.write_text(" \n"), "token is empty"),
        (lambda x: x.write_bytes(b"\xff"), "token is not UTF-8 text"),
    ],
)
def test_an_account_whose_secret_cannot_be_used_says_so_and_the_others_go_on(
    spoil: object, problem: str, tmp_path: Path
) -> None:
    of = settings(tmp_path)
    assert callable(spoil)
    spoil(tmp_path / "token")
    default, europe = named_accounts(of)
    assert default.problem == ""
    assert problem in europe.problem
    assert "accounts.yaml:3:3" in europe.problem


def test_the_secrets_of_all_accounts_are_known_to_be_hidden(tmp_path: Path) -> None:
    assert account_secrets(settings(tmp_path)) == ("home", "secret")


def test_one_account_may_be_chosen_and_has_to_be_there(tmp_path: Path) -> None:
    of = settings(tmp_path)
    (europe,) = named_accounts(replace(of, account="europe"))
    assert europe.name == "europe"
    with pytest.raises(SettingError, match="did you mean 'europe'"):
        named_accounts(replace(of, account="europ"))


def test_the_environments_account_has_one_name(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="is defined twice: here, and as"):
        named_accounts(settings(tmp_path, TWILIO_ACCOUNT_SID=SID))


async def test_a_name_whose_account_changed_is_refused_with_the_way_out(
    tmp_path: Path,
) -> None:
    default, europe = named_accounts(settings(tmp_path))
    async with await open_store(f"sqlite:///{tmp_path}/a.db") as store:
        await require_named(store, default, bind=True)
        await require_named(store, europe, bind=True)
        await require_named(store, europe, bind=True)
        await _refused(store, europe, "AC" + "c" * 32, "db rebind --account europe")
        await _refused(store, europe, HOME, "this database knows as default")
        await _refused(store, default, SID, "this database knows as europe")


async def _refused(store: SqlStore, of: NamedAccount, sid: str, text: str) -> None:
    other = structs.replace(of, settings=replace(of.settings, account_sid=sid))
    with pytest.raises(SettingError, match=text):
        await require_named(store, other, bind=True)
