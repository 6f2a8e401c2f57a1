"""Changes of many jobs: each is told once, with the jobs that have it; what few jobs have comes first."""

import zlib
from dataclasses import replace

from kedro_batch.plan.model import Plan
from kedro_batch.plan.settings import JobSettings, Resources
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.diff.view import build_diff_view
from kedro_batch.review.templates import render
from tests.support.plans import a_job

NAMES = [f"{group}-n{at}" for group in ("load", "train") for at in range(10)]


def jobs(change=lambda _: {}, names=NAMES):
    return [
        a_job(
            name,
            ("kedro", "run", f"--nodes={name.replace('-', '.')}"),
            nodes=(name.replace("-", "."),),
            **{"timeout_s": 60, **change(name)},
        )
        for name in names
    ]


def section(old, new, name="Jobs", **defaults):
    before, after = (
        Plan(jobs=tuple(some), defaults=JobSettings(**{key: values[side] for key, values in defaults.items()}))
        for side, some in enumerate((old, new))
    )
    text = render("diff.txt.j2", build_diff_view(diff_plans(before, after), (before, after), ("old", "new")))
    return text.partition(f"\n{name}\n")[2].partition("\n\n")[0].splitlines()


def test_the_change_comes_first_and_then_the_jobs():
    assert section(jobs(), jobs(lambda _: {"timeout_s": 120})) == ["~ $ timeout_s  1 min -> 2 min: all 20 jobs"]
    assert section(jobs(), jobs(lambda name: {"attempts": 2} if name.startswith("load") else {})) == [
        "~ $ attempts  + 2: 10 of 20 jobs (namespace load)"
    ]


def test_one_job_that_differs_in_another_way_comes_before_a_bulk_edit():
    new = jobs(lambda name: {"timeout_s": 120, **({"environment": {"LD_PRELOAD": "/x"}} if name == "train-n7" else {})})
    assert section(jobs(), new) == [
        "~ train-n7",
        "  ! environment.LD_PRELOAD  + /x",
        "~ $ timeout_s  1 min -> 2 min: all 20 jobs",
    ]


def test_changes_of_the_same_jobs_share_a_block():
    new = jobs(lambda name: {"timeout_s": 120, "attempts": 3} if name.startswith("train") else {})
    assert section(jobs(), new) == [
        "~ $ timeout_s  1 min -> 2 min",
        "  $ attempts   + 3",
        "      10 of 20 jobs (namespace train)",
    ]


def test_many_values_are_a_span_with_the_jobs_at_its_ends():
    new = jobs(lambda name: {"timeout_s": 120 + NAMES.index(name)})
    assert section(jobs(), new) == [
        "~ $ timeout_s  20 values: 1 min -> 2 min (load-n0) to 2 min 19 s (train-n9): all",
        "      20 jobs",
    ]
    new = jobs(lambda name: {"environment": {"SEED": name[::-1]}})
    (first, *_, last) = section(jobs(), new)
    assert first == "~ environment.SEED  load-n0 (+ 0n-daol), train-n0 (+ 0n-niart), load-n1 (+"
    assert last.endswith("and 10 more: all 20 jobs")
    (first, *_, last) = section(jobs(), [*new[1:], jobs()[0]])
    assert last.endswith("and 9 more: 19 of 20 jobs (all but load-n0)")


def test_values_that_name_their_own_job_are_one_change_but_for_those_that_do_not_follow_it():
    new = jobs(lambda name: {"environment": {"INPUT": f"s3://good/{name}/in"}})
    assert section(jobs(), new) == ["~ environment.INPUT  + s3://good/NODE/in: all 20 jobs"]
    new = jobs(lambda name: {"environment": {"INPUT": f"raw_{name}.csv"}})
    assert section(jobs(), new) == ["~ environment.INPUT  + raw_NODE.csv: all 20 jobs"]
    new = jobs(
        lambda name: {"environment": {"INPUT": f"s3://{'bad' if name == 'load-n4' else 'good'}/{name}/in", "A": "in"}}
    )
    assert section(jobs(), new) == [
        "~ load-n4",
        "    environment.INPUT     + s3://bad/load-n4/in",
        "~ environment.INPUT  + s3://good/NODE/in: 19 of 20 jobs (all but load-n4)",
        "~ environment.A  + in: all 20 jobs",
    ]


