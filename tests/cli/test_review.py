"""``show``, ``diff`` and ``apply --expect-digest`` as people and CI jobs call them."""

import json
import os
import pty
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from kedro_batch.review.formats import DiffFormat, OverviewFormat
from kedro_batch.text.escaping import INVISIBLE
from tests.support.command_line import GENEROUS_S, PROGRAM, environment
from tests.support.forked import kedro_batch
from tests.support.plans import write_plan

ROOT = Path(__file__).parent.parent.parent
SPACEFLIGHTS = ROOT / "tests" / "golden" / "plans" / "spaceflights.yaml"
_GIT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


@pytest.fixture
def folder(tmp_path):
    """A folder with a plan, and the same plan with another queue."""
    plan = SPACEFLIGHTS.read_text()
    (tmp_path / "old.yaml").write_text(plan)
    (tmp_path / "new.yaml").write_text(plan.replace("spaceflights_queue", "other_queue"))
    return tmp_path


@pytest.fixture
def repository(folder):
    """A repository with ``plans/plan.yaml``, changed since its commit."""
    (folder / "plans").mkdir()
    plan = folder / "plans" / "plan.yaml"
    plan.write_bytes((folder / "old.yaml").read_bytes())
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    for words in (["init", "--quiet", "."], ["add", "."], [*who, "commit", "--quiet", "-m", "a plan"], ["tag", "v1"]):
        subprocess.run(["git", *words], cwd=folder, check=True, env={**os.environ, **_GIT})
    plan.write_bytes((folder / "new.yaml").read_bytes())
    return folder


def schema_problems(document, name):
    schema = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text())
    return [error.message for error in Draft202012Validator(schema).iter_errors(document)]


def test_show_tells_totals_then_jobs_then_data(folder):
    shown = kedro_batch("show", "old.yaml", cwd=folder)
    assert (shown.code, shown.err) == (0, "")
    totals, jobs, data = shown.text.split("\n\n")
    assert totals.startswith("old.yaml: 7 jobs, 7 nodes\n  longest path    5 jobs\n  jobs at peak    2\n")
    assert "  vCPUs           7 in total, 2 at peak, at most 1.2 vCPU-hours\n" in totals
    assert "  memory          14,000 MiB in total, 4000 MiB at peak, at most 2.3 GiB-hours\n" in totals
    assert "  queues          spaceflights_queue (7 jobs)\n  definitions     kedro_run (7 jobs)\n" in totals
    assert re.search(r"\n  digest          sha256:[0-9a-f]{64}$", totals)
    assert jobs.startswith(
        "Level 1: 2 jobs\n"
        "  preprocess_companies_node      1 vCPU, 2000 MiB\n"
        "  preprocess_shuttles_node       1 vCPU, 2000 MiB\n"
        "Level 2: 2 jobs\n"
        "  create_model_input_table_node  1 vCPU, 2000 MiB\n"
        "      after preprocess_companies_node, preprocess_shuttles_node\n"
    )
    assert "  inputs          companies, reviews, shuttles\n" in data
    assert "  final outputs   capacity_report, metrics\n" in data


@pytest.mark.parametrize(("command", "formats"), [("show", OverviewFormat), ("diff", DiffFormat)])
def test_a_command_offers_every_format_of_the_review(tmp_path, command, formats):
    offered = kedro_batch(command, "--help", cwd=tmp_path).text
    assert f"[{'|'.join(formats)}]" in offered


def test_json_follows_the_schemas(folder):
    shown = json.loads(kedro_batch("show", "old.yaml", "--format=json", cwd=folder).out)
    differs = json.loads(kedro_batch("diff", "old.yaml", "new.yaml", "--format=json", cwd=folder).out)
    assert schema_problems(shown, "overview") == []
    assert schema_problems(differs, "diff") == []
    assert shown["totals"]["queues"] == {"spaceflights_queue": 7}
    assert [risk["kind"] for risk in differs["risks"]] == ["queue_changed"] * 7


def test_mermaid_holds_every_job_and_edge(folder):
    shown = kedro_batch("show", "old.yaml", "--format=mermaid", cwd=folder).text
    assert shown.startswith("flowchart LR\n")
    assert len(re.findall(r'^  j\d+\["\w+"\]$', shown, re.MULTILINE)) == 7
    assert len(re.findall(r"^  j\d+ --> j\d+$", shown, re.MULTILINE)) == 6


