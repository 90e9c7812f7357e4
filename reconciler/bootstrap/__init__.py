"""Composition root: builds commands and the daemon from settings.

``command_session`` and ``daemon`` are to be imported by those that need them: they know
every library.
"""

from reconciler.bootstrap.environment import monotonic, now, person, settings

__all__ = ["monotonic", "now", "person", "settings"]
