"""Mistakes and their complete messages, as golden files: ``tests/golden/mistakes/NAME.txt``.

The first line of a golden file is the exit code, and the rest is standard error, byte for byte except for two things:
PROJECT stands for the folder of the project, and ``--help`` for ``-h`` in the hint of click 8.1. To write the files
again after a message has changed, and then read them:

    UPDATE_GOLDEN=1 pytest --no-cov tests/cli/compiling/test_golden_mistakes.py
    git diff tests/golden/mistakes

Each mistake triggers a check that no other one triggers. Messages in the words of Kedro or click, which differ from
version to version, have no golden file: ``test_mistakes.py`` looks for the parts that stay the same.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

import pytest

from kedro_batch.compiler.project.kedro_version import find_kedro_features
from tests.support.command_line import Ended
from tests.support.forked import kedro_batch
from tests.support.projects import DIAMOND, KEDRO_VERSION, TARGET, json_catalog, write_project

GOLDEN = Path(__file__).parent.parent.parent / "golden" / "mistakes"
SETTINGS = "base/aws_batch.yml"
SECRET = "AKIAIOSFODNN7EXAMPLE"  # noqa: S105  the example in the documentation of AWS: nobody's

HELP_OF_CLICK_8_1 = ("Try 'kedro-batch compile -h' for help.", "Try 'kedro-batch compile --help' for help.")


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One mistake in a small project, or in a plan.

    Attributes:
        settings: What ``conf/base/aws_batch.yml`` has below queue, definition and shared path.
        words: What the command line has beside ``compile``, or ``validate``.
        conf: Other files below ``conf/``, by their path.
        registry: The source of ``pipeline_registry.py``.
        modules: Other modules of the project's package, by name.
        plan: The plan that is validated; empty where a project is compiled.
    """

    settings: str = ""
    words: tuple[str, ...] = ()
    conf: Mapping[str, str | None] = field(default_factory=dict)
    registry: str = DIAMOND
    modules: Mapping[str, str] = field(default_factory=dict)
    plan: str = ""

    def files(self) -> dict[str, str]:
        """Return the files whose lines messages may name, by the names that messages use."""
        conf = {SETTINGS: TARGET + self.settings, **self.conf}
        written = {f"conf/{path}": content for path, content in conf.items() if content is not None}
        return {**written, "plan.yaml": self.plan}

    def make(self, folder: Path) -> Ended:
        """Write the files into a folder and run the command there."""
        if self.plan:
            (folder / "plan.yaml").write_text(self.plan)
            return kedro_batch("validate", "plan.yaml", *self.words, cwd=folder)
        conf = {SETTINGS: TARGET + self.settings, **self.conf}
        write_project(folder, registry=self.registry, conf=conf, **self.modules)
        return kedro_batch("compile", *self.words, cwd=folder)


def pipeline(*nodes: str) -> str:
    """Return a registry with nodes, each written like ``in other -> out, name, tag tag``."""
    made = []
    for one in nodes:
        data, name, tags = (part.strip() for part in one.split(","))
        read, written = (side.split() for side in data.split("->"))
        made.append(f"node(work, {read}, {written}, name={name!r}, tags={tags.split()})")
    head = "from kedro.pipeline import Pipeline, node\n\n\ndef work(*_):\n    return 1\n\n\n"
    return f"{head}def register_pipelines():\n    return {{'__default__': Pipeline([{', '.join(made)}])}}\n"


def without(*names: str) -> dict[str, str | None]:
    """Return the diamond's catalog without some of its datasets."""
    kept = [name for name in ("raw", "numbers", "left", "right", "total") if name not in names]
    return {"base/catalog.yml": json_catalog(*kept)}


def plan(*jobs: str, head: str = "schema: kedro-batch/plan/v1\n") -> str:
    """Return a plan with jobs that are given as YAML flow mappings, without their command."""
    return f"{head}jobs:\n" + "".join(f"  - {{{job}, command: [x]}}\n" for job in jobs)


