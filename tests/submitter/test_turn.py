import math
from itertools import pairwise

from kedro_batch.submitter.service.limits import VISIBLE_AFTER_S
from kedro_batch.submitter.turn import Turn


def a_turn_that_waits(since=102.0):
    turn = Turn()
    turn.looked(since, last_sent=since - 2, first_of_other=True, appeared=True)
    return turn


def test_one_job_is_sent_and_looked_at_two_seconds_later_and_then_the_rest_is_sent():
    turn = Turn()
    assert (turn.most_begun, turn.due_at(100.0)) == (1, 102.0)
    turn.looked(102.0, last_sent=100.0, first_of_other=False, appeared=False)
    assert (turn.most_begun, turn.due_at(110.0)) == (None, math.inf)


def test_a_look_before_the_first_job_is_sent_or_too_soon_after_it_decides_nothing():
    turn = Turn()
    turn.looked(50.0, last_sent=-math.inf, first_of_other=False, appeared=False)
    turn.looked(101.0, last_sent=100.0, first_of_other=False, appeared=False)
    assert turn.most_begun == 1


def test_where_the_job_of_another_process_stands_nothing_is_sent_as_long_as_new_ones_appear():
    turn = a_turn_that_waits()
    looks = [102.0]
    for _ in range(20):
        looks.append(turn.due_at(100.0))
        turn.looked(looks[-1], last_sent=100.0, first_of_other=False, appeared=True)
        assert turn.most_begun == 0
    pauses = [after - before for before, after in pairwise(looks)]
    assert pauses == [2.0, 4.0, 8.0, *[VISIBLE_AFTER_S] * 17]


def test_it_goes_on_when_no_job_has_appeared_for_as_long_as_one_may_be_invisible():
    turn = a_turn_that_waits()
    while turn.most_begun == 0:
        at = turn.due_at(100.0)
        assert at < 102 + 3 * VISIBLE_AFTER_S
        turn.looked(at, last_sent=100.0, first_of_other=False, appeared=False)
    assert at >= 102 + VISIBLE_AFTER_S
    assert turn.most_begun is None


def test_a_process_that_has_gone_on_waits_if_the_first_job_turns_out_to_be_that_of_another_one():
    turn = Turn()
    turn.looked(102.0, last_sent=100.0, first_of_other=False, appeared=False)
    turn.looked(120.0, last_sent=105.0, first_of_other=True, appeared=True)
    assert turn.most_begun == 0
