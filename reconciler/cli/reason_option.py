"""Option type for recorded reasons: one line of plain text."""

from typing import Any

import click

from reconciler.model.errors import SettingError
from reconciler.operations.reason import checked_reason


class _Reason(click.ParamType[str]):
    name = "reason"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        try:
            return checked_reason(str(value))
        except SettingError as error:
            self.fail(str(error), param, ctx)


REASON = _Reason()

reason_option = click.option("--reason", type=REASON, help="Why; recorded.")
