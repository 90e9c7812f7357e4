"""Gives a command its parameters as one object."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")


def taking(kind: Callable[..., T]) -> Callable[[Callable[[T], R]], Callable[..., R]]:
    """Pass what click gives by name as one object, made by *kind*."""

    def decorate(command: Callable[[T], R]) -> Callable[..., R]:
        @wraps(command)
        def run(**parameters: Any) -> R:
            return command(kind(**parameters))

        return run

    return decorate
