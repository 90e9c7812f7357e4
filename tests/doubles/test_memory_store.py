"""The store in memory passes the suite of the real ones."""

import inspect

import pytest

from reconciler.play.in_memory.memory_store import InMemoryStore
from tests.store.queries import (
    test_admissions,
    test_approvals,
    test_attempts,
    test_change_feed,
    test_claimed_phones,
    test_decisions,
    test_declarations,
    test_leases,
    test_loading,
    test_observations,
    test_overrides,
    test_pinning,
    test_room_ledger,
    test_room_version,
    test_undone_edits,
)


@pytest.fixture
def store() -> InMemoryStore:
    return InMemoryStore()


def _one_store_alone(test: object) -> bool:
    if not inspect.isfunction(test):
        return False
    asked = inspect.signature(test).parameters.keys()
    return "store" in asked and "url" not in asked


globals().update(
    {
        f"{name} [{suite.__name__.rpartition('.')[2]}]": test
        for suite in (
            test_admissions,
            test_approvals,
            test_attempts,
            test_change_feed,
            test_decisions,
            test_declarations,
            test_leases,
            test_room_ledger,
            test_loading,
            test_observations,
            test_overrides,
            test_pinning,
            test_claimed_phones,
            test_room_version,
            test_undone_edits,
        )
        for name, test in vars(suite).items()
        if name.startswith("test_") and _one_store_alone(test)
    }
)
