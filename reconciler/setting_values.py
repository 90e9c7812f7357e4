"""Values of settings, from their text; SettingError names the variable that is wrong."""

from reconciler.model.duration import parse_duration
from reconciler.model.errors import SettingError

DEFAULT_LEASE_SECONDS = 8.0
DEFAULT_SHARDS = 256
_MOST_SHARDS = 4096
SHORTEST_WEBHOOK_SECRET = 16
_SHORTEST_LEASE_SECONDS = 1.0
_LONGEST_LEASE_SECONDS = 300.0


def words_of(text: str | None) -> tuple[str, ...]:
    """Words apart by commas or white space."""
    return tuple((text or "").replace(",", " ").split())


def switch_of(name: str, text: str | None) -> bool:
    word = (text or "no").strip().lower()
    if word not in {"yes", "no"}:
        raise SettingError(f"{name} is {text!r}: write yes or no")
    return word == "yes"


def webhook_secrets_of(text: str | None) -> tuple[str, ...]:
    secrets = words_of(text)
    short = sum(len(each) < SHORTEST_WEBHOOK_SECRET for each in secrets)
    if short:
        raise SettingError(
            f"RECONCILER_WEBHOOK_SECRETS: {short} of {len(secrets)} have fewer than "
            f"{SHORTEST_WEBHOOK_SECRET} characters and could be guessed: write auth "
            "tokens (32 characters) or secrets of shared keys, separated by commas"
        )
    return secrets


def seconds_of(name: str, text: str | None, default: float) -> float:
    try:
        return parse_duration(text) if text else default
    except ValueError:
        raise SettingError(
            f"{name} is {text!r}: write a duration such as 3s, 2m, 1h, 1d or seconds"
        ) from None


def rate_of(text: str | None) -> float:
    try:
        rate = float(text) if text else 1.0
    except ValueError:
        rate = -1.0
    if not 0 < rate <= 1000:  # noqa: PLR2004 - no account has more
        raise SettingError(
            f"RECONCILER_CALLS_PER_SECOND is {text!r}: write a number above 0, at most "
            "the account's limit (1 unless Twilio raised it)"
        )
    return rate


def shards_of(text: str | None) -> int:
    """The number of shards."""
    if text is None:
        return DEFAULT_SHARDS
    try:
        number = int(text)
    except ValueError:
        number = 0
    if not 1 <= number <= _MOST_SHARDS:
        raise SettingError(
            f"RECONCILER_SHARDS is {text!r}: write a number from 1 to {_MOST_SHARDS}"
        )
    return number


def lease_of(text: str | None) -> float:
    """Seconds of a lease."""
    seconds = seconds_of("RECONCILER_LEASE", text, DEFAULT_LEASE_SECONDS)
    if not _SHORTEST_LEASE_SECONDS <= seconds <= _LONGEST_LEASE_SECONDS:
        raise SettingError(
            f"RECONCILER_LEASE is {text!r}: from {_SHORTEST_LEASE_SECONDS:.0f}s "
            f"to {_LONGEST_LEASE_SECONDS:.0f}s (default 8s)"
        )
    return seconds
