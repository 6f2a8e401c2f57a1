"""Whatever two plans hold, comparing them takes work in proportion to what they hold: twice as much, twice the work."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

from kedro_batch.errors import PlanError
from kedro_batch.files.read_budget import MAX_CHANGED_SETTINGS, MAX_JOBS, MAX_OWN_NODES
from kedro_batch.plan.model import Job, JobName, Plan
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.settings import JobSettings
from kedro_batch.review.diff.alike_changes import KnownFacets, facets_of
from kedro_batch.review.diff.details import origin_detail
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.diff.model import Change, FieldChange, JobChange
from kedro_batch.review.diff.own_names import OwnNames
from kedro_batch.review.diff.risky_variables import risky_in_settings
from kedro_batch.review.formats import DiffFormat, render_diff

_Plan = Callable[[str, int], str]
"""Writes the jobs of the plan of one side, ``a`` or ``b``, and of a size."""


def _numbered(count: int, text: str) -> str:
    return ", ".join(text.replace("%d", str(number)) for number in range(count))


def _jobs(count: int, job: Callable[[int], str]) -> str:
    return "jobs:\n" + "".join(f"  - {{name: j{number}, {job(number)}}}\n" for number in range(count))


def _definitions(side: str, count: int) -> str:
    of_side = range(count // 10)
    declared = "".join(f"  {side}{n}: {{image: i, resources: {{vcpus: 1, memory_mib: 512}}}}\n" for n in of_side)
    of_job = (lambda n: n % len(of_side)) if side == "a" else (lambda n: (n + n // len(of_side)) % len(of_side))
    jobs = _jobs(count, lambda n: f"command: [x], job_definition: {side}{of_job(n)}")
    return f"job_definitions:\n{declared}{jobs}"


PLANS: dict[str, _Plan] = {
    "a job of many nodes that have other names": lambda side, size: _jobs(
        1, lambda _: f"command: [x], nodes: [{_numbered(size, f'{side}.n%d')}]"
    ),
    "a job with many other datasets": lambda side, size: _jobs(
        1, lambda _: f"command: [x], reads: [{_numbered(size, f'{side}%d')}], writes: [{_numbered(size, f'{side}w%d')}]"
    ),
    "definitions of which every one became every other": _definitions,
    "jobs with other names": lambda side, size: (
        "jobs:\n"
        + "".join(f"  - {{name: {side}{n}, nodes: [{side}{n}], command: [x, {side}{n}]}}\n" for n in range(size))
    ),
    "jobs with another variable each": lambda side, size: _jobs(
        size, lambda n: f"command: [x], environment: {{A: {side}{n}, PATH: {side}{n}}}"
    ),
    "a command of other words": lambda side, size: _jobs(
        1,
        lambda _: f"command: [{_numbered(size // 2, f'{side}%d')}]",  # longer ones are shortened
    ),
}


class _Counter:
    """Counts the calls of functions, and how often generators go on."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, _: FrameType, event: str, __: Any) -> None:
        self.calls += event in ("call", "c_call")


@contextmanager
def _counted() -> Iterator[_Counter]:
    counter, before = _Counter(), sys.getprofile()
    sys.setprofile(counter)
    try:
        yield counter
    finally:
        sys.setprofile(before)


def _work(write: _Plan, size: int, form: DiffFormat) -> int:
    head = "schema: kedro-batch/plan/v1\ndefaults: {job_queue: q, job_definition: d}\n"
    old, new = (read_plan(f"{head}{write(side, size)}".encode(), side) for side in "ab")
    with _counted() as counter:
        "".join(render_diff(diff_plans(old, new), (old, new), ("a", "b"), form))
    return counter.calls


@pytest.mark.parametrize("form", list(DiffFormat))
@pytest.mark.parametrize("name", PLANS)
def test_twice_as_much_takes_about_twice_the_work(name: str, form: DiffFormat) -> None:
    _work(PLANS[name], 10, form)  # templates are compiled once
    small, large = (_work(PLANS[name], size, form) for size in (300, 600))
    assert large < 2.5 * small


class _Text(str):
    """A text that counts how often it is compared with another one, or searched for one."""

    __slots__ = ()
    compared = 0
    searched = 0

    def __contains__(self, other: object) -> bool:
        _Text.searched += 1
        return str.__contains__(self, str(other))

    def __eq__(self, other: object) -> bool:
        _Text.compared += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


@pytest.fixture
def texts() -> Callable[[str, int], list[str]]:
    _Text.compared = _Text.searched = 0
    return lambda letter, count: [_Text(f"{letter}{number}") for number in range(count)]


