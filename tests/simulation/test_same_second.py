"""Two processes, each on a machine of its own, begin one run at the same moment."""

import pytest

from kedro_batch.plan.submit_job import RunId
from tests.simulation.command import Command, Word
from tests.simulation.scenario import Actor, Kind, Scenario, Trouble
from tests.simulation.search import Simulated, simulate
from tests.simulation.wire import Faults
from tests.support.simulation import plan_of

_JOBS = 40
_NAMES = [f"n{number:02}" for number in range(_JOBS)]
_WIDE = dict.fromkeys(_NAMES, "")
_CHAINS = {name: _NAMES[number - 5] if number >= 5 else "" for number, name in enumerate(_NAMES)}


def begun_together(plan, *, gap_s=0.0, rate=None, troubles=(), **service) -> Simulated:
    service = {"run_s": 3.0, "start_s": 1.0, "terminate_s": 1.0, "keep_bodies": False, **service}
    actors = tuple(
        Actor(
            command=Command(word=Word.APPLY_ID, journal=number, rate=rate),
            begins_at=number * gap_s,
            follows=False,
            latency_s=0.1,
            troubles=troubles if number == 0 else (),
        )
        for number in range(2)
    )
    scenario = Scenario(
        kind=Kind.TOGETHER,
        plan=plan_of(plan),
        run_id=RunId("ci-1"),
        service=service,
        changes=(),
        faults=Faults(),
        actors=actors,
    )
    return simulate(1, lambda _: scenario)


def ends(simulated: Simulated) -> dict[str, tuple[float, str]]:
    """Give when each process ended, and with what."""
    lines = [line.split(maxsplit=2) for line in simulated.story]
    return {who: (float(at), what) for at, who, what in lines if what.startswith("ends with")}


def made_by(simulated: Simulated) -> list[str]:
    """Give the process of every job that the service has taken, in their order."""
    taken = [line.split() for line in simulated.story if " takes " in line]
    return [words[words.index("from") + 1].rstrip(":") for words in taken]


@pytest.mark.parametrize("plan", [_WIDE, _CHAINS], ids=["wide", "chains"])
@pytest.mark.parametrize(("lag_s", "gap_s"), [(0.0, 0.0), (1.0, 0.0), (1.0, 0.3), (1.0, 1.0), (2.0, 0.5)])
def test_at_most_the_first_job_runs_twice_where_two_begin_a_run_in_the_same_second(plan, lag_s, gap_s):
    simulated = begun_together(plan, list_delay_s=lag_s, gap_s=gap_s)
    assert not simulated.broken
    assert sum(simulated.twice.values()) <= 2  # it ran, and was completed
    assert len(made_by(simulated)) <= _JOBS + 1
    assert {what for _, what in ends(simulated).values()} == {"ends with 0: succeeded"}


def test_where_the_process_that_goes_first_is_killed_the_other_one_goes_on():
    killed = Trouble(what="kill", at_s=8.0)
    simulated = begun_together(_WIDE, gap_s=0.2, list_delay_s=1.0, rate=1, troubles=(killed,))
    assert not simulated.broken
    made = made_by(simulated)
    assert made[:3] == ["A", "B", "A"]
    assert made[-1] == "B"
    assert len(made) <= _JOBS + 2
    at, what = ends(simulated)["B"]
    assert what == "ends with 0: succeeded"
    assert at < 8 + 60 + _JOBS


def test_where_the_one_that_waits_is_killed_the_other_one_does_not_notice():
    simulated = begun_together(_WIDE, gap_s=-0.2, list_delay_s=1.0, troubles=(Trouble(what="kill", at_s=4.0),))
    assert not simulated.broken
    assert ends(simulated)["B"][1] == "ends with 0: succeeded"


def test_the_version_of_a_job_that_is_described_late_is_asked_for_again():
    killed = Trouble(what="kill", at_s=8.0)
    simulated = begun_together(_WIDE, gap_s=0.5, list_delay_s=1.0, describe_delay_s=10.0, rate=1, troubles=(killed,))
    assert not simulated.broken
    assert len(simulated.versions) == 1


def test_a_list_that_is_later_than_the_look_leaves_it_to_the_next_one():
    simulated = begun_together(_WIDE, list_delay_s=10.0)
    assert not simulated.broken
    assert {what for _, what in ends(simulated).values()} == {"ends with 0: succeeded"}


def test_duplicates_that_take_long_to_stop_are_terminated_together():
    plan = dict.fromkeys(_NAMES[:20], "")
    simulated = begun_together(plan, list_delay_s=5.0, run_s=600.0, terminate_s=30.0)
    assert not simulated.broken
    assert len(made_by(simulated)) == 40
    assert "completed twice" not in simulated.twice


@pytest.mark.parametrize("lag_s", [0.0, 1.0])
def test_where_the_first_job_is_refused_the_next_one_decides_who_goes_first(lag_s):
    words = "Container overrides should not be set for Batch on EKS jobs."
    simulated = begun_together(_WIDE, list_delay_s=lag_s, refuse_jobs={"n00": words})
    assert simulated.broken == ("lost: n00",)
    assert len(made_by(simulated)) <= _JOBS  # one of the others is made twice
    assert {what for _, what in ends(simulated).values()} == {"ends with 6: failed"}
