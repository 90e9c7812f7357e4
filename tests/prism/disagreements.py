"""Where Twilio's document and what Twilio answers disagree.

docs/simulator.md has them as a table.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tests.prism.violation import Violation


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What the document says and what is answered instead.

    ``place`` and ``rules`` are those of the violations that come of it.
    """

    documented: str
    answered: str
    source: str
    place: str
    rules: frozenset[str]

    def explains(self, violation: Violation) -> bool:
        """Whether *violation* comes of it."""
        return violation.rule in self.rules and bool(
            re.fullmatch(self.place, violation.place)
        )


DISAGREEMENTS = (
    Disagreement(
        documented="addresses of pages have the format `uri`, a whole URL",
        answered="they are relative to the host: `/2010-04-01/Accounts/…`",
        source="the document's own examples; recorded answers of 2021",
        place=r"response\.body\.((first|next|previous)_page_)?uri",
        rules=frozenset({"format"}),
    ),
    Disagreement(
        documented="`reason_conference_ended` is one of five words",
        answered="it is null while a conference is live",
        source="the document's own examples",
        place=r"response\.body(\.conferences\.\d+)?\.reason_conference_ended",
        rules=frozenset({"enum", "type"}),
    ),
    Disagreement(
        documented="`trunk_sid` of a call begins with `TK`",
        answered='it is `""` for a call that uses no trunk',
        source="recorded answers; the document's own examples",
        place=r"response\.body(\.calls\.\d+)?\.trunk_sid",
        rules=frozenset({"minLength", "pattern"}),
    ),
    Disagreement(
        documented="`WaitUrl` has the format `uri`",
        answered="an empty text is taken, too: silence instead of music",
        source="the document's description of the parameter",
        place=r"body\.WaitUrl",
        rules=frozenset({"format"}),
    ),
    Disagreement(
        documented="events of callbacks are an array without a stated `encoding`, so prism "
        "refuses the field (422), with a single value too",
        answered="the field is repeated, one event each, as Twilio's SDKs send it",
        source="twilio-python 9.13.0",
        place=r"body\.\w*StatusCallbackEvent",
        rules=frozenset({"type"}),
    ),
    Disagreement(
        documented="no status but the usual one of each operation",
        answered="errors, with `code`, `message`, `more_info` and `status`",
        source="recorded answers; Twilio: errors and warnings dictionary",
        place="response",
        rules=frozenset({"undeclared"}),
    ),
)


def unexpected(violations: Iterable[Violation]) -> list[Violation]:
    """Those that no known disagreement explains."""
    return [
        each
        for each in violations
        if not any(known.explains(each) for known in DISAGREEMENTS)
    ]