def test_mermaid_warns_of_graphs_that_viewers_refuse(tmp_path):
    names = [f"j{n}" for n in range(40)]
    parents = {name: " ".join(names[max(0, n - 20) : n]) for n, name in enumerate(names)}
    write_plan(tmp_path, {name: ["x"] for name in names}, parents)
    shown = kedro_batch("show", "plan.yaml", "--format=mermaid", cwd=tmp_path)
    assert shown.text.count(" --> ") == 590
    assert shown.err == "this graph has 590 edges, and Mermaid draws 500 unless maxEdges of the viewer is higher\n"


def test_a_diff_ends_with_0(folder):
    plain = kedro_batch("diff", "old.yaml", "new.yaml", cwd=folder)
    assert (plain.code, plain.err) == (0, "")
    assert b"other_queue" in plain.out


@pytest.mark.parametrize("form", DiffFormat)
def test_a_diff_in_any_format_ends_with_3_with_exit_code(folder, form):
    asked = kedro_batch("diff", "old.yaml", "new.yaml", f"--format={form}", "--exit-code", cwd=folder)
    assert asked.code == 3
    assert asked.err == "Error: new.yaml differs from old.yaml\n"
    assert b"other_queue" in asked.out


def test_order_and_comments_never_count(folder):
    plan = (folder / "old.yaml").read_text()
    head, *jobs = plan.split("  - name: ")
    shuffled = "# by hand\n" + "".join([head, *("  - name: " + job for job in reversed(jobs))])
    (folder / "shuffled.yaml").write_text(shuffled.replace("\n", "\r\n"))
    same = kedro_batch("diff", "old.yaml", "shuffled.yaml", "--exit-code", cwd=folder)
    assert (same.code, same.err) == (0, "")
    _, said, _, digest = same.text.splitlines()
    assert said == "no difference in 7 jobs (order and comments are ignored)"
    assert digest.startswith("digest sha256:")
    digests = [
        kedro_batch("show", name, cwd=folder).text.split("digest")[1].split()[0]
        for name in ("old.yaml", "shuffled.yaml")
    ]
    assert digests[0] == digests[1]
    of_others = [
        kedro_batch("diff", "new.yaml", name, cwd=folder).text.partition("\n")[2]
        for name in ("old.yaml", "shuffled.yaml")
    ]
    assert of_others[0] == of_others[1]


def test_a_revision_in_git_is_a_plan_too(repository):
    from_top = kedro_batch("diff", "HEAD:plans/plan.yaml", "plans/plan.yaml", cwd=repository)
    assert (from_top.code, from_top.err) == (0, "")
    assert from_top.text.startswith("HEAD:plans/plan.yaml -> plans/plan.yaml\n7 changed\n")
    in_folder = kedro_batch("diff", "v1:./plan.yaml", "plan.yaml", "--exit-code", cwd=repository / "plans")
    assert in_folder.code == 3
    shown = kedro_batch("show", "v1:plans/plan.yaml", cwd=repository)
    assert shown.text.startswith("v1:plans/plan.yaml: 7 jobs")


def test_a_single_plan_is_compared_with_the_last_commit(repository):
    for folder, name in ((repository, "plans/plan.yaml"), (repository / "plans", "plan.yaml")):
        ended = kedro_batch("diff", name, cwd=folder)
        assert (ended.code, ended.err) == (0, "")
        assert ended.text.startswith(f"HEAD:./{name} -> {name}\n7 changed\n")
    (repository / "plans" / "plan.yaml").rename(repository / "later.yaml")
    gone = kedro_batch("diff", "plans/plan.yaml", cwd=repository)
    assert gone.text.startswith("HEAD:./plans/plan.yaml -> /dev/null\nplan removed: 7 jobs")
    new = kedro_batch("diff", "later.yaml", cwd=repository)
    assert new.code == 2
    assert "To see it as a new plan: kedro-batch diff /dev/null later.yaml" in new.err
    assert kedro_batch("diff", "/dev/null", "later.yaml", cwd=repository).text.count("new plan: 7 jobs") == 1
    assert (
        "there is no file no.yaml, neither here nor in the last commit"
        in kedro_batch("diff", "no.yaml", cwd=repository).err
    )
    assert "name two plans" in kedro_batch("diff", "-", cwd=repository).err


