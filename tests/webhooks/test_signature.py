"""Our verifier against the official SDK's, and against known signatures."""

import hashlib
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator, get_signature_algorithm

from reconciler.model.errors import SettingError
from reconciler.webhooks.signature import Form, Verifier, algorithm
from tests.webhooks.vectors import (
    FORMS,
    JSON_BODY,
    JSON_SIGNATURE,
    JSON_URL,
    TOKEN,
    Vector,
)

_URL = "https://roster.example.com/base/hooks/call?room=support-line"
_SHA256 = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"

_text = st.text(st.characters(codec="utf-8"), max_size=20)
_forms = st.lists(st.tuples(st.text(min_size=1, max_size=9), _text), max_size=12).map(
    lambda pairs: [(quote(name, safe=""), value) for name, value in pairs]
)


class _Repeating:
    """A form with repeated names, as Django gives it to the SDK."""

    def __init__(self, form: Form) -> None:
        self.pairs = form

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter([name for name, _ in self.pairs])

    def __len__(self) -> int:
        return len(self.pairs)

    def getall(self, name: str) -> list[str]:
        return [value for each, value in self.pairs if each == name]


def _sdk(form: Form, url: str = _URL, token: str = TOKEN, how: str = "") -> str:
    signed: str = RequestValidator(token).compute_signature(
        url, _Repeating(form), get_signature_algorithm(how)
    )
    return signed


def _ours(
    form: Form, signature: str, url: str = _URL, *secrets: str, how: str = ""
) -> bool:
    return Verifier(secrets or (TOKEN,))(url, form, b"", signature, how)


@pytest.mark.parametrize("vector", FORMS, ids=lambda each: each.signature)
def test_known_signatures_are_right_and_any_change_makes_them_wrong(
    vector: Vector,
) -> None:
    verify = Verifier([vector.token])
    assert verify(vector.url, vector.form, b"", vector.signature, "")
    assert verify(vector.url, vector.form[::-1], b"", vector.signature, "")
    assert not verify(vector.url, vector.form[1:], b"", vector.signature, "")
    assert not verify(vector.url + "0", vector.form, b"", vector.signature, "")
    assert not verify(vector.url, vector.form, b"", vector.signature.lower(), "")
    assert not verify(vector.url, vector.form, b"", vector.signature, _SHA256)
    assert not Verifier(["other"])(vector.url, vector.form, b"", vector.signature, "")


def test_a_json_body_is_told_by_its_hash_in_the_signed_url() -> None:
    verify = Verifier([TOKEN])
    assert verify(JSON_URL, None, JSON_BODY, JSON_SIGNATURE, "")
    assert not verify(JSON_URL, None, JSON_BODY + b" ", JSON_SIGNATURE, "")
    without = JSON_URL.partition("&body")[0]
    signed = RequestValidator(TOKEN).compute_signature(without, {})
    assert not verify(without, None, JSON_BODY, signed, "")


def test_a_hash_in_the_signed_url_must_be_of_the_body_whatever_its_kind() -> None:
    verify = Verifier([TOKEN])
    assert not verify(JSON_URL, [], b"", JSON_SIGNATURE, "")
    assert not verify(JSON_URL, (), JSON_BODY + b" ", JSON_SIGNATURE, "")
    empty = f"{_URL}&bodySHA256="
    assert not verify(empty, [], b"", _sdk([], empty), "")
    form, body = [("CallSid", "CA1")], b"CallSid=CA1"
    hashed = f"{_URL}&bodySHA256={hashlib.sha256(body).hexdigest()}"
    assert verify(hashed, form, body, _sdk(form, hashed), "")


def test_a_bare_question_mark_is_signed_though_it_does_not_arrive() -> None:
    url, form = "https://a.example/hooks/conference", [("CallSid", "CA1")]
    assert _ours(form, _sdk(form, url + "?"), url)
    assert not _ours(form, _sdk(form, url + "??"), url)


@given(st.binary(max_size=60).map(lambda raw: raw.hex()))
def test_json_bodies_are_judged_as_the_sdk_judges_them(body: str) -> None:
    digest = hashlib.sha256(body.encode()).hexdigest()
    url = f"{_URL}&bodySHA256={digest}"
    signature = _sdk((), url)
    assert RequestValidator(TOKEN).validate(url, body or {}, signature)
    assert Verifier([TOKEN])(url, None, body.encode(), signature, "")


