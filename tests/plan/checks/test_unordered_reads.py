import pytest

from kedro_batch.diagnostics import Severity
from kedro_batch.plan.checks.unordered_reads import check_read_order
from kedro_batch.plan.model import JobName, Plan
from tests.support.plans import a_job


def plan(*jobs: str) -> Plan:
    """Make a plan: ``"a <x >y b"`` is a job ``a`` that reads x, writes y and waits for ``b``."""
    made = []
    for name, *words in map(str.split, jobs):
        made.append(
            a_job(
                name,
                reads=tuple(word[1:] for word in words if word[0] == "<"),
                writes=tuple(word[1:] for word in words if word[0] == ">"),
                depends_on=tuple(JobName(word) for word in words if word[0] not in "<>"),
            )
        )
    return Plan(jobs=tuple(made))


@pytest.mark.parametrize(
    ("jobs", "about"),
    [
        (["a >x", "b <x"], ("x", "a", "b")),
        (["a >x@spark", "b <x@pandas"], ("x", "a", "b")),
        (["a >x b", "b <x"], ("x", "a", "b")),  # it reads before all that write
        (["a >x", "b <x a"], None),
        (["a >x", "between a", "b <x between"], None),
        (["a <x >x"], None),
        (["b <x"], None),
        (["a >x", "b >x a", "c <x a"], ("x", "b", "c")),
        (["a >x", "b <x a", "c >x b"], None),  # it reads what the first one writes
    ],
)
def test_a_reader_waits_for_the_writers_that_may_run_beside_it(jobs, about):
    found = [
        (one.about["dataset"], one.about["producer"], one.about["consumer"]) for one in check_read_order(plan(*jobs))
    ]
    assert found == ([tuple((name,) for name in about)] if about else [])


def test_the_message_names_the_dataset_as_the_reader_does():
    (found,) = check_read_order(plan("a >x@spark", "b <raw <x@pandas"))
    assert found.path == ("jobs", 1, "reads")
    assert found.severity is Severity.WARNING
    assert found.message == (
        "'b' reads 'x@pandas', which 'a' writes, and does not wait for it: it may find old data, or none"
    )


def test_the_advice_is_for_compiled_plans_too_and_the_same_for_all_reads():
    (advice,) = {one.advice for one in check_read_order(plan("a >x >y", "b <x", "c <y"))}
    assert advice == (
        "If a job needs what is written, let its node read the dataset in the project too, as one more input, and "
        "compile again; in a plan written by hand, put the job that writes under depends_on"
    )


def test_of_thousands_a_thousand_are_told_and_how_many_there_are():
    found = list(check_read_order(plan("w >x", *(f"r{number} <x" for number in range(1500)))))
    assert len(found) == 1001
    assert found[0].message == "1,500 reads do not wait for a writer; here are 1,000 of them"