def test_the_plan_of_the_last_commit_is_read_once(repository):
    log = repository / "git.log"
    wrapper = repository / "bin" / "git"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\necho "$*" >> {shlex.quote(str(log))}\nexec {shutil.which("git")} "$@"\n')
    wrapper.chmod(0o755)
    path = f"{wrapper.parent}{os.pathsep}{os.environ['PATH']}"
    ended = kedro_batch("diff", "plans/plan.yaml", cwd=repository, env={"PATH": path})
    assert ended.text.startswith("HEAD:./plans/plan.yaml -> plans/plan.yaml\n7 changed\n")
    assert log.read_text().count("cat-file blob HEAD:./plans/plan.yaml") == 1


def test_what_is_staged_is_a_plan_too(repository):
    subprocess.run(["git", "add", "plans"], cwd=repository, check=True, env={**os.environ, **_GIT})
    staged = kedro_batch("diff", "HEAD:plans/plan.yaml", ":plans/plan.yaml", "--exit-code", cwd=repository)
    assert staged.code == 3
    assert staged.text.startswith("HEAD:plans/plan.yaml -> :plans/plan.yaml\n7 changed\n")


def test_standard_input_is_a_plan_too(folder):
    plan = (folder / "old.yaml").read_bytes()
    assert kedro_batch("diff", "-", "old.yaml", "--exit-code", cwd=folder, stdin=plan).code == 0
    assert kedro_batch("diff", "old.yaml", "-", cwd=folder, stdin=plan).text.startswith("old.yaml -> standard input\n")
    assert kedro_batch("show", "-", cwd=folder, stdin=plan).code == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["diff"], 2, "name a plan: kedro-batch diff plan.yaml"),
        (["diff", "-", "-"], 2, "only one of the two can be standard input"),
        (["diff", "gone.yaml", "new.yaml"], 2, "cannot read gone.yaml: No such file or directory"),
        (["show", "old.yml"], 2, "cannot read old.yml: No such file or directory. There is old.yaml\n"),
        (["show", "./Old.yaml"], 2, "cannot read ./Old.yaml: No such file or directory. There is old.yaml\n"),
        (["diff", "old.yaml", "new.yaml", "--format=mermaid"], 2, "'mermaid' is not one of"),
        (["diff", "HEAD:plan.yaml", "new.yaml"], 2, "cannot read HEAD:plan.yaml: path 'plan.yaml' does not exist"),
        (["diff", "nowhere:plan.yaml", "new.yaml"], 2, "cannot read nowhere:plan.yaml: "),
        (["diff", "--", "--help:x", "new.yaml"], 2, "--help is not a revision"),
        (["diff", "HEAD:plans", "new.yaml"], 2, "cannot read HEAD:plans: it is a folder in that revision"),
        (["show", "broken.yaml"], 4, "broken.yaml is not a plan that can be applied:"),
        (["show", "old.yaml", "-o", "gone/page.html"], 2, "gone"),
        (["show", "old.yaml", "--format=html", "-o", "."], 2, "cannot write ."),
    ],
)
def test_a_mistake_gets_one_message_and_its_code(repository, words, code, said):
    (repository / "broken.yaml").write_text("<<<<<<< HEAD\n")
    ended = kedro_batch(*words, cwd=repository)
    assert ended.code == code
    assert said in ended.err
    assert "Traceback" not in ended.err
    assert ended.out == b""


def test_a_revision_outside_a_repository_is_explained(folder):
    ended = kedro_batch("show", "main:plan.yaml", cwd=folder, env={"GIT_CEILING_DIRECTORIES": str(folder.parent)})
    assert ended.code == 2
    assert "cannot read main:plan.yaml: " in ended.err
    without_git = kedro_batch("show", "main:plan.yaml", cwd=folder, env={"PATH": str(folder)})
    assert without_git.code == 2
    assert "git is not installed" in without_git.err


def test_a_file_that_is_named_like_a_revision_does_not_take_its_place(repository):
    """A pull request could bring it, and be compared with itself."""
    (repository / "HEAD:plans").mkdir()
    (repository / "HEAD:plans" / "plan.yaml").write_bytes((repository / "new.yaml").read_bytes())
    ended = kedro_batch("diff", "HEAD:plans/plan.yaml", "plans/plan.yaml", cwd=repository)
    assert (ended.code, ended.out) == (2, b"")
    assert "cannot read HEAD:plans/plan.yaml: it may be a revision in git and is a file, too" in ended.err
    assert "for the file, write ./HEAD:plans/plan.yaml" in ended.err
    assert kedro_batch("show", "./HEAD:plans/plan.yaml", cwd=repository).text.startswith("./HEAD:plans/plan.yaml: 7")
    assert kedro_batch("show", repository / "HEAD:plans/plan.yaml", cwd=repository).code == 0


