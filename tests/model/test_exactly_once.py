"""Every order of the steps of small runs, up to a depth: none breaks the promise that each node runs exactly once."""

import pytest

from tests.model.scenarios import SCENARIOS
from tests.model.search import search

HOLES = {
    "late listing": "goes on",
    "two begin a chain": "has succeeded as id-2, and runs again",
    "one sleeps, another takes over": "is sent again",
    "forgotten while followed": "has succeeded as id-0, and runs again",
    "forgotten while nobody follows": "runs again",
}
"""Scenarios in which the promise does not hold yet, and how it is broken."""

STATES = {
    "lost replies": 3_605,
    "killed and resumed": 3_177,
    "failed and resumed": 8_921,
    "two begin one job": 9_304,
}
"""How many states there are: fewer would mean that something is not tried any more."""


@pytest.mark.parametrize("name", STATES)
def test_no_order_of_steps_breaks_the_promise(name, record_property):
    found = search(SCENARIOS[name])
    record_property("figures", f"{found.states:,} states, {found.steps:,} steps, {found.depth} deep")
    assert not found.broken, f"{name}: {found}"
    assert found.states >= STATES[name]


@pytest.mark.parametrize("name", HOLES)
def test_a_hole_that_is_known_is_found_and_told_as_a_story(name):
    found = search(SCENARIOS[name])
    assert [claim for claim in found.broken if HOLES[name] in claim], f"{name}: {found}"
    assert found.story
