"""The scenarios: each lets a few kinds of trouble happen, in every order."""

from kedro_batch.plan.model import JobName, Plan
from kedro_batch.submitter.context import RunMode
from tests.model.steps import Scenario
from tests.support.plans import a_job

_A, _B = JobName("a"), JobName("b")
ONE = Plan(jobs=(a_job("a"),))
CHAIN = Plan(jobs=(a_job("a"), a_job("b", depends_on=(_A,))))

SCENARIOS = {
    "one process, lost replies": Scenario(plan=CHAIN, modes=(RunMode.START,), losses=2, begins=1),
    "one process, killed and resumed": Scenario(plan=CHAIN, modes=(RunMode.START,), losses=1, kills=1, begins=2),
}