@pytest.mark.parametrize(
    ("revision", "remotes", "fetch"),
    [
        ("main", ["company", "origin"], "git fetch origin main:main"),
        ("origin/release/2", ["origin"], "git fetch origin release/2:refs/remotes/origin/release/2"),
        ("refs/remotes/origin/release/2", ["origin"], "git fetch origin release/2:refs/remotes/origin/release/2"),
        ("company/main", ["company", "origin"], "git fetch company main:refs/remotes/company/main"),
        ("other", ["company"], "git fetch company other:other"),
        ("refs/heads/main", ["origin"], "git fetch origin refs/heads/main:refs/heads/main"),
        ("HEAD~40", ["origin"], "git fetch --unshallow"),
        ("0" * 40, ["company"], f"git fetch company {'0' * 40}"),
        ("other", [], ""),
    ],
)
def test_a_revision_that_a_clone_lacks_is_said_with_the_command_that_fetches_it(repository, revision, remotes, fetch):
    for words in (["branch", "-M", "work"], *(["remote", "add", name, "nowhere"] for name in remotes)):
        subprocess.run(["git", *words], cwd=repository, check=True, env={**os.environ, **_GIT})
    ended = kedro_batch(
        "diff", f"{revision}:plans/plan.yaml", "new.yaml", cwd=repository, env={"LC_ALL": "de_DE.UTF-8"}
    )
    assert ended.code == 2
    if not fetch:
        assert "etch" not in ended.err
        return
    assert ended.err.endswith(f"If this clone has only a part of the history, fetch it: {fetch}\n")
    assert ended.err.count("\n") == 1


def test_a_file_takes_the_review(folder):
    ended = kedro_batch("diff", "old.yaml", "new.yaml", "--format=html", "-o", "page.html", cwd=folder)
    assert (ended.code, ended.out) == (0, b"")
    assert (folder / "page.html").read_text().startswith("<!doctype html>")


def test_foreign_text_reaches_a_terminal_as_escapes(tmp_path):
    nasty = {"command": ["echo", "\x1b]0;title\x07", "\u202egnp.exe"], "environment": {"A": "\x1b[2J\n- a forged line"}}
    write_plan(tmp_path, {"a": ["x"]})
    (tmp_path / "old.yaml").write_bytes((tmp_path / "plan.yaml").read_bytes())
    write_plan(tmp_path, {"a": ["x"]}, a=nasty)
    for form in ("text", "markdown"):
        out = kedro_batch("diff", "old.yaml", "plan.yaml", f"--format={form}", cwd=tmp_path).text
        assert "\\x1b]0;title\\x07" in out
        assert "\\u202egnp.exe" in out
        assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", out)
        assert "\n- a forged" not in out


def test_an_added_or_removed_plan_is_compared_with_an_empty_plan(folder):
    for words, said in (
        (["/dev/null", "old.yaml"], "new plan: 7 jobs"),
        (["old.yaml", "/dev/null"], "plan removed: 7"),
    ):
        ended = kedro_batch("diff", *words, "--exit-code", cwd=folder)
        assert ended.code == 3
        assert said in ended.text
        assert ended.text.count("sha256:") == 1  # that of the plan which is there


