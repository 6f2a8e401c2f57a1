"""How jobs are put into groups that fold."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kedro_batch.review.namespaces import namespaces_of
from kedro_batch.review.page.groups import FOLDED_ABOVE, MOST_SIDE_BY_SIDE, JobFacts, group_jobs


def facts(name, *, nodes=None, level=1, parents=(), tags=None):
    return JobFacts(
        name=name,
        namespaces=namespaces_of((name,) if nodes is None else nodes),
        level=level,
        parents=parents,
        tags=tags or {},
    )


def tree(jobs):
    """Return the groups as paths of names, each with the names of the jobs that stand in it."""
    grouped = group_jobs(jobs)

    def path(group):
        return () if group is None else (*path(grouped.groups[group].inside), grouped.groups[group].name)

    found: dict[tuple[str, ...], list[str]] = {path(group): [] for group in range(len(grouped.groups))}
    for job, group in zip(jobs, grouped.group_of, strict=True):
        found.setdefault(path(group), []).append(job.name)
    return found


def test_namespaces_are_groups_inside_of_each_other():
    names = ("a.x.one", "a.x.two", "a.y.one", "a.y.two", "b.one", "b.two", "loose")
    assert tree([facts(name) for name in names]) == {
        ("a",): [],
        ("b",): ["b.one", "b.two"],
        ("a", "a.x"): ["a.x.one", "a.x.two"],
        ("a", "a.y"): ["a.y.one", "a.y.two"],
        (): ["loose"],
    }


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        (("a.one", "b.one", "c.one"), {()}),  # a single job is no group
        (("p.a.one", "p.a.two", "p.b.one", "p.b.two"), {("p.a",), ("p.b",)}),  # what holds all jobs says nothing
        (("a.b.c.one", "a.b.c.two", "d"), {("a.b.c",), ()}),  # one inside of another, with the same jobs
        (("f([a.b]) -> [c.d]", "g([a.b]) -> [c.e]"), {()}),  # these dots are those of datasets
        (("a.f([x]) -> [y]", "a.g([x]) -> [z]", "h"), {("a",), ()}),
        (("..a", "..b", "c"), {()}),
    ],
)
def test_only_groups_that_say_something_are_made(names, groups):
    assert set(tree([facts(name) for name in names])) == groups


def test_a_job_is_in_the_namespace_that_all_its_nodes_share():
    jobs = [
        facts("one", nodes=("a.x.f", "a.y.g")),
        facts("two", nodes=("a.x.h",)),
        facts("three", nodes=("a.z", "b.z")),
        facts("join", nodes=()),
    ]
    assert tree(jobs) == {("a",): ["one", "two"], (): ["three", "join"]}


def test_without_namespaces_the_tag_that_tells_jobs_apart_groups_them():
    jobs = [facts(f"job_{n}", tags={"team": "all", "stage": ("prepare", "fit")[n % 2], "id": f"{n}"}) for n in range(8)]
    assert {path: len(found) for path, found in tree(jobs).items()} == {("stage=fit",): 4, ("stage=prepare",): 4}


def layers(levels, width):
    return [
        facts(f"job_{n:05}", level=n // width + 1, parents={n - width, n - n % width - 1} if n >= width else ())
        for n in range(levels * width)
    ]


def chains(count, length):
    return [
        facts(f"job_{n:05}", level=n % length + 1, parents={n - 1} if n % length else ()) for n in range(count * length)
    ]


def test_small_plans_without_names_stay_as_they_are():
    assert set(tree(layers(5, FOLDED_ABOVE // 5))) == {()}


def test_many_jobs_fold_by_level():
    found = tree(layers(8, 100))
    assert {path: len(jobs) for path, jobs in found.items()} == {(f"level {level}",): 100 for level in range(1, 9)}


def test_many_levels_fold_into_a_few_bands_of_levels():
    found = tree(layers(100, 100))
    assert len({path[0] for path in found}) == 34
    assert len(found["levels 1 to 3", "level 2"]) == 100


def test_few_linear_runs_fold_each_into_one_box():
    found = tree(chains(40, 20))
    assert len(found) == 40
    assert found["job_00000 to job_00019",] == [f"job_{n:05}" for n in range(20)]


def test_a_crowd_inside_of_a_namespace_folds_as_well():
    crowd = [facts(f"j{n}", nodes=(f"a.j{n}",), level=1 + n % 2) for n in range(200)]
    found = tree([*crowd, facts("other"), facts("another")])
    assert {path: len(jobs) for path, jobs in found.items()} == {
        (): 2,
        ("a",): 0,
        ("a", "level 1"): 100,
        ("a", "level 2"): 100,
    }


SPACES = ("", "a.", "b.", "a.c.", "a.c.d.", "e.f.")


@given(
    count=st.sampled_from((3, 90, 150, 400, 3_000)),
    width=st.integers(1, 3_000),
    spaces=st.lists(st.sampled_from(SPACES), min_size=1, max_size=5),
    many=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_no_more_than_can_be_looked_at_stand_side_by_side(count, width, spaces, many):
    jobs = [
        facts(
            f"{f'n{n // 5}.' if many else spaces[n % len(spaces)]}job_{n}",
            level=n // width + 1,
            parents={n - width} if n >= width else (),
        )
        for n in range(count)
    ]
    grouped = group_jobs(jobs)
    assert len(grouped.group_of) == len(jobs)
    assert all(one.inside is None or one.inside < number for number, one in enumerate(grouped.groups))
    holds = Counter((*grouped.group_of, *(one.inside for one in grouped.groups)))
    assert {*holds} - {None} == {*range(len(grouped.groups))}  # no group is empty
    if count > FOLDED_ABOVE:
        assert holds[None] <= 2 * MOST_SIDE_BY_SIDE
        assert max(holds.values()) <= 200


def test_lost_parents_may_close_a_circle():
    jobs = [facts(f"job_{n:03}", parents={(n - 1) % 200}) for n in range(200)]
    assert len(group_jobs(jobs).group_of) == 200
