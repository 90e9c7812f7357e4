"""Keeps live Twilio conferences equal to what a YAML file declares.

The Python API is documented in docs/api.md; its names are imported on first use, and
``__init__.pyi`` has their types.
"""

__version__ = "0.1.0"
"""The only place that states the version; the build reads it from here."""

_NAMES = {
    "reconciler.public.runs": (
        "load_settings",
        "plan",
        "plan_async",
        "read_rosters",
        "sync",
        "sync_async",
    ),
    "reconciler.public.async_client": ("AsyncClient",),
    "reconciler.public.blocking_client": ("Client",),
    "reconciler.public.results": ("PlanResult", "RoomResult", "SyncResult"),
    "reconciler.public.parameters": ("CreateParameters", "UpdateParameters"),
    "reconciler.settings": ("Settings",),
    "reconciler.files.loading": ("Loading",),
    "reconciler.model.declaration": ("Declaration",),
    "reconciler.model.roster": ("Member", "Roster"),
    "reconciler.model.action": ("Change", "FieldChange", "Harm", "Remove", "Ring"),
    "reconciler.planning.plan": ("Phase", "Waiting", "Withheld"),
    "reconciler.engine.room.outcome": ("ActionOutcome", "Outcome"),
    "reconciler.engine.room.evaluation": ("RoomPhase",),
    "reconciler.engine.ports": ("Placed",),
    "reconciler.model.observation": (
        "Call",
        "CallStatus",
        "Conference",
        "ConferenceStatus",
        "Participant",
        "ParticipantStatus",
    ),
    "reconciler.model.errors": (
        "ClientClosed",
        "CredentialsRefused",
        "EventLoopRunning",
        "Gone",
        "LabelInUse",
        "NotSent",
        "Problem",
        "RateLimited",
        "ReadOnlyViolation",
        "ReconcilerError",
        "RefusalInDoubt",
        "RefusedFile",
        "RoomBusy",
        "RoomChanged",
        "RosterError",
        "SettingError",
        "StoreError",
        "TerminalError",
        "TransientError",
        "TwilioError",
        "UnknownOutcome",
    ),
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}

__all__ = ["__version__", *_MODULES]  # noqa: PLE0604 - they are texts


def __getattr__(name: str) -> object:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - not for a process that needs none

    value = globals()[name] = getattr(import_module(module), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
