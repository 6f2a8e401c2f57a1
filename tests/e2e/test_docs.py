"""docs/*.md: every command runs, every block is valid, every table is complete, every link leads somewhere."""

import json
import os
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import botocore.session
import click
import pytest
import yaml
from jsonschema import Draft202012Validator

from kedro_batch import diagnostics, errors
from kedro_batch.cli import base, kedro_commands, signals
from kedro_batch.cli.demo_command import demo as demo_command
from kedro_batch.compiler.settings.config_source import MAX_WORKERS, TARGET
from kedro_batch.image.ecr_repository import PUSH_ACTIONS
from kedro_batch.submitter.job_state import JobState
from tests.e2e.documents import DOCS, PAGES, ROOT, anchors, blocks, codes, commands, links, section, table
from tests.support.command_line import PROGRAM, environment, kedro_batch, run
from tests.support.engines import Engine
from tests.support.registry import registry
from tests.support.services import standin

PACKAGE = ROOT / "translator" / "kedro_batch"
_BATCH = kedro_commands.commands["batch"]
assert isinstance(_BATCH, click.Group)


def _leaves(group: click.Group) -> dict[str, click.Command]:
    """Return the commands of a group, those of its groups by both names."""
    found: dict[str, click.Command] = {}
    for name, one in group.commands.items():
        below = _leaves(one) if isinstance(one, click.Group) else None
        found |= {name: one} if below is None else {f"{name} {leaf}": command for leaf, command in below.items()}
    return found


COMMANDS = {**_leaves(_BATCH), "demo": demo_command}

_OFFLINE = {
    "settings": {"kedro-batch compile --env=aws_batch --explain train_model": "conf/aws_batch/aws_batch.yml:6: "},
    "rules": {"kedro-batch compile --explain train_model": "conf/base/aws_batch.yml:6: resources.memory_mib"},
    "grouping": {"kedro-batch diff plan.yaml chained.yaml": "join_tables"},
    "data": {"kedro-batch compile --json -o plan.yaml": '"kedro-batch/diagnostics/v1"'},
    "plan": {"kedro-batch validate plan.yaml": "digest sha256:"},
    "review": {"kedro-batch diff /dev/null plan.yaml": "new plan: 6 jobs, 6 nodes"},
    "init": {"kedro-batch init --force Dockerfile": "written: Dockerfile"},
}
"""The pages whose commands need no AWS, and what some of these print."""
_ELSEWHERE = ("image", "runner", "logs", "policy", "development")
_ON_AWS = ("doctor", "runs", "exit-codes", "events", "pull-requests", "report", "runbook")


def on_this_machine(command: str) -> bool:
    """True if a command runs whole jobs here, which takes half a minute: README's test does that once."""
    return "--local" in command


def schema(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text())
    return content


# Commands


@pytest.mark.parametrize("page", _OFFLINE)
def test_every_command_of_a_page_works(page, committed_demo, run_commands):
    shown = run_commands(commands(DOCS[page]), committed_demo)
    for command, text in _OFFLINE[page].items():
        assert text in shown[command], shown[command]


@pytest.mark.long
@pytest.mark.parametrize("page", _ON_AWS)
@pytest.mark.xdist_group("aws")
def test_every_command_of_a_page_about_runs_works(page, committed_demo, moto_server, run_commands):
    moto_server.prepare("spaceflights_queue", "kedro_run")
    before = ["kedro-batch apply plan.yaml --run-id nightly-42 --detach"] if page in ("report", "runbook") else []
    some = [*before, *(command for command in commands(DOCS[page]) if not on_this_machine(command))]
    shown = run_commands(some, committed_demo, moto_server.environment)
    for command, text in shown.items():
        if re.search("kedro-batch (apply|resume)", command) and not {"--json", "--detach"} & {*command.split()}:
            assert "6 jobs, 6 succeeded" in text, command


