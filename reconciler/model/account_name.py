"""Accounts by name: which ones rosters may name, and which one a folder's rooms have."""

import re
from typing import Final

from msgspec import Struct

DEFAULT_ACCOUNT: Final = "default"
"""The name of the account that ``TWILIO_ACCOUNT_SID`` gives, and of rooms that name none."""

LONGEST_ACCOUNT_NAME: Final = 64
ACCOUNT_NAME: Final = "[a-z][a-z0-9-]*"
_NAME: Final = re.compile(ACCOUNT_NAME)


def is_account_name(text: str) -> bool:
    """Whether *text* is fit for a name: lower-case letters, digits, dashes."""
    return len(text) <= LONGEST_ACCOUNT_NAME and _NAME.fullmatch(text) is not None


class AccountNames(Struct, frozen=True):
    """The accounts that rosters may name.

    ``folders`` are absolute paths with the account of the rooms declared below them.
    """

    names: tuple[str, ...] = (DEFAULT_ACCOUNT,)
    folders: tuple[tuple[str, str], ...] = ()

    def of_file(self, path: str) -> str:
        """The account of rooms in the file *path*, absolute, that name none."""
        above = [folder for folder in self.folders if path.startswith(f"{folder[0]}/")]
        return max(above, key=lambda each: len(each[0]), default=("", DEFAULT_ACCOUNT))[
            1
        ]


ONE_ACCOUNT: Final = AccountNames()
"""No accounts file: the account of the environment alone."""
