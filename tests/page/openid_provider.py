"""An OpenID Connect provider on this machine: discovery, codes with PKCE, signed tokens."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from reconciler.server.listener import listen, serve

CLIENT_ID, CLIENT_SECRET = "page", "a-secret-of-the-client"


@dataclass
class Provider:
    """Signs everybody in as ``claims``; ``token`` overrides what the ID token says."""

    claims: dict[str, Any] = field(default_factory=dict)
    token: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048))
    signs_with: RSAKey | None = None
    now: float = 0.0
    url: str = ""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.metadata),
                Route("/keys", self.keys),
                Route("/authorize", self.authorize),
                Route("/token", self.redeem, methods=["POST"]),
            ]
        )

    async def metadata(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        )

    async def keys(self, _: Request) -> Response:
        return JSONResponse({"keys": [{**self.key.as_dict(private=False), "kid": "1"}]})

    async def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{back}")

    async def redeem(self, request: Request) -> Response:
        given = dict(parse_qsl((await request.body()).decode()))
        asked = self.codes.pop(given["code"], None)
        if asked is None or asked["code_challenge"] != _challenge(given):
            return JSONResponse({"error": "invalid_grant"}, 400)
        claims = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "iat": int(self.now),
            "exp": int(self.now) + 300,
            "nonce": asked["nonce"],
            **self.claims,
            **self.token,
        }
        token = jwt.encode(
            {"alg": "RS256", "kid": "1"}, claims, self.signs_with or self.key
        )
        return JSONResponse(
            {"access_token": "x", "token_type": "Bearer", "id_token": token}
        )


def _challenge(given: dict[str, str]) -> str:
    digest = hashlib.sha256(given["code_verifier"].encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


@asynccontextmanager
async def provider(now: float) -> AsyncIterator[Provider]:
    made = Provider(now=now)
    listener = serve(made.app(), listen("127.0.0.1:0", "provider"))
    made.url = listener.url
    try:
        yield made
    finally:
        await listener.close(1.0)
