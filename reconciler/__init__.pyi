# Types of the names in __init__.py, which imports them on first use.
from reconciler.engine.ports import Placed as Placed
from reconciler.engine.room.evaluation import RoomPhase as RoomPhase
from reconciler.engine.room.outcome import ActionOutcome as ActionOutcome
from reconciler.engine.room.outcome import Outcome as Outcome
from reconciler.files.loading import Loading as Loading
from reconciler.model.action import Change as Change
from reconciler.model.action import FieldChange as FieldChange
from reconciler.model.action import Harm as Harm
from reconciler.model.action import Remove as Remove
from reconciler.model.action import Ring as Ring
from reconciler.model.declaration import Declaration as Declaration
from reconciler.model.errors import ClientClosed as ClientClosed
from reconciler.model.errors import CredentialsRefused as CredentialsRefused
from reconciler.model.errors import EventLoopRunning as EventLoopRunning
from reconciler.model.errors import Gone as Gone
from reconciler.model.errors import LabelInUse as LabelInUse
from reconciler.model.errors import NotSent as NotSent
from reconciler.model.errors import Problem as Problem
from reconciler.model.errors import RateLimited as RateLimited
from reconciler.model.errors import ReadOnlyViolation as ReadOnlyViolation
from reconciler.model.errors import ReconcilerError as ReconcilerError
from reconciler.model.errors import RefusalInDoubt as RefusalInDoubt
from reconciler.model.errors import RefusedFile as RefusedFile
from reconciler.model.errors import RoomBusy as RoomBusy
from reconciler.model.errors import RoomChanged as RoomChanged
from reconciler.model.errors import RosterError as RosterError
from reconciler.model.errors import SettingError as SettingError
from reconciler.model.errors import StoreError as StoreError
from reconciler.model.errors import TerminalError as TerminalError
from reconciler.model.errors import TransientError as TransientError
from reconciler.model.errors import TwilioError as TwilioError
from reconciler.model.errors import UnknownOutcome as UnknownOutcome
from reconciler.model.observation import Call as Call
from reconciler.model.observation import CallStatus as CallStatus
from reconciler.model.observation import Conference as Conference
from reconciler.model.observation import ConferenceStatus as ConferenceStatus
from reconciler.model.observation import Participant as Participant
from reconciler.model.observation import ParticipantStatus as ParticipantStatus
from reconciler.model.roster import Member as Member
from reconciler.model.roster import Roster as Roster
from reconciler.planning.plan import Phase as Phase
from reconciler.planning.plan import Waiting as Waiting
from reconciler.planning.plan import Withheld as Withheld
from reconciler.public.async_client import AsyncClient as AsyncClient
from reconciler.public.blocking_client import Client as Client
from reconciler.public.parameters import CreateParameters as CreateParameters
from reconciler.public.parameters import UpdateParameters as UpdateParameters
from reconciler.public.results import PlanResult as PlanResult
from reconciler.public.results import RoomResult as RoomResult
from reconciler.public.results import SyncResult as SyncResult
from reconciler.public.runs import load_settings as load_settings
from reconciler.public.runs import plan as plan
from reconciler.public.runs import plan_async as plan_async
from reconciler.public.runs import read_rosters as read_rosters
from reconciler.public.runs import sync as sync
from reconciler.public.runs import sync_async as sync_async
from reconciler.settings import Settings as Settings

__all__ = [
    "ActionOutcome",
    "AsyncClient",
    "Call",
    "CallStatus",
    "Change",
    "Client",
    "ClientClosed",
    "Conference",
    "ConferenceStatus",
    "CreateParameters",
    "CredentialsRefused",
    "Declaration",
    "EventLoopRunning",
    "FieldChange",
    "Gone",
    "Harm",
    "LabelInUse",
    "Loading",
    "Member",
    "NotSent",
    "Outcome",
    "Participant",
    "ParticipantStatus",
    "Phase",
    "Placed",
    "PlanResult",
    "Problem",
    "RateLimited",
    "ReadOnlyViolation",
    "ReconcilerError",
    "RefusalInDoubt",
    "RefusedFile",
    "Remove",
    "Ring",
    "RoomBusy",
    "RoomChanged",
    "RoomPhase",
    "RoomResult",
    "Roster",
    "RosterError",
    "SettingError",
    "Settings",
    "StoreError",
    "SyncResult",
    "TerminalError",
    "TransientError",
    "TwilioError",
    "UnknownOutcome",
    "UpdateParameters",
    "Waiting",
    "Withheld",
    "__version__",
    "load_settings",
    "plan",
    "plan_async",
    "read_rosters",
    "sync",
    "sync_async",
]
__version__: str
