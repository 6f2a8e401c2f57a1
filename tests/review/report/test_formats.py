"""Every format of a report, from the same run: they follow their schema, agree in every number, and harm nobody.

The texts stand in ``tests/golden/reports``. ``UPDATE_GOLDEN=1 pytest tests/review/report/test_formats.py`` writes them
anew; read what has changed as a reader would.
"""

import csv
import json
import os
import re
from dataclasses import replace
from html import unescape
from io import StringIO
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt

from kedro_batch.files.resources import schema
from kedro_batch.review.report.documents import COLUMNS, render_report_csv, render_report_json
from kedro_batch.review.report.formats import ReportFormat, render_report
from kedro_batch.review.report.markdown import CHARACTERS, render_report_markdown
from kedro_batch.review.report.model import build_report
from kedro_batch.review.report.page import build_page_data, render_report_page
from kedro_batch.review.report.words import WHILE, headline, report_facts
from kedro_batch.submitter.failures import Cause, Failure
from kedro_batch.submitter.job_state import JobState
from kedro_batch.text.wording import duration
from tests.support.plans import a_job
from tests.support.plans_of_pages import HOSTILE, layers, plan_of
from tests.support.run_histories import FAILURE, simulated, without_times

GOLDEN = Path(__file__).parents[2] / "golden" / "reports"
NINE = {"slots": 3, "fail": ["job_00004"], "spot": ["job_00001"]}
RUNS = {
    "failed": simulated(layers(9, 3), **NINE),
    "going_on": simulated(layers(9, 3), slots=2, until=100),
    "one_job": simulated(layers(1, 1)),
    "none_succeeded": simulated(layers(6, 2), fail=["job_00000", "job_00001"]),
    "without_times": without_times(simulated(layers(9, 3), **NINE)),
}
REPORTS = {name: build_report(history) for name, history in RUNS.items()}
ENDINGS = {ReportFormat.MARKDOWN: "md", ReportFormat.JSON: "json", ReportFormat.CSV: "csv"}


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("output_format", ENDINGS)
def test_the_text_is_as_it_was_read(name, output_format):
    file = GOLDEN / f"{name}.{ENDINGS[output_format]}"
    text = render_report(REPORTS[name], output_format)
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text)
        pytest.fail(f"wrote {file.name}: read it as a user would, then test again without UPDATE_GOLDEN")
    assert text == file.read_text()


def violations(report):
    document = json.loads(render_report_json(report))
    return [error.message for error in Draft202012Validator(schema("report")).iter_errors(document)]


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_the_json_follows_its_schema(report):
    assert violations(report) == []


def test_the_schema_has_the_columns_of_the_csv_in_their_order():
    assert tuple(schema("report")["properties"]["attempts"]["items"]["properties"]) == COLUMNS


