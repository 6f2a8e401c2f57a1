"""The most that jobs may ask for at once, beside trying every set of jobs."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kedro_batch.plan.graph import ancestors, levels
from kedro_batch.plan.model import Plan
from kedro_batch.plan.settings import JobDefinition, Resources
from kedro_batch.review.overview.heaviest_antichain import Heaviest, find_heaviest_antichains
from kedro_batch.review.overview.model import Peak
from kedro_batch.review.overview.peak_demand import MOST_QUEUES, calculate_peaks
from tests.support.containers import MAIN, SIDE, on_pod, pod
from tests.support.plans import a_job


@st.composite
def weighted_graphs(draw):
    """Return parents by name, their levels, and weights in the order of the levels."""
    count = draw(st.integers(1, 9))
    parents = {
        f"j{child}": {f"j{parent}" for parent in draw(st.sets(st.integers(0, child - 1), max_size=4))} if child else ()
        for child in range(count)
    }
    weight = st.one_of(st.integers(0, 3), st.integers(0, 10**9))
    weights = draw(st.lists(st.lists(weight, min_size=count, max_size=count), min_size=1, max_size=3))
    return parents, levels(parents), weights


def sets_at_once(parents):
    """Return every set of jobs none of which waits for another."""
    above = ancestors(parents)
    bit = {name: 1 << number for number, name in enumerate(above)}
    waits = {(one, other) for one in parents for other in parents if above[one] & bit[other]}
    return [
        some
        for size in range(len(parents) + 1)
        for some in combinations(parents, size)
        if not any(pair in waits or pair[::-1] in waits for pair in combinations(some, 2))
    ]


def heaviest_of_every_set(parents, order, weights):
    weight_of = dict(zip(order, weights, strict=True))
    return max(sum(weight_of[name] for name in some) for some in sets_at_once(parents))


@given(weighted_graphs())
@settings(max_examples=150)
def test_no_set_of_jobs_that_may_run_at_once_is_heavier_and_one_is_as_heavy(drawn):
    parents, level_of, weights = drawn
    expected = [Heaviest(heaviest_of_every_set(parents, level_of, some), exact=True) for some in weights]
    assert find_heaviest_antichains(parents, level_of, weights) == expected


@given(weighted_graphs())
@settings(max_examples=100)
def test_what_would_take_too_long_has_an_upper_bound(drawn):
    parents, level_of, weights = drawn
    for found, some in zip(find_heaviest_antichains(parents, level_of, weights, most_steps=0), weights, strict=True):
        true = heaviest_of_every_set(parents, level_of, some)
        assert found.weight == true if found.exact else true <= found.weight <= sum(some)


@pytest.mark.parametrize(("heavy", "exact"), [(10**12, True), (2**53 + 1, False)])
def test_weights_that_a_flow_cannot_tell_apart_have_a_bound(heavy, exact):
    parents = {"a": (), "d": (), "b": ("a",), "e": ("d",)}
    level_of = levels(parents)
    (found,) = find_heaviest_antichains(parents, level_of, [[heavy if name in "bd" else 1 for name in level_of]])
    assert found == Heaviest(2 * heavy, exact=exact)


def plan_of(*jobs, **fields):
    plan = Plan(jobs=jobs, **fields)
    return plan, levels({job.name: job.depends_on for job in jobs})


POD = pod(MAIN, {**SIDE, "resources": {"limits": {"cpu": "1", "memory": "1Gi", "nvidia.com/gpu": "1"}}})
GIVES = JobDefinition(image="i", resources=Resources(vcpus=2, memory_mib=512, gpus=1))
DEFINITIONS = {"gives": (2, 512, 1), "pod": (1, 1024, 1), "named": (0, 0, 0)}
"""What definitions add: instead of what is not stated, beside what is stated, nothing."""


@st.composite
def plans_with_amounts(draw):
    """Return a plan of few jobs, and for each job its queue and what it asks for."""
    jobs, asked = [], {}
    for number in range(draw(st.integers(1, 7))):
        name, definition = f"j{number}", draw(st.sampled_from(sorted(DEFINITIONS)))
        stated = (
            draw(st.sampled_from([None, 0.25, 1, 16])),
            draw(st.sampled_from([None, 512, 100_000])),
            draw(st.sampled_from([None, 0, 1, 8])),
        )
        given_by = DEFINITIONS[definition]
        amounts = tuple(
            (own or 0) + more if definition == "pod" else own or more
            for own, more in zip(stated, given_by, strict=True)
        )
        queue = draw(st.sampled_from(["cpu", "gpu"]))
        jobs.append(
            a_job(
                name,
                depends_on=tuple(f"j{one}" for one in sorted(draw(st.sets(st.integers(0, number - 1)))))
                if number
                else (),
                job_queue=queue,
                job_definition=definition,
                resources=Resources(vcpus=stated[0], memory_mib=stated[1], gpus=stated[2]),
                submit=on_pod(MAIN) if definition == "pod" else {},
            )
        )
        asked[name] = queue, (1, *amounts)
    return Plan(jobs=tuple(jobs), job_definitions={"gives": GIVES, "pod": POD}), asked


@given(plans_with_amounts())
@settings(max_examples=150)
def test_each_amount_has_the_peak_of_every_set_of_jobs_in_all_and_by_queue(drawn):
    plan, asked = drawn
    at_once = sets_at_once(plan.parents)

    def peak(queues):
        amounts = [[asked[name][1] for name in some if asked[name][0] in queues] for some in at_once]
        most = [max(sum(one[at] for one in some) for some in amounts) for at in range(4)]
        return Peak(jobs=most[0], vcpus=most[1], memory_mib=most[2], gpus=most[3])

    whole_plan, by_queue = calculate_peaks(*plan_of(*plan.jobs, job_definitions=plan.job_definitions))
    assert whole_plan == peak({"cpu", "gpu"})
    assert by_queue == {queue: peak({queue}) for queue in sorted({queue for queue, _ in asked.values()})}


def test_jobs_of_different_levels_run_at_once():
    long = [a_job(f"long{n}", depends_on=(f"long{n - 1}",) if n else ()) for n in range(3)]
    big = Resources(vcpus=8, memory_mib=4096, gpus=1)
    side = [a_job("load", resources=Resources(vcpus=0.25)), a_job("train", resources=big, depends_on=("load",))]
    last = a_job("last", resources=big, depends_on=("long0",))
    peak, by_queue = calculate_peaks(*plan_of(*long, *side, last))
    assert (peak.jobs, peak.vcpus, peak.memory_mib, peak.gpus, peak.upper_bounds) == (3, 16, 8192, 2, ())
    assert by_queue == {"q": peak}


def test_fractions_of_vcpus_add_up_exactly():
    peak, _ = calculate_peaks(*plan_of(*(a_job(f"j{n}", resources=Resources(vcpus=0.1)) for n in range(3))))
    assert peak.vcpus == pytest.approx(0.3, abs=0)


def test_a_job_asks_for_what_its_declared_definition_gives():
    plan = plan_of(a_job(), job_definitions={"d": JobDefinition(image="i", resources=Resources(vcpus=2))})
    assert calculate_peaks(*plan)[0].vcpus == 2


def test_queues_are_counted_by_themselves_the_largest_of_very_many():
    jobs = [
        a_job("a", job_queue="gpu", resources=Resources(vcpus=4, gpus=1)),
        a_job("b", job_queue="gpu", resources=Resources(vcpus=4, gpus=1), depends_on=("c",)),
        a_job("c", job_queue="cpu", resources=Resources(vcpus=1), depends_on=("a",)),
        a_job("d", job_queue="cpu", resources=Resources(vcpus=1)),
    ]
    peak, by_queue = calculate_peaks(*plan_of(*jobs))
    assert (peak.vcpus, peak.gpus) == (5, 1)
    assert {queue: (one.jobs, one.vcpus, one.gpus) for queue, one in by_queue.items()} == {
        "cpu": (2, 2, 0),
        "gpu": (1, 4, 1),
    }
    many = [a_job(f"j{n}", job_queue=f"q{n % 30}") for n in range(50)]
    assert len(calculate_peaks(*plan_of(*many))[1]) == MOST_QUEUES
