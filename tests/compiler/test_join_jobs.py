from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.compiler.join_jobs import insert_join_jobs
from kedro_batch.plan.model import JobName
from tests.plan.test_graph import reachable


def fan(count: int, *, children: int = 1) -> dict[JobName, set[JobName]]:
    above = {JobName(f"parent_{number:05}") for number in range(count)}
    graph = {name: set[JobName]() for name in above}
    return graph | {JobName(f"child_{number}"): above for number in range(children)}


def gathered(joined, name):
    """Give the jobs that a job waits for through join jobs alone."""
    return {
        one
        for parent in joined.parents[name]
        for one in (gathered(joined, parent) if parent in joined.join_jobs else {parent})
    }


def test_twenty_parents_need_no_join_job():
    assert not insert_join_jobs(fan(20)).join_jobs


@given(st.integers(21, 900))
def test_any_number_of_parents_is_gathered_by_twenties(count):
    joined = insert_join_jobs(fan(count))
    assert max(map(len, joined.parents.values())) <= 20
    assert gathered(joined, "child_0") == {f"parent_{number:05}" for number in range(count)}
    assert all(len(joined.parents[name]) > 1 for name in joined.join_jobs)


def test_ten_thousand_parents_work():
    joined = insert_join_jobs(fan(10_000))
    assert max(map(len, joined.parents.values())) <= 20
    assert len(reachable(joined.parents)["child_0"]) == 10_000 + len(joined.join_jobs)
    assert len(joined.join_jobs) < 1_000


@given(st.integers(21, 3000), st.text("abcdef", min_size=1, max_size=5))
def test_one_more_parent_changes_one_join_job_of_a_level_and_no_other(count, newcomer):
    graph = fan(count)
    before = insert_join_jobs(graph)
    name = JobName(f"z{newcomer}")
    after = insert_join_jobs(graph | {name: set(), JobName("child_0"): graph[JobName("child_0")] | {name}})
    kept = before.join_jobs.keys() & after.join_jobs.keys()
    changed = [join for join in kept if before.parents[join] != after.parents[join]]
    gone = before.join_jobs.keys() - after.join_jobs.keys()
    levels = [join.partition("-join")[2][0] for join in (*changed, *gone)]
    assert len(levels) == len(set(levels))  # at most one of a level is changed or split


def test_no_other_job_changes_the_join_jobs_of_a_job():
    graph = fan(60, children=3)
    before = insert_join_jobs(graph)
    more = {JobName("zz"): set[JobName](), JobName("child_1"): graph[JobName("child_1")] | {JobName("zz")}}
    after = insert_join_jobs(graph | more)
    changed = [job for job, above in before.parents.items() if after.parents.get(job) != above]
    assert len(changed) == 1
    assert before.join_jobs[changed[0]] == "child_1"
    for reader in (graph[JobName("child_0")], sorted(graph[JobName("child_0")])[:42]):
        another = insert_join_jobs(graph | {JobName("a_child"): reader})
        assert {name: another.parents[name] for name in before.parents} == dict(before.parents)


def test_most_newcomers_change_exactly_one_block():
    graph = fan(1000)
    before = insert_join_jobs(graph)
    touched = []
    for number in range(200):
        name = JobName(f"parent_{5 * number:05}b")
        after = insert_join_jobs(graph | {name: set(), JobName("child_0"): graph[JobName("child_0")] | {name}})
        differing = [job for job, above in after.parents.items() if job != name and before.parents.get(job) != above]
        touched.append(len(differing))
    assert touched.count(1) > 140  # the others split a full join job


def test_names_of_join_jobs_are_legal_and_unlike_all_others():
    long = [JobName(f"{'c' * 97}{number}") for number in range(10, 60)]
    graph: dict[JobName, set[JobName]] = {JobName("reader"): set(long), **{name: set() for name in long}}
    taken = insert_join_jobs(graph)
    assert all(len(name) <= 99 for name in taken.join_jobs)
    again = insert_join_jobs(graph | {JobName(name.upper()): set() for name in taken.join_jobs})
    names = [name.lower() for name in again.parents]
    assert len(set(names)) == len(names)


@given(st.randoms(use_true_random=False))
def test_the_order_of_definition_does_not_matter(chance):
    graph = fan(100, children=3)
    shuffled = list(graph.items())
    chance.shuffle(shuffled)
    assert insert_join_jobs(dict(shuffled)).parents == insert_join_jobs(graph).parents
