"""``account`` of a roster: the name of an account of the accounts file."""

from yaml.nodes import Node

from reconciler.files.mapping import Entry, did_you_mean, shown
from reconciler.files.scalar import text
from reconciler.files.yaml_text import Page
from reconciler.model.account_name import DEFAULT_ACCOUNT


def read_account(page: Page, node: Node, entry: Entry | None) -> str:
    """The account of the room of a document; one that is not known is noted."""
    accounts = page.policy.accounts
    if entry is None:
        name = accounts.of_file(page.path)
        if name not in accounts.names:
            names = ", ".join(accounts.names)
            message = "a room needs account: there is no account called default"
            page.wrong(node, message, f"write account: and one of: {names}")
        return name
    written = text(page, "account", entry.value)
    if written is None or written in accounts.names:
        return written or DEFAULT_ACCOUNT
    page.wrong(entry.value, f"unknown account {shown(written)}", _hint(page, written))
    return DEFAULT_ACCOUNT


def _hint(page: Page, written: str) -> str:
    names = page.policy.accounts.names
    if names == (DEFAULT_ACCOUNT,):
        return (
            "remove it for the account of TWILIO_ACCOUNT_SID, or name it in the file "
            "that RECONCILER_ACCOUNTS gives"
        )
    near = did_you_mean(written, names)
    return near or f"write one of: {', '.join(names)}; or add it to the accounts file"
