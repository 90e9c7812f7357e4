"""``reconciler policy``: check the policy file."""

import os

import click

from reconciler.cli.json_output import print_json
from reconciler.cli.options import current
from reconciler.model.errors import SettingError
from reconciler.model.exit_code import INVALID
from reconciler.setting_names import require_meant


@click.group()
def policy() -> None:
    """The operator's policy: variables, addresses, hosts, ceilings, approvers."""


@policy.command(short_help="Check the policy file.")
@click.argument("file", required=False, type=click.Path())
def check(file: str | None) -> int:
    """Check the policy FILE (RECONCILER_POLICY by default), every error in one run."""
    from pathlib import Path  # noqa: PLC0415 - beside what is slow to import

    from reconciler.files import problem_data, render_problem  # noqa: PLC0415 - slow
    from reconciler.files.policy_file import examine_policy  # noqa: PLC0415 - slow

    require_meant(os.environ)
    path = file or os.environ.get("RECONCILER_POLICY")
    if not path:
        raise SettingError(
            "no policy: name a file or set RECONCILER_POLICY (see docs/policy.md)"
        )
    _, problems = examine_policy(Path(path))
    if current().json:
        found = [problem_data(problem) for problem in problems]
        data = {"format_version": "1", "valid": not found, "problems": found}
        print_json(data)
    else:
        for problem in problems:
            click.echo(render_problem(problem), err=True)
        click.echo(f"{path}: {'invalid' if problems else 'valid'}")
    return INVALID if problems else 0
