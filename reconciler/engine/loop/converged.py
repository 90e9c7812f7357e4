"""What another process needs of a room that is as declared, and what it makes of it."""

from msgspec.structs import replace

from reconciler.engine.desired_room import Desired
from reconciler.engine.room.evaluation import Evaluation, RoomPhase
from reconciler.model.converged_room import ConvergedRoom, RestoredRoom
from reconciler.model.observation import Conference, Observation
from reconciler.planning.plan_events import coached
from reconciler.planning.resting_plan import resting_plan


def converged_room(evaluation: Evaluation, rules: str) -> ConvergedRoom | None:
    """What to store of *evaluation*, made by *rules*, in which nothing is to be done.

    None where anything is to be waited for or shown beside who is connected, or where
    nothing can tell a later listing from its own.
    """
    desired, observation = evaluation.desired, evaluation.observation
    if desired is None or not isinstance(observation, Observation):
        return None
    conference = observation.conference
    listing = observation.listing.stored if observation.listing else None
    resting = resting_plan(desired.roster, observation, desired.generation)
    if conference is None or listing is None or evaluation.plan != resting:
        return None
    people = evaluation.plan.people
    return ConvergedRoom(
        room=evaluation.room,
        rules=rules,
        conference_sid=conference.sid,
        listing=listing,
        watermark=evaluation.ledger.watermark,
        evaluated_at=evaluation.observed_at,
        until=evaluation.until,
        generation=evaluation.plan.generation,
        fingerprint=evaluation.ledger.observed,
        connected=len(people),
        members=len(people),
        coached=coached(people, observation),
    )


def restored_evaluation(
    restored: RestoredRoom,
    desired: Desired | None,
    conference: Conference | None = None,
) -> Evaluation | None:
    """The evaluation that *restored* was made of, by what is stored of its room now.

    *conference* is as a survey shows it now, None: as on record. None if it is not that
    of *desired*: then the room was changed meanwhile.
    """
    generation = restored.converged.generation
    if desired is None or desired.generation != generation:
        return None
    observation = restored.observed.observation
    if conference is not None:
        observation = replace(observation, conference=conference)
    plan = resting_plan(desired.roster, observation, generation)
    if plan is None:
        return None
    return Evaluation(
        restored.room,
        RoomPhase.CONVERGED,
        plan,
        observation=observation,
        version=desired.version,
        observed_at=restored.converged.evaluated_at,
        desired=desired,
    )
