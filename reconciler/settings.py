"""Settings from environment variables; secrets also as ``…_FILE``."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from reconciler.model.errors import SettingError
from reconciler.setting_values import (
    DEFAULT_LEASE_SECONDS,
    DEFAULT_SHARDS,
    lease_of,
    rate_of,
    seconds_of,
    shards_of,
    switch_of,
    webhook_secrets_of,
    words_of,
)

DEFAULT_DATABASE = "sqlite:///reconciler.db"
DEFAULT_FOLDER = "desired"


SECRET_NAMES = frozenset(
    {
        "TWILIO_AUTH_TOKEN",
        "TWILIO_API_KEY",
        "TWILIO_API_SECRET",
        "RECONCILER_DATABASE_URL",
        "RECONCILER_SCALE_DATABASE_URL",
        "RECONCILER_WEBHOOK_SECRETS",
        "RECONCILER_PAGE_OIDC_CLIENT_SECRET",
    }
)
"""Variables that may be read from files, and are shown nowhere."""

DAEMON_NAMES = frozenset(
    {
        "RECONCILER_RESYNC",
        "RECONCILER_PUBLIC_URL",
        "RECONCILER_LISTEN",
        "RECONCILER_ADMIN_LISTEN",
        "RECONCILER_PAGE_LISTEN",
        "RECONCILER_SCALE",
    }
)
"""Variables of options that ``daemon`` alone has."""


@dataclass(frozen=True, slots=True)
class ApiCredentials:
    """The account of every request, and the pair that shows who is asking."""

    account_sid: str
    user: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenIdSettings:
    """An OpenID Connect provider, and who of its people has which role.

    ``operators`` and ``viewers`` have e-mail addresses, ``sub:ID`` and ``group:NAME``.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    operators: tuple[str, ...] = ()
    viewers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PageSettings:
    """The operators' page: its URL in browsers, and how people sign in.

    ``tokens`` is the path of the token file, ``token_lines`` its text instead.
    """

    url: str | None = None
    tokens: str | None = None
    token_lines: str | None = field(default=None, repr=False)
    openid: OpenIdSettings | None = None

    @property
    def signs_in(self) -> bool:
        """Whether people have to sign in."""
        return any((self.tokens, self.token_lines, self.openid))


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings as given, unset ones None; ``calls_per_second`` is of creates.

    ``quiet_seconds`` is how long a roster file must not have been written before people
    are called, exposed or removed as it says. ``policy`` is the policy file.

    ``webhook_secrets`` are further ones that Twilio may sign with: the auth token
    before or after a rotation, and shared keys' secrets. ``plain_http`` lets
    credentials go unencrypted to a host that is not this one. ``notify_file`` is the
    file of notification targets, ``notify`` its text instead. ``admin_hosts`` are names
    by which the admin port may be asked. ``lease_seconds`` is how long a room stays
    held by a process that died. ``accounts`` is the file of accounts, ``account`` the
    only one of them that a command is about, None for all. ``concurrency`` is how many
    creates are under way at a time, None for the default. ``shards`` are those that the
    daemons of a database share, ``scale_database_url`` leads to its server directly
    where ``database_url`` leads to a pooler. ``tracing`` exports OpenTelemetry spans.
    ``service`` is whose API it is. ``profile`` is the file that ``probe`` wrote.
    ``event_streams`` takes what Twilio's Event Streams delivers, ``voice_insights``
    asks Voice Insights about lost creates.
    """

    database_url: str
    desired: str
    calls_per_second: float
    quiet_seconds: float = 3.0
    policy: str | None = None
    accounts: str | None = None
    account: str | None = None
    concurrency: int | None = None
    lease_seconds: float = DEFAULT_LEASE_SECONDS
    shards: int = DEFAULT_SHARDS
    scale_database_url: str | None = None
    twilio_url: str | None = None
    service: str = "twilio"
    plain_http: bool = False
    region: str | None = None
    edge: str | None = None
    account_sid: str | None = None
    auth_token: str | None = field(default=None, repr=False)
    api_key: str | None = None
    api_secret: str | None = field(default=None, repr=False)
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    admin_hosts: tuple[str, ...] = ()
    notify_file: str | None = None
    notify: str | None = field(default=None, repr=False)
    page: PageSettings = PageSettings()
    tracing: bool = False
    profile: str | None = None
    event_streams: bool = False
    voice_insights: bool = False

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every value that must never be shown."""
        openid = self.page.openid.client_secret if self.page.openid else None
        given = (self.auth_token, self.api_secret, *self.webhook_secrets, openid)
        return tuple(each for each in given if each)

    def credentials(self) -> ApiCredentials:
        """Account and key or token; SettingError that says which is missing."""
        if not self.account_sid:
            raise SettingError(
                "TWILIO_ACCOUNT_SID is not set: the SID of the account (AC…). To try "
                "without an account: reconciler simulate"
            )
        _require_prefix("TWILIO_ACCOUNT_SID", self.account_sid, _MISPLACED_SIDS)
        if self.api_key:
            _require_prefix("TWILIO_API_KEY", self.api_key, _MISPLACED_KEYS)
        if self.api_key and self.api_secret:
            return ApiCredentials(self.account_sid, self.api_key, self.api_secret)
        if self.api_key:
            raise SettingError("TWILIO_API_KEY is set, but TWILIO_API_SECRET is not")
        if self.auth_token:
            return ApiCredentials(self.account_sid, self.account_sid, self.auth_token)
        raise SettingError(
            "no credentials: set TWILIO_AUTH_TOKEN, or TWILIO_API_KEY and "
            "TWILIO_API_SECRET, or the path of a file that holds one "
            "(TWILIO_AUTH_TOKEN_FILE and so on)"
        )


