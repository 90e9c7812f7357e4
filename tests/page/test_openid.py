"""Sign-in at a real OpenID Connect provider of this machine."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import RSAKey

from reconciler.page.openid import OpenIdSignIn, identity_of
from reconciler.page.page_access import PageRole, SignInRefused
from reconciler.settings import OpenIdSettings
from tests.page.openid_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    Provider,
    provider,
)
from tests.page.page_desk import PageDesk, page_desk

ANN = {"sub": "u1", "email": "Ann@Example.com", "email_verified": True}


def settings(issuer: str) -> OpenIdSettings:
    return OpenIdSettings(
        issuer, CLIENT_ID, CLIENT_SECRET, ("ann@example.com",), ("group:support",)
    )


@pytest.fixture
async def idp() -> AsyncIterator[Provider]:
    async with provider(time.time()) as made:
        yield made


@pytest.fixture
async def desk(tmp_path: Path, idp: Provider) -> AsyncIterator[PageDesk]:
    openid = OpenIdSignIn.open(settings(idp.url))
    async with page_desk(tmp_path, tokens=None, openid=openid) as made:
        yield made


async def at_provider(http: httpx.AsyncClient, path: str = "/sign-in/openid") -> str:
    """Where the provider leads the browser back to."""
    sent = await http.get(path)
    assert sent.status_code == 302, sent.text
    async with httpx.AsyncClient() as browser:
        answer = await browser.get(sent.headers["location"])
    return answer.headers["location"]


async def test_a_person_of_the_provider_signs_in_and_comes_back(
    desk: PageDesk, idp: Provider
) -> None:
    idp.claims = ANN
    async with desk.client() as http:
        assert "/sign-in/openid?next=" in (await http.get("/sign-in")).text
        back = await at_provider(http, "/sign-in/openid?next=/account")
        answer = await http.get(back)
        assert (answer.status_code, answer.headers["location"]) == (303, "/account")
        page = (await http.get("/account")).text
    assert "Ann@Example.com (operator)" in page


async def test_what_led_back_once_leads_nobody_in_again(
    desk: PageDesk, idp: Provider
) -> None:
    idp.claims = ANN
    async with desk.client() as http:
        back = await at_provider(http)
        cookies = dict(http.cookies)
        assert (await http.get(back)).status_code == 303
    assert desk.state.sessions.find(cookies["reconciler-sign-in"]) is None
    async with desk.client(cookies=cookies) as thief:
        assert (await thief.get(back)).status_code == 403
        assert (await thief.get("/session")).status_code == 401


async def test_another_browser_cannot_use_what_led_back(
    desk: PageDesk, idp: Provider
) -> None:
    idp.claims = ANN
    async with desk.client() as http, desk.client() as other:
        back = await at_provider(http)
        await at_provider(other)
        answer = await other.get(back)
        assert answer.status_code == 403
        assert "refused the sign-in" in answer.text
        assert (await other.get("/session")).status_code == 401


@pytest.mark.parametrize(
    "token",
    [
        {"nonce": "another"},
        {"aud": "another"},
        {"iss": "https://evil.example"},
        {"exp": 1},
    ],
)
async def test_a_token_that_is_not_for_this_sign_in_lets_nobody_in(
    desk: PageDesk, idp: Provider, token: dict[str, Any]
) -> None:
    idp.claims, idp.token = ANN, token
    await refused(desk, "not valid|refused the sign-in")


async def test_a_token_that_another_key_signed_lets_nobody_in(
    desk: PageDesk, idp: Provider
) -> None:
    idp.claims, idp.signs_with = ANN, RSAKey.generate_key(2048)
    await refused(desk, "not valid|refused the sign-in")


async def test_somebody_without_a_role_is_told_so(
    desk: PageDesk, idp: Provider
) -> None:
    idp.claims = {"sub": "u2", "email": "zoe@example.com", "email_verified": True}
    await refused(desk, "zoe@example.com|u2")


async def refused(desk: PageDesk, text: str) -> None:
    async with desk.client() as http:
        answer = await http.get(await at_provider(http))
        assert answer.status_code == 403
        assert any(each in answer.text for each in text.split("|"))
        assert (await http.get("/session")).status_code == 401


async def test_a_provider_that_is_away_is_said(tmp_path: Path) -> None:
    openid = OpenIdSignIn.open(settings("http://127.0.0.1:9"))
    async with (
        page_desk(tmp_path, tokens=None, openid=openid) as desk,
        desk.client() as http,
    ):
        answer = await http.get("/sign-in/openid")
    assert answer.status_code == 502
    assert "cannot be reached" in answer.text


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        (ANN, PageRole.OPERATOR),
        ({**ANN, "email_verified": False}, None),
        ({**ANN, "email_verified": "true"}, None),
        ({"sub": "ann@example.com"}, None),
        ({"sub": "u3", "groups": ["support"]}, PageRole.VIEWER),
        ({"sub": "u3", "groups": "support"}, None),
        ({"sub": "group:support"}, None),
    ],
)
def test_roles_rest_on_what_the_provider_vouches_for(
    claims: dict[str, Any], role: PageRole | None
) -> None:
    of = settings("https://issuer.example")
    if role is None:
        with pytest.raises(SignInRefused):
            identity_of(claims, of)
    else:
        assert identity_of(claims, of).role is role
