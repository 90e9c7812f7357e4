"""A request of Twilio's to somebody's URL."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Letter:
    """A webhook as it leaves, signed. ``body`` is empty for a GET."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