@given(_forms, st.sampled_from(["", _SHA256]))
def test_what_the_sdk_signs_is_right_in_both_forms(
    form: list[tuple[str, str]], how: str
) -> None:
    assert _ours(form, _sdk(form, how=how), how=how)


@given(_forms, _forms, st.sampled_from(["", _SHA256]))
def test_we_and_the_sdk_agree_on_signatures_of_another_form(
    form: list[tuple[str, str]], other: list[tuple[str, str]], how: str
) -> None:
    signature = _sdk(other, how=how)
    theirs = RequestValidator(TOKEN).validate(
        _URL, _Repeating(form), signature, get_signature_algorithm(how)
    )
    assert _ours(form, signature, how=how) == theirs


@given(_text)
def test_no_odd_signature_is_right_or_breaks_the_verifier(signature: str) -> None:
    assert not _ours([("a", "b")], signature)


@pytest.mark.parametrize(
    ("configured", "signed"),
    [
        ("https://a.example/hooks", "https://a.example:443/hooks"),
        ("https://a.example:443/hooks", "https://a.example/hooks"),
        ("https://a.example:8443/hooks", "https://a.example/hooks"),
        ("http://a.example/hooks", "http://a.example:80/hooks"),
        ("http://[::1]:8080/hooks?a=b", "http://[::1]/hooks?a=b"),
    ],
)
def test_the_port_may_be_in_the_signed_url_or_not(configured: str, signed: str) -> None:
    form = [("CallSid", "CA1")]
    assert _ours(form, _sdk(form, signed), configured)
    assert not _ours(form, _sdk(form, "https://b.example/hooks"), configured)


@given(_text, _text)
def test_the_query_may_be_encoded_in_other_ways_when_it_is_signed(
    room: str, other: str
) -> None:
    base = "https://a.example/hooks/call?"
    arrived = base + urlencode([("room", room), ("attempt", "7")], quote_via=quote)
    ways = (
        urlencode([("room", room), ("attempt", "7")]),
        urlencode([("room", room), ("attempt", "7")], quote_via=quote, safe="!~*'()"),
    )
    for way in ways:
        assert _ours([], _sdk([], base + way), arrived)
    if other != room:
        changed = urlencode([("room", other), ("attempt", "7")])
        assert not _ours([], _sdk([], base + changed), arrived)


def test_each_of_several_secrets_verifies_while_they_are_rotated() -> None:
    form = [("CallSid", "CA1")]
    for secret in ("old", "new"):
        assert _ours(form, _sdk(form, token=secret), _URL, "old", "new")
    assert not _ours(form, _sdk(form, token="newer"), _URL, "old", "new")


@pytest.mark.parametrize("secrets", [[], [""], ["", ""]])
def test_without_a_secret_nothing_can_be_verified(secrets: list[str]) -> None:
    with pytest.raises(SettingError, match="TWILIO_AUTH_TOKEN"):
        Verifier(secrets)


def test_an_empty_secret_beside_a_good_one_opens_nothing() -> None:
    form = [("CallSid", "CA1")]
    assert not _ours(form, _sdk(form, token=""), _URL, "", TOKEN)


@pytest.mark.parametrize(
    "settings",
    [
        "",
        "key=k",
        "algorithm=",
        "algorithm=HMAC_SHA1",
        " key = k , algorithm = HMAC_SHA256 ",
        "key=k,algorithm=hmac_sha256",
    ],
)
def test_the_settings_header_is_read_as_the_sdk_reads_it(settings: str) -> None:
    assert algorithm(settings) == get_signature_algorithm(settings).upper()


def test_an_unknown_algorithm_is_refused_as_the_sdk_refuses_it() -> None:
    how = "key=k,algorithm=HMAC_MD5"
    form = [("CallSid", "CA1")]
    assert not _ours(form, _sdk(form), how=how)
    assert not RequestValidator(TOKEN).validate(
        _URL, dict(form), _sdk(form), get_signature_algorithm(how)
    )


def test_repeated_names_are_signed_once_a_value() -> None:
    form = [("Event", "join"), ("Event", "leave"), ("Event", "join")]
    assert _ours(form, _sdk(form[:2]))
