"""Addresses and URLs that reach another host than the one the policy allows."""

import pytest

from reconciler.files.roster_file import read_roster_file
from reconciler.model.policy import Policy
from tests.files.rosters import with_members


def found(members: str, of: Policy) -> list[str]:
    text = with_members(members)
    return [
        x.message for x in read_roster_file("line.yaml", text.encode(), {}, of).problems
    ]


SAFE = Policy(
    addresses=("+1", "client:", "sip:*@pbx.example", "sip:ann@gw.example", "sip:bob@"),
    callback_hosts=("hooks.example.com", "2001:db8::1"),
    media_hosts=("*.cdn.example",),
)


@pytest.mark.parametrize(
    ("to", "fault"),
    [
        ("sip:ann@pbx.example;maddr=evil.example", "and this one has maddr"),
        ("sip:ann@pbx.example;transport=tls;MADDR=evil.example", "has MADDR"),
        ("sip:ann@pbx.example;lr", "and this one has lr"),
        ("sip:ann@pbx.example;", "and this one has ;"),
        ("sip:ann;maddr=evil.example@pbx.example", "and this one has maddr"),
        ("sip:ann:pin;x=y@pbx.example", "and this one has x"),
        ("sip:ann@pbx.example?Route=%3Csip:evil.example%3E", "and this one has Route"),
        ("sip:ann@pbx.example?X-A=1&route=evil.example", "and this one has route"),
        ("sip:ann%40evil.example@pbx.example", "no encoded @ ; / or :"),
        ("sip:ann%3bx@pbx.example", "no encoded @ ; / or :"),
        ("sip:ann%2Fx@pbx.example", "no encoded @ ; / or :"),
        ("sip:ann%3Ax@pbx.example", "no encoded @ ; / or :"),
        ("sip:ann%00@pbx.example", "no encoded @ ; / or :"),
        ("sip:ann@evil.example%2F.pbx.example", "must be sip:user@host"),
        ("sip:ann@evil.example/@pbx.example", "sip: needs user@host"),
        ("sip:ann@evil.example#.pbx.example", "must be sip:user@host"),
        ("sip:ann@gw.example.evil.example", "the policy allows"),
        ("sip:ann@gw.example:5080", "the policy allows"),
    ],
)
def test_a_sip_address_that_may_lead_to_another_host_is_refused(
    to: str, fault: str
) -> None:
    (message,) = found(f'  ann: {{to: "{to}"}}\n', SAFE)

    assert fault in message
    assert not found('  ann: {to: "sip:a@b.example;lr?Route=c"}\n', Policy())


@pytest.mark.parametrize(
    "to",
    [
        "sip:ann@pbx.example",
        "sips:ann@pbx.example",
        "sip:ann@PBX.example:5060;transport=tcp?X-Case=1&x-b=2",
        "sip:%41nn:pin@pbx.example",
        "sips:ann@gw.example",
        "sip:bob@10.0.0.1:5080",
        "sip:bob@[2001:db8::1]",
        "client:ann?maddr=evil.example&Route=x",
    ],
)
def test_a_sip_address_of_an_allowed_host_is_rung(to: str) -> None:
    assert found(f'  ann: {{to: "{to}"}}\n', SAFE) == []


@pytest.mark.parametrize(
    "url",
    [
        "https://user:pw@hooks.example.com/x",
        "https://evil.example@hooks.example.com/x",
        "https://evil.example%2F@hooks.example.com/x",
        "https://hooks.example.com%2F.evil.example",
        "https://h\uff4foks.example.com/x",
        "https://evil.example\uff0f.hooks.example.com/",
        "https://[evil/x",
        "https://hooks.example.com:x/",
    ],
)
def test_a_url_whose_host_clients_may_read_differently_is_refused(url: str) -> None:
    (message,) = found(f'  ann: {{to: "client:a", status_callback: "{url}"}}\n', SAFE)

    assert "not every client reads the same host" in message


@pytest.mark.parametrize("of", [SAFE, Policy()])
@pytest.mark.parametrize(
    "url",
    [
        r"https://evil.example\.hooks.example.com/x",
        r"https://evil.example\@hooks.example.com/x",
        r"https:\\hooks.example.com/x",
        r"https://hooks.example.com/x\y",
        r"https://hooks.example.com/x?y=\z",
    ],
)
def test_a_url_with_a_backslash_is_refused_with_and_without_a_policy(
    url: str, of: Policy
) -> None:
    line = f"  ann: {{to: 'client:a', status_callback: '{url}'}}\n"

    (message,) = found(line, of)

    assert "must be an http or https URL" in message


@pytest.mark.parametrize(
    "url",
    ["https://HOOKS.example.com", "http://hooks.example.com:8080/a?b=c@d#e",
     "https://[2001:db8::1]:8443/x", "https://hooks.example.com?to=x@y"],
)  # fmt: skip
def test_a_url_of_an_allowed_host_is_taken(url: str) -> None:
    assert SAFE.host_fault(url, media=False) is None
