"""Keys allowed in members, defaults, roles and people."""

from typing import Final

from reconciler.model.parameter import BY_NAME

COACHING: Final = ("coaching", "call_sid_to_coach")
STATES: Final = (*COACHING, "muted", "hold", "end_conference_on_exit")
ROSTER_OWN: Final = ("role", "protect", "priority", "replaces", "machine")
OURS: Final = (
    *("announcements", "redial", "on_change"),
    *(*ROSTER_OWN, "timezone", "schedule"),
)
KEYS: Final = frozenset((*BY_NAME, *OURS))
OWN: Final = frozenset(
    (
        *("to", "label", "coaching", "call_sid_to_coach", "replaces", "schedule"),
        *("announce_url", "announce_method", "announcements"),
    )
)
DEFAULT_KEYS: Final = KEYS - OWN
ROLE_KEYS: Final = (DEFAULT_KEYS | set(COACHING)) - {"role", "timezone"}
PERSON_KEYS: Final = KEYS - {"label", "replaces", "schedule"}
CSV_KEYS: Final = PERSON_KEYS - {"announcements", "redial"}
MODE_KEYS: Final = ("role", "coaching", "muted", "hold", "end_conference_on_exit")