_MISPLACED_SIDS = {
    "SK": "the SID of an API key. Put it into TWILIO_API_KEY, its secret into "
    "TWILIO_API_SECRET, and the account's own SID (AC…) here",
}
_MISPLACED_KEYS = {
    "AC": "the SID of an account. Put it into TWILIO_ACCOUNT_SID; a key's SID begins "
    "with SK",
}


def _require_prefix(name: str, value: str, misplaced: Mapping[str, str]) -> None:
    """SettingError for a SID of the other kind: Twilio would only say "not found"."""
    meaning = misplaced.get(value[:2])
    if meaning is not None and len(value) == _SID_LENGTH:
        raise SettingError(f"{name} is {value[:6]}…, {meaning}.")


_SID_LENGTH = 34


def read_settings(
    environ: Mapping[str, str], read_file: Callable[[str], str]
) -> Settings:
    """The settings of *environ*; SettingError names the variable that is wrong."""

    def get(name: str) -> str | None:
        return _value(name, environ, read_file)

    return Settings(
        database_url=get("RECONCILER_DATABASE_URL") or DEFAULT_DATABASE,
        desired=get("RECONCILER_DESIRED") or DEFAULT_FOLDER,
        calls_per_second=rate_of(get("RECONCILER_CALLS_PER_SECOND")),
        quiet_seconds=seconds_of("RECONCILER_QUIET", get("RECONCILER_QUIET"), 3.0),
        lease_seconds=lease_of(get("RECONCILER_LEASE")),
        shards=shards_of(get("RECONCILER_SHARDS")),
        scale_database_url=get("RECONCILER_SCALE_DATABASE_URL"),
        policy=get("RECONCILER_POLICY"),
        accounts=get("RECONCILER_ACCOUNTS"),
        twilio_url=get("RECONCILER_TWILIO_URL"),
        service=(get("RECONCILER_SERVICE") or "twilio").lower(),
        plain_http=switch_of("RECONCILER_PLAIN_HTTP", get("RECONCILER_PLAIN_HTTP")),
        region=get("TWILIO_REGION"),
        edge=get("TWILIO_EDGE"),
        account_sid=get("TWILIO_ACCOUNT_SID"),
        auth_token=get("TWILIO_AUTH_TOKEN"),
        api_key=get("TWILIO_API_KEY"),
        api_secret=get("TWILIO_API_SECRET"),
        webhook_secrets=webhook_secrets_of(get("RECONCILER_WEBHOOK_SECRETS")),
        admin_hosts=words_of(get("RECONCILER_ADMIN_HOSTS")),
        notify_file=get("RECONCILER_NOTIFY_FILE"),
        notify=get("RECONCILER_NOTIFY"),
        page=PageSettings(
            url=_page_url(get("RECONCILER_PAGE_URL")),
            tokens=get("RECONCILER_PAGE_TOKENS_FILE"),
            token_lines=get("RECONCILER_PAGE_TOKENS"),
            openid=_openid(get),
        ),
        tracing=switch_of("RECONCILER_TRACING", get("RECONCILER_TRACING")),
        profile=get("RECONCILER_PROFILE"),
        event_streams=switch_of(
            "RECONCILER_EVENT_STREAMS", get("RECONCILER_EVENT_STREAMS")
        ),
        voice_insights=switch_of(
            "RECONCILER_VOICE_INSIGHTS", get("RECONCILER_VOICE_INSIGHTS")
        ),
    )


