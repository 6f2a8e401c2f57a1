"""The values for the templates of a diff: equal risks and equal changes share a line, commands show what changed."""

import re
from dataclasses import replace

import pytest

from kedro_batch.plan.model import Plan, Selection
from kedro_batch.plan.settings import JobDefinition, Resources
from kedro_batch.review.diff.details import Detail
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.diff.model import RiskKind
from kedro_batch.review.diff.risk_lines import count_risks
from kedro_batch.review.diff.view import build_diff_view
from kedro_batch.review.templates import render
from tests.support.plans import a_job


def view_of_plans(*plans, full=False):
    return build_diff_view(diff_plans(*plans), plans, ("old.yaml", "new.yaml"), full=full)


def view_of(old, new, *, full=False):
    return view_of_plans(Plan(jobs=tuple(old)), Plan(jobs=tuple(new)), full=full)


RUN = JobDefinition(image="x:1", log_group="/x", resources=Resources(vcpus=2, memory_mib=4096))


def view_of_definitions(old, new, *, renamed=False):
    names = ("d", "e") if renamed else ("d", "d")
    plans = [
        Plan(jobs=tuple(a_job(one, job_definition=name) for one in "ab"), job_definitions={name: definition})
        for name, definition in zip(names, (old, new), strict=True)
    ]
    return view_of_plans(*plans)


def test_what_differs_in_a_definition_is_told_part_by_part():
    one, two, three = ({"path": path, "efs": "fs-1"} for path in ("/a", "/b", "/c"))
    old, new = replace(RUN, volumes=(one, two)), replace(RUN, volumes=(one, three), log_group=None, image="x:2")
    view = view_of_definitions(old, new)
    assert [(risk.what, risk.subjects, risk.before, risk.after) for risk in view.risks] == [
        ("definition changed", ("job definition d (2 jobs): log_group",), "/x", None),
        (
            "definition changed",
            ("job definition d (2 jobs): volumes",),
            '{"path": "/b", "efs": "fs-1"}',
            '{"path": "/c", "efs": "fs-1"}',
        ),
        ("image changed", ("job definition d (2 jobs)",), "x:1", "x:2"),
    ]
    (volumes,) = (detail for detail in view.origin if detail.label == "job_definitions.d.volumes")
    assert (volumes.before, volumes.after) == ('{"path": "/b", "efs": "fs-1"}', '{"path": "/c", "efs": "fs-1"}')


def test_long_values_of_a_definition_are_shortened_among_the_risks():
    old, new = (replace(RUN, register={"parameters": {"x": letter * 500}}) for letter in "ab")
    view = view_of_definitions(old, new)
    assert view.risks
    assert all(len(value) < 250 for risk in view.risks for value in (risk.before, risk.after))
    assert [(len(one.before), len(one.after)) for one in view.origin] == [(500, 500)]


def test_a_renamed_definition_is_told_once_with_what_else_differs():
    view = view_of_definitions(RUN, replace(RUN, image="x:2", log_group=None), renamed=True)
    assert view.origin == (
        Detail(label="job_definitions", before="d", after="e"),
        Detail(label="job_definitions.e.image", before="x:1", after="x:2", impact=RiskKind.IMAGE_CHANGED),
        Detail(label="job_definitions.e.log_group", before="/x"),
    )
    assert view_of_definitions(RUN, RUN, renamed=True).origin == (
        Detail(label="job_definitions", before="d", after="e"),
    )


def test_the_values_stay_in_their_column_whatever_the_labels():
    names = ("a" * 10, "b" * 50)
    old, new = ([a_job(environment=dict.fromkeys(names, value))] for value in "xy")
    lines = render("diff.txt.j2", view_of(old, new)).splitlines()
    short = next(line for line in lines if names[0] in line)
    at = next(number for number, line in enumerate(lines) if names[1] in line)
    assert lines[at].strip() == f"environment.{names[1]}"
    assert lines[at + 1].index("x -> y") == short.index("x -> y")


