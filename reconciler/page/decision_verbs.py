"""What each verb of the page would do, by the code of its command."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from reconciler.page.decision_approval import approve
from reconciler.page.decision_calls import redial, resolve
from reconciler.page.decision_overrides import (
    mode,
    mute_all,
    only,
    set_fields,
    start,
    unset,
)
from reconciler.page.decision_plan import Deciding, DecisionPlan
from reconciler.page.decision_standing import end, pause, resume
from reconciler.page.page_access import PageVerb

PLANS: Final[Mapping[PageVerb, Callable[[Deciding], Awaitable[DecisionPlan]]]] = {
    PageVerb.APPROVE: approve,
    PageVerb.REDIAL: redial,
    PageVerb.RESOLVE: resolve,
    PageVerb.PAUSE: pause,
    PageVerb.RESUME: resume,
    PageVerb.SET: set_fields,
    PageVerb.MUTE_ALL: mute_all,
    PageVerb.ONLY: only,
    PageVerb.UNSET: unset,
    PageVerb.MODE: mode,
    PageVerb.START: start,
    PageVerb.END: end,
}
