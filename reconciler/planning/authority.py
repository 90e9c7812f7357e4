"""On whose word a plan is made: a person who forces it, the operator's policy."""

from msgspec import Struct

from reconciler.model.ledger import NAMED_KINDS, GuardKind
from reconciler.model.policy import UNRESTRICTED, Policy

FORCED_KINDS = frozenset(GuardKind) - NAMED_KINDS
"""What a person allows who forces a plan: the others are lifted by name only."""


class Authority(Struct, frozen=True):
    """What may be approved that guards withhold, and what nothing allows.

    An approval on record counts for ``account_sid`` alone. ``forced`` is a person's
    reason for letting ``forced_kinds`` through, None where nobody forces anything.
    """

    account_sid: str = ""
    forced: str | None = None
    policy: Policy = UNRESTRICTED
    forced_kinds: frozenset[GuardKind] = FORCED_KINDS

    @property
    def kinds(self) -> frozenset[GuardKind]:
        """The kinds that no guard withholds."""
        return frozenset() if self.forced is None else self.forced_kinds


GUARDED = Authority()
"""Nobody forces anything, and the policy forbids nothing."""