def test_every_command_of_the_page_about_images_works(committed_demo, run_commands, tmp_path):
    engine = Engine(tmp_path / "docker")
    with registry() as server:
        conf = committed_demo / "conf" / "aws_batch"
        conf.mkdir()
        declared = "job_queue: spaceflights_queue\njob_definition: {name: kedro_run}\n"
        (conf / "aws_batch.yml").write_text(f"{declared}image_repository: {server.host}/spaceflights\n")
        (committed_demo / "Dockerfile").write_text("FROM python:3.11-slim\n")
        path = os.pathsep.join([engine.environment["PATH"], environment()["PATH"]])
        shown = run_commands(commands(DOCS["image"]), committed_demo, {**engine.environment, "PATH": path})
        assert f"{server.host}/spaceflights@sha256:" in shown["kedro-batch image --push"]
        assert "spaceflights/manifests/rehearsal-1" in server.tags


def test_every_command_of_the_page_about_policies_works_with_its_policy(committed_demo, run_commands):
    (policy,) = blocks(DOCS["policy"], "yaml")
    (committed_demo / "kedro-batch-policy.yaml").write_text(policy)
    commit = ["git add .", "git commit --quiet -m 'Bound the plans'"]
    shown = run_commands([*commit, *commands(DOCS["policy"])], committed_demo)
    assert "Policy HEAD:kedro-batch-policy.yaml: kept" in [*shown.values()][-1]
    broken = policy.replace("max_timeout_s: 14400", "max_timeout_s: 60")
    (committed_demo / "kedro-batch-policy.yaml").write_text(broken)
    ended = kedro_batch("validate", "plan.yaml", "--policy=kedro-batch-policy.yaml", cwd=committed_demo)
    assert (ended.code, "a timeout of 10 min for all 6 jobs" in ended.err) == (4, True)


@pytest.mark.xdist_group("aws")
def test_every_command_of_the_page_about_the_runner_works(demo, moto_server, run_commands):
    moto_server.prepare("spaceflights_queue", "kedro_run")
    for text in run_commands(commands(DOCS["runner"]), demo, moto_server.environment).values():
        assert ": 6 jobs, 6 succeeded" in text


def test_every_command_of_the_page_about_logs_works(demo, run_commands):
    there = {"queues": ["spaceflights_queue"], "definitions": {"kedro_run": 2}}
    with standin(**there, fail={"train_model": 1}) as service:
        applied = kedro_batch("apply", "plan.yaml", "--run-id", "nightly-42", cwd=demo, env=service.environment)
        assert applied.code == 6, applied.err
        shown = run_commands(commands(DOCS["logs"]), demo, service.environment)
    for command, text in shown.items():
        assert ("train_model" in text) is ("--follow" not in command), text


def test_every_argument_of_the_runner_is_documented():
    documented = [codes(row[0])[0] for row in table(DOCS["runner"], "argument", "meaning")]
    assert documented == [*TARGET, MAX_WORKERS, "is_async"]


def test_every_page_with_commands_has_a_test():
    assert {page for page in DOCS if commands(DOCS[page])} == {*_OFFLINE, *_ON_AWS, *_ELSEWHERE}


def test_the_commands_for_developers_name_what_exists():
    named = commands(DOCS["development"])
    assert len(named) > 5
    for command in named:
        program, *words = command.split()
        assert program.startswith(".venv/bin/") or (ROOT / program).is_file()
        assert all((ROOT / word).exists() for word in words if "/" in word)


@pytest.mark.parametrize("page", PAGES)
def test_every_option_that_a_page_names_exists(page):
    params = [one for command in COMMANDS.values() for one in command.params]
    ours = {name for one in params for name in (*one.opts, *one.secondary_opts)}
    # Of pytest, pip, docker, git, uv, poetry, apt-get, aws and kedro run.
    others = {"--no-cov", "--no-deps", "--no-cache", "--build-arg", "--platform", "--first-parent"}
    others |= {
        "--frozen",
        "--no-dev",
        "--only",
        "--yes",
        "--async",
        "--runner",
        "--runner-params",
        "--only-missing-outputs",
    }
    others |= {"--extra", "--all-extras", "--profile", "--config", "--password-stdin"}
    others |= {"--seed", "--seeds", "--minutes", "--jobs", "--depth"}  # of simulation and model
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*\b", PAGES[page]))
    assert named <= ours | others


