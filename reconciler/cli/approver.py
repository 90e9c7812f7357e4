"""Policy check: who may approve which guard."""

from collections.abc import Iterable

from reconciler.bootstrap.environment import user
from reconciler.model.errors import SettingError
from reconciler.model.policy import Policy


def require_approver(policy: Policy, kinds: Iterable[str]) -> None:
    """SettingError unless whoever runs this may approve actions of all *kinds*."""
    name, listed = user(), dict(policy.approvers)
    for kind in sorted(kinds):
        if not policy.may_approve(name, kind):
            others = ", ".join(listed[kind]) or "nobody"
            raise SettingError(
                f"the policy lets {others} approve {kind}; this is user {name}"
            )
