"""``twilio-profile.yaml``: what a probe found, with its evidence."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import yaml
from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.model.errors import SettingError
from reconciler.probe.answer_values import AnswerValue
from reconciler.probe.catalogue import answer_names
from reconciler.probe.question import Answers
from reconciler.simulator.exchange.behavior import Switches, describe_switches, flip

PROFILE_VERSION = 1
_SAFE = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_HEAD = """\
# What `reconciler probe` found out about one Twilio account: docs/probe.md.
# Addresses are named by what they were given as, SIDs are numbered.
"""


class Profile(Struct, frozen=True):
    """Answers of one account by name, with their evidence.

    ``account`` is a hash of the account's SID, ``date`` the UTC day of the last answer,
    ``unanswered`` says why there is no answer, ``evidence`` holds the requests by
    question and ``questions`` the question of each answer.
    """

    account: str
    date: str
    product: str
    answers: Answers
    unanswered: Mapping[str, str] = field(default_factory=dict)
    questions: Mapping[str, str] = field(default_factory=dict)
    evidence: Mapping[str, object] = field(default_factory=dict)


def hashed(account_sid: str) -> str:
    """What a profile says instead of an account's SID."""
    return f"sha256:{hashlib.sha256(account_sid.encode()).hexdigest()[:16]}"


def day_of(at: float) -> str:
    """The UTC day of a Unix time."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def dump_profile(profile: Profile) -> str:
    """The file's text."""
    answers = {
        name: {"answer": value, "question": profile.questions.get(name, "")}
        for name, value in sorted(profile.answers.items())
    }
    document = {
        "version": PROFILE_VERSION,
        "account": profile.account,
        "date": profile.date,
        "product": profile.product,
        "answers": answers,
        "unanswered": dict(sorted(profile.unanswered.items())),
        "evidence": dict(profile.evidence),
    }
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=88)
    return f"{_HEAD}{text}"


def load_profile(path: Path) -> Profile:
    """Read a profile; SettingError names the file and what is wrong with it."""
    try:
        document = yaml.load(path.read_text("utf-8"), _SAFE)  # noqa: S506 - a safe loader
    except OSError as error:
        raise SettingError(f"{path}: {error.strerror}") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        first = str(error).splitlines()[0]
        raise SettingError(f"{path} is not a profile: {first}") from error
    try:
        return read_profile(document)
    except ValueError as error:
        raise SettingError(f"{path}: {error}") from error


def with_earlier(new: Profile, old: Profile) -> Profile:
    """*new*, and what *old* says of questions that *new* did not ask."""
    asked = {*new.answers, *new.unanswered}
    answers = {k: v for k, v in old.answers.items() if k not in asked}
    return replace(
        new,
        answers={**answers, **new.answers},
        unanswered={
            **{k: v for k, v in old.unanswered.items() if k not in asked},
            **new.unanswered,
        },
        questions={**{k: old.questions.get(k, "") for k in answers}, **new.questions},
        evidence={**old.evidence, **new.evidence},
    )


def require_same_account(profile: Profile, account_sid: str, path: Path) -> None:
    """SettingError unless the profile is of that account."""
    if profile.account != hashed(account_sid):
        raise SettingError(
            f"{path} is the profile of another account ({profile.account}; this one is "
            f"{hashed(account_sid)}). Name another file, or set that account's "
            "credentials"
        )


def read_profile(document: object) -> Profile:
    """Turn a parsed document into a profile; ValueError says what is wrong."""
    head = _mapping(document, "a profile")
    version = head.get("version")
    if version != PROFILE_VERSION:
        raise ValueError(
            f"version {version!r} is not {PROFILE_VERSION}, the only one that this "
            "reconciler reads. Run reconciler probe again"
        )
    answers = _mapping(head.get("answers"), "answers")
    if "unanswered" not in head:
        raise ValueError(
            "unanswered is missing after the answers: the file is cut off. "
            "Run reconciler probe again"
        )
    return Profile(
        account=_text(head, "account"),
        date=_text(head, "date"),
        product=_text(head, "product"),
        answers={name: _answer(name, row) for name, row in answers.items()},
        unanswered={
            name: str(why)
            for name, why in _mapping(
                head.get("unanswered") or {}, "unanswered"
            ).items()
        },
        questions={
            name: str(_mapping(row, f"answers: {name}").get("question", ""))
            for name, row in answers.items()
        },
        evidence=_mapping(head.get("evidence") or {}, "evidence"),
    )


def _answer(name: str, raw: object) -> AnswerValue:
    row = _mapping(raw, f"answers: {name}")
    if name not in answer_names():
        raise ValueError(f"answers: unknown question {name!r}")
    value = row.get("answer")
    if isinstance(value, bool | str):
        return _possible(name, value)
    if isinstance(value, int | float):
        return _possible(name, float(value))
    raise ValueError(f"answers: {name}: no answer, or one that is no plain value")


def _possible(name: str, value: AnswerValue) -> AnswerValue:
    """*value*; ValueError for one that the simulator's switch cannot have."""
    if name in {switch.name for switch in describe_switches()}:
        try:
            flip(Switches(), {name: value})
        except ValueError as error:
            raise ValueError(f"answers: {error}") from None
    return value


def _mapping(raw: object, what: str) -> Mapping[str, object]:
    if not isinstance(raw, dict) or not all(isinstance(key, str) for key in raw):
        raise ValueError(f"{what}: expected keys and values")
    return raw


def _text(head: Mapping[str, object], name: str) -> str:
    value = head.get(name)
    if value is None or not str(value):
        raise ValueError(f"{name} is missing")
    return str(value)
