"""Narrows a plan or a sync to rooms or members."""

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from reconciler.bootstrap.command_session import CommandSession
from reconciler.files import Loading
from reconciler.model.errors import SettingError
from reconciler.planning.targets import Target, labels_of, targets


def of_account(loading: Loading, account: str | None) -> Loading:
    """The files of the rooms of an account, all for None; no other room is released."""
    if account is None:
        return loading
    mine = (
        declaration
        for declaration in loading.declarations
        if declaration.roster.account == account
    )
    return replace(loading, declarations=tuple(mine), folder=None)


class Targeting(Struct, frozen=True):
    """What a command is narrowed to; without targets, it is not."""

    targets: tuple[Target, ...] = ()

    @classmethod
    def of(cls, texts: Sequence[str], loading: Loading) -> "Targeting":
        """The targets, which must be rooms of the files; SettingError if not."""
        return cls(targets(texts, (roster.room for roster in loading.rosters)))

    def loads(self, loading: Loading) -> Loading:
        """The files of the rooms that are targets; no other room is released."""
        if not self.targets:
            return loading
        rooms = {target.room for target in self.targets}
        kept = tuple(
            declaration
            for declaration in loading.declarations
            if declaration.room in rooms
        )
        return replace(loading, declarations=kept, folder=None)

    @property
    def only(self) -> Mapping[str, frozenset[str]]:
        """The labels to act on by room, of the rooms in which not all are."""
        found = {x.room: labels_of(x.room, self.targets) for x in self.targets}
        return {room: labels for room, labels in found.items() if labels is not None}

    async def check(self, shop: CommandSession, loading: Loading) -> None:
        """SettingError for a label that a room neither declares nor remembers."""
        rosters = {roster.room: roster for roster in loading.rosters}
        for room, labels in self.only.items():
            ledger = await shop.store.ledger(room, shop.clock())
            known = {member.label for member in rosters[room].members} | set(
                ledger.records
            )
            for label in sorted(labels - known):
                there = ", ".join(sorted(known)) or "nobody"
                text = f"target {room}/{label}: no such member. {room} has {there}"
                raise SettingError(text)
