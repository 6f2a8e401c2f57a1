import json
import os
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from kedro_batch.files import resources
from tests.support.forked import kedro_batch
from tests.support.plans import write_plan

X = ["x"]
RACE: dict[str, Any] = {"one": {"writes": ["table@spark"]}, "two": {"reads": ["raw", "table@pandas"]}}


def test_a_read_that_does_not_wait_for_its_writer_is_a_warning(tmp_path):
    write_plan(tmp_path, {"one": X, "two": X, "three": X}, {"three": "two"}, **RACE)
    ended = kedro_batch("validate", "plan.yaml", cwd=tmp_path)
    assert ended.code == 0
    assert ended.text.startswith("digest sha256:")
    assert ended.err == (
        "plan.yaml is valid: 3 jobs, 0 nodes, longest path 2 jobs\n"
        "1 warning:\n"
        "  warning unordered_read: plan.yaml:1: jobs[1].reads: 'two' reads 'table@pandas', which 'one' writes, and "
        "does not wait for it: it may find old data, or none. If a job needs what is written, let its node read the "
        "dataset in the project too, as one more input, and compile again; in a plan written by hand, put the job that "
        "writes under depends_on\n"
    )


def test_quiet_warns_all_the_same(tmp_path):
    write_plan(tmp_path, {"one": X, "two": X}, **RACE)
    loud, quiet = (kedro_batch("validate", *words, "plan.yaml", cwd=tmp_path) for words in ((), ("-q",)))
    assert quiet.text == loud.text
    assert f"plan.yaml is valid: 2 jobs, 0 nodes, longest path 1 job\n{quiet.err}" == loud.err
    assert quiet.err.startswith("1 warning:\n")


def test_the_warning_is_in_the_json(tmp_path):
    write_plan(tmp_path, {"one": X, "two": X}, **RACE)
    ended = kedro_batch("validate", "--json", "-q", "plan.yaml", cwd=tmp_path)
    assert (ended.code, ended.err) == (0, "")
    document = json.loads(ended.text)
    Draft202012Validator(resources.schema("diagnostics")).validate(document)
    (diagnostic,) = document["diagnostics"]
    assert diagnostic["about"] == {"dataset": ["table"], "producer": ["one"], "consumer": ["two"]}
    assert (diagnostic["severity"], diagnostic["code"], diagnostic["path"]) == (
        "warning",
        "unordered_read",
        ["jobs", 1, "reads"],
    )


@pytest.mark.parametrize("parents", [{"two": "one"}, {"two": "between", "between": "one"}])
def test_a_read_in_order_is_no_warning(tmp_path, parents):
    write_plan(tmp_path, {"one": X, "two": X, "between": X}, parents, **RACE)
    ended = kedro_batch("validate", "plan.yaml", cwd=tmp_path)
    assert "warning" not in ended.err


def test_a_read_before_all_that_write_is_a_warning(tmp_path):
    write_plan(tmp_path, {"one": X, "two": X}, {"one": "two"}, **RACE)
    assert "'two' reads 'table@pandas', which 'one' writes" in kedro_batch("validate", "plan.yaml", cwd=tmp_path).err


def test_many_warnings_are_shown_in_part(tmp_path):
    names = [f"j{number}" for number in range(30)]
    readers: dict[str, Any] = {name: {"reads": ["a"]} for name in names}
    write_plan(tmp_path, dict.fromkeys(["w", *names], X), w={"writes": ["a"]}, **readers)
    ended = kedro_batch("validate", "plan.yaml", cwd=tmp_path)
    assert "30 warnings:\n" in ended.err
    assert "  warning unordered_read: 10 more like these; -v shows them all, --json lists them\n" in ended.err
    assert ended.err.count("under depends_on\n") == 1
    assert kedro_batch("validate", "-v", "plan.yaml", cwd=tmp_path).err.count("warning unordered_read: ") == 30


def test_a_file_without_an_end_is_not_read_to_its_end(tmp_path):
    ended = kedro_batch("validate", "/dev/zero", cwd=tmp_path)
    assert ended.code == 2
    assert ended.err == "Error: cannot read /dev/zero: it has more than 16 MiB, the most that is read\n"


def test_standard_input_without_an_end_is_not_read_to_its_end(tmp_path):
    ended = kedro_batch("validate", "-", cwd=tmp_path, stdin=b"#" * (16 * 1024 * 1024 + 1))
    assert ended.code == 2
    assert "cannot read standard input: it has more than 16 MiB" in ended.err


def test_a_plan_comes_through_a_pipe_with_a_name(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    content = write_plan(tmp_path, {"one": X}).read_bytes()
    child = os.fork()
    if child == 0:
        pipe.write_bytes(content)
        os._exit(0)
    try:
        assert kedro_batch("validate", "pipe", cwd=tmp_path).code == 0
    finally:
        os.waitpid(child, 0)
