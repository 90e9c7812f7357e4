"""The settings of the running command: its options, and else the environment."""

from dataclasses import replace

from reconciler.bootstrap import settings
from reconciler.cli.options import current
from reconciler.settings import Settings


def command_settings() -> Settings:
    """An option that is given wins over its environment variable."""
    options = current()
    found = settings(database_url=options.database_url, twilio_url=options.twilio_url)
    accounts = options.accounts or found.accounts
    return replace(found, accounts=accounts, account=options.account)