def test_totals_count_what_declared_definitions_give():
    assert [
        (one.label, one.before, one.after)
        for one in view_of_definitions(RUN, replace(RUN, resources=Resources(vcpus=1, memory_mib=2048))).totals
        if one.label.startswith(("memory", "vCPUs"))
    ] == [
        ("memory in total", "8 GiB", "4 GiB"),
        ("vCPUs in total", "4", "2"),
        ("memory at peak", "8 GiB", "4 GiB"),
        ("vCPUs at peak", "4", "2"),
    ]


def test_large_totals_have_commas():
    old, new = ([a_job(name, resources=Resources(vcpus=vcpus)) for name in "ab"] for vcpus in (400, 800))
    assert ("vCPUs in total", "800", "1,600") in {
        (one.label, one.before, one.after) for one in view_of(old, new).totals
    }


@pytest.mark.parametrize(
    ("memory_mib", "gpus", "heading", "whats"),
    [
        (1000, None, "Risks", ["memory lowered"]),
        (2000, 1, "Cost", ["GPUs raised"]),
        (1000, 1, "Risks and cost", ["memory lowered", "GPUs raised"]),
    ],
)
def test_higher_cost_alone_is_not_called_a_risk(memory_mib, gpus, heading, whats):
    old, new = (a_job(resources=Resources(memory_mib=one, gpus=two)) for one, two in ((2000, None), (memory_mib, gpus)))
    view = view_of([old], [new])
    assert (view.risks_heading, [one.what for one in view.risks]) == (heading, whats)
    assert f"\n{heading}\n" in render("diff.txt.j2", view)


def test_jobs_that_changed_alike_are_told_together():
    old = [a_job(name, ("run", name), resources=Resources(memory_mib=2000)) for name in "abc"]
    new = [a_job(name, ("run", name), resources=Resources(memory_mib=1000)) for name in "ab"]
    new.append(a_job("c", ("run", "c"), resources=Resources(memory_mib=500)))
    view = view_of(old, new)
    assert [(block.sign, block.jobs) for block in view.blocks] == [("~", ("c",)), ("~", ("a", "b"))]
    assert [(risk.what, risk.subjects, risk.before, risk.after) for risk in view.risks] == [
        ("memory lowered", ("c",), "2000 MiB", "500 MiB"),
        ("memory lowered", ("a", "b"), "2000 MiB", "1000 MiB"),
    ]


def test_settings_that_several_jobs_came_with_are_told_once():
    large = Resources(memory_mib=8000)
    added = [
        a_job("b"),
        a_job("c"),
        a_job("d", resources=large),
        a_job("e", ("y",)),
        a_job("f", ("z",), resources=large),
    ]
    removed = [a_job("o", ("o",)), a_job("p", ("p",))]
    view = view_of([a_job("a", ("a",)), *removed], [a_job("a", ("a",)), *added], full=True)
    told = {
        (block.sign, block.jobs): [one.before or one.after for one in block.details if one.label == "settings"]
        for block in view.blocks
    }
    assert told == {
        ("-", ("o",)): [],
        ("-", ("p",)): ["same as o"],
        ("+", ("b", "c")): [],
        ("+", ("d",)): [],
        ("+", ("e",)): ["same as b"],
        ("+", ("f",)): ["same as d"],
    }
    for block in view.blocks:
        labels = [one.label for one in block.details]
        assert ("settings" in labels) != ("job_queue" in labels)
        assert "command" in labels


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("run --env=a x", "run --env=b x", [("command", "--env=a", "--env=b")]),
        ("run x", "run --quiet x", [("command, word 2", None, "--quiet")]),
        ("run x", "run x --quiet", [("command, last", None, "--quiet")]),
        ("run --quiet x y", "run x y", [("command, word 2", "--quiet", None)]),
        ("run a b c", "go a b d", [("command, first", "run", "go"), ("command, last", "c", "d")]),
        ("run a b", "a b 'c'", [("command, first", "run", None), ("command, last", None, "''\"'\"'c'\"'\"''")]),
        ("run --x 1 --y 1", "run --x 1 --y 2", [("command, last", "1", "2")]),
        ("run --x 1 --y 1", "run --x 2 --y 1", [("command, word 3", "1", "2")]),
        ("cp backup prod", "cp prod backup", [("command", "cp backup prod", "cp prod backup")]),
        ("run --x 1", "go -y", [("command", "run --x 1", "go -y")]),
    ],
)
def test_a_command_is_told_by_the_words_that_changed(old, new, told):
    (block,) = view_of([a_job("a", tuple(old.split()))], [a_job("a", tuple(new.split()))]).blocks
    assert [(one.label, one.before, one.after) for one in block.details] == told


