"""Evidence without identities: SIDs are numbered, addresses named by their party."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote, quote_plus

from reconciler.model.masking import mask
from reconciler.probe.party import Party

_SID = re.compile(r"(?<![A-Za-z0-9])([A-Z]{2})[0-9a-f]{32}(?![0-9a-f])")
_KEPT = frozenset(
    {
        "answered_by", "call_sid", "call_sid_ending_conference", "call_sid_to_coach",
        "calls", "code", "coaching", "conference_sid", "conferences", "date_created",
        "direction", "end_conference_on_exit", "end_time", "friendly_name", "hold",
        "label", "message", "muted", "participants", "queue_time",
        "reason_conference_ended", "sid", "start_conference_on_enter", "start_time",
        "status",
    }
)  # fmt: skip
"""Keys of a body that evidence keeps; of no other key anything is written."""

_ITEMS_KEPT = 3


class Anonymizer:
    """Names for the SIDs and addresses of one probe, the same ones each time."""

    def __init__(self, addresses: Mapping[Party, Sequence[str]], sender: str) -> None:
        self._numbers: dict[str, str] = {}
        names = {
            address: f"{party}-{number}"
            for party, listed in addresses.items()
            for number, address in enumerate(listed, 1)
        }
        names[sender] = "from"
        self._names = {
            form(address): name
            for address, name in names.items()
            for form in (str, quote, quote_plus, _encoded)
        }

    def text(self, text: str) -> str:
        """*text* with neither SIDs nor addresses."""
        for address in sorted(self._names, key=len, reverse=True):
            text = text.replace(address, self._names[address])
        return mask(_SID.sub(self._number, text))

    def body(self, body: object) -> object:
        """What evidence keeps of a body."""
        if isinstance(body, Mapping):
            return {k: self.body(v) for k, v in body.items() if k in _KEPT}
        if isinstance(body, list):
            kept = [self.body(each) for each in body[:_ITEMS_KEPT]]
            more = len(body) - len(kept)
            return [*kept, f"and {more} more"] if more else kept
        return self.text(body) if isinstance(body, str) else body

    def _number(self, match: re.Match[str]) -> str:
        kind = match[1]
        if kind == "AC":
            return "AC0"
        used = sum(each.startswith(kind) for each in self._numbers.values())
        return self._numbers.setdefault(match[0], f"{kind}{used + 1}")


def _encoded(text: str) -> str:
    return quote(text, safe="")
