"""The operator's policy of a running process: the last valid version."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from reconciler.bootstrap.account_source import roster_policy
from reconciler.files.policy_file import load_policy
from reconciler.model.errors import RosterError
from reconciler.model.policy import Policy
from reconciler.settings import Settings
from reconciler.store.queries.budgets import RingBudgets
from reconciler.store.store import SqlStore


def limit_rings(store: SqlStore, policy: Callable[[], Policy]) -> None:
    """Have *store* count rings by the budgets of the policy of now."""

    def budgets() -> RingBudgets:
        of = policy()
        return RingBudgets(of.per_number, of.per_account)

    store.ring_budgets = budgets


_log = logging.getLogger("reconciler.daemon")


class PolicySource(Struct):
    """The policy of a file, which may change."""

    path: Path | None
    current: Policy

    @classmethod
    def open(cls, of: Settings) -> Self:
        """The policy and the accounts that are set; RosterError if a file is not valid."""
        return cls(Path(of.policy) if of.policy else None, roster_policy(of))

    def read(self) -> Policy:
        """The policy as it is now; an invalid file changes nothing and is logged."""
        try:
            policy = load_policy(str(self.path) if self.path else None)
            self.current = replace(policy, accounts=self.current.accounts)
        except RosterError as error:
            for problem in error.problems:
                where = f"{problem.file}:{problem.line}:{problem.column}"
                fields = {"where": where, "reason": problem.masked.message}
                _log.error(
                    "policy file is not valid: the last valid one stays in force",
                    extra=fields,
                )
        return self.current
