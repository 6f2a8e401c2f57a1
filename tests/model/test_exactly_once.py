"""Every order of the steps of small runs, up to a depth: none breaks the promise that each node runs exactly once."""

import pytest

from tests.model.scenarios import SCENARIOS
from tests.model.search import search

pytestmark = pytest.mark.no_cover  # measured, it takes three times as long; other tests execute the same lines
STATES = {
    "lost replies": 3_560,
    "late listing": 10_323,
    "killed and resumed": 3_368,
    "failed and resumed": 6_696,
    "two begin one job": 8_260,
    "two begin one job that starts late": 31_294,
    "two begin a chain": 27_458,
    "two begin two jobs": 6_202,
    "one sleeps, another takes over": 22_641,
    "forgotten while followed": 195,
    "forgotten early": 302,
    "forgotten, then resumed elsewhere": 1_930,
}
"""How many states there are: another number means that something else is tried."""


@pytest.mark.parametrize("name", STATES)
def test_no_order_of_steps_breaks_the_promise(name, record_property):
    found = search(SCENARIOS[name])
    record_property("figures", f"{found.states:,} states, {found.steps:,} steps, {found.depth} deep")
    assert not found.broken, f"{name}: {found}"
    assert found.states == STATES[name]