TO = "job_queue: q, job_definition: d"
ROUND = pipeline(
    "raw -> left, clean, team.data", "left -> right, train, team.science", "left right -> total, rate, team.data"
)
STRAIGHT = pipeline("raw -> left, clean, team.data", "left -> right, train, team.data")
BY_TEAM = "group_by: tag:team.\n"
TWO_CATCH_ALLS = """\
"{name}":
  type: json.JSONDataset
  filepath: s3://a-bucket/{name}.json
"{dataset}":
  type: pickle.PickleDataset
  filepath: s3://a-bucket/{dataset}.pickle
"""
HOOKS = """\
from kedro.framework.hooks import hook_impl


class CleanUp:
    @hook_impl
    def before_pipeline_run(self):
        "Empties a folder."
"""
OWN_RUN = """\
import click


@click.group(name="a_project")
def cli():
    pass


@cli.command()
@click.option("--node", "-n")
@click.option("--env", "-e")
def run(node, env):
    pass
"""
MANY = range(200)
WIDE = pipeline(
    *(f"raw -> made_{n}, summarise_the_sales_of_shop_number_{n}, {'first' if n == 0 else 'layer.shops'}" for n in MANY)
)
WIDE_CATALOG = json_catalog("raw") + '"made_{n}":\n  type: json.JSONDataset\n  filepath: s3://a-bucket/{n}.json\n'