def test_a_value_that_several_jobs_have_is_no_pattern_though_one_is_called_so():
    names = ("app", "b", "c")

    def plan(**settings):
        return Plan(jobs=tuple(a_job(name, nodes=(name,), **settings) for name in names))

    plans = plan(), plan(environment={"PYTHONPATH": "/app", "X": "NODE"})
    view = build_diff_view(diff_plans(*plans), plans, ("old", "new"))
    assert [(one.after, one.who) for one in view.risks] == [("PYTHONPATH=/app", "all 3 jobs")]
    assert [detail.after for block in view.blocks for detail in block.details] == ["/app", "NODE"]


def test_a_value_that_many_jobs_have_is_told_apart_from_many_others():
    new = jobs(lambda name: {"timeout_s": 90 if name.startswith("load") else 120 + NAMES.index(name)})
    assert section(jobs(), new)[-1] == "~ $ timeout_s  1 min -> 1 min 30 s: 10 of 20 jobs (namespace load)"


def test_a_command_that_names_the_node_of_each_job_is_one_change():
    new = [replace(job, command=("kedro", "run", f"--node={job.nodes[0]}")) for job in jobs()]
    assert section(jobs(), new) == ["~ ! command  --nodes=NODE -> --node=NODE: all 20 jobs"]


def test_a_command_with_the_words_that_stand_for_a_node_is_not_taken_for_one():
    new = [replace(job, command=("kedro", "run", f"--node={job.nodes[0]}")) for job in jobs()]
    new[3] = replace(new[3], command=("kedro", "run", "--node=NODE"))
    assert section(jobs(), new)[:2] == ["~ load-n3", "  ! command               --nodes=load.n3 -> --node=NODE"]


def test_jobs_that_are_renamed_in_one_way_are_one_change():
    old = [replace(job, writes=(f"{job.name}.out",)) for job in jobs()]
    new = [
        replace(
            job,
            name=f"eu_{job.name}",
            nodes=(f"eu_{job.nodes[0]}",),
            command=(*job.command[:2], f"--nodes=eu_{job.nodes[0]}"),
        )
        for job in old
    ]
    assert section(old, new) == ["> name  * -> eu_*: all 20 jobs"]


def test_a_changed_default_is_one_change_of_the_defaults():
    new = jobs(lambda name: {"timeout_s": 60 if name in ("load-n1", "load-n3", "train-n1", "train-n3") else 120})
    assert section(jobs(), new, "Defaults", timeout_s=(60, 120)) == [
        "~ $ timeout_s  1 min -> 2 min: 16 of 20 jobs (all but load-n1, load-n3,",
        "      train-n1, train-n3)",
    ]
    more = [*new, a_job("added", timeout_s=120)]
    assert section(jobs(), more, "Defaults", timeout_s=(60, 120)) == [
        "~ $ timeout_s  1 min -> 2 min: 16 of 21 jobs (all but load-n1, load-n3,",
        "      train-n1, train-n3, added)",
    ]


def test_a_changed_default_that_reaches_few_jobs_names_them_and_others_may_state_their_own():
    def with_own(own):
        names = [f"job_{zlib.crc32(bytes([at])):x}" for at in range(80)]
        kept = {*names[:own]}
        new = jobs(lambda name: {"timeout_s": 60 if name in kept else 120}, names)
        return section(jobs(lambda _: {}, names), new, "Defaults", timeout_s=(60, 120))

    assert with_own(79) == ["~ job_3461b38c", "  $ timeout_s             1 min -> 2 min"]
    assert with_own(30) == ["~ $ timeout_s  1 min -> 2 min: 50 of 80 jobs (all but 30 that state their own)"]


