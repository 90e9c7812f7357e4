import json
import shlex

import pytest

from reconciler.model.action import (
    Action,
    Change,
    ChangeKind,
    FieldChange,
    Harm,
    Remove,
    Ring,
)
from reconciler.model.attempt import AttemptState, CallOutcome
from reconciler.model.roster import Machine, Replacement, Value
from reconciler.planning.describe import describe, quoted, shown, subject
from reconciler.planning.plan import Plan
from reconciler.planning.planner import make_plan
from reconciler.planning.serialize import (
    action_data,
    desired_data,
    in_sync,
    plan_data,
    plans_data,
    status_data,
)
from tests.planning.samples import (
    CA1,
    CA2,
    CF,
    NOW,
    attempt,
    call,
    ledger,
    leg,
    look,
    member,
    plan_for,
    record,
    roster,
)

NUMBER = "+15551230001"


def change(*field_changes: FieldChange, label: str = "ann") -> Change:
    return Change(label, CA1, CF, ChangeKind.MUTE, field_changes, Harm.NONE, "because")


def ring(**fields: Value) -> Ring:
    sent = tuple(sorted({"to": NUMBER, **fields}.items()))
    return Ring("ann", NUMBER, CF, sent, (), 1, 1, "absent")


ALL = Remove("", None, CF, connected=True, reason="ended")
ONE = Remove("ann", CA1, CF, connected=True, reason="gone")


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (ring(), "ring +1555•••0001"),
        (ring(muted=True), "ring +1555•••0001 (muted)"),
        (ring(muted=True, coaching=True), "ring +1555•••0001 (muted, as coach)"),
        (ring(muted=False, coaching=False), "ring +1555•••0001"),
        (ONE, "remove"),
        (ALL, "end the conference"),
        (change(FieldChange("muted", before=False, after=True)), "mute"),
        (change(FieldChange("muted", before=True, after=False)), "unmute"),
        (change(FieldChange("hold", before=False, after=True)), "put on hold"),
        (change(FieldChange("hold", before=True, after=False)), "take off hold"),
        (change(FieldChange("coaching", before=True, after=False)), "stop coaching"),
        (
            change(
                FieldChange("coaching", before=False, after=True),
                FieldChange("call_sid_to_coach", None, CA2),
            ),
            f"coach {CA2}",
        ),
        (
            change(
                FieldChange("end_conference_on_exit", before=False, after=True),
                FieldChange("hold", before=True, after=True),
            ),
            "set end_conference_on_exit to true",
        ),
        (
            change(FieldChange("end_conference_on_exit", before=True, after=False)),
            "set end_conference_on_exit to false",
        ),
        (change(FieldChange("announce_url", None, "u")), "announce u"),
        (change(FieldChange("wait_url", None, "u")), "set wait_url to u"),
        (change(FieldChange("wait_url", "u", "")), "clear wait_url"),
        (change(), "change"),
    ],
)
def test_an_action_is_one_phrase(action: Action, words: str) -> None:
    assert describe(action) == words


@pytest.mark.parametrize(
    ("action", "name"),
    [
        (ring(), "ann"),
        (ONE, "ann"),
        (ALL, "everybody"),
        (change(label=""), CA1),
        (Remove("", CA1, CF, connected=True, reason=""), CA1),
    ],
)
def test_an_action_is_about_somebody(action: Action, name: str) -> None:
    assert subject(action) == name


@pytest.mark.parametrize(
    ("name", "value", "seen"),
    [
        ("to", NUMBER, "+1555•••0001"),
        ("to", "client:bob", "client:bob"),
        ("call_token", "secret", "•••"),
        ("sip_auth_password", "${SIP_PASSWORD}", "${SIP_PASSWORD}"),
        ("muted", True, True),
        ("timeout", 20, 20),
        ("hold", None, None),
    ],
)
def test_numbers_and_secrets_are_hidden(
    name: str, value: Value | None, seen: Value | None
) -> None:
    assert shown(name, value) == seen


def busy() -> Plan:
    """A plan with an action, something withheld and a wait."""
    people = (
        member("ann", muted=True, create_only=(("timeout", 20),)),
        member("bob"),
        member("sup", coaching="bob"),
    )
    return plan_for(*people, legs=(leg(),))


def test_json_has_the_keys_that_are_documented() -> None:
    room = plan_data(busy(), "converging")
    made = plans_data([room], converged=False)
    assert list(made) == ["format_version", "converged", "rooms", "summary"]
    assert made["format_version"] == "1"
    assert made["summary"] == {
        "ring": 1, "change": 1, "remove": 0, "withheld": 1, "waiting": 1,
    }  # fmt: skip
    assert set(room) == {
        "conference", "conference_sid", "generation", "state", "reason", "actions",
        "withheld", "waiting", "groups", "left_out",
    }  # fmt: skip
    fields = {
        "verb", "label", "call_sid", "fields", "harm", "reason", "result",
    }  # fmt: skip
    assert all(set(each) == fields for each in room["actions"])
    assert all(set(each) == {*fields, "guard"} for each in room["withheld"])
    assert all(set(each) == {"label", "reason"} for each in room["waiting"])


