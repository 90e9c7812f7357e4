"""Removals rest on quiet files: a file that was written just now may be half of one."""

from collections.abc import Iterable, Iterator

from reconciler.model.action import Remove
from reconciler.model.ledger import Ledger
from reconciler.planning.context import Item
from reconciler.planning.plan import Phase, Plan, Waiting

_REASON = "removed once the roster file is quiet: it was written a moment ago"


def until_quiet(items: Iterable[Item], ledger: Ledger, now: float) -> Iterator[Item]:
    """*items*, in which nobody is removed before the file was read again."""
    at = ledger.quiet_at
    until = at if at is not None and at > now else None
    for item in items:
        if isinstance(item, Remove) and at is not None:
            yield Waiting(item.label, Phase.CONNECTED, _REASON, until=until)
        else:
            yield item


def awaits_quiet(plan: Plan) -> bool:
    """Whether *plan* would remove somebody if the file were quiet."""
    return any(each.reason == _REASON for each in plan.waiting)
