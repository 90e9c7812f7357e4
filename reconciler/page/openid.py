"""Sign-in at an OpenID Connect provider, by Authlib."""

import warnings
from collections.abc import Mapping
from typing import Any, Final

from httpx import HTTPError
from joserfc.errors import JoseError
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from reconciler.model.masking import printable
from reconciler.page.page_access import Identity, PageRole, SignInRefused
from reconciler.settings import OpenIdSettings

with warnings.catch_warnings(record=True):
    # Authlib asks for httpx2, and overrides filters that would ignore that.
    from authlib.integrations.base_client.errors import OAuthError
    from authlib.integrations.starlette_client import OAuth

LONGEST_NAME: Final = 100
_NAME: Final = "provider"


class OpenIdSignIn(Struct):
    """The authorization code flow with PKCE, nonce and state."""

    of: OpenIdSettings
    oauth: Any

    @classmethod
    def open(cls, of: OpenIdSettings) -> "OpenIdSignIn":
        """What signs people in by *of*; nothing is asked yet."""
        oauth = OAuth()
        issuer = of.issuer.rstrip("/")
        oauth.register(
            _NAME,
            client_id=of.client_id,
            client_secret=of.client_secret,
            server_metadata_url=f"{issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid email profile",
                "code_challenge_method": "S256",
                "timeout": 10.0,
            },
        )
        return cls(of, oauth)

    async def redirect(self, request: Request, back: str) -> Response:
        """Send the browser to the provider, and then to *back*."""
        client = self.oauth.create_client(_NAME)
        try:
            response: Response = await client.authorize_redirect(request, back)
        except (HTTPError, OAuthError, ValueError) as error:
            raise SignInRefused(_unreachable(error)) from error
        return response

    async def identity(self, request: Request) -> Identity:
        """Who came back from the provider; SignInRefused with the reason."""
        client = self.oauth.create_client(_NAME)
        try:
            token = await client.authorize_access_token(request)
        except OAuthError as error:
            text = printable(error.description or str(error.error))
            raise SignInRefused(f"the provider refused the sign-in: {text}") from error
        except (JoseError, KeyError, ValueError) as error:
            raise SignInRefused("the provider's answer is not valid") from error
        except HTTPError as error:
            raise SignInRefused(_unreachable(error)) from error
        claims = token.get("userinfo")
        if not claims:
            raise SignInRefused("the provider sent no ID token")
        return identity_of(claims, self.of)


def _unreachable(error: Exception) -> str:
    return f"the provider cannot be reached ({type(error).__name__})"


def identity_of(claims: Mapping[str, Any], of: OpenIdSettings) -> Identity:
    """Name and role by the claims; SignInRefused for somebody without a role.

    People are listed by verified e-mail address, by ``sub:ID``, or by ``group:NAME``.
    """
    names = {f"sub:{claims['sub']}"}
    email = claims.get("email")
    if isinstance(email, str) and claims.get("email_verified") is True:
        names.add(email.lower())
    groups = claims.get("groups")
    if isinstance(groups, list):
        names |= {f"group:{group}" for group in groups}
    shown = printable(email if email and email.lower() in names else claims["sub"])
    for role, listed in (
        (PageRole.OPERATOR, of.operators),
        (PageRole.VIEWER, of.viewers),
    ):
        if names & set(listed):
            return Identity(shown[:LONGEST_NAME], role)
    raise SignInRefused(
        f"{shown[:LONGEST_NAME]} has no role here: RECONCILER_PAGE_OPERATORS and "
        "RECONCILER_PAGE_VIEWERS do not list this person"
    )
