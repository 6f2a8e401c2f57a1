"""Every fact in the JSON of a diff is also in the text, the Markdown and the page."""

import json
import re
from html import unescape
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.diff.model import RiskKind
from kedro_batch.review.diff.view import build_diff_view
from kedro_batch.review.formats import render_json
from kedro_batch.review.formatting import command_text, memory_text, setting_text, value_text
from kedro_batch.review.page.page import render_diff_page
from kedro_batch.review.pull_request import render_diff_markdown
from kedro_batch.review.templates import render
from tests.review.edits.corpus import EDITS

_SCHEMA = Path(__file__).parents[2] / "schemas" / "diff.schema.json"
_CALLED = ("old.yaml", "new.yaml")


def facts_of_jobs(document):
    """Yield the facts about each job, as people would search for them."""
    for one in document["jobs"]:
        yield one["job"]
        yield one["name_before"]
        for field in one["fields"]:
            yield ".".join(field["path"])
            yield from (field_text(field, side) for side in ("before", "after"))
        yield from (command_text(part["words"]) for part in one["command"] if part["change"] != "kept")
        for names in ("nodes", "parents", "reads", "writes"):
            yield from one[names]["gained"] + one[names]["lost"]
        yield from one["nodes_from"] + one["nodes_to"]


def field_text(field, side):
    """Spell a field, an amount with its unit; what the environment, tags and submit hold are no amounts of ours."""
    name = "" if field["path"][0] in ("environment", "tags", "submit") else field["path"][-1]
    return setting_text(name, field[side])


def words_of_kind(kind):
    return kind.replace("_", " ").replace("vcpus", "vCPUs").replace("gpus", "GPUs")


def number_text(value):
    return f"{value:,}" if isinstance(value, int | float) else value_text(value)


def values_of_risk(risk):
    """Yield the values of a risk; those of a job definition are shown field by field."""
    for side in (risk["before"], risk["after"]):
        values = dict(_leaf_fields(side)) if isinstance(side, dict) else {(AMOUNTS.get(risk["kind"], ""),): side}
        yield from (setting_text(path[-1], value) for path, value in values.items())


AMOUNTS = {
    f"{what}_{how}": name
    for what, name in (("memory", "memory_mib"), ("gpus", "gpus"), ("vcpus", "vcpus"), ("timeout", "timeout_s"))
    for how in ("lowered", "raised")
} | {"retry_widened": "retry_on"}


def _leaf_fields(value, path=()):
    for name, inner in value.items():
        if isinstance(inner, dict):
            yield from _leaf_fields(inner, (*path, name))
        else:
            yield (*path, name), inner


NOT_IN_TEXTS = {"widest_level", "jobs_at_widest", "at_widest", "upper_bounds"}
"""Totals of which the peak says more; bounds read ``at most``."""


def facts_of_plan(document):
    several = max(len(document[f"totals_{side}"]["queues"]) for side in ("before", "after")) > 1
    yield from (document["digest_before"], document["digest_after"])
    yield from (f"{number} {what}" for what, number in document["counts"].items() if number)
    for risk in document["risks"]:
        yield words_of_kind(risk["kind"])
        yield from values_of_risk(risk)
    for field in document["totals"]:
        if not {*field["path"]} & NOT_IN_TEXTS and (field["path"][0] != "peak_by_queue" or several):
            spell = memory_text if field["path"][-1] == "memory_mib" else number_text
            yield from (spell(field[side]) for side in ("before", "after") if field[side])
    for field in document["origin"]:
        before, after = field["before"], field["after"]
        if isinstance(before or after, list):
            yield from {*(before or ())} ^ {*(after or ())}
        else:
            yield from (field_text(field, side) for side in ("before", "after"))
    for names in (document["data"][role] for role in ("inputs", "outputs", "final_outputs")):
        yield from names["gained"] + names["lost"]


def words_of(text):
    return re.sub(r"\s+", " ", unescape(text))


@pytest.mark.parametrize("name", EDITS)
def test_the_json_follows_its_schema(name, plans):
    schema = Draft202012Validator(json.loads(_SCHEMA.read_text()))
    document = json.loads("".join(render_json(diff_plans(*plans[name]))))
    assert [error.message for error in schema.iter_errors(document)] == []


def has_every_job(markdown):
    """True if the comment tells all of each job; it does not where that takes too much room."""
    return "Job by job" in markdown or "job by job" not in markdown


@pytest.mark.parametrize("name", EDITS)
def test_every_fact_of_the_json_is_in_text_and_markdown(name, plans):
    old, new = plans[name]
    diff = diff_plans(old, new)
    document = json.loads("".join(render_json(diff)))
    texts = {
        "text": words_of(render("diff.txt.j2", build_diff_view(diff, (old, new), _CALLED, full=True))),
        "markdown": words_of(render_diff_markdown(diff, old, new, _CALLED)),
    }
    facts = {fact for fact in (*facts_of_jobs(document), *facts_of_plan(document)) if fact is not None}
    for one in document["jobs"] if document["differ"] else ():
        for field in one["fields"]:
            label, before, after = ".".join(field["path"]), field_text(field, "before"), field_text(field, "after")
            how = f"- {before}" if after is None else f"+ {after}" if before is None else f"{before} -> {after}"
            # One that has no impact of its own may have one of the job.
            marks = [f"{RiskKind(field['impact']).mark} "] if field["impact"] else ["", "! ", "$ "]
            assert any(f" {mark}{label} {how} " in texts["text"] for mark in marks)
            for sign, value in (("-", before), ("+", after)):
                if value is not None and has_every_job(texts["markdown"]):
                    assert any(f"{sign} {mark}{label} {value} " in texts["markdown"] for mark in marks)
    if not document["differ"]:
        facts = {"no difference"}
    if not has_every_job(texts["markdown"]):
        del texts["markdown"]
    missing = {form: sorted(fact for fact in facts if words_of(fact) not in text) for form, text in texts.items()}
    assert missing == {form: [] for form in texts}


@pytest.mark.parametrize("name", EDITS)
def test_every_fact_about_jobs_is_in_the_page(name, plans):
    old, new = plans[name]
    diff = diff_plans(old, new)
    page = render_diff_page(diff, (old, new), ("old.yaml", "new.yaml"))
    (data,) = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)
    leaves = set(_leaves(json.loads(data)))
    document = json.loads("".join(render_json(diff)))
    facts = set()
    for one in document["jobs"]:
        facts |= {one["job"], one["name_before"]}
        facts |= {field_text(field, side) for field in one["fields"] for side in ("before", "after")}
        facts |= {word for part in one["command"] for word in part["words"]}
        facts |= {name for names in ("nodes", "parents", "reads", "writes") for name in one[names]["gained"]}
        facts |= {name for names in ("nodes", "parents", "reads", "writes") for name in one[names]["lost"]}
    for risk in document["risks"]:
        facts.add(words_of_kind(risk["kind"]))
        facts |= set(values_of_risk(risk)) if risk["kind"] != "unordered_read" else set()
    for names in (document["data"][role] for role in ("inputs", "outputs", "final_outputs")):
        facts |= set(names["gained"] + names["lost"])
    assert sorted(fact for fact in facts - {None} if fact not in leaves and fact not in page) == []
    assert document["digest_after"] in page


def _leaves(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value_text(value)
