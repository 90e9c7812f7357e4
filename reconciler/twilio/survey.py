"""Which conferences are active, by name."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reconciler.model.observation import Conference, ConferenceStatus
from reconciler.twilio.client import TwilioClient


@dataclass(frozen=True, slots=True)
class Surveyed:
    """``active`` by name; ``doubted`` says of names why what they show is not believed."""

    active: Mapping[str, Conference]
    doubted: Mapping[str, str]


async def survey(client: TwilioClient, rooms: Sequence[str]) -> Surveyed:
    """The active conferences of *rooms*, by two listings however many they are.

    ``init`` is asked for first: a conference that starts in between is seen by
    the second request, where the other order would miss it in both.
    """
    name = rooms[0] if len(rooms) == 1 else None
    found: dict[str, Conference] = {}
    for status in (ConferenceStatus.INIT, ConferenceStatus.IN_PROGRESS):
        for each in await client.conferences.list(name, status):
            found[each.sid] = each
    return _by_name(set(rooms), found.values())


def _by_name(rooms: set[str], found: Iterable[Conference]) -> Surveyed:
    active: dict[str, Conference] = {}
    doubted: dict[str, str] = {}
    for each in found:
        if each.name not in rooms or each.status is ConferenceStatus.COMPLETED:
            continue
        other = active.setdefault(each.name, each)
        if other is not each:
            active[each.name] = max(other, each, key=_started)
            doubted[each.name] = (
                f"two active conferences have the name: {other.sid} and {each.sid}"
            )
    return Surveyed(active, doubted)


def _started(conference: Conference) -> bool:
    return conference.status is ConferenceStatus.IN_PROGRESS
