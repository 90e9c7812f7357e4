"""Another code, account, service or policy is another hash; the same is the same."""

import dataclasses
from pathlib import Path

import pytest
from msgspec.structs import replace

import reconciler
from reconciler.bootstrap.rules_digest import (
    RulesDigest,
    account_rules,
    code_digest,
)
from reconciler.model.observation import RING
from reconciler.model.policy import UNRESTRICTED, Ceilings, Policy
from reconciler.twilio.api.account import Account, Credentials
from reconciler.twilio.api.compatible_service import TWILIO

ACCOUNT = Account("AC1", Credentials("AC1", "secret"), "https://api.twilio.com")
STRICT = replace(UNRESTRICTED, ceilings=Ceilings(removals=1))


def rules(
    to: Account = ACCOUNT,
    name: str = "default",
    policy: Policy = UNRESTRICTED,
    code: bytes = b"code",
) -> str:
    return RulesDigest(lambda: policy, account_rules(name, to), code)()


def test_the_same_is_the_same_hash() -> None:
    again = replace(ACCOUNT, credentials=Credentials("AC1", "another secret"))
    assert rules() == rules(again, policy=replace(UNRESTRICTED))


@pytest.mark.parametrize(
    "other",
    [
        rules(replace(ACCOUNT, sid="AC2")),
        rules(replace(ACCOUNT, base_url="https://localhost")),
        rules(
            replace(
                ACCOUNT, service=dataclasses.replace(TWILIO, lacks=frozenset({RING}))
            )
        ),
        rules(name="second"),
        rules(policy=STRICT),
        rules(code=b"other code"),
    ],
)
def test_anything_that_decides_makes_another_hash(other: str) -> None:
    assert other != rules()


def test_a_policy_that_changes_meanwhile_is_another_hash() -> None:
    policies = [UNRESTRICTED]
    said = account_rules("default", ACCOUNT)
    digest = RulesDigest(lambda: policies[-1], said, b"code")
    before = digest()
    policies.append(STRICT)
    assert digest() == rules(policy=STRICT) != before


def test_the_code_is_known_by_its_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / "reconciler" / "planning" / "planner.py"
    module.parent.mkdir(parents=True)
    monkeypatch.setattr(
        reconciler, "__file__", str(tmp_path / "reconciler/__init__.py")
    )
    found = set()
    for text in ("a = 1\n", "a = 2\n"):
        module.write_text(text)
        found.add(code_digest())
    assert len(found) == 2