def test_the_options_of_every_command_are_documented():
    documented: defaultdict[str, set[str]] = defaultdict(set)
    for page in (page for page, text in DOCS.items() if "| option | of | meaning |" in text):
        for names, of, _ in table(DOCS[page], "option", "of", "meaning"):
            for one in of.split(", "):
                documented[one] |= set(codes(names))
    for name, command in COMMANDS.items():
        options = {option for one in command.params if isinstance(one, click.Option) for option in one.opts}
        assert documented.pop(name) == options, name
    assert not documented


# Blocks of YAML and JSON


def _blocks() -> list[tuple[str, str, str]]:
    found = []
    for page, text in PAGES.items():
        for block in blocks(text, "yaml"):
            first = block.partition("\n")[0]
            name = first.removeprefix("# ") if first.startswith("# ") else "conf/base/aws_batch.yml"
            found.append((page, name, block))
    return found


BLOCKS = _blocks()
SETTINGS = [block for _, name, block in BLOCKS if name == "conf/base/aws_batch.yml"]


def test_there_are_blocks_of_every_kind():
    assert {name for _, name, _ in BLOCKS} == {
        "conf/base/aws_batch.yml",
        "conf/base/catalog.yml",
        "conf/base/parameters.yml",
        "kedro-batch-policy.yaml",
        "plan.yaml",
    }
    assert len(SETTINGS) >= 7


@pytest.mark.parametrize(("page", "name", "block"), BLOCKS)
def test_every_block_of_yaml_is_valid(page, name, block, tmp_path):
    content = yaml.safe_load(block)
    match name:
        case "conf/base/aws_batch.yml":
            Draft202012Validator(schema("config")).validate(content)
            assert {"job_queue", "job_definition"} <= content.keys(), "a block that can be pasted as it is"
        case "conf/base/parameters.yml":
            Draft202012Validator(schema("config")).validate(content["aws_batch"])
        case "conf/base/catalog.yml":
            assert all({"type", "filepath"} <= entry.keys() for entry in content.values())
        case "kedro-batch-policy.yaml":
            Draft202012Validator(schema("policy")).validate(content)
        case "plan.yaml":
            (tmp_path / "plan.yaml").write_text(block)
            ended = kedro_batch("validate", "plan.yaml", cwd=tmp_path)
            assert (ended.code, "arning" in ended.err) == (0, False), ended.err
        case _:
            pytest.fail(f"{page} has a block of {name}, which nothing checks")


@pytest.mark.long
@pytest.mark.parametrize("block", SETTINGS)
def test_a_project_compiles_with_the_settings_of_a_page(block, demo):
    (demo / "conf" / "base" / "aws_batch.yml").write_text(block)
    ended = kedro_batch("compile", "-o", "plan.yaml", cwd=demo)
    assert ended.code == 0, ended.err


def test_the_policy_has_every_action_that_the_engine_needs():
    (policy,) = blocks(DOCS["permissions"], "json")
    actions = set()
    for statement in json.loads(policy)["Statement"]:
        given = statement["Action"]
        actions |= {given} if isinstance(given, str) else set(given)
    listed = [codes(row[0])[0] for row in table(DOCS["permissions"], "action", "for", "without it")]
    assert sorted(listed) == sorted(actions)
    session = botocore.session.get_session()
    service = PACKAGE / "submitter" / "service"
    files = (service / "aws.py", service / "cloudwatch_logs.py", PACKAGE / "cloud" / "identity.py")
    engine = "".join(file.read_text() for file in files)
    called = set()
    for prefix in ("batch", "logs", "sts"):
        for operation in session.get_service_model(prefix).operation_names:
            method = re.sub("(?<!^)(?=[A-Z])", "_", operation).lower()
            if re.search(rf"\.{method}\(|\"{method}\"", engine):
                called.add(f"{prefix}:{operation}")
    # Where TerminateJobs does not exist or is denied, jobs are terminated one by one. TagResource and PassRole are not
    # called: AWS asks for them when a job is submitted with tags, and when a definition with roles is registered.
    assert actions == called - {"batch:TerminateJobs"} | {"batch:TagResource", "iam:PassRole"}


