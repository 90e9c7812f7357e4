"""Who is let in: tokens, sessions, sign-out, other sites, rates."""

from pathlib import Path

import pytest

from reconciler.page.request_rates import MOST_BUCKETS, READS, RequestLimits
from reconciler.page.sessions import IDLE_SECONDS, LONGEST_SECONDS, Sessions
from reconciler.page.sign_in import local_path
from tests.page.page_desk import (
    OPERATOR,
    ROOM,
    SAME,
    VIEWER,
    PageDesk,
    page_desk,
)

COOKIE = "reconciler"


async def test_a_page_leads_somebody_unknown_to_the_sign_in_and_back(
    desk: PageDesk,
) -> None:
    async with desk.client() as http:
        answer = await http.get("/rooms?q=a%20b")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=/rooms%3Fq%3Da%2520b"


@pytest.mark.parametrize("path", ["/rooms?fragment=1", "/stream", "/session"])
async def test_scripts_are_told_401_and_are_not_led_anywhere(
    desk: PageDesk, path: str
) -> None:
    async with desk.client() as http:
        answer = await http.get(path)
    assert answer.status_code == 401
    assert "location" not in answer.headers


async def test_a_token_signs_in_and_the_cookie_is_for_this_site_alone(
    desk: PageDesk,
) -> None:
    async with desk.client() as http:
        fields = {"token": OPERATOR, "next": "/account"}
        answer = await http.post("/sign-in", data=fields, headers=SAME)
        assert (answer.status_code, answer.headers["location"]) == (303, "/account")
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        page = await http.get("/account")
    assert "ann (operator)" in page.text


async def test_behind_tls_the_cookie_is_secure_and_bound_to_the_host(
    tmp_path: Path,
) -> None:
    async with page_desk(tmp_path, url="https://rooms.example.com") as desk:
        own = {"Sec-Fetch-Site": "same-origin", "Origin": "https://rooms.example.com"}
        async with desk.client() as http:
            answer = await http.post("/sign-in", data={"token": OPERATOR}, headers=own)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-reconciler=")
    assert "Secure" in cookie
    assert "max-age" in answer.headers["strict-transport-security"]


async def test_a_token_that_nobody_has_lets_nobody_in(desk: PageDesk) -> None:
    async with desk.client() as http:
        fields = {"token": OPERATOR + "x"}
        answer = await http.post("/sign-in", data=fields, headers=SAME)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
    async with desk.client(token="x" * 30) as http:
        assert (await http.get("/rooms")).status_code == 401


async def test_a_bearer_token_reads_without_a_session(desk: PageDesk) -> None:
    async with desk.client(token=VIEWER) as http:
        answer = await http.get("/rooms")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers


async def test_a_forged_session_is_nobodys(desk: PageDesk) -> None:
    async with desk.client(cookies={COOKIE: "forged"}) as http:
        assert (await http.get("/rooms?fragment=1")).status_code == 401


async def test_a_session_that_was_signed_out_of_cannot_be_replayed(
    desk: PageDesk,
) -> None:
    async with desk.browser() as http:
        kept = http.cookies[COOKIE]
        assert (await http.post("/sign-out", headers=SAME)).status_code == 303
    async with desk.client(cookies={COOKIE: kept}) as http:
        assert (await http.get("/rooms?fragment=1")).status_code == 401


async def test_a_session_ends_after_hours_and_when_it_is_idle(desk: PageDesk) -> None:
    async with desk.browser() as http:
        for _ in range(int(LONGEST_SECONDS // (IDLE_SECONDS - 1))):
            desk.clock.now += IDLE_SECONDS - 1
            assert (await http.get("/rooms")).status_code == 200
        desk.clock.now += IDLE_SECONDS - 1
        assert (await http.get("/rooms?fragment=1")).status_code == 401
    async with desk.browser() as http:
        desk.clock.now += IDLE_SECONDS
        assert (await http.get("/rooms?fragment=1")).status_code == 401


async def test_live_updates_do_not_keep_a_session_from_being_idle(
    desk: PageDesk,
) -> None:
    async with desk.browser() as http:
        desk.clock.now += IDLE_SECONDS - 1
        for path in (f"/rooms/{ROOM}?fragment=1", f"/seen?fragment=1&room={ROOM}"):
            assert (await http.get(path)).status_code == 200
        desk.clock.now += 1
        assert (await http.get("/rooms?fragment=1")).status_code == 401


async def test_signing_in_again_ends_the_earlier_session_of_the_browser(
    desk: PageDesk,
) -> None:
    async with desk.browser() as http:
        earlier = http.cookies[COOKIE]
        await http.post("/sign-in", data={"token": VIEWER}, headers=SAME)
        assert "vic (viewer)" in (await http.get("/rooms")).text
    async with desk.client(cookies={COOKIE: earlier}) as http:
        assert (await http.get("/rooms?fragment=1")).status_code == 401


async def test_a_stream_does_not_keep_a_session_from_being_idle(
    desk: PageDesk,
) -> None:
    sessions = Sessions(desk.clock)
    secret = sessions.begin(None)
    session = sessions.find(secret, use=False)
    assert session is not None
    desk.clock.now += 5
    sessions.find(secret, use=False)
    assert session.used_at == session.began_at


async def test_signing_in_gives_a_session_that_nobody_chose(desk: PageDesk) -> None:
    async with desk.client(cookies={COOKIE: "chosen"}) as http:
        answer = await http.post("/sign-in", data={"token": OPERATOR}, headers=SAME)
    assert "chosen" not in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:1"},
    ],
)
async def test_a_post_that_another_site_sends_does_nothing(
    desk: PageDesk, headers: dict[str, str]
) -> None:
    async with desk.browser() as http:
        for path in (f"/rooms/{ROOM}/do/pause", "/sign-out", "/sign-in"):
            answer = await http.post(path, headers=headers, data={"token": OPERATOR})
            assert answer.status_code == 403, path
        assert (await http.get("/session")).status_code == 204
    assert desk.marks == []


