"""Whatever becomes of a plan, it is read or refused: 2,000 mutations here, 100,000 in benchmarks/mutations.py."""

import pytest

from tests.support.mutants import survives
from tests.support.mutations import SEEDS, mutated


@pytest.mark.parametrize("first", range(0, 2000, 250))
def test_a_mutated_plan_is_read_or_refused(first):
    for number in range(first, first + 250):
        seed, content = mutated(number)
        try:
            survives(seed, content)
        except Exception as error:
            error.add_note(f"mutation {number}")
            raise


def test_what_is_mutated_could_be_applied():
    assert all(survives(seed, seed) for seed in SEEDS)


def test_a_mutation_is_the_same_for_the_same_number():
    assert [mutated(number) for number in range(50)] == [mutated(number) for number in range(50)]