MISTAKES: dict[str, Mistake] = {
    # The shape of aws_batch.yml.
    "setting_misspelt": Mistake(settings="timout_s: 600\n"),
    "setting_of_another_name_and_unit": Mistake(
        settings="rules:\n  - match: {nodes: [go_left]}\n    memory: 4GB\n    retries: 2\n"
    ),
    "setting_with_a_unit": Mistake(settings="timeout_s: 1h\n"),
    "settings_below_a_key": Mistake(conf={SETTINGS: "aws_batch:\n  job_queue: a_queue\n  job_definition: d\n"}),
    "amount_twice": Mistake(settings="vcpus: 1\nresources: {vcpus: 2}\n"),
    "selector_unknown": Mistake(settings="rules:\n  - match: {layers: [silver]}\n    gpus: 1\n"),
    "rule_without_match": Mistake(settings="rules:\n  - memory_mib: 4096\n"),
    "match_empty": Mistake(settings="rules:\n  - match: {}\n    memory_mib: 4096\n"),
    "number_in_place_of_text": Mistake(settings="environment: {LEVEL: 5}\n"),
    "timeout_too_short": Mistake(settings="timeout_s: 30\n"),
    "command_prefix_without_words": Mistake(settings="command_prefix: []\n"),
    "command_word_empty": Mistake(settings='command_prefix: [kedro, ""]\n'),
    "retry_reason_unknown": Mistake(settings="attempts: 3\nretry_on: [spots]\n"),
    "retry_reason_twice": Mistake(settings="attempts: 3\nretry_on: [spot, spot]\n"),
    "platform_unknown": Mistake(settings="platform: FARGATE\n"),
    "store_unknown": Mistake(settings="datasets: {model: s3}\n"),
    "accepted_code_unknown": Mistake(settings="accept: [local_bondary]\n"),
    "variable_that_batch_keeps": Mistake(settings="environment:\n  LEVEL: high\n  AWS_BATCH_SIZE: '5'\n"),
    "tag_that_aws_keeps": Mistake(settings="tags:\n  team: data\n  aws:owner: me\n"),
    "tag_value_too_long": Mistake(settings=f"tags: {{team: {'x' * 257}}}\n"),
    "tags_too_many": Mistake(settings="tags:\n" + "".join(f"  key{n}: x\n" for n in range(48))),
    "submit_tags_in_rule": Mistake(settings="rules:\n  - match: {nodes: [go_left]}\n    submit_tags: false\n"),
    "share_identifier_illegal": Mistake(settings="share_identifier: team_data\n"),
    "wrong_value_in_base_below_prod": Mistake(
        words=("--env=prod",),
        settings="timeout_s: 600\nattempts: 11\n",
        conf={"prod/aws_batch.yml": "job_queue: prod_queue\ntimeout_s: 3600\n"},
    ),
    # What a schema does not see.
    "conf_source_of_one_machine": Mistake(settings="container_conf_source: /home/me/conf\n"),
    "grouping_unknown": Mistake(settings="group_by: namespaces\n"),
    "none_beside_other_groupings": Mistake(settings="group_by: [none, chain]\n"),
    "memory_before_other_groupings": Mistake(settings="group_by: [memory, chain]\n"),
    "tags_that_are_not_sent": Mistake(
        words=("--env=prod",),
        settings="tags: {team: data}\nrules:\n  - match: {nodes: [go_left]}\n    tags: {cost: low}\n",
        conf={"prod/aws_batch.yml": "submit_tags: false\n"},
    ),
    "credential_as_value": Mistake(settings=f"environment: {{STORE: {SECRET}}}\n"),
    "submit_with_unknown_field": Mistake(settings="submit: {propagateTag: true}\n"),
    "submit_with_field_of_a_setting": Mistake(settings="submit: {timeout: {attemptDurationSeconds: 600}}\n"),
    "submit_of_array": Mistake(settings="submit: {arrayProperties: {size: 10}}\n"),
    "submit_with_wrong_type": Mistake(settings="submit: {parameters: {rows: 5}}\n"),
    # The files themselves.
    "yaml_broken": Mistake(settings="tags: {team: data\n"),
    "key_twice": Mistake(settings="timeout_s: 600\ntimeout_s: 1200\n"),
    "key_not_text": Mistake(settings="tags: {2024: x}\n"),
    "settings_as_list": Mistake(conf={SETTINGS: "- job_queue: a_queue\n"}),
    "settings_interpolate_nothing": Mistake(settings="tags: {team: '${team}'}\n"),
    "catalog_asks_for_runtime_parameter": Mistake(
        conf={
            "base/catalog.yml": json_catalog()
            + "model:\n  type: pickle.PickleDataset\n  filepath: ${runtime_params:folder}/m\n"
        }
    ),
    "catalog_with_two_catch_alls": Mistake(conf={"base/catalog.yml": TWO_CATCH_ALLS}),
    "no_queue_and_no_definition": Mistake(conf={SETTINGS: None}),
    "settings_in_a_misnamed_file": Mistake(conf={SETTINGS: None, "base/aws-batch.yml": TARGET}),
    "settings_beside_the_environments": Mistake(conf={SETTINGS: "timeout_s: 600\n", "aws_batch.yml": TARGET}),
    "queue_only_in_another_environment": Mistake(conf={SETTINGS: None, "prod/aws_batch.yml": TARGET}),
    # What AWS Batch does not take.
    "queue_illegal": Mistake(conf={SETTINGS: TARGET.replace("a_queue", "my queue")}),
    "definition_illegal": Mistake(conf={SETTINGS: TARGET.replace("a_definition:2", "my-definition:latest")}),
    "retry_reasons_without_attempts": Mistake(settings="retry_on: [spot]\n"),
    "priority_without_share": Mistake(settings="scheduling_priority: 50\n"),
    "variable_of_kedro_batch": Mistake(settings="environment: {KEDRO_BATCH_RUN_ID: nightly}\n"),
    "variable_of_kedro_for_another_environment": Mistake(
        settings="environment: {KEDRO_ENV: prod}\n", words=("--env=test",), conf={"test/parameters.yml": "a: 1\n"}
    ),
    "variable_of_kedro_without_environment": Mistake(settings="environment: {KEDRO_ENV: prod}\n"),
    "variable_with_nul": Mistake(settings='environment: {SEPARATOR: "\\0"}\n'),
    "tag_with_ampersand": Mistake(settings="tags: {owner: R&D}\n"),
    "fargate_vcpus_that_are_not": Mistake(settings="platform: fargate\nresources: {vcpus: 3}\n"),
    "fargate_memory_for_other_vcpus": Mistake(settings="platform: fargate\nresources: {vcpus: 1, memory_mib: 1024}\n"),
    "fargate_with_gpus": Mistake(settings="platform: fargate\nresources: {gpus: 1}\n"),
    "ec2_with_half_a_vcpu": Mistake(settings="platform: ec2\nresources: {vcpus: 0.5}\n"),
    "group_with_too_long_a_command": Mistake(
        settings="group_by: tag:layer.\n",
        words=("--nodes=" + ",".join(f"summarise_the_sales_of_shop_number_{n}" for n in MANY if n != 1),),
        registry=WIDE,
        conf={"base/catalog.yml": WIDE_CATALOG},
    ),
    "request_too_large": Mistake(settings=f"submit: {{parameters: {{query: {'x' * 31_000}}}}}\n"),
    # Rules, groups and data that do not fit the pipeline.
    "class_that_kedro_datasets_has_not": Mistake(
        conf={"base/catalog.yml": json_catalog().replace("json.JSONDataset", "json.JSONDataSet", 1)}
    ),
    "place_to_be_filled_in": Mistake(
        conf={"base/catalog.yml": json_catalog().replace("data/left", "s3://<your-bucket>/left")}
    ),
    "bucket_of_an_example": Mistake(
        words=("--strict",), conf={"base/catalog.yml": json_catalog().replace("data/left", "s3://my-bucket/left")}
    ),
    "log_that_a_second_attempt_writes_twice": Mistake(
        words=("--strict",),
        settings="attempts: 3\n",
        conf={"base/catalog.yml": json_catalog() + "  fs_args: {open_args_save: {mode: a}}\n"},
    ),
    "rule_for_a_node_that_is_not": Mistake(
        words=("--strict",), settings="rules:\n  - match: {nodes: [go_lft]}\n    gpus: 1\n"
    ),
    "rule_whose_selectors_never_meet": Mistake(
        words=("--strict",), settings="rules:\n  - match: {nodes: [add_up], pipelines: [half]}\n    gpus: 1\n"
    ),
    "node_with_two_tags_of_grouping": Mistake(
        settings=BY_TEAM,
        registry=pipeline("raw -> left, clean, team.data team.science", "left -> right, train, team.science"),
    ),
    "groups_that_wait_for_each_other": Mistake(settings=BY_TEAM, words=("--strict",), registry=ROUND),
    "groups_in_a_circle_with_two_queues": Mistake(
        settings=BY_TEAM + "rules:\n  - match: {nodes: [train]}\n    job_queue: gpu_queue\n", registry=ROUND
    ),
    "group_with_two_values_of_a_variable": Mistake(
        settings=BY_TEAM
        + "rules:\n"
        + "  - match: {nodes: [clean]}\n    environment: {LEVEL: high}\n"
        + "  - match: {nodes: [train]}\n    environment: {LEVEL: low}\n",
        registry=STRAIGHT,
    ),
    "data_in_memory_between_jobs": Mistake(conf=without("numbers")),
    "input_that_nothing_stores": Mistake(conf=without("raw")),
    "data_on_a_local_disk": Mistake(words=("--strict",), conf={SETTINGS: TARGET.replace("[data]", "[elsewhere]")}),
    "dataset_that_another_job_confirms": Mistake(
        registry=DIAMOND.replace('"total", name="add_up"', '"total", name="add_up", confirms="raw"')
    ),
    "memory_of_the_projects_own_between_jobs": Mistake(
        modules={"datasets": "from kedro.io import MemoryDataset\n\n\nclass Kept(MemoryDataset):\n    pass\n"},
        conf={
            "base/catalog.yml": json_catalog("raw", "numbers", "right", "total")
            + "left: {type: a_project.datasets.Kept}\n"
        },
    ),
    "two_names_for_one_place": Mistake(
        words=("--strict",),
        conf={"base/catalog.yml": json_catalog().replace("data/right.json", "data/left.json/part.json")},
    ),
    "newest_version_between_jobs": Mistake(
        words=("--strict",),
        conf={"base/catalog.yml": json_catalog().replace("left.json", "left.json\n  versioned: true")},
    ),
    "result_that_nothing_stores": Mistake(words=("--strict",), conf=without("total")),
    # What runs in every job.
    "hook_that_acts_once_a_run": Mistake(
        words=("--strict",),
        modules={"hooks": HOOKS, "settings": "from a_project.hooks import CleanUp\n\nHOOKS = (CleanUp(),)\n"},
    ),
    "run_command_without_options": Mistake(words=("--params=a=1",), modules={"cli": OWN_RUN}),
    "run_command_that_requires_more": Mistake(
        modules={"cli": OWN_RUN.replace('"--node"', '"--nodes"').replace('"-e"', "required=True")}
    ),
    "commands_that_cannot_be_imported": Mistake(modules={"cli": "import click\n\n1 / 0\n"}),
    "commands_without_a_group": Mistake(modules={"cli": "import click\n"}),
    # What the command line asks for.
    "registry_that_cannot_be_imported": Mistake(registry="import not_installed_anywhere\n"),
    "pipeline_unknown": Mistake(words=("--pipelines=haf",)),
    "environment_unknown": Mistake(words=("--env=prodd",), conf={"prod/parameters.yml": "x: 1\n"}),
    "load_version_of_what_is_not_read": Mistake(words=("--load-versions=rwa:2024-01-01",)),
    "explain_a_job_that_is_not": Mistake(words=("--explain=go_lft",)),
    "diagnostics_and_plan_to_one_stream": Mistake(words=("--json", "-o", "-")),
    "explain_as_json": Mistake(words=("--explain=go_left", "--json")),
    "output_and_check": Mistake(words=("-o", "plan.yaml", "--check", "plan.yaml")),
    # Plans written by hand.
    "plan_of_another_version": Mistake(plan=plan(f"name: a, {TO}", head="schema: kedro-batch/plan/v2\n")),
    "plan_without_queue": Mistake(plan=plan("name: a, job_definition: d")),
    "plan_with_unknown_parent": Mistake(plan=plan(f"name: train, {TO}", f"name: rate, depends_on: [trian], {TO}")),
    "plan_in_a_circle": Mistake(plan=plan(f"name: a, depends_on: [b], {TO}", f"name: b, depends_on: [a], {TO}")),
    "plan_with_names_alike": Mistake(plan=plan(f"name: train, {TO}", f"name: Train, {TO}")),
    "plan_that_versions_of_yaml_disagree_about": Mistake(plan=plan(f"name: a, tags: {{paid: no}}, {TO}")),
    "plan_with_anchor": Mistake(plan=plan(f"name: &first a, {TO}")),
}

