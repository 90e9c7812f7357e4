"""A client of the control API of a simulator that runs."""

from collections.abc import Mapping
from ssl import PROTOCOL_TLS_CLIENT, SSLContext
from types import TracebackType
from typing import Any, Final, Self

import httpx

_TIMEOUT_SECONDS: Final = 30.0


class SimulatorAbsent(Exception):  # noqa: N818 - a state of the address
    """Nothing that speaks the control API answers at the URL."""


class ControlError(ValueError):
    """The simulator refused a request; the message says why."""


class ControlClient:
    """Requests to ``/simulator`` of the simulator at *url*.

    Each method returns the answer as JSON. SimulatorAbsent if no simulator answers,
    LookupError where somebody is not there, ControlError if a value is wrong.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        # Authorities, which take long to read, only where they are asked for.
        trust = self.url.lower().startswith("https:") or SSLContext(PROTOCOL_TLS_CLIENT)
        self._http = httpx.Client(
            verify=trust, timeout=_TIMEOUT_SECONDS, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def state(self) -> Mapping[str, Any]:
        """Conferences, calls, participants, people, faults, switches and logs."""
        return self.get("state")

    def events(self, after: int = 0) -> list[Mapping[str, Any]]:
        """What webhooks told or would tell, from that number on."""
        return list(self.get("events", after=after)["events"])

    def audible(self) -> Mapping[str, Any]:
        """Who was heard by whom, from when to when."""
        return self.get("audible")

    def switches(self, **values: object) -> Mapping[str, Any]:
        """Every switch; *values* are set first."""
        return self.post("switches", **values) if values else self.get("switches")

    def describe(self, address: str, /, **person: object) -> Mapping[str, Any]:
        """Describe a phone, with the keys of a people file."""
        return self.post("people", address=address, **person)

    def dial_in(self, sender: str, /, **call: object) -> Mapping[str, Any]:
        """Call ``room``, or the number ``to``, from *sender*."""
        return self.post("dial-in", **{"from": sender}, **call)

    def hang_up(self, who: str, /, **more: object) -> Mapping[str, Any]:
        """Let a phone go: a call SID, a label or an address."""
        return self.post("hang-up", who=who, **more)

    def change(self, who: str, /, **fields: object) -> Mapping[str, Any]:
        """Change ``muted``, ``hold`` and so on of a participant, as somebody else would."""
        return self.post("change", who=who, **fields)

    def end(self, room: str) -> Mapping[str, Any]:
        """End a conference as somebody else would."""
        return self.post("end", room=room)

    def fault(self, kind: str, /, **more: object) -> Mapping[str, Any]:
        """Add a fault."""
        return self.post("faults", kind=kind, **more)

    def clear_faults(self) -> Mapping[str, Any]:
        """Remove all faults."""
        return self._answer("DELETE", "faults")

    def reset(self) -> Mapping[str, Any]:
        """Forget reads, writes, rings, exposures and events."""
        return self.post("reset")

    def environment(self) -> Mapping[str, str]:
        """Variables with which commands and SDKs reach the simulator."""
        return self.get("environment")

    def get(self, path: str, /, **query: Any) -> Mapping[str, Any]:
        """What a GET of ``/simulator/PATH`` answers."""
        return self._answer("GET", path, params=query)

    def post(self, path: str, /, **body: object) -> Mapping[str, Any]:
        """What a POST of ``/simulator/PATH`` answers."""
        return self._answer("POST", path, json=body)

    def _answer(self, method: str, path: str, **more: Any) -> Mapping[str, Any]:
        try:
            answer = self._http.request(method, f"{self.url}/simulator/{path}", **more)
            found = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise SimulatorAbsent(f"no simulator answers at {self.url}") from error
        if answer.is_success:
            return dict(found)
        _refuse(self.url, answer.status_code, found)
        raise AssertionError


def _refuse(url: str, status: int, found: object) -> None:
    reason = found.get("error") if isinstance(found, dict) else None
    if reason is None:
        raise SimulatorAbsent(f"no simulator answers at {url}: status {status}")
    if status == httpx.codes.NOT_FOUND:
        raise LookupError(str(reason))
    raise ControlError(str(reason))
