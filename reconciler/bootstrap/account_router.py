"""Reads of rooms of several accounts, each by its own; writes are not for this."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence

from msgspec import Struct, field

from reconciler.engine.ports import Changed, Placed, Provider
from reconciler.model.account_name import DEFAULT_ACCOUNT
from reconciler.model.action import Change, Remove, Ring
from reconciler.model.errors import CredentialsRefused, TerminalError
from reconciler.model.observation import (
    Call,
    Conference,
    ConferenceSurvey,
    ListingToken,
    Observation,
    Participant,
    Questions,
    Unknown,
)


class AccountRouter(Struct):
    """``Provider`` for commands that look at rooms of several accounts.

    ``problems`` are why other accounts cannot be used. ``accounts`` has the account of
    each room; a room without one is the first account's. What an account refuses is
    unknown of its own rooms.
    """

    providers: Mapping[str, Provider]
    problems: Mapping[str, str]
    accounts: dict[str, str] = field(default_factory=dict)

    def account_of(self, room: str) -> str:
        """The name of the account that is asked about *room*."""
        known = DEFAULT_ACCOUNT in self.providers or DEFAULT_ACCOUNT in self.problems
        first = DEFAULT_ACCOUNT if known else next(iter(self.providers))
        return self.accounts.get(room, first)

    def why_not(self, account: str) -> str | None:
        """Why nothing is known of rooms of *account*, None if it can be asked."""
        if account in self.providers:
            return None
        unset = f"account {account} is not in the accounts file (RECONCILER_ACCOUNTS)"
        return self.problems.get(account, unset)

    async def survey(self, rooms: Sequence[str]) -> ConferenceSurvey:
        """The active conferences of these names, each of its own account."""
        groups: dict[str, list[str]] = defaultdict(list)
        for room in rooms:
            groups[self.account_of(room)].append(room)
        surveys = await asyncio.gather(*(self._survey(*x) for x in groups.items()))
        shown: dict[str, Conference | Unknown] = {}
        for survey, asked in zip(surveys, groups.values(), strict=True):
            found = {room: survey.of(room) for room in asked}
            shown |= {room: x for room, x in found.items() if x is not None}
        return ConferenceSurvey(shown)

    async def _survey(self, account: str, rooms: Sequence[str]) -> ConferenceSurvey:
        if why := self.why_not(account):
            return ConferenceSurvey(unknown=why)
        try:
            return await self.providers[account].survey(rooms)
        except CredentialsRefused as error:
            return ConferenceSurvey(unknown=f"account {account}: {error}")

    async def observe(
        self, room: str, conference: Conference | None, questions: Questions
    ) -> Observation | Unknown:
        """Look at one room."""
        account = self.account_of(room)
        if why := self.why_not(account):
            return Unknown(room, why)
        try:
            return await self.providers[account].observe(room, conference, questions)
        except CredentialsRefused as error:
            return Unknown(room, f"account {account}: {error}")

    async def confirm(
        self, observation: Observation, call_sids: Collection[str]
    ) -> Observation | Unknown:
        account = self.account_of(observation.room)
        if why := self.why_not(account):
            return Unknown(observation.room, why)
        return await self.providers[account].confirm(observation, call_sids)

    async def listed_again(self, observation: Observation) -> Observation | Unknown:
        return observation

    async def unchanged(self, listing: ListingToken) -> bool:  # noqa: ARG002 - Provider
        return False

    def known_listing(self, conference_sid: str, stored: str) -> ListingToken:  # noqa: ARG002 - Provider
        return ListingToken()

    def expect(self, writes: int) -> None:
        """Have nothing made ready: nothing is sent here."""

    async def ring(self, ring: Ring, may_send: Callable[[], bool]) -> Placed:  # noqa: ARG002 - Provider
        raise _read_only()

    async def change(self, change: Change, may_send: Callable[[], bool]) -> Changed:  # noqa: ARG002 - Provider
        raise _read_only()

    async def remove(self, remove: Remove, may_send: Callable[[], bool]) -> str | None:  # noqa: ARG002 - Provider
        raise _read_only()

    async def holder(
        self,
        conference_sid: str,  # noqa: ARG002 - Provider
        label: str,  # noqa: ARG002 - Provider
    ) -> tuple[Participant, Call] | None:
        raise _read_only()


def _read_only() -> TerminalError:
    return TerminalError("nothing was sent: requests go by one account")