def test_every_permission_that_infra_needs_is_documented():
    rows = table(section(DOCS["infrastructure"], "Commands"), "action", "for")
    listed = {action for row in rows for action in codes(row[0])}
    folder = PACKAGE / "cloud" / "infrastructure"
    source = "".join(file.read_text() for file in (*folder.glob("*.py"), PACKAGE / "cloud" / "targets.py"))
    called = set()
    session = botocore.session.get_session()
    for service in ("cloudformation", "batch", "ecr", "ec2", "iam"):
        for operation in session.get_service_model(service).operation_names:
            method = re.sub("(?<!^)(?=[A-Z])", "_", operation).lower()
            if re.search(rf'\.{method}\(|"{method}"', source):
                called.add(f"{service}:{operation}")
    assert listed == called - {"batch:DescribeJobQueues"}  # for other commands


def test_the_policy_of_a_push_is_what_a_refused_push_names():
    (policy,) = blocks(DOCS["image"], "json")
    token, push = json.loads(policy)["Statement"]
    assert push["Action"] == list(PUSH_ACTIONS)
    listed = [name for row in table(DOCS["image"], "action", "without it") for name in codes(row[0])]
    assert sorted(listed) == sorted([token["Action"], *PUSH_ACTIONS])


# Tables


def test_every_setting_is_documented():
    rows = table(DOCS["settings"], "setting", "meaning")
    assert sorted(codes(row[0])[0] for row in rows) == sorted(schema("config")["properties"])


def test_everything_that_a_rule_matches_and_sets_is_documented():
    rule = schema("config")["$defs"]["rule"]["properties"]
    matches = [codes(row[0])[0] for row in table(DOCS["rules"], "key", "matches")]
    assert sorted(matches) == sorted(rule["match"]["properties"])
    sets = [name for row in table(DOCS["rules"], "value", "in a rule") for name in codes(row[0])]
    assert sorted(sets) == sorted(name for name, given in rule.items() if name != "match" and "not" not in given)


def test_every_grouping_is_documented():
    (pattern,) = re.findall(r"\^.*", schema("plan")["$defs"]["group_by"]["items"]["pattern"])
    documented = [codes(row[0])[0] for row in table(DOCS["grouping"], "`group_by`", "nodes that form one job")]
    examples = [name.replace("DEPTH", "2").replace("PREFIX", "x") for name in documented]
    assert all(re.fullmatch(pattern, example) for example in examples)
    words = set(re.findall(r"[a-z]{3,}", pattern))
    assert words == {name.partition(":")[0] for name in documented}


def test_every_setting_of_a_job_is_combined_as_documented():
    rows = [name for row in table(DOCS["grouping"], "setting", "value") for name in codes(row[0])]
    rule = schema("config")["$defs"]["rule"]["properties"]
    sets = {name for name, given in rule.items() if name != "match" and "not" not in given}
    assert sorted(rows) == sorted(sets - {"vcpus", "memory_mib", "gpus"} | {"resources"})


def test_every_code_of_a_diagnostic_is_documented_with_its_severity():
    rows = table(DOCS["data"], "code", "severity", "meaning")
    assert [codes(code)[0] for code, *_ in rows] == [str(code) for code in diagnostics.Code]
    assert {severity for _, severity, _ in rows} == {str(severity) for severity in diagnostics.Severity}
    acceptable = schema("config")["$defs"]["warning_code"]["enum"]
    warned = {codes(code)[0] for code, severity, _ in rows if severity == "warning"}
    assert set(acceptable) == warned - {"unordered_read"}  # that one is of plans, which have no `accept`


