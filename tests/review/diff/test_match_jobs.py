from dataclasses import replace

import pytest

from kedro_batch.plan.model import JOIN_COMMAND, Job, JobName, Plan
from kedro_batch.review.diff.match_jobs import match_jobs
from tests.review.counted_names import CountedName, count_looks
from tests.support.plans import a_job


def a_node(name: str, reads: str = "", writes: str = "", after: str = "", **given) -> Job:
    """Make a job of one node, as the compiler does; lists are separated by spaces."""
    lists = {"reads": reads, "writes": writes, "depends_on": after}
    return a_job(
        name.replace(".", "-"),
        command=("kedro", "run", f"--nodes={name}"),
        nodes=(name,),
        **{field: tuple(names.split()) for field, names in lists.items()},
        **given,
    )


def a_join(name: str, after: str) -> Job:
    return a_job(name, command=JOIN_COMMAND, depends_on=tuple(after.split()))


def a_group(name: str, nodes: str, **given) -> Job:
    return a_job(name, nodes=tuple(nodes.split()), **given)


def a_country(name: str, *, reports: str = "report") -> list[Job]:
    """Make the three jobs of a namespace, which read only what is its own; nothing if the namespace has no name."""
    own = f"{name}." if name else ""
    clean, train = (f"{own}{what}".replace(".", "-") for what in ("clean", "train"))
    return [
        a_node(f"{own}clean", f"{own}raw", f"{own}tidy"),
        a_node(f"{own}train", f"{own}tidy", f"{own}model", clean),
        a_node(f"{own}{reports}", f"{own}model", f"{own}score", train),
    ]


def renamed(old: str, new: str, nodes: str = "clean train report") -> dict[str, str]:
    before, after = (f"{name}-".replace(".", "-") if name else "" for name in (old, new))
    return {f"{after}{node}": f"{before}{node}" for node in nodes.split()}


FED = a_node("feed", "raw", "food")
NAMESPACED = [
    [
        a_node(f"{name}.split", "food", f"{name}.test {name}.train", "feed"),
        a_node(f"{name}.fit", f"{name}.train", f"{name}.model", f"{name}-split"),
        a_node(f"{name}.rate", f"{name}.model {name}.test", f"{name}.score", f"{name}-fit"),
    ]
    for name in ("first_try", "second_try")
]