def test_names_of_long_lists_are_each_looked_up_once(texts: Callable[[str, int], list[str]]) -> None:
    detail = origin_detail(FieldChange(path=("pipelines",), before=texts("a", 500), after=texts("b", 500)))
    assert (len(detail.lost), len(detail.gained)) == (500, 500)
    assert _Text.compared < 500


def test_values_of_one_variable_are_each_looked_up_once(texts: Callable[[str, int], list[str]]) -> None:
    pairs = [{"name": "PATH", "value": value} for value in texts("a", 500)]
    submit = {"eksPropertiesOverride": {"podProperties": {"containers": [{"env": pairs}]}}}
    assert len(risky_in_settings(JobSettings(submit=submit))["PATH"]) == 500
    assert _Text.compared < 500


def test_names_of_very_many_nodes_are_not_looked_for_in_each_value(texts: Callable[[str, int], list[str]]) -> None:
    nodes = tuple(f"n{number}" for number in range(10 * MAX_OWN_NODES))
    job = Job(name=JobName("j"), nodes=nodes, command=("x",), settings=JobSettings())
    fields = tuple(FieldChange(path=("tags", "a"), before=value, after="c") for value in texts("b", 500))
    change = JobChange(job="j", change=Change.CHANGED, name_before="j", fields=fields)
    assert len(list(facets_of(change, job, job, {}))) == 500
    assert 0 < _Text.searched < 500 * MAX_OWN_NODES


def test_the_names_of_a_job_are_sorted_once_for_all_its_risks() -> None:
    nodes = tuple(f"n{number}" for number in range(MAX_OWN_NODES))
    plan = Plan(jobs=(Job(name=JobName("j"), nodes=nodes, command=("x",), settings=JobSettings()),))
    names = OwnNames((plan, plan), ())
    with _counted() as counter:
        spelled = [names.spell("j", ("x n1", f"{number}")) for number in range(100)]
    assert spelled[99] == ("x NODE", "99")
    assert counter.calls < 20 * MAX_OWN_NODES


_THOUSANDTH = "kedro_batch.review.diff.diff_plans.MAX_CHANGED_SETTINGS", MAX_CHANGED_SETTINGS // 1000


@pytest.mark.parametrize("form", list(DiffFormat))
@pytest.mark.parametrize(
    "sides",
    [
        pytest.param("-a", id="all are new"),
        pytest.param("a-", id="all are removed"),
        pytest.param("ab", id="one default changes all"),
    ],
)
def test_a_thousandth_of_the_largest_plan_with_40_settings_for_each_job_is_compared(
    sides: str, form: DiffFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*_THOUSANDTH)
    old, new = (Plan(jobs=()) if side == "-" else _with_defaults(side * 20) for side in sides)
    diff = diff_plans(old, new)
    assert sum(len(one.fields) for one in diff.jobs) >= 36 * (MAX_JOBS // 1000)
    assert "".join(render_diff(diff, (old, new), ("a", "b"), form))


@pytest.mark.parametrize(("variables", "value"), [(61, "a"), (3, "a" * 2000), (11, "é" * 100)])
def test_defaults_that_change_too_much_in_all_jobs_are_refused(
    variables: int, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*_THOUSANDTH)
    old, new = (_with_defaults(f"{value}{side}", variables=variables) for side in "ab")
    with pytest.raises(PlanError, match=r"differ in more than 1,500 settings, .* 100 characters as one"):
        diff_plans(old, new)


def _with_defaults(value: str, *, variables: int = 36) -> Plan:
    environment = _numbered(variables, f'VAR_%d: "{value}"')
    settings = (
        f"{{job_queue: q, job_definition: d, resources: {{vcpus: 1, memory_mib: 9}}, environment: {{{environment}}}}}"
    )
    head = f"schema: kedro-batch/plan/v1\ndefaults: {settings}\n"
    return read_plan(f"{head}{_jobs(MAX_JOBS // 1000, lambda n: f'command: [x, y{n}]')}".encode(), value)


def test_a_setting_that_jobs_share_is_spelled_once_for_all() -> None:
    shared = FieldChange(path=("environment", "A"), before="x j1", after="y")
    jobs = [Job(name=JobName(name), command=("x",), settings=JobSettings()) for name in ("j0", "j1", "j2")]
    known: KnownFacets = {}
    facets = [
        facet
        for job in jobs
        for facet in facets_of(
            JobChange(job=job.name, change=Change.CHANGED, name_before=job.name, fields=(shared,)), job, job, known
        )
    ]
    assert facets[0] is facets[2]
    assert [one.pattern and one.pattern.before for one in facets] == ["x j1", "x NODE", "x j1"]