def test_every_rule_of_a_policy_is_documented():
    rules = [codes(row[0])[0] for row in table(DOCS["policy"], "rule", "a plan breaks it if")]
    assert rules == [*schema("policy")["$defs"]["rules"]["properties"]]


def test_every_field_of_a_plan_is_documented():
    plan = schema("plan")
    fields = [name for row in table(DOCS["plan"], "field", "meaning") for name in codes(row[0])]
    assert sorted(fields) == sorted(plan["properties"])
    of_job = [name for row in table(DOCS["plan"], "field of a job", "meaning") for name in codes(row[0])]
    job = plan["$defs"]["job"]["properties"]
    assert sorted(of_job) == sorted(name for name, given in job.items() if "not" not in given)


def test_every_format_is_documented():
    formats = {codes(row[0])[0] for row in table(DOCS["review"], "`--format`", "for")}
    offered = set()
    for name in ("show", "diff"):
        (option,) = (one for one in COMMANDS[name].params if one.name == "format")
        assert isinstance(option.type, click.Choice)
        offered |= set(option.type.choices)
    assert formats == offered


def test_every_column_of_a_report_is_documented():
    documented = [name for row in table(DOCS["report"], "column", "meaning") for name in codes(row[0])]
    assert sorted(documented) == sorted(schema("report")["properties"]["attempts"]["items"]["properties"])
    formats = [codes(row[0])[0] for row in table(DOCS["report"], "format", "ending", "for")]
    (option,) = (one for one in COMMANDS["report"].params if "--format" in one.opts)
    assert isinstance(option.type, click.Choice)
    assert formats == list(option.type.choices)


def test_every_exit_code_is_documented():
    def codes_of(error):
        return {error.exit_code}.union(*(codes_of(child) for child in error.__subclasses__()))

    documented = {int(n) for row in table(DOCS["exit-codes"], "code", "meaning") for n in row[0].split(",")}
    interrupting = {errors.Interrupted(number).exit_code for number in signals.INTERRUPTING}
    assert documented == codes_of(errors.KedroBatchError) | interrupting | {0, base.CLOSED_PIPE}


EVENTS = schema("events")["$defs"]


def test_every_state_of_a_job_is_documented():
    documented = [name for row in table(DOCS["runs"], "state", "meaning") for name in codes(row[0]) if name.isupper()]
    assert sorted(documented) == sorted(EVENTS["state"]["enum"])
    assert EVENTS["state"]["enum"] == schema("run")["$defs"]["state"]["enum"]
    assert {str(state) for state in JobState} == set(documented)


def test_every_event_and_its_fields_are_documented():
    documented: defaultdict[str, set[str]] = defaultdict(set)
    event = ""
    for name, fields, _ in table(DOCS["events"], "event", "field", "meaning"):
        event = codes(name)[0] if name else event
        documented[event] |= set(codes(fields))
    assert documented.keys() == set(schema("events")["properties"]["event"]["enum"])
    for event, named in documented.items():
        known = EVENTS[event]["properties"].keys() - {"event", "at"}
        assert named == known, event


@pytest.mark.parametrize(
    ("title", "event", "field"),
    [("outcome", "run_finished", "outcome"), ("cause", "job_changed", "cause"), ("kind", "notice", "kind")],
)
def test_every_value_of_a_field_is_documented(title, event, field):
    documented = [codes(row[0])[0] for row in table(DOCS["events"], f"`{title}`", "meaning")]
    assert sorted(documented) == sorted(EVENTS[event]["properties"][field]["enum"])


def test_every_field_of_the_state_of_a_run_is_documented():
    named = set(codes(section(DOCS["events"], "The state of a run")))
    run = schema("run")["properties"]
    own = set(run["failures"]["items"]["properties"]) - set(EVENTS["job_changed"]["properties"])
    assert run.keys() | run["jobs"]["items"]["properties"].keys() | own <= named | {"state"}


def test_the_commands_that_work_on_runs_are_all_explained():
    explained = " ".join(row[0] for row in table(DOCS["runs"], "command", "what it does"))
    for command in ("apply", "resume", "wait", "cancel", "status", "logs", "runs"):
        assert f"`{command}" in explained


