from typing import Any

import pytest

from kedro_batch.plan.checks.structure import check_dependencies, check_names, check_targets


def jobs(*names_and_parents: str) -> dict[str, Any]:
    """Make a file of jobs: ``"a b c"`` is a job ``a`` that waits for ``b`` and ``c``."""
    words = [one.split() for one in names_and_parents]
    return {"jobs": [{"name": name, "depends_on": parents} for name, *parents in words]}


def told(check, value):
    return [(one.path, one.message) for one in check(value)]


NO_FILES: list[Any] = [None, 5, "x", [], {}, {"jobs": None}, {"jobs": {}}, {"jobs": [None, 5, [], {}, {"name": 5}]}]


@pytest.mark.parametrize("value", NO_FILES)
def test_whatever_is_no_file_of_jobs_has_no_names_and_no_dependencies(value):
    assert not told(check_names, value)
    assert not told(check_dependencies, value)


@pytest.mark.parametrize(
    ("defaults", "job", "missing"),
    [
        ({}, {}, ["job_queue", "job_definition"]),
        ({"job_queue": "q"}, {}, ["job_definition"]),
        ({"job_queue": "q"}, {"job_definition": "d"}, []),
        (None, {"job_queue": "q", "job_definition": "d"}, []),
    ],
)
def test_a_target_is_in_the_job_or_in_the_defaults(defaults, job, missing):
    expected = [(("jobs", 1), f"has no {name}: name it here or in defaults") for name in missing]
    assert told(check_targets, {"defaults": defaults, "jobs": ["no job", job]}) == expected


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ("a b c", []),
        ("a b a", [(2, "'a' is the name of jobs[0]: names must differ")]),
        ("a A", [(1, "'A' differs only in case, which AWS Batch ignores, from jobs[0]: names must differ")]),
        (
            "a a a",
            [
                (1, "'a' is the name of jobs[0]: names must differ"),
                (2, "'a' is the name of jobs[0]: names must differ"),
            ],
        ),
    ],
)
def test_names_differ_in_more_than_case(names, found):
    assert told(check_names, jobs(*names.split())) == [(("jobs", index, "name"), text) for index, text in found]


@pytest.mark.parametrize(
    ("file", "path", "message"),
    [
        (jobs("train", "b trian"), (1, "depends_on", 0), "no job is named 'trian'. Did you mean 'train'?"),
        (jobs("a b", "b a"), (0, "depends_on"), "the jobs wait for each other: a -> b -> a"),
        (jobs("a a"), (0, "depends_on"), "the jobs wait for each other: a -> a"),
        (jobs("a b", "b", "b a"), None, ""),  # of two jobs with one name, the first counts
        ({"jobs": [{"name": "a", "depends_on": [5]}, {"name": "b", "depends_on": "a"}]}, None, ""),
        (
            jobs(*(f"n{n:02} n{(n + 1) % 40:02}" for n in range(40))),
            (0, "depends_on"),
            "the jobs wait for each other: n00 -> n01 -> n02 -> n03 -> n04 -> n05 -> n06 -> (32 more) -> n39 -> n00",
        ),
    ],
)
def test_dependencies_name_jobs_and_do_not_go_round(file, path, message):
    assert told(check_dependencies, file) == ([(("jobs", *path), message)] if path else [])


def test_every_cycle_is_reported_even_beside_a_repeated_name():
    found = told(check_dependencies, jobs("a b", "b a", "c d", "d c", "e e", "e"))
    assert [message.partition(": ")[2] for _, message in found] == ["a -> b -> a", "c -> d -> c", "e -> e"]


def test_of_many_cycles_the_first_are_told_and_that_there_are_more():
    found = told(check_dependencies, jobs(*(f"j{n:02} j{n:02}" for n in range(30))))
    assert len(found) == 21
    assert found[-1][1] == "more jobs wait for each other; fix these cycles first"


def test_near_names_are_looked_for_only_as_long_as_that_takes_little_time():
    def hints(file):
        return sum("Did you mean" in message for _, message in told(check_dependencies, file))

    assert hints(jobs(*(f"job{n} jop{n}" for n in range(30)))) == 20
    long = "x" * 80
    assert hints(jobs(*(f"{long}{n} {long}y{n}" for n in range(8000)))) == 0
