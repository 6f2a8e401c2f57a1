"""The scenarios: each lets a few kinds of trouble happen, in every order."""

from kedro_batch.plan.model import JobName, Plan
from kedro_batch.submitter.run_options import RunMode
from tests.model.steps import Scenario
from tests.support.plans import a_job

_START, _CONTINUE, _RESUME = RunMode.START, RunMode.CONTINUE, RunMode.RESUME
_ONE = Plan(jobs=(a_job("a"),))
_CHAIN = Plan(jobs=(a_job("a"), a_job("b", depends_on=(JobName("a"),))))
_TWO = Plan(jobs=(a_job("a"), a_job("b")))

SCENARIOS = {
    "lost replies": Scenario(plan=_CHAIN, modes=(_START,), losses=2, begins=1, strangers=("nightly-2_a_1",)),
    "late listing": Scenario(plan=_CHAIN, modes=(_START,), losses=1, begins=1, late=True, coarse=True),
    "killed and resumed": Scenario(
        plan=_CHAIN, modes=(_START,), losses=1, kills=1, begins=2, strangers=("nightly-2_a_1",), coarse=True
    ),
    "failed and resumed": Scenario(plan=_CHAIN, modes=(_START,), failures=1, begins=2, losses=1, coarse=True),
    "two begin one job": Scenario(plan=_ONE, modes=(_CONTINUE, _CONTINUE), begins=2, in_turn=True, coarse=True),
    "two begin one job that starts late": Scenario(
        plan=_ONE, modes=(_CONTINUE, _CONTINUE), begins=2, in_turn=True, lists_at_once=True
    ),
    "two begin a chain": Scenario(
        plan=_CHAIN, modes=(_CONTINUE, _CONTINUE), begins=2, in_turn=True, coarse=True, lists_at_once=True, depth=15
    ),
    "two begin two jobs": Scenario(
        plan=_TWO, modes=(_CONTINUE, _CONTINUE), begins=2, in_turn=True, coarse=True, lists_at_once=True, depth=11
    ),
    "one sleeps, another takes over": Scenario(
        plan=_CHAIN, modes=(_START, _RESUME), begins=2, in_turn=True, sleeps=True, lists_at_once=True, depth=14
    ),
    "forgotten while followed": Scenario(
        plan=_CHAIN, modes=(_START,), begins=2, forgets=True, lists_at_once=True, coarse=True
    ),
    "forgotten early": Scenario(
        plan=_CHAIN, modes=(_START,), begins=2, kills=1, forgets_early=True, lists_at_once=True, coarse=True
    ),
    "forgotten, then resumed elsewhere": Scenario(
        plan=_CHAIN,
        modes=(_START, _RESUME),
        begins=3,
        failures=1,
        forgets=True,
        followed=False,
        lists_at_once=True,
        in_turn=True,
        coarse=True,
        one_at_a_time=True,
    ),
}
"""Those without a depth are searched to their end."""