def test_a_job_that_takes_no_default_over_does_not_count_as_one_that_states_its_own():
    new = jobs(lambda name: {"timeout_s": 60 if name in ("load-n1", "load-n3", "train-n1", "train-n3") else 120})
    before = jobs(lambda name: {"timeout_s": 120 if name == "train-n8" else 60})
    (first, *_) = section(before, new, "Defaults", timeout_s=(60, 120))
    assert first == "~ $ timeout_s  1 min -> 2 min: 15 of 20 jobs (all but load-n1, load-n3,"


def test_many_new_jobs_are_named_once_and_their_settings_told_by_what_they_share():
    added = [f"score-n{at}" for at in range(8)]
    large = Resources(vcpus=8, memory_mib=2048)
    new = [*jobs(), *jobs(lambda name: {"resources": large} if name == "score-n3" else {}, added)]
    assert section(jobs(), new) == [
        "+ 8 of 28 jobs (namespace score): score-n0, score-n1, score-n2, score-n3,",
        "  score-n4, and 3 more",
        "    settings              + job_queue q, job_definition d, timeout_s 1 min,",
        "                          command kedro run --nodes=NODE",
        "+ score-n3",
        "    settings              + 2 GiB, 8 vCPUs",
    ]


def test_many_new_jobs_with_a_command_each_tell_the_commands():
    new = [*jobs(), *(a_job(f"extra-{at}", (f"/bin/program_{at}",)) for at in range(40))]
    told = section(jobs(), new)
    assert any("extra-0 (+ /bin/program_0)" in line for line in told)
    assert not any("command None" in line for line in told)


def test_no_line_is_wider_than_80_columns_and_no_word_is_cut():
    new = jobs(lambda name: {"environment": {"LONG": "word " * 60 + name}})
    lines = section(jobs(), new)
    assert max(map(len, lines)) <= 80
    assert " ".join(line.strip() for line in lines).count("word") % 60 == 0


def whole_text(old, new):
    plans = Plan(jobs=tuple(old)), Plan(jobs=tuple(new))
    return render("diff.txt.j2", build_diff_view(diff_plans(*plans), plans, ("old", "new")))


def test_amounts_that_are_set_job_by_job_fit_into_60_lines_with_each_of_few_jobs_told():
    sizes = (512, 1024, 1536, 2048, 4096, 65536, 98304, 122880, 131072)

    def memory(name, at):
        return {"resources": Resources(memory_mib=at or (8192 if name.startswith("load") else 61440), vcpus=1)}

    names = [f"{kind}-n{at}" for kind in ("load", "train") for at in range(10, 46)]
    old = jobs(lambda name: memory(name, 0), names)
    new = jobs(lambda name: memory(name, sizes[int(name[-2:]) % len(sizes)]), names)
    text = whole_text(old, new)
    assert text.count("\n") <= 60
    told = [line for line in text.splitlines() if line.startswith("~ ")]
    assert len(told) == 2 * len(sizes)
    assert all(line.startswith(("~ ! resources.memory_mib", "~ $ resources.memory_mib")) for line in told)


def test_a_read_that_waits_for_no_writer_marks_its_job_and_not_all_that_came_with_it():
    new = [replace(one, reads=(f"{one.name}_in",), writes=(f"{one.name}_out",)) for one in jobs()]
    new[4] = replace(new[4], reads=("load-n2_out",))
    old = jobs(names=["old-n1"])
    lines = section(old, [*old, *new])
    assert [line for line in lines if "!" in line] == ["  ! reads                 + load-n2_out"]
    assert lines[lines.index("  ! reads                 + load-n2_out") - 1] == "+ load-n4"
    assert any(line.startswith("+ 20 of 21 jobs") for line in lines)
