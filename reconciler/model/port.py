"""Numbers of TCP ports."""

LAST_PORT = 65_535
