"""Option type for recorded reasons: one line of plain text."""

from typing import Any

import click

from reconciler.model.masking import invisible


class _Reason(click.ParamType[str]):
    name = "reason"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        text = str(value).strip()
        if not text:
            self.fail("must not be empty", param, ctx)
        if hidden := invisible(text):
            self.fail(f"it holds {hidden}: write one line of plain text", param, ctx)
        return text


REASON = _Reason()
