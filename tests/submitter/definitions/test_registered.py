"""Definitions that are registered while the service is late: in virtual time."""

from dataclasses import replace
from typing import Any

import pytest

from kedro_batch.errors import ServiceError
from kedro_batch.plan.model import Plan
from kedro_batch.plan.register_definition import register_request
from kedro_batch.plan.settings import JobDefinition
from kedro_batch.submitter.events import Notice
from tests.support.simulation import Simulation, plan_of

LOSES_REPLIES: dict[str, Any] = {"faulty": ["RegisterJobDefinition"], "error_after": 1.0}


def declaring_plan() -> Plan:
    plan = plan_of({"a": "", "b": "a"})
    return replace(plan, job_definitions={"a_definition": JobDefinition(image="repo:1")})


@pytest.mark.parametrize("delay_s", [0.0, 14.0, 55.0])
def test_a_new_revision_is_looked_for_as_long_as_it_may_take_to_show(tmp_path, delay_s):
    simulation = Simulation(tmp_path, declaring_plan(), definition_describe_delay_s=delay_s, **LOSES_REPLIES)
    assert simulation.to_the_end().outcome == "succeeded"
    assert simulation.service.verdict.calls["registerjobdefinition"] == 1


def test_one_that_takes_longer_leaves_one_revision_to_spare(tmp_path):
    simulation = Simulation(tmp_path, declaring_plan(), definition_describe_delay_s=65.0, **LOSES_REPLIES)
    assert simulation.to_the_end().outcome == "succeeded"
    assert simulation.service.verdict.calls["registerjobdefinition"] == 2


def test_a_lost_reply_and_a_race_together_leave_one_revision_to_spare(tmp_path):
    plan = declaring_plan()
    simulation = Simulation(tmp_path, plan, definition_describe_delay_s=50.0, **LOSES_REPLIES)
    request = register_request("a_definition", plan.job_definitions["a_definition"], tags=True)

    def register() -> None:
        simulation.service.answer("RegisterJobDefinition", request)

    for at in (0.4, 20.0):  # another process, and a third one
        simulation.calls.at(at, register)
    assert simulation.to_the_end().outcome == "succeeded"
    assert simulation.service.verdict.calls["registerjobdefinition"] == 1 + 2


@pytest.mark.parametrize(("delay_s", "known"), [(50.0, True), (3600.0, False)])
def test_a_revision_that_submitjob_does_not_know_is_waited_for_and_not_for_ever(tmp_path, delay_s, known):
    simulation = Simulation(tmp_path, declaring_plan(), definition_submit_delay_s=delay_s)
    if known:
        assert simulation.to_the_end().outcome == "succeeded"
    else:
        with pytest.raises(ServiceError, match="not found"):
            simulation.to_the_end()
        assert 60 < simulation.calls.now() < 90
    said = [one.event.message for one in simulation.happened if isinstance(one.event, Notice)]
    assert said == ["AWS Batch does not know the new revision of a_definition yet: trying again"]


def test_a_definition_that_is_only_named_is_not_waited_for(tmp_path):
    simulation = Simulation(tmp_path, plan_of({"a": ""}))
    simulation.calls.at(0.35, lambda: simulation.service.configure({"definitions": {}}))
    with pytest.raises(ServiceError, match="not found"):
        simulation.to_the_end()
    assert simulation.calls.now() < 10
