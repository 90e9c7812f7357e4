"""Emergency numbers are never rung, however they are spelled."""

import pytest

from reconciler.model.number import is_emergency
from tests.files.rosters import problems, with_members

PLAIN = [
    "+1911",
    "+44999",
    "+49112",
    "+49-112",
    "+1 911",
    "+911",
    "911",
    "112",
    "0112",
    "00112",
    "0049110",
    "0111911",
    "tel:911",
    "tel:+1911",
    "tel:+49-112",
    "tel:911;phone-context=+1",
    "TEL:9-1-1",
]

SIP = [
    "sip:911@gw.example",
    "SIP:911@gw.example",
    "sips:112@gw.example?x=1",
    "sip:000@gw.example",
    "sip:999@gw.example:5080;transport=tcp",
    "sip:+911@gw.example",
    "sip:+1911@gw.example",
    "sip:+44999@gw.example;user=phone",
    "sip:911;phone-context=+1@gw.example",
    "sip:911;phone-context=gw.example@gw.example",
    "sip:911:password@gw.example",
    "sip:911;a=b:password@gw.example",
    "sip:9-1-1@gw.example",
    "sip:(9)1.1@gw.example",
    "sip:911%23@gw.example",
    "sip:911#@gw.example",
    "sip:*911@gw.example",
    "sip:*67911@gw.example",
    "sip:*31#112@gw.example",
    "sip:%39%31%31@gw.example",
    "sip:9%31%31@gw.example",
    "sip:%2B1911@gw.example",
    "sip:%2b44999@gw.example",
    "sip:911%3Bphone-context=%2B1@gw.example",
    "sip:911%3Apassword@gw.example",
    "sip:911%40other.example@gw.example",
    "sip:9%201%201@gw.example",
    "sip:911,1@gw.example",
    "sip://911@gw.example",
    "sip:\uff19\uff11\uff11@gw.example",
    "sip:9911@gw.example",
    "sip:0112@gw.example",
    "sip:00112@gw.example",
    "sip:011911@gw.example",
    "sip:001911@gw.example",
    "sip:0111911@gw.example",
    "sip:0044999@gw.example",
    "sip:00044999@gw.example",
    "sip:90111911@gw.example",
    "sip:9+1911@gw.example",
]


@pytest.mark.parametrize("to", PLAIN + SIP)
def test_an_emergency_number_is_refused_in_every_spelling(to: str) -> None:
    (problem,) = problems(with_members(f'  ann: {{to: "{to}"}}\n'))

    assert "emergency number" in problem.message


@pytest.mark.parametrize(
    "to",
    [
        "+12025550911",
        "+4420799912",
        "client:911",
        "app:AP00000000000000000000000000000911",
        "sip:101@pbx",
        "sip:9101@pbx",
        "sip:1112@pbx",
        "sip:9110@pbx",
        "sip:119@pbx",
        "sip:110@pbx",
        "sip:+12025550911@pbx",
        "sip:0012025550911@pbx",
        "sip:911desk@pbx",
        "sip:ann911@pbx",
        "sip:desk-911@pbx",
        "sip:ann:911@pbx",
        "sip:ann;ext=911@pbx",
        "sip:ann@911.example",
        "sip:ann@pbx?X-Number=911",
        "sip:%2539%2531%2531@pbx",
        "sip:*97@pbx",
        "sip:+@pbx",
        "sip:+1@pbx",
        "sip:*@pbx",
    ],
)
def test_what_only_looks_like_an_emergency_number_is_none(to: str) -> None:
    assert not is_emergency(to)


@pytest.mark.parametrize("length", range(3, 16))
@pytest.mark.parametrize("begin", ["1911", "44999", "49112", "911", "112", "000", "15"])
def test_a_number_alone_is_judged_as_behind_its_scheme(begin: str, length: int) -> None:
    number = f"+{begin:0<{length}}"

    assert is_emergency(number) == is_emergency(f"tel:{number}")
