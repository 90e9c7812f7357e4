"""Commands as processes of their own: what other tests run in this process, for real."""

import pytest

from tests.cli.conftest import PATIENCE, Ended, World

pytestmark = pytest.mark.process


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("validate", 0),
        ("fmt --check", 0),
        ("schema", 0),
        ("plan --exit-code --output json", 0),
        ("sync", 0),
        ("status --exit-code", 0),
        ("events line --limit 3 --output json", 0),
        ("explain line ann", 0),
        ("dump line", 0),
        ("approve line --yes", 0),
        ("resume line", 0),
        ("redial line zoe", 78),
        ("db current", 0),
        ("validate nowhere --output json", 78),
        ("plam", 64),
        ("sync --timeout soon", 64),
    ],
)
def test_a_process_says_what_the_same_command_says_within_another(
    world: World, words: str, code: int
) -> None:
    world.converge()

    own = world.start_fresh(*words.split())
    out, err = own.communicate(timeout=PATIENCE)
    forked = world.process(*words.split())

    assert Ended(own.returncode, out, err) == forked == world.run(*words.split())
    assert forked.code == code
