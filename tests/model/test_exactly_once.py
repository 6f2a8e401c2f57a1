"""Every order of the steps of small runs, up to a depth: none breaks the promise that each node runs exactly once."""

import pytest

from tests.model.scenarios import SCENARIOS
from tests.model.search import search

HOLES = {"forgotten, then resumed elsewhere": "a has succeeded as id-1, and runs again"}
"""Scenarios in which the promise does not hold yet, and how it is broken."""

STATES = {
    "lost replies": 3_560,
    "late listing": 10_323,
    "killed and resumed": 3_368,
    "failed and resumed": 6_696,
    "two begin one job": 8_236,
    "two begin a chain": 27_458,
    "two begin two jobs": 6_202,
    "one sleeps, another takes over": 22_021,
    "forgotten while followed": 195,
    "forgotten early": 302,
}
"""How many states there are: another number means that something else is tried."""


@pytest.mark.parametrize("name", STATES)
def test_no_order_of_steps_breaks_the_promise(name, record_property):
    found = search(SCENARIOS[name])
    record_property("figures", f"{found.states:,} states, {found.steps:,} steps, {found.depth} deep")
    assert not found.broken, f"{name}: {found}"
    assert found.states == STATES[name]


@pytest.mark.parametrize("name", HOLES)
def test_a_hole_that_is_known_is_found_and_told_as_a_story(name):
    found = search(SCENARIOS[name])
    assert [claim for claim in found.broken if HOLES[name] in claim], f"{name}: {found}"
    assert found.story
