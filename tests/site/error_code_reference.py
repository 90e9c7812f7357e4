"""Generates the table of ``docs/twilio-errors.md`` from the table of error codes.

``python -m tests.site.error_code_reference`` prints it.
"""

from reconciler.twilio.api.error_codes import TABLE

_WAIT = "nothing: it is retried"


def error_code_table() -> str:
    """Every code with its meaning and what to do, as Markdown."""
    rows = (
        f"| {each.number} | {each.meaning} | {each.step or _WAIT} |\n" for each in TABLE
    )
    return "| code | meaning | what to do |\n|---|---|---|\n" + "".join(rows)


if __name__ == "__main__":
    print(error_code_table(), end="")  # noqa: T201 - its whole purpose
