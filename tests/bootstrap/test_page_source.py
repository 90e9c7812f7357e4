"""Where the page may listen, and what it needs for that."""

import pytest

from reconciler.bootstrap.page_source import require_page
from reconciler.model.errors import SettingError
from reconciler.settings import PageSettings, read_settings

TOKENS = "/etc/tokens"
URL = "https://rooms.example.com"


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("127.0.0.1:8090", PageSettings()),
        ("[::1]:8090", PageSettings()),
        ("localhost:8090", PageSettings(tokens=TOKENS)),
        ("127.0.0.1:8090", PageSettings(url=URL, tokens=TOKENS)),
        ("0.0.0.0:8090", PageSettings(url=URL, tokens=TOKENS)),
        ("[::]:8090", PageSettings(url=URL, token_lines="x")),
    ],
)
def test_the_page_listens_on_this_machine_or_behind_tls_with_sign_in(
    address: str, page: PageSettings
) -> None:
    require_page(address, page)


@pytest.mark.parametrize(
    ("address", "page", "problem"),
    [
        ("0.0.0.0:8090", PageSettings(), "nobody has to sign in"),
        ("0.0.0.0:8090", PageSettings(url=URL), "nobody has to sign in"),
        ("10.0.0.7:8090", PageSettings(tokens=TOKENS), "a proxy with TLS"),
        (
            "rooms.lan:8090",
            PageSettings(url="http://rooms.lan", tokens=TOKENS),
            "a proxy with TLS",
        ),
        ("127.0.0.1:8090", PageSettings(url=URL), "nobody has to sign in"),
        ("8090", PageSettings(), "HOST:PORT"),
    ],
)
def test_the_page_refuses_to_listen_where_anybody_could_read_along(
    address: str, page: PageSettings, problem: str
) -> None:
    with pytest.raises(SettingError, match=problem):
        require_page(address, page)


OIDC = {
    "RECONCILER_PAGE_OIDC_ISSUER": "https://issuer.example",
    "RECONCILER_PAGE_OIDC_CLIENT_ID": "page",
    "RECONCILER_PAGE_OIDC_CLIENT_SECRET": "secret",
    "RECONCILER_PAGE_OPERATORS": "Ann@Example.com, group:Ops",
}


def test_the_settings_of_the_provider_are_read_and_addresses_compared_in_lower_case() -> (
    None
):
    page = read_settings(OIDC, lambda path: path).page
    assert page.openid is not None
    assert page.openid.operators == ("ann@example.com", "group:Ops")
    assert "secret" not in repr(page)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("RECONCILER_PAGE_OIDC_CLIENT_ID", "", "CLIENT_ID"),
        ("RECONCILER_PAGE_OIDC_CLIENT_SECRET", "", "CLIENT_SECRET"),
        ("RECONCILER_PAGE_OPERATORS", "", "nobody has a role"),
        ("RECONCILER_PAGE_OIDC_ISSUER", "http://issuer.example", "write https"),
        ("RECONCILER_PAGE_URL", "rooms.example.com", "scheme and host"),
        ("RECONCILER_PAGE_URL", "https://rooms.example.com/x", "without a path"),
    ],
)
def test_a_setting_that_is_wrong_is_refused_by_name(
    name: str, value: str, problem: str
) -> None:
    with pytest.raises(SettingError, match=problem):
        read_settings({**OIDC, name: value}, lambda path: path)
