"""What the product assumes of an account, and what a probe writes of one."""

from pathlib import Path

import pytest
from jsonschema import Draft7Validator
from yaml import safe_load

from reconciler.probe.anonymizer import Anonymizer
from reconciler.probe.answer_values import AnswerValue
from reconciler.probe.assumptions import ASSUMPTIONS, wrong_assumptions
from reconciler.probe.catalogue import answer_names
from reconciler.probe.party import Party
from reconciler.probe.profile import Profile, dump_profile
from reconciler.probe.profile_comparison import differences
from reconciler.probe.webhook_inbox import WebhookInbox
from reconciler.simulator.exchange.behavior import describe_switches
from reconciler.webhooks.signature import sign
from tests.probe.desk import URL, open_probe
from tests.site.profile_schema import profile_schema


def profile(**answers: AnswerValue) -> Profile:
    return Profile("sha256:0", "2026-11-30", "reconciler", answers)


def wrong(**answers: AnswerValue) -> list[str]:
    return [each.name for each in wrong_assumptions(profile(**answers))]


def test_everything_that_a_profile_answers_has_an_assumption() -> None:
    assert ASSUMPTIONS.keys() == answer_names()


def test_the_likeliest_answers_are_assumed() -> None:
    defaults: dict[str, AnswerValue] = {
        each.name: float(each.default) if each.kind == "number" else each.default  # type: ignore[arg-type, misc]
        for each in describe_switches()
    }

    assert wrong(**defaults) == []


def test_what_breaks_is_said_of_each_assumption_that_can_be_wrong() -> None:
    narrow = {
        name
        for name, each in ASSUMPTIONS.items()
        if each.most is not None or each.allowed is not None
    }

    assert [name for name in narrow if not ASSUMPTIONS[name].breaks] == []
    assert [x for x in ASSUMPTIONS if ASSUMPTIONS[x].breaks and x not in narrow] == [
        "concurrency"
    ]


@pytest.mark.parametrize(
    ("name", "right", "otherwise"),
    [
        ("list_lag", 10.0, 10.5),
        ("label_held_while_ringing", True, False),
        ("status_init", "in-progress", "refused"),
        ("concurrency", 64.0, 63.0),
        ("concurrency", 0.0, 1.0),
        ("machine_detection_seconds", 4.0, 50.0),
    ],
)
def test_an_answer_that_is_not_assumed_is_named(
    name: str, right: AnswerValue, otherwise: AnswerValue
) -> None:
    assert wrong(**{name: right}) == []
    assert wrong(**{name: otherwise}) == [name]


def test_profiles_differ_in_answers_and_in_those_that_only_one_has() -> None:
    old = profile(list_lag=1.0, status_null=False, sequence_base="1")
    new = profile(list_lag=1.0, status_null=True, call_lag=0.0)

    found = [(each.name, each.old, each.new) for each in differences(old, new)]

    assert found == [
        ("call_lag", None, 0.0),
        ("sequence_base", "1", None),
        ("status_null", False, True),
    ]


def test_a_profile_fits_its_schema(tmp_path: Path) -> None:
    desk = open_probe(tmp_path / "state", events=True)

    document = safe_load(dump_profile(desk.ask()))

    Draft7Validator.check_schema(profile_schema())
    faults = Draft7Validator(profile_schema()).iter_errors(document)
    assert [each.message for each in faults] == []


def event(number: str, url: str, token: bytes) -> tuple[bytes, str]:
    form = f"ConferenceSid=CF1&SequenceNumber={number}".encode()
    fields = f"ConferenceSidCF1SequenceNumber{number}"
    return form, sign(token, url + fields, "sha1").decode()


def test_webhooks_are_kept_once_in_order_with_how_they_were_signed() -> None:
    inbox = WebhookInbox(URL, "token")
    portless = URL.replace(":8443", "")

    taken = [
        inbox.take(*event("2", URL, b"token")),
        inbox.take(*event("1", portless, b"token")),
        inbox.take(*event("1", portless, b"token")),
    ]

    assert taken == [True, True, True]
    kept = [(x["SequenceNumber"], x["signed"]) for x in inbox.of("CF1")]
    assert kept == [("1", "without"), ("2", "with")]


def test_a_webhook_that_twilio_did_not_sign_is_dropped() -> None:
    inbox = WebhookInbox(URL, "token")

    assert not inbox.take(*event("1", URL, b"other"))
    assert not inbox.take(b"ConferenceSid=CF1&SequenceNumber=1", "")
    assert inbox.of("CF1") == ()


def test_evidence_names_sids_and_addresses_the_same_way_each_time() -> None:
    named = Anonymizer({Party.ANSWERING: ("client:ann",)}, "+15005550006")
    ann, bob = "CA" + "1" * 32, "CA" + "2" * 32

    shown = named.body(
        {
            "call_sid": ann,
            "call_sid_to_coach": bob,
            "message": f"{ann} client:ann +15005550006 +15550100199",
            "to": "client:ann",
            "account_sid": "AC" + "3" * 32,
        }
    )

    assert shown == {
        "call_sid": "CA1",
        "call_sid_to_coach": "CA2",
        "message": "CA1 answering-1 from +1555•••0199",
    }