def test_a_command_of_very_many_words_is_told_as_a_whole():
    many = tuple("a" for _ in range(3000))
    (block,) = view_of([a_job("a", many)], [a_job("a", (*many, "b"))]).blocks
    (detail,) = block.details
    assert (detail.before, detail.after) == (" ".join(many), " ".join((*many, "b")))


def test_risks_say_what_they_are_about():
    old = [
        a_job("load", nodes=("load",), writes=("table", "unused")),
        a_job("train", nodes=("train", "tune"), depends_on=("load",), reads=("table",)),
        a_job("report", nodes=("report",), depends_on=("load",), reads=("table",)),
    ]
    new = [
        a_job("load", nodes=("load",), writes=("other",)),
        a_job("train", nodes=("train",), reads=("table", "other")),
    ]
    view = view_of(old, new)
    assert [(risk.what, risk.subjects) for risk in view.risks] == [
        ("job removed", ("report",)),
        ("node removed", ("train: node tune",)),
        ("dataset not written", ("table (read by train)",)),
        ("dataset not written", ("unused",)),
        ("unordered read", ("train reads other without waiting for load, which writes it",)),
    ]


def test_many_datasets_and_nodes_are_told_by_what_they_have_in_common():
    def jobs(*steps: str, writes: str = "score"):
        for name in ("eu", "us", "asia", "africa"):
            nodes = tuple(f"{name}.{step}" for step in ("fit", *steps))
            yield a_job(f"{name}-fit", nodes=nodes, writes=(f"{name}.model", f"{name}.{writes}"))
            yield a_job(f"{name}-tell", nodes=(f"{name}.tell",), reads=(f"{name}.score",))

    risks = {risk.what: risk.who for risk in view_of(jobs("tune"), jobs(writes="points")).risks}
    assert risks["dataset not written"] == "4 of 8 datasets (*.score), read by 4 of 8 jobs (*-tell)"
    assert risks["node removed"] == "4 of 12 nodes (*.tune), of 4 of 8 jobs (*-fit)"


def test_nodes_that_were_replaced_read_as_names():
    old, new = ([a_job("a", nodes=(f"{name}1", f"{name}2"))] for name in ("m", "n"))
    (risk,) = view_of(old, new).risks
    assert (risk.before, risk.after) == ("m1, m2", "n1, n2")


def test_risks_of_many_values_are_one_line_with_the_values_of_each():
    old, new = (
        [a_job(f"j{n}", resources=Resources(memory_mib=memory + n), timeout_s=memory) for n in range(12)]
        for memory in (2000, 1000)
    )
    memory, timeout = view_of(old, new).risks
    assert (memory.what, memory.before, memory.after) == ("memory lowered", None, None)
    assert memory.subjects[:2] == ("j0 (2000 MiB -> 1000 MiB)", "j1 (2001 MiB -> 1001 MiB)")
    assert memory.who is not None
    assert memory.who.startswith("all 12 jobs: j0 (2000 MiB -> 1000 MiB), j1 (2001 MiB -> 1001 MiB), ")
    assert (timeout.before, timeout.after, len(timeout.subjects)) == ("33 min 20 s", "16 min 40 s", 12)


