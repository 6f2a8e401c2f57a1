"""Runs that go on with a new plan, whatever is changed in it: it is what is sent, and nothing done is repeated."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from kedro_batch.errors import UsageError
from kedro_batch.plan.data_flow import reads_from_run
from kedro_batch.plan.data_version import DataVersion
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.model import Job, JobName, Plan
from kedro_batch.plan.submit_job import JobId, RunId, parsed_job_name, submit_request
from kedro_batch.plan.variables import VERSION_VARIABLE
from kedro_batch.submitter.reconcile.rerun import with_descendants
from tests.support.plans import a_job
from tests.support.simulation import Simulation
from tests.support.standin.jobs import Job as ServiceJob
from tests.support.standin.jobs import Status

Group = tuple[int, ...]


@dataclass(frozen=True)
class Sketch:
    """A plan by numbers: the nodes of each job, what each node needs, and what is said of the jobs by their first node.

    A node needs nodes with smaller numbers only, and a job has nodes that follow each other.
    """

    groups: tuple[Group, ...]
    needs: Mapping[int, tuple[int, ...]]
    commands: Mapping[int, str] = field(default_factory=dict)
    timeouts: Mapping[int, int] = field(default_factory=dict)

    def plan(self) -> Plan:
        name_of = {node: name_for(group) for group in self.groups for node in group}
        return Plan(jobs=tuple(self._job(group, name_of) for group in self.groups))

    def _job(self, group: Group, name_of: dict[int, JobName]) -> Job:
        needs = sorted({need for node in group for need in self.needs[node]} - {*group})
        return a_job(
            name_for(group),
            command=(self.commands.get(group[0], "x"),),
            nodes=tuple(f"n{node}" for node in group),
            depends_on=tuple(sorted({name_of[need] for need in needs if need in name_of})),
            reads=tuple(f"d{need}" for need in needs),
            writes=tuple(f"d{node}" for node in group),
            timeout_s=self.timeouts.get(group[0]),
            job_queue="a_queue",
            job_definition="a_definition",
        )


def name_for(group: Group) -> JobName:
    return JobName("_".join(f"j{node}" for node in group))


@st.composite
def sketches(draw: st.DrawFn) -> Sketch:
    count = draw(st.integers(1, 6))
    needs = {node: tuple(draw(st.sets(st.integers(0, node - 1)))) if node else () for node in range(count)}
    return Sketch(groups=tuple((node,) for node in range(count)), needs=needs)


@st.composite
def edited(draw: st.DrawFn, sketch: Sketch) -> Sketch:
    """Edit a plan as people do: settings, code, edges, jobs, groups."""
    for _ in range(draw(st.integers(0, 3))):
        nodes = sorted(sketch.needs)
        node, groups = draw(st.sampled_from(nodes)), list(sketch.groups)
        match draw(st.sampled_from(["setting", "setting", "command", "needs", "remove", "add", "merge"])):
            case "setting":
                sketch = replace(sketch, timeouts={**sketch.timeouts, node: 60 + draw(st.integers(0, 9))})
            case "command":
                sketch = replace(sketch, commands={**sketch.commands, node: draw(st.sampled_from("xyz"))})
            case "needs" if node:
                needs = tuple(draw(st.sets(st.integers(0, node - 1))))
                sketch = replace(sketch, needs={**sketch.needs, node: needs})
            case "remove" if len(groups) > 1:
                groups.remove(draw(st.sampled_from(groups)))
                sketch = replace(sketch, groups=tuple(groups))
            case "add":
                new = len(nodes)
                needs = tuple(draw(st.sets(st.sampled_from(nodes))))
                sketch = replace(sketch, groups=(*groups, (new,)), needs={**sketch.needs, new: needs})
            case "merge" if len(groups) > 1:
                at = draw(st.integers(0, len(groups) - 2))
                groups[at : at + 2] = [groups[at] + groups[at + 1]]
                sketch = replace(sketch, groups=tuple(groups))
            case _:
                pass
    return sketch


@dataclass(frozen=True)
class Story:
    """How a run goes: by which plans it is taken up, what fails, and whether the journal is lost."""

    plans: tuple[Plan, ...]
    fail: tuple[tuple[str, ...], ...]
    from_jobs: tuple[tuple[JobName, ...], ...]
    loses_journal: bool
    detach: bool


@st.composite
def stories(draw: st.DrawFn) -> Story:
    sketch = draw(sketches())
    drawn = [sketch]
    for _ in range(draw(st.integers(1, 2))):
        drawn.append(draw(st.one_of(edited(drawn[-1]), st.sampled_from(drawn))))
    plans = tuple(one.plan() for one in drawn)
    names = [[str(job.name) for job in plan.jobs] for plan in plans]
    return Story(
        plans=plans,
        fail=tuple(tuple(draw(st.sets(st.sampled_from(one), max_size=2))) for one in names),
        from_jobs=tuple(
            tuple(map(JobName, sorted(draw(st.one_of(st.just(set()), st.sets(st.sampled_from(one), max_size=2))))))
            for one in names
        ),
        loses_journal=draw(st.booleans()) and len(plans) == 2,
        detach=draw(st.booleans()),
    )


@settings(max_examples=25, deadline=None)
@given(stories())
def test_what_is_sent_is_the_new_plans_and_what_has_succeeded_is_not_repeated(story):
    check(story)


@pytest.mark.long
@settings(max_examples=500, deadline=None)
@given(stories())
def test_what_is_sent_is_the_new_plans_in_many_stories(story):
    check(story)


def check(story: Story) -> None:
    with tempfile.TemporaryDirectory() as folder:
        go_through(story, Path(folder))


def go_through(story: Story, folder: Path) -> None:
    """Let a run happen, and check each time that it is taken up."""
    first, *others = story.plans
    simulation = Simulation(
        folder, first, seed=1, latency_s=0.001, fail=dict.fromkeys(story.fail[0], 1), run_s=60 if story.detach else 1
    )
    simulation.to_the_end()
    simulation.service.configure({"run_s": 1})
    current, elsewhere = first, folder / "elsewhere"
    elsewhere.mkdir()
    for plan, fail, from_jobs in zip(others, story.fail[1:], story.from_jobs[1:], strict=True):
        simulation.service.configure({"fail": dict.fromkeys(fail, 1)})
        place = elsewhere if story.loses_journal else folder
        taken = take_up(simulation, place, plan, from_jobs, first)
        event("taken" if taken else "refused")
        current = plan if taken else current
    simulation.service.configure({"fail": {}})
    if take_up(simulation, elsewhere if story.loses_journal else folder, current, (), first):
        check_that_all_is_true(simulation, current)


def take_up(simulation: Simulation, folder: Path, plan: Plan, from_jobs: tuple[JobName, ...], first: Plan) -> bool:
    """Take a run up with a plan, and check what is sent; False if it is refused, and then nothing may be sent."""
    before = submissions(simulation)
    succeeded = {label for label, one in {one.label: one for one in before}.items() if one.status is Status.SUCCEEDED}
    try:
        simulation.resume(folder, new_plan=plan, from_jobs=from_jobs)
    except UsageError:
        assert submissions(simulation) == before
        return False
    parents = plan.parents
    again = with_descendants(parents, from_jobs)
    for one in submissions(simulation)[len(before) :]:
        assert one.request == request_of(one, plan, first)
        assert one.label not in succeeded or one.label in again, f"{one.label} had succeeded"
    return True


def submissions(simulation: Simulation) -> list[ServiceJob]:
    return sorted(simulation.service.jobs.by_id.values(), key=lambda one: one.order)


def request_of(one: ServiceJob, plan: Plan, first: Plan) -> dict[str, Any]:
    """Return the request that a plan has for a job that was submitted: its own parents stand in the request."""
    job = {job.name: job for job in plan.jobs}[JobName(one.label)]
    named = parsed_job_name(one.name)
    assert named
    variables = {pair["name"]: pair["value"] for pair in one.request["containerOverrides"]["environment"]}
    digest = plan_digest(plan)
    return submit_request(
        job,
        plan,
        run_id=RunId("simulated"),
        version=DataVersion(variables[VERSION_VARIABLE]),
        reads=reads_from_run(plan)[job.name],
        submission=named[2],
        digest=plan_digest(first),
        new_digest=digest if digest != plan_digest(first) else None,
        parent_ids=[JobId(parent["jobId"]) for parent in one.request.get("dependsOn", ())],
        job_definition=one.request["jobDefinition"],
    )


def check_that_all_is_true(simulation: Simulation, plan: Plan) -> None:
    """Check that the last success of each job did what the plan says, after its parents, and that none is left."""
    last = {one.label: one for one in submissions(simulation) if one.status is Status.SUCCEEDED}
    for job in plan.jobs:
        done = last[job.name]
        assert done.request["containerOverrides"]["command"] == list(plan.command_of(job))
        for parent in job.depends_on:
            stopped, started = last[parent].stopped, done.started
            assert stopped is not None
            assert started is not None
            assert stopped <= started, f"{job.name} ran before {parent}"
    assert not any(one.live for one in submissions(simulation))
