"""The only place that builds things: settings in, a working whole out."""

from reconciler.bootstrap.workshop import (
    Workshop,
    account,
    now,
    person,
    settings,
    workshop,
)

__all__ = ["Workshop", "account", "now", "person", "settings", "workshop"]
