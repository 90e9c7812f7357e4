"""One phone is one phone, however its address is written."""

import pytest

from reconciler.model.phone import normal_address


@pytest.mark.parametrize(
    "spellings",
    [
        ("+15551230001",),
        ("client:bob", "client:bob?team=a", "Client:bob"),
        (
            "sip:Ann@pbx.example.com",
            "sip:Ann@PBX.Example.com",
            "SIP:Ann@pbx.example.com:5060",
            "sip:Ann@pbx.example.com;transport=tcp",
            "sip:Ann@pbx.example.com:5060;transport=tcp?X-Case=1",
            "sip:Ann@pbx.example.com:5061;transport=tls",
            "sip:%41nn@pbx.example.com",
            "sips:Ann@pbx.example.com",
            "sips:Ann@pbx.example.com:5061",
        ),
        ("sip:ann@[2001:db8::1]", "sip:ann@[2001:DB8::1]:5060"),
        ("app:AP0123", "app:AP0123?room=a"),
    ],
)
def test_spellings_of_one_phone_have_one_normal_form(
    spellings: tuple[str, ...],
) -> None:
    assert {normal_address(each) for each in spellings} == {spellings[0]}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+15551230001", "+15551230002"),
        ("client:bob", "client:Bob"),
        ("sip:ann@pbx", "sip:Ann@pbx"),
        ("sip:ann@pbx", "sip:ann@pbx:5080"),
        ("sip:ann@pbx:5061", "sip:ann@pbx:5060"),
        ("sip:+15551230001@pbx", "+15551230001"),
        ("client:ann", "sip:ann@pbx"),
        ("app:AP0123", "app:AP0124"),
    ],
)
def test_different_phones_have_different_normal_forms(one: str, other: str) -> None:
    assert normal_address(one) != normal_address(other)