@pytest.mark.parametrize("words", [["show", "old.yaml"], ["diff", "old.yaml", "new.yaml"]])
def test_a_closed_standard_output_is_no_success(folder, words):
    command = shlex.join([*PROGRAM, *words])
    ended = subprocess.run(["sh", "-c", f"{command} >&-"], cwd=folder, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "cannot write standard output: it is closed" in ended.stderr


def test_json_carries_nothing_that_a_terminal_obeys_or_hides(tmp_path):
    nasty = "\x1b[2J\x7f\x9b\u202egnp\u200b\u2028\ufeff\u2066"
    write_plan(tmp_path, {"a": ["echo", nasty], "b": ["x"]}, a={"writes": [nasty]}, b={"reads": [nasty]})
    requests = kedro_batch("apply", "plan.yaml", "--dry-run", cwd=tmp_path)
    judged = kedro_batch("validate", "plan.yaml", "--json", cwd=tmp_path)
    shown = kedro_batch("show", "plan.yaml", "--format=json", cwd=tmp_path)
    for ended in (requests, judged, shown):
        assert ended.code == 0
        assert ended.text.replace("\n", "").isprintable()
    assert json.loads(requests.text.splitlines()[0])["containerOverrides"]["command"] == ["echo", nasty]
    assert "u202egnp" in json.loads(judged.text)["diagnostics"][0]["message"]
    assert json.loads(shown.text)["data"]["outputs"][0]["dataset"] == nasty


@pytest.mark.parametrize("form", sorted({*OverviewFormat, *DiffFormat}))
def test_names_of_which_nobody_sees_anything_are_escapes(tmp_path, form):
    plan = write_plan(tmp_path, {"a": ["x"], "b": ["\u3164"]}, a={"writes": ["\u3164"]}, b={"reads": ["\u3164"]})
    (tmp_path / "old.yaml").write_text(plan.read_text().replace("\\u3164", "\\U0001bca0"))
    (tmp_path / "new.yaml").write_text(plan.read_text().replace("\\u3164", "\\u3164\\u115f"))
    commands = {"show": (OverviewFormat, ["new.yaml"]), "diff": (DiffFormat, ["old.yaml", "new.yaml"])}
    for command, (forms, files) in commands.items():
        if form in [*forms]:
            shown = kedro_batch(command, *files, f"--format={form}", cwd=tmp_path)
            assert shown.code == 0
            assert not INVISIBLE.search(shown.text)


def on_a_terminal(*words, cwd, env=None):
    """Return the output of a command to a terminal."""
    leader, follower = pty.openpty()
    process = subprocess.Popen([*PROGRAM, *words], cwd=cwd, stdout=follower, stderr=follower, env=environment(env))
    os.close(follower)
    said = b""
    try:
        while part := os.read(leader, 65536):
            said += part
    except OSError:  # Linux reports so that the other side is closed
        pass
    os.close(leader)
    assert process.wait(GENEROUS_S) == 0
    return said.decode()


def test_a_diff_has_colours_where_a_person_looks_at_it(folder):
    words = ["diff", "old.yaml", "new.yaml"]
    assert "\x1b[33m~ " in on_a_terminal(*words, cwd=folder, env={"TERM": "xterm"})
    assert "\x1b[1mLevel 1: 2 jobs" in on_a_terminal("show", "old.yaml", cwd=folder, env={"TERM": "xterm"})
    assert "\x1b" not in on_a_terminal(*words, "--no-color", cwd=folder, env={"TERM": "xterm"})
    for env in ({"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\x1b" not in on_a_terminal(*words, cwd=folder, env=env)
    assert "\x1b" not in kedro_batch(*words, cwd=folder).text


def test_apply_takes_none_but_the_reviewed_plan(folder):
    digest = json.loads(kedro_batch("show", "old.yaml", "--format=json", cwd=folder).out)["digest"]
    words = ["apply", "--dry-run", "--expect-digest", digest]
    (folder / "commented.yaml").write_text("# reviewed\n" + (folder / "old.yaml").read_text())
    assert kedro_batch(*words, "old.yaml", cwd=folder).code == 0
    assert kedro_batch(*words, "commented.yaml", cwd=folder).code == 0
    refused = kedro_batch(*words, "new.yaml", cwd=folder)
    assert (refused.code, refused.out) == (4, b"")
    assert refused.err.startswith("Error: new.yaml is not the plan that was reviewed: its digest is sha256:")
    assert digest in refused.err


def test_a_short_digest_approves_nothing_and_the_whole_one_is_where_the_message_says(folder):
    # 48 bits, as they were shown once, are found within minutes.
    whole = kedro_batch("validate", "old.yaml", cwd=folder).text.split()[1]
    for length in (19, len(whole) - 1):
        ended = kedro_batch("apply", "--local", "--expect-digest", whole[:length], "old.yaml", cwd=folder)
        assert ended.code == 2
        assert f"'{whole[:length]}' is not a whole digest" in ended.err
        assert "To print it: kedro-batch validate old.yaml\n" in ended.err
    assert len(whole) == len("sha256:") + 64


@pytest.mark.parametrize("digest", ["", "sha256:", "SHA256:" + "0" * 64, "0" * 64, "sha256:" + "0" * 64 + "\n"])
def test_a_digest_that_is_none_is_a_mistake(folder, digest):
    ended = kedro_batch("apply", "--local", "--expect-digest", digest, "old.yaml", cwd=folder)
    assert ended.code == 2
    assert not digest or "To print it: kedro-batch validate old.yaml\n" in ended.err
    assert ("is not a whole digest" if digest else "it is empty") in ended.err
    assert not (folder / ".kedro-batch").exists()