def test_up_to_ten_amounts_have_a_line_each_the_worst_first():
    amounts = [(2048, 1024), (32768, 1024), (8192, 1024), (4096, 1024), (16384, 8192), (32768, 8192), (16384, 1024)]
    old, new = (
        [a_job(f"j{at}", resources=Resources(memory_mib=both[n])) for at, both in enumerate(amounts)] for n in (0, 1)
    )
    lines = [(one.before, one.after, one.who) for one in view_of(old, new).risks]
    assert lines[0] == ("32 GiB", "1 GiB", "j1")
    assert [before for before, _, _ in lines] == ["32 GiB", "16 GiB", "8 GiB", "4 GiB", "32 GiB", "2 GiB", "16 GiB"]


def test_a_job_that_moves_to_another_definition_is_one_risk_with_what_that_gives():
    large = replace(RUN, image="x:1", resources=Resources(memory_mib=32768, vcpus=8, gpus=2))
    small = replace(RUN, image="x:2", resources=Resources(memory_mib=8192, vcpus=4))
    old = Plan(jobs=(a_job("fit", job_definition="big"), a_job()), job_definitions={"big": large, "d": small})
    new = replace(
        old,
        jobs=(a_job("fit"), a_job()),
        job_definitions={"d": replace(small, resources=Resources(memory_mib=6144, vcpus=4))},
    )
    risks = view_of_plans(old, new).risks
    assert [(one.what, one.who or one.subjects, one.before, one.after) for one in risks] == [
        ("definition changed", "fit", "big", "d"),
        ("image changed", "fit", "x:1", "x:2"),
        ("memory lowered", ("job definition d (1 job)",), "8 GiB", "6 GiB"),
        ("memory lowered", "fit", "32 GiB", "6 GiB"),
        ("GPUs lowered", "fit", "2 GPUs", "0 GPUs"),
    ]
    assert count_risks(risks) == 2


def test_of_many_amounts_that_are_no_longer_stated_the_most_comes_first():
    jobs = [a_job(f"j{at:02}", resources=Resources(memory_mib=1024 * at)) for at in range(1, 13)]
    (line,) = view_of(jobs, [a_job(str(job.name)) for job in jobs]).risks
    assert line.what == "memory no longer stated"
    assert line.subjects[0] == "j12 (12 GiB -> set by the job definition)"


def test_jobs_that_get_the_same_by_moving_between_different_definitions_are_one_risk_for_each_move():
    large, small = (replace(RUN, resources=Resources(memory_mib=memory)) for memory in (8192, 4096))
    definitions = {"l1": large, "l2": large, "s1": small, "s2": small}

    def at(size):
        jobs = (a_job("p", job_definition=f"{size}1"), a_job("q", job_definition=f"{size}2"))
        return Plan(jobs=jobs, job_definitions=definitions)

    risks = view_of_plans(at("l"), at("s")).risks
    assert [(one.what, one.before, one.after) for one in risks] == [
        ("definition changed", "l1", "s1"),
        ("definition changed", "l2", "s2"),
        ("memory lowered", "8 GiB", "4 GiB"),
    ]
    assert count_risks(risks) == 2


def test_all_readers_of_a_lost_dataset_are_named_or_described():
    old = [a_job(writes=("y",)), *(a_job(f"read_{at}", reads=("y",)) for at in range(4))]
    (line,) = view_of(old, [a_job(), *old[1:]]).risks
    assert line.subjects == ("y (read by 4 of 5 jobs (read_*))",)
    (line,) = view_of(old[:4], [a_job(), *old[1:4]]).risks
    assert line.subjects == ("y (read by read_0, read_1, read_2)",)


def test_a_property_that_the_same_change_gives_is_told_as_that_of_now():
    def team(name, **more):
        return a_job(f"{name}", tags={"stage": "fit"} if more.pop("has") else {}, **more)

    names = [f"{one}{two}" for one in "qwertz" for two in "asdf"]
    old = [team(name, has=at % 2) for at, name in enumerate(names)]
    new = [team(name, has=not at % 2, attempts=None if at % 2 else 3) for at, name in enumerate(names)]
    whos = {one.what: one.who for one in view_of(old, new).risks}
    assert whos == {"attempts raised": "12 of 24 jobs (tag stage=fit now)"}


