"""Policy check: who may approve which guard."""

from collections.abc import Iterable

from reconciler.model.errors import SettingError
from reconciler.model.policy import Policy


def require_approver(policy: Policy, user: str, kinds: Iterable[str]) -> None:
    """SettingError unless *user* may approve actions of all *kinds*."""
    listed = dict(policy.approvers)
    for kind in sorted(kinds):
        if not policy.may_approve(user, kind):
            others = ", ".join(listed[kind]) or "nobody"
            raise SettingError(
                f"the policy allows only {others} to approve {kind}; this is user {user}"
            )
