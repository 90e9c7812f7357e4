"""Option type for durations: ``30s``, ``2m``, ``1h``, ``1d`` or seconds."""

from typing import Any

import click

from reconciler.model.duration import parse_duration


class _Duration(click.ParamType[float]):
    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, float):
            return value
        try:
            return parse_duration(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


DURATION = _Duration()