def test_lists_of_the_plan_are_told_by_their_names():
    names = tuple(f"n{number:03}" for number in range(300))
    old, new = (Plan(jobs=(a_job(),), selection=Selection(nodes=some)) for some in (names, names[1:]))
    (detail,) = view_of_plans(old, new).origin
    assert detail == Detail(label="selection.nodes", lost=("n000",))
    turned = replace(old, group_by=("chain", "namespace")), replace(old, group_by=("namespace", "chain"))
    (detail,) = view_of_plans(*turned).origin
    assert (detail.before, detail.after) == ('["chain", "namespace"]', '["namespace", "chain"]')


def test_many_subjects_are_counted_in_text_and_all_told_below():
    names = [f"job_{number:02}" for number in range(30)]
    plans = [a_job(name) for name in names], [a_job(name, job_queue="other") for name in names]
    head, _, below = render("diff.txt.j2", view_of(*plans, full=True)).partition("\nJobs\n")
    assert "      all 30 jobs\n" in head
    assert all(name in below for name in names)
    assert "\nJobs\n~ ! job_queue  q -> other: all 30 jobs\n" in render("diff.txt.j2", view_of(*plans))


def test_amounts_of_risks_have_units_also_those_of_definitions_and_of_no_time_limit():
    definitions = [{"d": JobDefinition(image="i", resources=Resources(gpus=gpus))} for gpus in (None, 2)]
    old, new = (
        Plan(jobs=(a_job("a", timeout_s=limit),), job_definitions=one)
        for limit, one in zip((60, None), definitions, strict=True)
    )
    risks = {one.what: (one.before, one.after) for one in view_of_plans(old, new).risks}
    assert risks["GPUs raised"] == ("0 GPUs", "2 GPUs")
    assert risks["timeout raised"] == ("1 min", "no limit")


def test_kinds_of_failure_read_as_words():
    old, new = ((a_job("a", retry_on=kinds, attempts=2),) for kinds in (("spot",), ("image_pull", "spot")))
    text = render("diff.txt.j2", view_of(old, new))
    assert "$ cost: retry widened: spot -> image_pull or spot\n" in text
    assert "  $ retry_on              spot -> image_pull or spot\n" in text
    wider = render("diff.txt.j2", view_of(old, (a_job("a", attempts=2),)))
    assert "$ cost: retry widened: spot -> any failure\n" in wider


def test_totals_are_told_before_and_after_also_where_one_is_none():
    jobs = [tuple(a_job(name, job_queue=queue) for name in "abcdef") for queue in ("q", "other")]
    text = render("diff.txt.j2", view_of(*jobs, full=True))
    assert re.search(r"jobs in queue q +6 -> 0\n +jobs in queue other +0 -> 6\n|other +0 -> 6\n.* q +6 -> 0", text)


def test_no_line_ends_between_a_setting_and_its_number():
    for longer in range(40):
        jobs = [a_job(f"j{n}", job_queue="q" * (20 + longer), timeout_s=3600, attempts=2) for n in range(6)]
        text = render("diff.txt.j2", view_of((a_job("a"),), [a_job("a"), *jobs]))
        assert not re.search(r"(attempts|timeout_s)\n", text)


def test_sums_of_memory_have_one_unit_and_differ_if_they_do():
    plans = [Plan(jobs=(a_job("a", resources=Resources(memory_mib=mib)),)) for mib in (204_800, 150_001, 150_002)]
    for old, new, told in ((0, 1, ("200 GiB", "146.5 GiB")), (1, 2, ("150,001 MiB", "150,002 MiB"))):
        totals = {one.label: (one.before, one.after) for one in view_of_plans(plans[old], plans[new]).totals}
        assert totals["memory in total"] == told