NAMED_LINE = re.compile(r"^  (?:\w+ \w+: )?([\w./]+):(\d+): ([\w.\[\]-]+): ", re.MULTILINE)
PLACE = re.compile(r"^  ((?:error|warning|note) \w+: )?(?:job )?[^ ]+: (?:[\w.\[\]-]+: )?")
NAMES = re.compile(
    r"\b(add_up|go_left|go_right|read_numbers|raw|numbers|left|right|total|clean|train|rate|team\.\w+|"
    r"[\w/]+\.(?:json|ya?ml|pickle))\b"
)


def golden(name: str) -> str:
    return (GOLDEN / f"{name}.txt").read_text()


def kinds_of_message(text: str) -> set[str]:
    """Remove places, names and numbers from a message: the words of the checks are left."""
    lines = [line for line in text.splitlines()[1:] if not line.startswith(("Usage: ", "Try ", "  note "))]
    found = [PLACE.sub(r"\1", line) for line in lines[: [*lines, ""].index("")] if PLACE.match(line)]
    bare = [re.sub(r"""'[^']*'|"[^"]*"|\d[\d.,]*""", "", line) for line in found or [" ".join(lines)]]
    return {" ".join(NAMES.sub("", line).split()) for line in bare}


def named_lines(name: str) -> Iterator[tuple[str, str]]:
    """Yield the lines of files that a golden message names, each with the key that it should have."""
    files = MISTAKES[name].files()
    for file, number, path in NAMED_LINE.findall(golden(name)):
        if not path.endswith("]"):  # what stands in a list has no key
            yield files[file].splitlines()[int(number) - 1], path.rpartition(".")[2]


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_gets_its_golden_message(name, tmp_path):
    if name == "catalog_with_two_catch_alls" and find_kedro_features(KEDRO_VERSION).catch_all_can_lose:
        pytest.skip("this Kedro takes the first of several patterns that match every name")
    ended = MISTAKES[name].make(tmp_path)
    assert ended.out == b""
    shown = ended.err.replace(str(tmp_path.resolve()), "PROJECT").replace(*HELP_OF_CLICK_8_1)
    message = f"exit {ended.code}\n{shown}".encode()
    file = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(message)
        pytest.fail(f"wrote {file.name}: read it as a user would, then test again without UPDATE_GOLDEN")
    assert message == file.read_bytes()


def test_there_are_enough_mistakes_and_each_golden_message_belongs_to_one():
    assert len(MISTAKES) >= 40
    assert {file.stem for file in GOLDEN.iterdir()} == MISTAKES.keys()


def test_no_two_mistakes_trigger_the_same_check():
    kinds = {name: kinds_of_message(golden(name)) for name in MISTAKES}
    assert all(kinds.values())
    alike = [(one, other) for one, other in combinations(kinds, 2) if kinds[one] & kinds[other]]
    assert alike == []


def test_no_golden_message_is_a_traceback_or_shows_a_secret_or_has_another_code_than_documented():
    for name in MISTAKES:
        text = golden(name)
        assert text.startswith(("exit 2\n", "exit 4\n")), name
        assert "Traceback" not in text, name
        assert SECRET not in text, name


def test_the_lines_that_the_golden_messages_name_are_the_right_ones():
    named = [(name, line, key) for name in MISTAKES for line, key in named_lines(name)]
    assert len(named) >= 30
    assert [(name, line, key) for name, line, key in named if key not in line] == []