def embedded(page):
    found = re.search(r'<script type="application/json" id="report">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_json_csv_and_page_agree_in_every_attempt(report):
    rows = list(csv.DictReader(StringIO(render_report_csv(report))))
    attempts = json.loads(render_report_json(report))["attempts"]
    data = embedded(render_report_page(report))
    assert len(rows) == len(attempts) == len(data["attempts"])
    phases = data["phases"]
    for row, one, drawn in zip(rows, attempts, data["attempts"], strict=True):
        assert row.pop("run") == report.status.run
        told = {name: value for name, value in row.items() if value}
        lists = {name: "; ".join(value) for name, value in one.items() if isinstance(value, list) and value}
        flags = {name: str(value).lower() for name, value in one.items() if isinstance(value, bool)}
        assert told == {name: str(value) for name, value in one.items() if value != []} | lists | flags
        took = dict.fromkeys(phases, 0.0)
        for phase, start, stop, *is_open in drawn.get("intervals", []):
            took[phases[phase]] += 0 if is_open else stop - start
        names = ("waiting_for_parents_s", "waiting_for_capacity_s", "starting_s", "waiting_s", "running_s")
        for phase, name in zip(phases, names, strict=True):
            assert took[phase] == pytest.approx(one.get(name, 0), abs=0.002)
        assert data["jobs"][drawn["job"]]["name"] == one["job"]
        assert (drawn.get("exitCode"), drawn.get("outcome")) == (one.get("exit_code"), one.get("outcome"))


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_sums_are_those_of_the_attempts_in_every_format(report):
    document = json.loads(render_report_json(report))
    rows = list(csv.DictReader(StringIO(render_report_csv(report))))
    seconds = {name: sum(float(row[name] or 0) for row in rows) for name in COLUMNS if name.endswith("_s")}
    totals = document["totals"]
    assert totals["ran_s"] == pytest.approx(seconds["running_s"], abs=0.02)
    assert totals["waited_s"] == pytest.approx(seconds["waiting_for_capacity_s"] + seconds["starting_s"], abs=0.02)
    hours = sum(float(row["vcpus"] or 0) * float(row["running_s"] or 0) for row in rows) / 3600
    assert totals.get("vcpu_hours", 0) == pytest.approx(hours, abs=1e-4)
    for group in ("by_node", "by_namespace", "by_queue"):
        assert sum(one["ran_s"] for one in document[group]) == pytest.approx(totals["ran_s"], abs=0.02)
    path = {(step["job"], str(step["submission"])) for step in document["critical_path"]["steps"]}
    assert path == {(row["job"], row["submission"]) for row in rows if row["on_critical_path"] == "true"}
    data = build_page_data(report)
    assert [data["jobs"][step["job"]]["name"] for step in data["path"]] == [
        step["job"] for step in document["critical_path"]["steps"]
    ]
    for step, drawn in zip(document["critical_path"]["steps"], data["path"], strict=True):
        assert drawn["spent"] == [step[name] for name in WHILE]
    assert max(data["slots"]["running"], default=0) == document["slots"]["most_running"]


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_markdown_and_page_say_the_same_of_the_run(report):
    markdown, page = render_report_markdown(report), unescape(render_report_page(report))
    for fact in report_facts(report):
        assert fact.label in markdown
        assert fact.label in page
        assert fact.text in unescape(markdown)
        assert fact.text in page
    for text in (headline(report), *report.notes):
        assert text in markdown
        assert text in page
    for step in report.path.steps:
        assert f"| `{step.job}` | {duration(step.seconds)} |" in markdown


def test_a_job_that_only_an_earlier_plan_had_is_there_as_well():
    nine, eight = layers(9, 3), layers(8, 3)
    report = build_report(replace(simulated(nine), plan=eight))
    rows = list(csv.DictReader(StringIO(render_report_csv(report))))
    (row,) = (one for one in rows if one["job"] == "job_00008")
    assert (row["outcome"], row["queue"]) == ("succeeded", "")
    assert embedded(render_report_page(report))["jobs"][8] == {"name": "job_00008", "earlier": True}
    assert violations(report) == []
    assert "job_00008" in render_report_markdown(report)


def hostile():
    """Give a run in which everything that may be foreign is hostile, and would be a formula in a spreadsheet."""
    formula = '=HYPERLINK("https://example.com","x")'
    nodes = ("\uff1d1+1", *HOSTILE, formula)
    tags = {**dict.fromkeys(HOSTILE, "@SUM(1)"), "=1+1": "-1"}
    plan = plan_of(a_job("evil", HOSTILE, nodes=nodes, tags=tags, job_queue=HOSTILE[0]), a_job("other", nodes=("+1",)))
    history = simulated(plan, fail=["evil"])
    failure = Failure(
        cause=Cause.EXIT, reason=formula, exit_code=3, log_tail=HOSTILE, exception=HOSTILE[1], log_problem=HOSTILE[0]
    )
    one, *others = history.submissions
    assert one.record.execution
    attempt = replace(one.record.execution.attempts[0], reason=formula, log=HOSTILE[3], instance="@x")
    execution = replace(one.record.execution, attempts=(attempt,))
    record = replace(one.record, failure=failure, execution=execution)
    return build_report(replace(history, submissions=(replace(one, record=record), *others)))


def test_no_cell_is_a_formula_or_moves_a_terminal():
    text = render_report_csv(hostile())
    rows = list(csv.DictReader(StringIO(text)))
    assert {row["job"] for row in rows} == {"evil", "other"}
    for row in rows:
        for name, cell in row.items():
            assert not cell.lstrip().startswith(("=", "+", "-", "@", "\uff1d")), name
    assert rows[0]["reason"] == '\'=HYPERLINK("https://example.com","x")'
    assert text.isprintable() or set(re.findall(r"[^\x20-\x7e]", text)) == {"\n", "\uff1d"}


def test_markdown_of_a_hostile_run_has_no_html_and_no_link_of_others():
    text = render_report_markdown(hostile())
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    inline = [child for token in tokens for child in token.children or ()]
    assert any(one.type == "code_inline" and one.content.startswith("failed") for one in inline)
    html = [one.content for one in [*tokens, *inline] if one.type.startswith("html")]
    allowed = r"\s*(</?(details|summary|code)>\s*|[^<>]*)*"
    assert [one for one in html if not re.fullmatch(allowed, one)] == []
    assert [one for one in inline if one.type in ("link_open", "image")] == []


def test_the_page_of_a_hostile_run_is_closed_by_nothing_in_it():
    page = render_report_page(hostile())
    assert page.count("<script") == page.count("</script>") == 2
    assert "<img" not in page


def test_markdown_of_many_failures_stays_within_its_bound():
    plan = layers(3_000, 60)
    history = simulated(plan, slots=100, spot=[f"job_{number:05}" for number in range(0, 3_000, 2)])
    long = replace(FAILURE, exception=None, log_tail=("x" * 500,) * 25)
    failures = (replace(long, reason=f"{number:05}{'y' * 495}") for number in range(len(history.submissions)))
    submissions = tuple(
        replace(one, record=replace(one.record, state=JobState.FAILED, failure=failure))
        for one, failure in zip(history.submissions, failures, strict=True)
    )
    text = render_report_markdown(build_report(replace(history, submissions=submissions)))
    assert len(text) <= CHARACTERS
    assert "more failures" in text
    assert "more jobs before these" in text
    assert "more attempts" in text
    assert text.count("```") % 2 == 0
