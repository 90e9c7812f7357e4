"""What people say on top of the files: overrides, rollbacks, and back to the file."""

from typing import TYPE_CHECKING, assert_never

from msgspec.structs import replace

from reconciler.play.scenarios.scenario import Overrule, RollBack, TakeBack, Unpin
from reconciler.store.queries.operator_decision import Decision
from reconciler.store.queries.pinning import Rollback

if TYPE_CHECKING:
    from reconciler.play.world.world import World


async def overrule(
    world: "World", step: Overrule | TakeBack | RollBack | Unpin
) -> None:
    """Have it counted from now on."""
    store, now = world.store, world.now
    match step:
        case Overrule(override, seconds):
            room = override.room
            until = None if seconds is None else now + seconds
            await store.add_overrides([replace(override, at=now, until=until)], now)
        case TakeBack(room):
            stand = (await store.declared([room], now)).get(room)
            ids = [each.id for each in stand.overrides] if stand else []
            await store.end_overrides(Decision(room, now, "person"), ids)
        case RollBack(room, back):
            desired = await store.desired(room, now)
            if desired is not None:
                rollback = Rollback(room, desired.generation - back, "person")
                await store.rollback(rollback, now)
        case Unpin(room):
            await store.unpin(Decision(room, now, "person"))
        case _:
            assert_never(step)
    await world.note_declared(room)