# Benchmarks and the tree


def test_every_benchmark_is_listed():
    listed = [codes(row[0])[0] for row in table(DOCS["development"], "file", "what it measures")]
    files = {file.name for file in (ROOT / "tests" / "benchmarks").glob("*.py")}
    assert sorted(listed) == sorted(files - {"__init__.py", "drawn_runs.py", "measure.py", "thread_per_job.py"})
    for row in table(DOCS["development"], "folder", "what it holds"):
        assert (ROOT / codes(row[0])[0]).is_dir()


@pytest.mark.long
@pytest.mark.parametrize(
    ("program", "words", "printed"),
    [
        ("startup.py", ["1"], r"^compile / registry list: \d+\.\d\d "),
        (
            "scale.py",
            ["1", "800"],
            r"^  compile .*: \d+\.\d\d \(at most \d\); \d+ MB.*\n  validate .*: \d+\.\d\d \(at most \d\); \d+ MB$",
        ),
    ],
)
def test_a_benchmark_prints_what_it_measures(program, words, printed, tmp_path):
    ended = run([PROGRAM[0], str(ROOT / "tests" / "benchmarks" / program), *words], cwd=tmp_path, timeout=900)
    assert ended.code == 0, ended.err
    assert re.search(printed, ended.text, re.MULTILINE)


def _tree() -> dict[str, str]:
    """Return each folder of the drawn package, and what is said beside it."""
    _, drawn = blocks(DOCS["architecture"], "text")
    folders: defaultdict[str, str] = defaultdict(str)
    path: list[str] = []
    for line in drawn.splitlines():
        name, _, said = line.strip().partition(" ")
        if name.endswith("/"):
            path = [*path[: (len(line) - len(line.lstrip())) // 2], name]
            folders["".join(path)] += said
        else:
            folders["".join(path)] += line
    return folders


def test_the_drawn_tree_is_the_tree():
    drawn = _tree()
    folders = {f"translator/{file.parent.relative_to(ROOT / 'translator')}/" for file in PACKAGE.rglob("__init__.py")}
    assert folders | {"templates/", "schemas/"} == drawn.keys()
    for folder, said in drawn.items():
        for module in re.findall(r"\w+\.py", said):
            assert (ROOT / folder / module).is_file() or (PACKAGE / module).is_file(), f"{folder}{module}"


def test_the_modules_that_the_architecture_names_exist():
    text = DOCS["architecture"].replace("cli/NAME_command.py", "cli/apply_command.py")
    named = re.findall(r"`((?:cli|compiler|plan|review|submitter)/[\w/]+(?:\.py|/))`", text)
    assert len(named) > 5
    for name in named:
        assert (PACKAGE / name).exists(), name


# Links and names


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page):
    home = ROOT if page == "README" else ROOT / "docs"
    for target in links(PAGES[page]):
        file, _, anchor = target.partition("#")
        assert (home / file).is_file(), target
        if anchor:
            assert anchor in anchors((home / file).read_text()), target


def test_every_page_is_named_in_the_readme():
    assert {Path(link).stem for link in links(PAGES["README"])} >= DOCS.keys()


def test_queue_definition_and_role_are_called_as_in_the_guide_of_kedro():
    for page, text in PAGES.items():
        for name in re.findall(r"\b\w+_(?:queue|env)\b", text):
            assert name in ("spaceflights_queue", "spaceflights_env", "gpu_queue", "job_queue", "default_run_env"), page
        assert not re.findall(r"job_definition: (?!kedro_run\b)\S+", text), page


def test_help_of_every_command_names_its_options(tmp_path):
    for name, command in COMMANDS.items():
        ended = run([*PROGRAM, *name.split(), "--help"], cwd=tmp_path, env=environment())
        assert f"Usage: kedro-batch {name}" in ended.text
        for option in command.params:
            assert all(one in ended.text for one in option.opts if one.startswith("-"))
