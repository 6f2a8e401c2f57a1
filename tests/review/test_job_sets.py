"""Sets of jobs are described by what exactly they have in common, or by their names."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.plan.model import JOIN_COMMAND, Job, JobName
from kedro_batch.plan.settings import JobSettings, Resources
from kedro_batch.review.job_sets import JobSets, Kind
from kedro_batch.review.name_sets import NameSets
from kedro_batch.review.namespaces import namespaces_of
from kedro_batch.review.shown_names import names_in_short
from tests.support.plans import a_job


def jobs_of(*groups, **given):
    """Make jobs ``GROUP-0``, ``GROUP-1`` and so on, whose node has the group as its namespace."""
    return [a_job(f"{group}{at}", nodes=(f"{group}.n{at}",), **given) for group, count in groups for at in range(count)]


def names_of(jobs):
    return [job.name for job in jobs]


TRAINING, SCORING, LOADING = (
    jobs_of((group, count)) for group, count in (("train", 116), ("score", 30), ("load", 654))
)
ALL = [*TRAINING, *SCORING, *LOADING]


@pytest.mark.parametrize(
    ("some", "words"),
    [
        (ALL, "all 800 jobs"),
        ([*SCORING, *LOADING], "684 of 800 jobs (all but namespace train)"),
        (SCORING, "30 of 800 jobs (namespace score)"),
        (LOADING, "654 of 800 jobs (namespace load)"),
        (ALL[:1], "train0"),
        (ALL[:3], "train0, train1, train2"),
        (ALL[2:], "798 of 800 jobs (all but train0, train1)"),
        (ALL[:10], "train0, train1, train2, train3, train4, train5, train6, train7, train8, train9"),
        (
            [*ALL[:11], *LOADING],
            f"665 of 800 jobs: {', '.join(names_of(ALL[:10]))}, and 655 more",
        ),
    ],
)
def test_a_set_is_described_by_what_it_has_in_common_or_by_ten_names(some, words):
    assert JobSets(ALL).describe(names_of(some)) == words


def test_all_names_are_told_if_they_are_asked_for():
    assert JobSets(ALL).describe(names_of(ALL[:60]), full=True).endswith("train58, train59")
    assert JobSets(ALL).describe(names_of(SCORING), full=True) == "30 of 800 jobs (namespace score)"


@pytest.mark.parametrize(
    ("alike", "words"),
    [
        ({"job_queue": "gpu"}, "queue gpu"),
        ({"job_definition": "big:3"}, "definition big:3"),
        ({"tags": {"team": "a=b"}}, "tag team=a=b"),
        ({"resources": Resources(gpus=4)}, "those that ask for GPUs"),
        ({"command": JOIN_COMMAND}, "join jobs"),
    ],
)
def test_jobs_may_share_a_setting(alike, words):
    some, others = ([a_job(f"{letter}{at}", **more) for at in range(6)] for letter, more in (("x", alike), ("y", {})))
    sets = JobSets([*some, *others, a_job("z")])
    assert sets.describe(names_of(some)) == f"6 of 13 jobs ({words})"
    assert sets.describe([*names_of(others), "z"]) == f"7 of 13 jobs (all but {words})"


def test_jobs_with_several_numbers_of_gpus_are_told_apart():
    jobs = [a_job(f"j{at}", resources=Resources(gpus=at % 3)) for at in range(15)]
    assert (
        JobSets(jobs).describe([f"j{at}" for at in range(15) if at % 3 == 2])
        == "5 of 15 jobs (those that ask for 2 GPUs)"
    )
    assert JobSets(jobs).describe([f"j{at}" for at in range(15) if at % 3]) == "10 of 15 jobs (those that ask for GPUs)"


def test_names_may_begin_or_end_alike():
    jobs = [a_job(f"{ns}-{node}") for ns in ("eu", "us", "asia", "africa") for node in ("fit", "fit_all", "score", "x")]
    sets = JobSets(jobs)
    assert sets.describe(["eu-fit", "eu-fit_all", "eu-score", "eu-x"]) == "4 of 16 jobs (eu-*)"
    assert sets.describe(["eu-fit", "us-fit", "asia-fit", "africa-fit"]) == "4 of 16 jobs (*-fit)"
    assert sets.describe([name for name in names_of(jobs) if not name.endswith("-score")]) == (
        "12 of 16 jobs (all but *-score)"
    )


def test_names_may_begin_alike_in_several_namespaces():
    nodes = [f"{ns}.{node}" for ns in ("eu", "us", "asia") for node in ("fit_a", "fit_b", "score", "x")]
    sets = JobSets([a_job(node.replace(".", "-"), nodes=(node,)) for node in nodes])
    fits = [node.replace(".", "-") for node in nodes if "fit" in node]
    assert sets.describe(fits) == "6 of 12 jobs (fit_* of any namespace)"
    two_nodes = JobSets([a_job(name.replace(".", "-"), nodes=(name, f"{name}_too")) for name in nodes])
    assert two_nodes.describe(fits) == "6 of 12 jobs (fit_* of any namespace)"


def test_a_few_namespaces_or_queues_describe_jobs_together():
    jobs = [*jobs_of(("eu", 3), ("us", 2), ("asia", 9)), a_job("b0", job_queue="b"), a_job("c0", job_queue="c")]
    sets = JobSets([*jobs, *jobs_of(("africa", 9))])
    assert sets.describe(names_of(jobs[:5])) == "5 of 25 jobs (namespaces eu and us)"
    assert sets.describe(names_of(jobs[1:5])) == "eu1, eu2, us0, us1"  # without eu0
    queues = JobSets([a_job(f"j{at}", job_queue="abcd"[at % 4]) for at in range(20)])
    some = [f"j{at}" for at in range(20) if at % 4 < 2]
    assert queues.describe(some) == "10 of 20 jobs (queues a and b)"
    assert queues.describe(some, without={Kind.QUEUE}) == ", ".join(some)


def test_what_a_change_is_about_does_not_describe_its_jobs():
    jobs = [*jobs_of(("a", 5), job_queue="gpu"), *jobs_of(("b", 9))]
    sets = JobSets(jobs)
    assert sets.describe([*names_of(jobs[:5])], without=(Kind.NAMESPACE,)) == "5 of 14 jobs (queue gpu)"
    assert sets.describe([*names_of(jobs[:5])], without=tuple(Kind)) == "a0, a1, a2, a3, a4"


@pytest.mark.parametrize(
    ("nodes", "namespaces"),
    [
        (("clean",), ()),
        (("prep.clean",), ("prep",)),
        (("prep.eu.clean", "prep.eu.join"), ("prep", "prep.eu")),
        (("prep.eu.clean", "prep.us.join", "prep.us.x"), ("prep",)),
        (("prep.clean", "preparation.fit"), ()),
        (("prep.clean", "fit"), ()),
        (("prep.f([prep.a]) -> [prep.b]",), ("prep",)),
        (("f([prep.a]) -> [prep.b]",), ()),
        (("..a", ".b"), ()),
        ((), ()),
    ],
)
def test_the_namespaces_of_a_job_hold_all_its_nodes(nodes, namespaces):
    assert namespaces_of(nodes) == namespaces


SETTINGS = st.builds(
    JobSettings,
    job_queue=st.sampled_from("qr"),
    job_definition=st.sampled_from("de"),
    tags=st.dictionaries(st.sampled_from("tu"), st.sampled_from("12")),
    resources=st.builds(Resources, gpus=st.sampled_from([None, 0, 1, 2])),
)
NAMES = st.from_regex(r"[ab](_[ab]|-[ab])?(_[ab]|-[ab])?", fullmatch=True)
NODES = st.lists(st.from_regex(r"([ab]\.)?([ab]\.)?n(_[ab])?", fullmatch=True), max_size=2, unique=True)


@st.composite
def jobs_and_some(draw):
    names = draw(st.lists(NAMES, min_size=1, max_size=24, unique=True))
    jobs = [
        Job(name=JobName(name), command=JOIN_COMMAND, nodes=tuple(draw(NODES)), settings=draw(SETTINGS))
        for name in names
    ]
    # Sets that have something in common are drawn more often than chance would.
    asked = draw(st.sampled_from(["subset", *SHARED]))
    if asked == "subset":
        return jobs, draw(st.sets(st.sampled_from(names), min_size=1))
    value = draw(st.sampled_from(["a", "b", "a.b", "q", "d", "t=1", "GPUs", "2 GPUs", "a_*", "*-b", "n_*", ""]))
    some = {job.name for job in jobs if SHARED[asked](job, value) is not draw(st.booleans())}
    return jobs, some or {names[0]}


SHARED = {
    "namespace": lambda job, value: bool(job.nodes) and all(node.startswith(f"{value}.") for node in job.nodes),
    "queue": lambda job, value: job.settings.job_queue == value,
    "definition": lambda job, value: job.settings.job_definition == value,
    "tag": lambda job, value: value in {f"{key}={one}" for key, one in job.settings.tags.items()},
    "those that ask for": lambda job, value: (
        (job.settings.resources.gpus or 0) > 0
        if value == "GPUs"
        else value.split(" ")[0] == str(job.settings.resources.gpus or 0)
    ),
    "join jobs": lambda job, _: not job.nodes,
    "own name": lambda job, value: own_name(job).startswith(value.removesuffix("*") or "-"),
    "": lambda job, value: job.name.startswith(value[:-1]) if value[-1:] == "*" else job.name.endswith(value[1:]),
}


OF_ANY = " of any namespace"


def own_name(job):
    """Return the name of a job without its namespace."""
    namespaces = namespaces_of(job.nodes)
    return job.name.removeprefix(f"{namespaces[-1].replace('.', '-')}-") if namespaces else job.name


def described(words, jobs):
    """Return the jobs that a description is true of, found without the code that made it."""
    every = {job.name for job in jobs}
    if words == f"all {len(jobs)} jobs":
        return every
    if "(" not in words:
        return {*words.partition(": ")[2].split(", ")} if ": " in words else {*words.split(", ")}
    shared = words.partition("(")[2][:-1]
    inner = shared.removeprefix("all but ")
    kind = "own name" if inner.endswith(OF_ANY) else next(kind for kind in SHARED if inner.startswith(kind))
    if inner.startswith(f"{kind}s "):
        some = {job.name for job in jobs for one in inner.partition(" ")[2].split(" and ") if SHARED[kind](job, one)}
    elif kind or "*" in inner:
        value = inner.removeprefix(kind).removesuffix(OF_ANY).strip()
        some = {job.name for job in jobs if SHARED[kind](job, value)}
    else:
        some = {*inner.split(", ")}
    return every - some if inner != shared else some


@given(jobs_and_some())
def test_the_described_set_is_the_set(drawn):
    jobs, some = drawn
    words = JobSets(jobs).describe(some, full=True)
    assert described(words, jobs) == some
    assert "(" not in words or words.startswith(f"{len(some)} of {len(jobs)} jobs (")


@pytest.mark.parametrize(
    ("begins", "ends", "words"),
    [
        ("", "", "all 12 datasets"),
        ("eu.", "", "4 of 12 datasets (eu.*)"),
        ("eu. us.", "", "8 of 12 datasets (eu.* and us.*)"),
        ("eu. us. asia.", "tidy_a tidy_b", "6 of 12 datasets (tidy_* of any namespace)"),
        ("eu. us.", "tidy_a tidy_b", None),
        ("", "x", None),
    ],
)
def test_names_are_described_only_by_words_that_are_exact(begins, ends, words):
    every = [f"{ns}.{name}" for ns in ("eu", "us", "asia") for name in ("tidy_a", "tidy_b", "model", "x")]
    assert (
        NameSets(every, "dataset").describe(
            [one for one in every if one.startswith((*begins.split(),) or "") and one.endswith((*ends.split(),) or "")]
        )
        == words
    )


@given(st.lists(st.from_regex(r"([ab]\.)?[ab](_[ab])?(_[ab])?", fullmatch=True), min_size=1, unique=True), st.data())
def test_the_described_names_are_those_names(every, data):
    some = data.draw(st.sets(st.sampled_from(every), min_size=1))
    words = NameSets(every, "dataset").describe(some)
    if words is None or words.startswith("all "):
        assert words is None or len(some) == len(every)
        return
    patterns = words.partition("(")[2].removesuffix(")")
    if patterns.endswith(OF_ANY):
        begin = patterns.removesuffix(f"*{OF_ANY}")
        found = {one for one in every if one.rpartition(".")[2].startswith(begin)}
    else:
        found = {one for one in every for pattern in patterns.split(" and ") if fnmatchcase(one, pattern)}
    assert found == some
    assert words.startswith(f"{len(some)} of {len(every)} dataset")


def test_many_names_that_begin_alike_are_counted_and_others_named():
    names = [f"eu.daily_{at}" for at in range(13)]
    assert names_in_short(names) == ["13 names that begin with eu.daily_"]
    assert names_in_short([*names, "us.x"]) == [*names[:5], "and 9 more"]
    assert names_in_short([*names, "eu.x"]) == ["14 names that begin with eu."]
    assert names_in_short(names[:5]) == names[:5]
    assert names_in_short(names, full=True) == names
    two = [f"{ns}.daily_{at}" for ns in ("eu", "us") for at in range(6)]
    assert names_in_short(two) == ["12 names that begin with eu.daily_ or us.daily_"]
    assert names_in_short([f"x{at}" for at in range(6)]) == ["x0", "x1", "x2", "x3", "x4", "and 1 more"]
