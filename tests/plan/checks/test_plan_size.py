import pytest

from kedro_batch.plan.checks.plan_size import check_size


def numbered(count):
    return {f"A{number}": "b" for number in range(count)}


@pytest.mark.parametrize(
    ("file", "path", "message"),
    [
        (
            {"jobs": [{"environment": {}}] * 5000, "defaults": {"environment": numbered(300)}},
            ("defaults", "environment"),
            "has 300 values for 5,000 jobs, which take 500,000 together at most: put them into the job definition",
        ),
        (
            {"jobs": [{}] * 1000, "defaults": {"submit": {"parameters": numbered(600)}}},
            ("defaults", "submit"),
            "has 601 values for 1,000 jobs, which take 500,000 together at most: put them into the job definition",
        ),
        (
            {"jobs": [{}, {"submit": {"parameters": numbered(2000)}}]},
            ("jobs", 1, "submit"),
            "has 2,001 values; 2,000 are read at most",
        ),
        (
            {"jobs": [{"reads": ["a"] * 200_000, "writes": ["b"] * 100_000}, {"nodes": ["c"] * 100_001}]},
            ("jobs",),
            "name 400,001 nodes and datasets to run, read and write; 400,000 are read at most",
        ),
    ],
)
def test_what_is_too_much_for_a_plan_is_refused(file, path, message):
    ((found),) = [(one.path, one.message) for one in check_size(file)]
    assert found == (path, message)


@pytest.mark.parametrize(
    "file",
    [
        {"jobs": [{}]},
        {"jobs": [{}] * 25_000, "defaults": {"environment": numbered(400)}},  # no job has a copy of its own
        {"jobs": [{"environment": {}}] * 1250, "defaults": {"environment": numbered(400)}},
        {"jobs": [{"submit": {"parameters": numbered(1999)}}]},
        {"jobs": [{"reads": ["a"] * 400_000}]},
    ],
)
def test_what_is_large_but_not_too_large_is_let_through(file):
    assert not list(check_size(file))
