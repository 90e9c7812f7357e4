"""Whom a probe calls."""

from enum import StrEnum


class Party(StrEnum):
    """Which of the operator's addresses is called.

    answering   takes each call by itself, several at a time
    ringing     rings, and nobody takes the call
    """

    ANSWERING = "answering"
    RINGING = "ringing"