def _page_url(text: str | None) -> str | None:
    """The origin at which browsers have the page."""
    if text is None:
        return None
    parts = urlsplit(text)
    plain = parts.path in {"", "/"} and not parts.query and not parts.fragment
    if parts.scheme not in {"http", "https"} or not parts.hostname or not plain:
        raise SettingError(
            f"RECONCILER_PAGE_URL is {text!r}: write scheme and host, without a path, "
            "such as https://rooms.example.com"
        )
    return f"{parts.scheme}://{parts.netloc}".lower()


_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?(/|$)")
"""An issuer on this machine, whose answers cross no network."""


def _openid(get: Callable[[str], str | None]) -> OpenIdSettings | None:
    names = ("RECONCILER_PAGE_OIDC_CLIENT_ID", "RECONCILER_PAGE_OIDC_CLIENT_SECRET")
    issuer, client_id, client_secret = map(get, ("RECONCILER_PAGE_OIDC_ISSUER", *names))
    operators = words_of(get("RECONCILER_PAGE_OPERATORS"))
    viewers = words_of(get("RECONCILER_PAGE_VIEWERS"))
    if issuer is None:
        return None
    if not issuer.startswith("https://") and not _LOOPBACK.match(issuer):
        raise SettingError(
            f"RECONCILER_PAGE_OIDC_ISSUER is {issuer!r}: write https://…"
        )
    if not client_id or not client_secret:
        raise SettingError(
            f"RECONCILER_PAGE_OIDC_ISSUER is set: set {' and '.join(names)} too"
        )
    if not operators and not viewers:
        raise SettingError(
            "RECONCILER_PAGE_OIDC_ISSUER is set, but nobody has a role: list e-mail "
            "addresses, sub:ID or group:NAME in RECONCILER_PAGE_OPERATORS or "
            "RECONCILER_PAGE_VIEWERS"
        )
    return OpenIdSettings(
        issuer, client_id, client_secret, _lowered(operators), _lowered(viewers)
    )


def _lowered(names: tuple[str, ...]) -> tuple[str, ...]:
    """E-mail addresses in lower case; IDs and groups as they are."""
    return tuple(x if x.startswith(("sub:", "group:")) else x.lower() for x in names)


def _value(
    name: str, environ: Mapping[str, str], read_file: Callable[[str], str]
) -> str | None:
    if name in SECRET_NAMES:
        return read_secret(name, environ, read_file)
    return environ.get(name) or None


def read_secret(
    name: str, environ: Mapping[str, str], read_file: Callable[[str], str]
) -> str | None:
    """The variable *name*, or the text of the file that ``…_FILE`` names.

    SettingError if both are set, or the file cannot be read.
    """
    value, path = environ.get(name), environ.get(f"{name}_FILE")
    if value and path:
        raise SettingError(f"{name} and {name}_FILE are both set: keep only one")
    if not path:
        return value or None
    try:
        return read_file(path).removeprefix("\ufeff").strip() or None
    except OSError as error:
        reason = error.strerror or str(error)
        raise SettingError(f"{name}_FILE: {path} cannot be read: {reason}") from None
    except UnicodeDecodeError:
        raise SettingError(f"{name}_FILE: {path} is not UTF-8 text") from None
