"""Metrics of accounts have their names, and the probe says which accounts are blocked."""

from time import time

from prometheus_client import CollectorRegistry, generate_latest

from reconciler.telemetry.account_metrics import AccountCollector, AccountFigures
from reconciler.telemetry.health import Vitals, advisories, readiness


def test_each_account_has_its_figures_under_its_name() -> None:
    registry = CollectorRegistry()
    accounts = (
        AccountFigures("europe", held=False, rooms=3, calls_per_second=5.0),
        AccountFigures("asia", held=True, paused_seconds=4.0),
    )
    registry.register(AccountCollector(lambda: accounts))
    text = generate_latest(registry).decode()
    assert 'reconciler_account_rooms{account="europe"} 3.0' in text
    assert 'reconciler_account_held{account="asia"} 1.0' in text
    assert 'reconciler_account_paused_seconds{account="asia"} 4.0' in text


def test_an_account_that_is_blocked_is_named_and_leaves_the_process_ready() -> None:
    life = Vitals(
        now=time(),
        started_at=0.0,
        warmed=True,
        held_accounts=("asia", "europe"),
        accounts_held_at=time() - 10.0,
    )
    (accounts,) = (x for x in advisories(life) if x.name == "accounts")
    assert not accounts.ok
    assert "asia, europe" in accounts.message
    assert all(each.ok for each in readiness(life))