async def test_another_site_gets_no_part_of_the_page(desk: PageDesk) -> None:
    async with desk.browser() as http:
        embedded = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
        assert (await http.get("/rooms", headers=embedded)).status_code == 403
        link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
        assert (await http.get("/rooms", headers=link)).status_code == 200


async def test_tokens_cannot_be_tried_without_end(desk: PageDesk) -> None:
    async with desk.client() as http:
        codes = [
            (await http.post("/sign-in", data={"token": "x"}, headers=SAME)).status_code
            for _ in range(11)
        ]
    assert codes == [403] * 10 + [429]


@pytest.mark.parametrize("path", ["/rooms", "/session", "/stream", "/files?fragment=1"])
async def test_wrong_bearer_tokens_are_limited_wherever_they_are_sent(
    desk: PageDesk, path: str
) -> None:
    async with desk.client(token="x" * 30) as http:
        answers = [await http.get(path) for _ in range(11)]
    assert [x.status_code for x in answers] == [401] * 10 + [429]
    assert answers[-1].headers["retry-after"] == "10"


async def test_both_doors_count_as_one_and_time_opens_them(desk: PageDesk) -> None:
    async with desk.client() as http, desk.client(token="x" * 30) as script:
        for _ in range(5):
            await http.post("/sign-in", data={"token": "x"}, headers=SAME)
            await script.get("/rooms")
        answer = await http.post("/sign-in", data={"token": "x"}, headers=SAME)
        assert answer.status_code == 429
        assert "Wait 10 s." in answer.text
        desk.clock.now += 10
        assert (await script.get("/rooms")).status_code == 401
        assert (await script.get("/rooms")).status_code == 429


async def test_right_tokens_are_not_counted_and_not_refused(desk: PageDesk) -> None:
    async with desk.client() as http:
        for _ in range(30):
            answer = await http.post("/sign-in", data={"token": VIEWER}, headers=SAME)
            assert answer.status_code == 303
    async with desk.client() as http:
        codes = [
            (await http.post("/sign-in", data={"token": "x"}, headers=SAME)).status_code
            for _ in range(11)
        ]
        assert codes == [403] * 10 + [429]
        answer = await http.post("/sign-in", data={"token": OPERATOR}, headers=SAME)
    assert answer.status_code == 303
    async with desk.client(token=VIEWER) as http:
        assert (await http.get("/rooms")).status_code == 200


async def test_behind_a_proxy_nobody_keeps_others_from_signing_in(
    tmp_path: Path,
) -> None:
    url = "https://rooms.example.com"
    own = {"Sec-Fetch-Site": "same-origin", "Origin": url}
    async with page_desk(tmp_path, url=url) as desk, desk.client() as http:

        async def attempt(token: str, forwarded: str) -> int:
            headers = {**own, "X-Forwarded-For": forwarded}
            answer = await http.post("/sign-in", data={"token": token}, headers=headers)
            return answer.status_code

        guesses = [await attempt("x", f"10.0.0.{n}, 192.0.2.1") for n in range(11)]
        assert guesses == [403] * 10 + [429]
        assert await attempt(OPERATOR, "192.0.2.2") == 303


async def test_an_address_that_no_proxy_named_is_not_believed(desk: PageDesk) -> None:
    async with desk.client() as http:
        codes = []
        for number in range(11):
            headers = {**SAME, "X-Forwarded-For": f"192.0.2.{number}"}
            answer = await http.post("/sign-in", data={"token": "x"}, headers=headers)
            codes.append(answer.status_code)
    assert codes[-1] == 429


async def test_reads_are_limited_by_person(desk: PageDesk) -> None:
    async with desk.client(token=VIEWER) as http:
        codes = [
            (await http.get("/files?fragment=1")).status_code
            for _ in range(int(READS.burst) + 1)
        ]
    assert codes[-2:] == [200, 429]
    async with desk.client(token=OPERATOR) as http:
        assert (await http.get("/files")).status_code == 200


def test_limits_keep_no_more_than_so_many_clients() -> None:
    limits = RequestLimits(lambda: 0.0)
    for number in range(MOST_BUCKETS + 10):
        assert limits.wait(str(number), READS) == 0.0
    assert len(limits._buckets) == MOST_BUCKETS


@pytest.mark.parametrize(
    "path",
    ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a\nb", "x"],
)
def test_signing_in_leads_to_no_other_site(path: str) -> None:
    assert local_path(path) == "/"


async def test_where_nobody_has_to_sign_in_everybody_reads_and_nobody_decides(
    tmp_path: Path,
) -> None:
    async with page_desk(tmp_path, tokens=None) as desk, desk.client() as http:
        assert (await http.get("/rooms")).status_code == 200
        answer = await http.post(f"/rooms/{ROOM}/do/pause", headers=SAME)
    assert answer.status_code == 403
    assert desk.marks == []


async def test_every_answer_has_the_content_policy_and_a_nonce_of_its_own(
    desk: PageDesk,
) -> None:
    async with desk.client() as http:
        policies = {
            (await http.get(path)).headers["content-security-policy"]
            for path in ("/sign-in", "/static/page.js", "/none", "/sign-in")
        }
        page = await http.get("/sign-in")
    assert len(policies) == 4
    assert all("unsafe" not in each for each in policies)
    policy = page.headers["content-security-policy"]
    nonce = policy.partition("'nonce-")[2].partition("'")[0]
    assert page.text.count(f'nonce="{nonce}"') == page.text.count("<script") > 0
    assert " style=" not in page.text
    assert " onclick=" not in page.text
