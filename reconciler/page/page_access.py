"""Who may do what on the page.

role       sees                      may
viewer     rooms, numbers masked     nothing that changes a room
operator   rooms, whole numbers      every verb of ``NEEDED``
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct

from reconciler.operations.requester import Operator


class PageRole(StrEnum):
    """What a person may do; each role includes the one before."""

    VIEWER = "viewer"
    OPERATOR = "operator"


class PageVerb(StrEnum):
    """A decision that the page offers, named as its command."""

    APPROVE = "approve"
    REDIAL = "redial"
    RESOLVE = "resolve"
    PAUSE = "pause"
    RESUME = "resume"
    SET = "set"
    MUTE_ALL = "mute-all"
    ONLY = "only"
    UNSET = "unset"
    MODE = "mode"
    START = "start"
    END = "end"


NEEDED: Final[Mapping[PageVerb, PageRole]] = dict.fromkeys(PageVerb, PageRole.OPERATOR)
"""The least role for each verb."""

_RANK: Final = {PageRole.VIEWER: 0, PageRole.OPERATOR: 1}


class Identity(Struct, frozen=True):
    """Who asks. ``name`` is "" for a visitor where nobody has to sign in.

    ``digest`` is that of the token of a token file, b"" for other ways to sign in.
    """

    name: str
    role: PageRole
    digest: bytes = b""

    def may(self, verb: PageVerb) -> bool:
        """Whether this person may decide so; a visitor without a name never."""
        return bool(self.name) and _RANK[self.role] >= _RANK[NEEDED[verb]]

    @property
    def sees_numbers(self) -> bool:
        """Whether whole phone numbers are shown."""
        return bool(self.name) and self.role is PageRole.OPERATOR

    @property
    def operator(self) -> Operator:
        """The person for policy and record."""
        return Operator(self.name, f"{self.name} (page)")


class SignInRefused(Exception):  # noqa: N818 - a fact for the person, not a fault
    """The provider, or the roles of the settings, let nobody in; says why."""


VISITOR: Final = Identity("", PageRole.VIEWER)
"""Whoever asks where no sign-in is configured."""