RENAMES: dict[str, tuple[list[Job], list[Job], dict[str, str]]] = {
    "same_name": ([a_node("a", "x", "y")], [a_node("a", "p", "q")], {"a": "a"}),
    "same_nodes": ([a_group("team", "n m")], [a_group("squad", "n m")], {"squad": "team"}),
    "same_data": ([a_node("clean", "raw", "tidy@spark")], [a_node("wash", "raw2", "tidy@pandas")], {"wash": "clean"}),
    "most_of_the_nodes": ([a_group("team", "k m n")], [a_group("squad", "k m o")], {"squad": "team"}),
    "half_of_the_nodes": ([a_group("team", "m n", writes=("y",))], [a_group("squad", "m o", writes=("z",))], {}),
    "no_data_and_the_same_place": (
        [FED, a_node("mail", "food", after="feed")],
        [FED, a_node("send", "food", after="feed")],
        {"feed": "feed", "send": "mail"},
    ),
    "no_data_and_two_in_the_same_place": (
        [FED, a_node("mail", "food", after="feed"), a_node("call", "food", after="feed")],
        [FED, a_node("send", "food", after="feed")],
        {"feed": "feed"},
    ),
    "name_and_data_between_the_same_jobs": (
        [FED, a_node("clean", "food", "tidy", "feed"), a_node("eat", "tidy", after="clean")],
        [FED, a_node("wash", "food", "spotless", "feed"), a_node("eat", "spotless", after="wash")],
        {"feed": "feed", "wash": "clean", "eat": "eat"},
    ),
    "two_leaves_that_read_the_same": (
        [FED, a_node("plot", "food", "plot_of_food", "feed")],
        [FED, a_node("export", "food", "exported", "feed")],
        {"feed": "feed"},
    ),
    "leaf_renamed_together_with_its_data": (
        [FED, a_node("plot_food", "food", "food_plot", "feed")],
        [FED, a_node("plot_meals", "food", "meals_plot", "feed")],
        {"feed": "feed", "plot_meals": "plot_food"},
    ),
    "one_source_in_place_of_another": (
        [a_node("sum_malta", "sales_malta", "sum_malta")],
        [a_node("sum_spain", "sales_spain", "sum_spain")],
        {},
    ),
    "other_command": (
        [FED, a_job("mail", command=("post", "slow"), depends_on=("feed",))],
        [FED, a_job("send", command=("post", "fast"), depends_on=("feed",))],
        {"feed": "feed"},
    ),
    "namespace": (
        [FED, *NAMESPACED[0]],
        [FED, *NAMESPACED[1]],
        {"feed": "feed", **{f"second_try-{name}": f"first_try-{name}" for name in ("split", "fit", "rate")}},
    ),
    "namespace_and_all_its_data": (
        [FED, *a_country("malta")],
        [FED, *a_country("gozo")],
        {"feed": "feed", **renamed("malta", "gozo")},
    ),
    "namespace_inside_of_another": (
        [*a_country("eu.malta"), *a_country("eu.spain")],
        [*a_country("eu.gozo"), *a_country("eu.spain")],
        renamed("eu.malta", "eu.gozo") | renamed("eu.spain", "eu.spain"),
    ),
    "namespace_around_others": (
        [*a_country("eu.malta"), *a_country("eu.spain")],
        [*a_country("europe.malta"), *a_country("europe.spain")],
        renamed("eu.malta", "europe.malta") | renamed("eu.spain", "europe.spain"),
    ),
    "namespace_gained": (a_country(""), a_country("malta"), renamed("", "malta")),
    "namespace_gained_by_some_jobs": (
        [FED, *a_country("")],
        [FED, *a_country("malta")],
        {"feed": "feed", **renamed("", "malta")},
    ),
    "namespace_gained_by_namespaces": (
        [*a_country("malta"), *a_country("spain")],
        [*a_country("eu.malta"), *a_country("eu.spain")],
        renamed("malta", "eu.malta") | renamed("spain", "eu.spain"),
    ),
    "namespaces_that_look_alike": (
        [*a_country("malta"), *a_country("spain")],
        [*a_country("gozo"), *a_country("galicia")],
        {},
    ),
    "one_of_two_namespaces_that_look_alike": ([*a_country("malta"), *a_country("spain")], a_country("gozo"), {}),
    "namespaces_that_look_alike_and_have_a_word_in_common_with_one": (
        [*a_country("malta"), *a_country("spain")],
        [*a_country("islands.malta_and_gozo"), *a_country("Spain2")],
        renamed("malta", "islands.malta_and_gozo") | renamed("spain", "Spain2"),
    ),
    "one_of_two_namespaces_that_look_alike_with_its_word_in_the_new_name": (
        [*a_country("malta"), *a_country("spain")],
        a_country("spain_es"),
        renamed("spain", "spain_es"),
    ),
    "the_last_of_namespaces_that_look_alike": (
        [*a_country("malta"), *a_country("spain")],
        [*a_country("gozo"), *a_country("spain_es")],
        renamed("malta", "gozo") | renamed("spain", "spain_es"),
    ),
    "namespaces_that_have_little_of_their_names_in_common": (
        [*a_country("malta"), *a_country("spain_v2")],
        [*a_country("gozo_v2"), *a_country("iberia")],
        {},
    ),
    "namespaces_of_which_two_have_the_words_of_one": (
        [*a_country("malta"), *a_country("gozo")],
        [*a_country("malta_and_gozo"), *a_country("iberia")],
        {},
    ),
    "namespaces_whose_words_are_those_of_several": (
        [*a_country("eu_malta"), *a_country("us_malta")],
        [*a_country("malta_old"), *a_country("malta_new")],
        {},
    ),
    "jobs_of_several_namespaces_of_which_some_were_renamed": (
        [*a_country("malta"), *a_country("spain"), a_group("both", "malta.send spain.send", reads=("malta.score",))],
        [*a_country("gozo"), *a_country("spain"), a_group("each", "gozo.send spain.send", reads=("gozo.score",))],
        renamed("malta", "gozo") | renamed("spain", "spain") | {"each": "both"},
    ),
    "namespaces_that_do_not_look_alike": (
        [*a_country("malta"), *a_country("spain", reports="tell")],
        [*a_country("gozo"), *a_country("galicia", reports="tell")],
        renamed("malta", "gozo") | renamed("spain", "galicia", "clean train tell"),
    ),
    "namespaces_of_which_one_lost_a_job_too": (
        [*a_country("malta"), *a_country("spain")],
        [*a_country("eu_malta")[:2], *a_country("eu_spain")],
        renamed("malta", "eu_malta", "clean train") | renamed("spain", "eu_spain"),
    ),
    "namespace_with_other_data": (
        [a_node("malta.run", "malta.raw", "malta.tidy")],
        [a_node("gozo.run", "gozo.mail", "gozo.sent")],
        {},
    ),
    "namespace_without_data": ([a_node("malta.run")], [a_node("gozo.run")], {"gozo-run": "malta-run"}),
    "namespaces_and_all_their_data": (
        [a_node(f"{name}.{what}", f"{name}.raw", f"{name}.{what}_out") for name in ("eu", "us") for what in ("a", "b")],
        [
            a_node(f"v2_{name}.{what}", f"v2_{name}.raw", f"v2_{name}.{what}_out")
            for name in ("eu", "us")
            for what in ("a", "b")
        ],
        {f"v2_{name}-{what}": f"{name}-{what}" for name in ("eu", "us") for what in ("a", "b")},
    ),
    "nodes_put_into_a_namespace_with_all_their_data": (
        [a_node("a", "raw", "x"), a_node("b", "x", "y", "a")],
        [a_node("eu.a", "eu.raw", "eu.x"), a_node("eu.b", "eu.x", "eu.y", "eu-a")],
        {"eu-a": "a", "eu-b": "b"},
    ),
    "numbered_namespaces_in_place_of_others": (
        [a_node(f"lab_{n}.a", f"lab_{n}.raw", f"lab_{n}.out") for n in (1, 2)],
        [a_node(f"lab_{n}.a", f"lab_{n}.raw", f"lab_{n}.out") for n in (3, 4)],
        {},
    ),
    "join_jobs_of_a_renamed_reader_although_their_parents_changed": (
        [FED, a_join("eat-join1-0", "feed"), a_node("eat", "food", "full", "eat-join1-0")],
        [FED, a_join("dine-join1-0", ""), a_node("dine", "food", "full", "dine-join1-0 feed")],
        {"feed": "feed", "dine": "eat", "dine-join1-0": "eat-join1-0"},
    ),
    "join_jobs_of_another_reader": (
        [FED, a_join("eat-join1-0", "feed"), a_node("eat", "food", "full", "eat-join1-0")],
        [FED, a_join("cook-join1-0", ""), a_node("cook", "food", "hot", "cook-join1-0")],
        {"feed": "feed"},
    ),
}


