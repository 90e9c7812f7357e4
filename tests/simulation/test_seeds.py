"""A slice of the seeds: the whole of them is ``make simulate``."""

import pytest

from reconciler.play.scenarios.generate import make_plain, make_scenario
from reconciler.play.scenarios.organized import has_groups
from reconciler.play.seed_result import play_seed, trace
from reconciler.play.world.run import run
from tests.sample_size import sample_size

pytestmark = pytest.mark.no_cover

SEEDS = range(150)
SLICE = 25


@pytest.mark.parametrize("first", SEEDS[::SLICE])
def test_no_promise_is_broken(first: int) -> None:
    done = [play_seed(seed) for seed in range(first, first + sample_size(5, SLICE))]
    assert [(each.seed, each.broken) for each in done if each.broken] == []


@pytest.mark.parametrize("first", [150, 250, 350])
def test_no_promise_is_broken_of_groups_machines_and_replacements(first: int) -> None:
    seeds = range(first, first + sample_size(20, 100))
    done = [play_seed(seed) for seed in seeds if has_groups(seed)]
    assert [(each.seed, each.broken) for each in done if each.broken] == []


def test_a_seed_is_lived_the_same_way_each_time() -> None:
    for seed in (3, 40):
        lives = [trace(run(make_scenario(seed)).journal) for _ in range(2)]
        assert lives[0] == lives[1]
        assert len(lives[0]) > 10


@pytest.mark.parametrize(
    ("seed", "story"),
    [
        (22, "a coach waits for somebody whose ring is withheld"),
        (254, "the last one in waits for rings that are withheld"),
        (2665, "a page shows somebody twice who moved rooms while ringing"),
        (4950, "a removal was lost, and the phone was busy by itself"),
        (5155, "a coach is moved where one request cannot do it"),
        (5425, "a lost create, a death and a jump, and then they dialed in"),
        (5425, "who dialed in is no call of the create that was lost"),
        (6643, "a policy changed while a redial was delayed"),
        (9194, "an end flag never takes"),
    ],
)
def test_what_a_seed_once_found_stays_mended(seed: int, story: str) -> None:
    assert (play_seed(seed, make_plain).broken, story) == ((), story)


@pytest.mark.parametrize(
    ("seed", "story"),
    [
        (188, "a create makes the conference while the next one connects"),
        (391, "a label leaves and is back with another number while its call stands"),
        (1444, "a file is written after an attempt is on record, and the call leaves"),
        (1725, "a stranger is held a second after they were muted"),
        (2077, "a number is edited during a call, and then the label"),
        (2782, "they dialed in from the number that the member had before"),
        (2834, "a silence is answered just before it would be sent again"),
        (2873, "a silence sent again is answered before the first one leaves"),
        (5896, "a removal leaves beside the next look at its room"),
        (3345, "a silence without an answer is older than a pause"),
        (6533, "a process stands still before it sends a silence again"),
        (4998, "somebody stays as their removal waits for another's hold"),
        (5090, "somebody takes over within a group that has enough"),
        (543, "a call goes back to a label whose number was another's for a while"),
        (3030, "who dialed in has the number of a label that is replaced by now"),
        (4956, "a clock is put back by an hour while strangers are removed"),
        (5038, "a redial is withheld, and its phone is declared for somebody else"),
        (5965, "a coach has the number of somebody who is in and is to be redialed"),
        (1001027, "a hold waits for the mute of a coach of somebody else"),
        (1001031, "a removal is skipped with a roster that is over, and planned anew"),
        (1001110, "one who would take over is replaced by an answering machine"),
        (1001580, "a coach of somebody whose hours are over and who stays"),
        (2001578, "a call passes to a label that has given way to its old one"),
        (2001818, "a request is answered while a look cannot be put on record"),
        (
            2001980,
            "strangers are removed by a clock an hour behind, and by a right one",
        ),
        (2000821, "an announcement waits for the change before it, beside a look"),
        (1001582, "a coach is called for somebody whose hours are over"),
        (
            4783,
            "answers of an earlier pass are reported after an edit that allows removals",
        ),
        (40263, "a process that stops gives a room back after a look of another"),
        (2040525, "a conference appears in a survey beside the end of its room"),
        (40131, "a call that was called off uses up no attempt"),
        (5182, "somebody dialed in under a label whose number is another's by now"),
        (1000202, "a call was handed over, and its heir is back with another number"),
        (20441, "a removal is put on record, its host dies, and they hang up"),
        (1020401, "a coach of a call that was handed over, when its hours are over"),
    ],
)
def test_what_a_seed_of_everything_once_found_stays_mended(
    seed: int, story: str
) -> None:
    assert (play_seed(seed).broken, story) == ((), story)
