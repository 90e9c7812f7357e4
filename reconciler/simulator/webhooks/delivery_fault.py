"""Fault injection for webhook delivery."""

from collections.abc import Mapping
from enum import StrEnum
from fnmatch import fnmatchcase

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.model.duration import seconds


class DeliveryFaultKind(StrEnum):
    """What becomes of a webhook.

    drop       it is never sent
    duplicate  it is sent twice
    reorder    it is sent after the next one
    delay      it is sent some seconds late
    """

    DROP = "drop"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    DELAY = "delay"


class DeliveryFault(Struct, frozen=True):
    """Strikes the next ``times`` webhooks whose stream and name match.

    ``stream`` is ``conference``, ``call``, ``event-stream`` or ``*``; ``name``, the
    event's, may have ``*`` too.
    """

    kind: DeliveryFaultKind
    stream: str = "*"
    name: str = "*"
    times: int = 1
    seconds: float = 1.0


class DeliveryFaults(Struct):
    """Faults that wait for their webhooks, in the order they were added."""

    queued: list[DeliveryFault] = field(default_factory=list)

    def add(self, mishap: DeliveryFault) -> None:
        """It strikes after those before it."""
        self.queued.append(mishap)

    def clear(self) -> None:
        """Nothing goes wrong any longer."""
        self.queued.clear()

    def strike(self, stream: str, name: str) -> DeliveryFault | None:
        """The mishap of a webhook, used up once; None if all goes well."""
        for index, delivery_fault in enumerate(self.queued):
            if fnmatchcase(stream, delivery_fault.stream) and fnmatchcase(
                name, delivery_fault.name
            ):
                left = (
                    [replace(delivery_fault, times=delivery_fault.times - 1)]
                    if delivery_fault.times > 1
                    else []
                )
                self.queued[index : index + 1] = left
                return delivery_fault
        return None


def read_delivery_fault(document: Mapping[str, object]) -> DeliveryFault:
    """Turn JSON into a mishap; ValueError says what is wrong."""
    known = DeliveryFault.__struct_fields__
    if strange := sorted(document.keys() - set(known)):
        raise ValueError(f"a mishap has no {', '.join(strange)}; it has {known}")
    return DeliveryFault(
        kind=DeliveryFaultKind(str(document.get("kind", ""))),
        stream=str(document.get("stream", "*")),
        name=str(document.get("name", "*")),
        times=int(seconds(document.get("times", 1))),
        seconds=seconds(document.get("seconds", 1)),
    )