@pytest.mark.parametrize(("old", "new", "same"), RENAMES.values(), ids=RENAMES)
def test_jobs_are_the_same_by_name_nodes_data_or_place(old, new, same):
    assert match_jobs(Plan(jobs=tuple(old)), Plan(jobs=tuple(new))) == same
    assert match_jobs(Plan(jobs=tuple(new)), Plan(jobs=tuple(old))) == {before: name for name, before in same.items()}


SHAPES = {"chain": lambda n: n - 1, "tree": lambda n: n // 2, "flat": lambda _: 0}


@pytest.mark.parametrize("above", SHAPES.values(), ids=SHAPES)
def test_twice_as_many_jobs_of_which_nothing_keeps_its_name_are_about_twice_the_work(above):
    def plan(word: str, jobs: int) -> Plan:
        names = [JobName(CountedName(f"{word}{n}")) for n in range(jobs)]
        made = [a_node(names[0], writes=f"{word}_made0")]
        for n in range(1, jobs):
            parent = names[above(n)]
            job = a_join(names[n], "") if n % 3 == 1 else a_node(names[n], "raw", f"{word}_made{n}")
            made.append(replace(job, name=names[n], depends_on=(parent,)))
        return Plan(jobs=tuple(made))

    few, many = (count_looks(match_jobs, plan("a", jobs), plan("b", jobs)) for jobs in (500, 1000))
    assert 500 < few < many < 2.5 * few