def test_status_has_the_keys_that_are_documented() -> None:
    status = status_data(busy(), "converging")
    assert set(status) == {
        "conference", "conference_sid", "conference_status", "generation", "state",
        "reason", "conditions", "members", "dismissed", "unlisted", "groups",
    }  # fmt: skip
    (condition,) = status["conditions"]
    assert condition == {
        "kind": "not-called",
        "message": "1 person not called yet: bob",
        "blocking": False,
    }
    assert status["conference_status"] == "in-progress"
    ann, bob, _ = status["members"]
    keys = {"label", "desired", "observed", "legs", "phase", "in_sync", "reason"}
    assert set(ann) == keys
    assert {
        "call_sid", "status", "muted", "hold", "coaching", "coaching_label",
    } <= set(ann["observed"])  # fmt: skip
    assert bob["observed"] is None
    assert (ann["in_sync"], ann["reason"]) == (False, "declared muted")


def test_an_action_is_shown_field_by_field_with_its_result() -> None:
    data = action_data(change(FieldChange("muted", before=False, after=True)), "done")
    assert data == {
        "verb": "change",
        "label": "ann",
        "call_sid": CA1,
        "fields": {"muted": {"from": False, "to": True}},
        "harm": "none",
        "reason": "because",
        "result": "done",
    }
    assert action_data(ring())["call_sid"] is None
    assert action_data(ring())["fields"]["to"] == {"from": None, "to": "+1555•••0001"}
    assert action_data(ONE)["fields"] == {}


def test_what_was_done_takes_the_place_of_what_was_planned() -> None:
    done = plan_data(busy(), "converging", [(ONE, "gone")])
    assert [each["result"] for each in done["actions"]] == ["gone"]


def test_no_number_and_no_secret_is_printed() -> None:
    secrets = (("call_token", "s3cret"), ("caller_id", "+15551112222"))
    ann = member("ann", create_only=secrets)
    refused = attempt(
        "bob",
        state=AttemptState.REFUSED,
        outcome=CallOutcome.REFUSED,
        reason=f"not valid: {NUMBER}",
    )
    kept = ledger(record("bob", refused))
    plan = make_plan(roster(ann, member("bob")), look(), kept, NOW)
    printed = json.dumps([plan_data(plan, "stalled"), status_data(plan, "stalled")])
    for hidden in ("s3cret", "5551112222", "5551230001", "5550005550"):
        assert hidden not in printed
    assert "not valid: +1555" in json.loads(printed)[0]["waiting"][0]["reason"]


def test_only_what_is_declared_is_desired() -> None:
    ann = member("ann", muted=False, create_only=(("status_callback_event", ("a",)),))
    assert desired_data(ann) == {
        "to": "+1555•••0001",
        "from": "+1555•••5550",
        "muted": False,
        "status_callback_event": ["a"],
    }


def test_a_coach_is_shown_with_the_label_of_whom_they_coach() -> None:
    sup = leg(CA2, "sup", coaching=True, call_sid_to_coach=CA1)
    seen = look(leg(CA1, None), sup, calls=(call(CA1),))
    plan = make_plan(roster(member("ann")), seen, ledger(record("ann")), NOW)
    (stranger,) = status_data(plan, "converged")["unlisted"]
    assert (stranger["label"], stranger["coaching_label"]) == ("sup", "ann")


def test_a_settled_wait_is_in_sync() -> None:
    plan = plan_for(member("sup", coaching=CA2), legs=())
    assert in_sync("sup", plan)
    assert not in_sync("ann", busy())


@pytest.mark.parametrize(
    "word", ["plain", "two words", "it's", "a-b_c.d", "$HOME", "", "日本", "--left"]
)
def test_a_word_is_quoted_as_a_shell_takes_it(word: str) -> None:
    assert shlex.split(quoted(word)) == [word]


@pytest.mark.parametrize("word", ["-x", "--left"])
def test_a_word_that_looks_like_an_option_is_quoted(word: str) -> None:
    assert quoted(word) == f"'{word}'"


def test_what_is_declared_beside_twilios_parameters_is_shown_where_it_differs() -> None:
    plain = desired_data(member("ann"))
    assert not plain.keys() & {"role", "protect", "priority", "machine", "replaces"}
    told = member(
        "ann",
        role="dba",
        protect=True,
        priority=1,
        machine=Machine.HANG_UP,
        replaces=Replacement("bob"),
    )
    assert desired_data(told).items() - plain.items() == {
        ("role", "dba"),
        ("protect", True),
        ("priority", 1),
        ("machine", "hang-up"),
        ("replaces", "bob"),
    }
