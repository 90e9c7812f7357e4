"""The operator's policy: limits for roster authors.

Nothing lifts it: no roster, no ``--force``, no approval. None means no opinion.
"""

import re
from fnmatch import fnmatchcase

from msgspec import Struct, field

from reconciler.model.account_name import ONE_ACCOUNT, AccountNames
from reconciler.model.ambiguity import HOST, ambiguity
from reconciler.model.number import NumberType, facts_of, is_emergency
from reconciler.model.phone import normal_address

NEVER_READ = ("TWILIO_*", "RECONCILER_*")
"""Variables that no roster reads, whatever a policy says."""

_AUTHORITY = re.compile(rf"https?://(?P<host>{HOST})(?::[0-9]*)?(?=[/?#]|\Z)", re.ASCII)
_UNCLEAR_HOST = (
    "not every client reads the same host here: write https://host/path, the host in "
    "ASCII letters, digits, dots and dashes, without user and password"
)


class RingBudget(Struct, frozen=True):
    """The most rings within an hour and within a day, over all rooms."""

    hour: int | None = None
    day: int | None = None

    @property
    def limits(self) -> tuple[tuple[float, int, str], ...]:
        """Seconds, the most rings within them, and how that is said."""
        spans = ((3600.0, self.hour, "an hour"), (86400.0, self.day, "a day"))
        return tuple(
            (span, most, said) for span, most, said in spans if most is not None
        )


class Ceilings(Struct, frozen=True):
    """The most that a roster may set its limits and attempts to."""

    removals: int | None = None
    rings: int | None = None
    exposures: int | None = None
    attempts: int | None = None


class RoomRule(Struct, frozen=True):
    """Rooms, as patterns, that only the files below ``folder`` may declare."""

    folder: str
    conferences: tuple[str, ...]


class Policy(Struct, frozen=True):
    """The rules; see ``docs/policy.md``. Patterns use ``*`` for any text.

    ``addresses`` are prefixes: ``+44``, ``client:``, ``sip:*@pbx.example``.
    ``approvers`` are users who may approve each kind. ``accounts`` are those that
    rosters may name; they come from the accounts file.
    """

    variables: tuple[str, ...] = ("ROSTER_*",)
    addresses: tuple[str, ...] | None = None
    regions: frozenset[str] | None = None
    types: frozenset[NumberType] | None = None
    valid_numbers: bool = False
    callback_hosts: tuple[str, ...] | None = None
    media_hosts: tuple[str, ...] | None = None
    ceilings: Ceilings = Ceilings()
    per_number: RingBudget = RingBudget()
    per_account: RingBudget = RingBudget()
    rooms: tuple[RoomRule, ...] = ()
    links: tuple[str, ...] = ()
    approvers: tuple[tuple[str, tuple[str, ...]], ...] = field(default=())
    accounts: AccountNames = ONE_ACCOUNT

    def reads(self, variable: str) -> bool:
        """Whether a roster may refer to an environment variable."""
        if _matches(variable, NEVER_READ):
            return False
        return _matches(variable, self.variables)

    def address_fault(self, address: str) -> str | None:
        """Why *address* may not be called, None if it may."""
        if is_emergency(address):
            return "this is an emergency number; emergency numbers are never called"
        if self.addresses is not None:
            if fault := ambiguity(address):
                return fault
            if not any(_begins(address, each) for each in self.addresses):
                return f"the policy allows {', '.join(self.addresses)}"
        return self._number_fault(address) if address.startswith("+") else None

    def _number_fault(self, number: str) -> str | None:
        if self.regions is None and self.types is None and not self.valid_numbers:
            return None
        facts = facts_of(number)
        if self.valid_numbers and not facts.valid:
            return "this is not a valid number, and the policy requires one"
        if self.regions is not None and facts.region not in self.regions:
            where = f"its region is {facts.region or 'unknown'}"
            return f"{where}, and the policy allows {', '.join(sorted(self.regions))}"
        if self.types is not None and not facts.types & self.types:
            kinds = " or ".join(sorted(facts.types))
            return (
                f"it is {kinds}, and the policy allows {', '.join(sorted(self.types))}"
            )
        return None

    def host_fault(self, url: str, *, media: bool) -> str | None:
        """Why *url* may not be called or played, None if it may."""
        hosts = self.media_hosts if media else self.callback_hosts
        if hosts is None or not url:
            return None
        match = _AUTHORITY.match(url)
        if match is None:
            return _UNCLEAR_HOST
        if _matches(match["host"].lower().strip("[]"), hosts):
            return None
        return f"the policy allows the hosts {', '.join(hosts) or 'none'}"

    def room_fault(self, room: str, path: str) -> str | None:
        """Why the file *path*, absolute, may not declare *room*; None if it may."""
        rules = [
            room_rule
            for room_rule in self.rooms
            if _matches(room, room_rule.conferences)
        ]
        if not rules or any(_below(path, room_rule.folder) for room_rule in rules):
            return None
        folders = ", ".join(room_rule.folder for room_rule in rules)
        return f"the policy allows this room to files in {folders}"

    def may_approve(self, user: str, kind: str) -> bool:
        """Whether *user* may approve withheld actions of *kind*."""
        allowed = dict(self.approvers)
        return user in allowed[kind] if kind in allowed else True


UNRESTRICTED = Policy(variables=("*",))
"""For rosters of one's own, such as those of tests and of the demo."""


def _matches(text: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in patterns)


def _begins(address: str, allowed: str) -> bool:
    normal = normal_address(address)
    rule = normal_address(allowed)
    if "*" in allowed:
        return fnmatchcase(normal, rule)
    whole = rule.startswith("sip:") and rule.partition("@")[2]
    return normal == rule if whole else normal.startswith(allowed)


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")
