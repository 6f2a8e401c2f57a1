import pytest

from kedro_batch.compiler.settings.config_checks import (
    check_config,
    check_passed_on,
    find_keys_not_text,
    is_local_absolute_path,
)
from kedro_batch.diagnostics import path_text

TARGET = {"job_queue": "q", "job_definition": "d"}


def find(env=None, **given):
    return [(path_text(path), message) for path, message, _ in check_config(TARGET | given, env)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"job_que": "x"}, "job_que: unknown field. Did you mean 'job_queue'?"),
        ({"timeout": 60}, "timeout: unknown field. Did you mean 'timeout_s'?"),
        ({"job_queue": 5}, "job_queue: must be text, found the number 5: put it in quotes. Name or ARN"),
        ({"timeout_s": 59}, "timeout_s: must be at least 60, found 59. Seconds after which"),
        ({"timeout_s": "5m"}, "timeout_s: must be a whole number, found '5m': write timeout_s: 300."),
        ({"attempts": 11}, "attempts: must be at most 10, found 11."),
        ({"resources": {"memory": 5}}, "resources.memory: unknown field. Did you mean 'memory_mib'?"),
        ({"resources": {"vcpus": 0}}, "resources.vcpus: must be at least 0.25, found 0."),
        ({"resources": None}, "resources: must be a mapping, found nothing."),
        ({"command_prefix": "kedro run"}, "command_prefix: must be a list, found 'kedro run'."),
        ({"command_prefix": []}, "command_prefix: must have 1 or more items."),
        ({"submit_tags": "no"}, "submit_tags: must be true or false, found 'no'. true to submit jobs with tags"),
        ({"tags": {"team": 7}}, "tags.team: must be text: put it in quotes."),
        (
            {"container_conf_source": "/home/me/conf"},
            "container_conf_source: '/home/me/conf' is a path of one machine",
        ),
        (
            {"container_conf_source": "C:\\conf"},
            "container_conf_source: 'C:\\\\conf' is a path of one machine",
        ),
        (
            {"container_conf_source": "file:///conf"},
            "container_conf_source: 'file:///conf' is a path of one machine",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(given, message):
    ((path, found),) = find(**given)
    assert f"{path}: {found}".startswith(message)


@pytest.mark.parametrize(
    ("accept", "message"),
    [
        (["confirmed_elsewhere"], "accept[0]: 'confirmed_elsewhere' is not a warning of compile: errors cannot be"),
        ({"ephemeral_boundary": ["x"]}, "accept.ephemeral_boundary: 'ephemeral_boundary' is not a warning of compile:"),
        (
            ["local_input", {"local_output": ["x"]}],
            "accept[1]: a list holds codes only. To name datasets, write all as",
        ),
        (["local_inputs"], "accept[0]: 'local_inputs' is unknown. Did you mean 'local_input' or"),
        ({"local_output": "x"}, "accept.local_output: must be a list, found 'x'"),
    ],
)
def test_what_cannot_be_accepted_is_told_from_what_does_not_exist(accept, message):
    ((path, found),) = find(accept=accept)
    assert f"{path}: {found}".startswith(message)


GPU = {"match": {"tags": ["gpu"]}}


@pytest.mark.parametrize(
    ("settings", "path", "message"),
    [
        (
            {"runner": "kedro_batch.AWSBatchRunner"},
            "runner",
            "kedro_batch.AWSBatchRunner submits jobs, and a job needs",
        ),
        ({"runner": "ThreadRuner"}, "runner", "Kedro has no runner 'ThreadRuner'. Did you mean 'ThreadRunner'? It has"),
        ({"environment": {"KEDRO_ENV": "prod"}}, "environment.KEDRO_ENV", "it would run the jobs with another config"),
        ({"environment": {"KEDRO_BATCH_RUN_ID": "x"}}, "environment.KEDRO_BATCH_RUN_ID", "kedro-batch sets the var"),
        ({"environment": {"PASSWORD": "hunter22"}}, "environment.PASSWORD", "looks like a credential"),
    ],
)
def test_settings_are_checked_in_rules_as_well(settings, path, message):
    for given, where in ((settings, path), ({"rules": [GPU | {"gpus": 1}, GPU | settings]}, f"rules[1].{path}")):
        ((found_path, found),) = find(**given)
        assert found_path == where
        assert found.startswith(message)


def test_kedro_s_own_variable_may_say_what_is_compiled_and_nothing_else():
    for given in ({}, {"rules": [GPU | {"gpus": 1}]}):
        where = given | {"environment": {"KEDRO_ENV": "prod"}}
        assert find("prod", **where) == []
        ((path, message),) = find("base", **where)
        assert path == "environment.KEDRO_ENV"
        assert message == (
            "is 'prod', but the plan is for the environment 'base', which the jobs get anyway: leave it out"
        )
        ((_, message),) = find(None, **where)
        assert message.endswith("leave it out, and compile with --env=prod")
    ((_, message),) = find("5", environment={"KEDRO_ENV": 5})
    assert message.startswith("must be text")


@pytest.mark.parametrize(
    ("name", "env", "part"),
    [
        ("KEDRO_ENV", "prod", None),
        ("KEDRO_ENV", "base", "KEDRO_ENV: is 'prod', but the plan is for the environment 'base'"),
        ("KEDRO_ENV", None, "KEDRO_ENV: it would run the jobs with another configuration"),
        ("KEDRO_BATCH_ANY", "prod", "KEDRO_BATCH_ANY: kedro-batch sets the variables that begin with KEDRO_BATCH_"),
    ],
)
def test_the_container_that_gets_the_command_has_the_same_variables(name, env, part):
    pair = {"name": name, "value": "prod"}
    pods = [{"name": "side", "command": ["x"], "env": [pair | {"value": "other"}]}, {"name": "main", "env": [pair]}]
    tasks = [{"containers": [{"name": "main", "environment": [pair]}]}]
    for field, structure in (
        ("eksPropertiesOverride", {"podProperties": {"containers": pods}}),
        ("ecsPropertiesOverride", {"taskProperties": tasks}),
    ):
        submit = {"submit": {field: structure}}
        found = [*check_passed_on(submit, env), *check_passed_on({"rules": [GPU | submit]}, env)]
        if part is None:
            assert found == []
        else:
            assert [path for path, _ in found] == [("submit", field), ("rules", 0, "submit", field)]
            assert all(message.startswith(part) for _, message in found)


def test_what_is_right_is_not_mentioned():
    right = {"runner": "my_project.MyRunner", "group_by": ["tag:x", "memory"], "environment": {"LEVEL": "5"}}
    assert find(**right, rules=[GPU | {"runner": "SequentialRunner"}], container_conf_source="conf.tar.gz") == []


def test_credentials_in_commands_are_found():
    assert [path for path, _ in find(command_prefix=["run", "--token=hf_abcdefghijklmnopqrstuv"])] == [
        "command_prefix[1]"
    ]
    ((path, _),) = find(container_conf_source="s3://me:hunter22@bucket/conf")
    assert path == "container_conf_source"


def test_tags_that_would_not_be_sent_are_named_wherever_they_stand():
    rules = [GPU | {"tags": {"team": "x"}}, GPU | {"gpus": 1}]
    remedy = "no tags would be sent, since submit_tags is false: leave out tags or submit_tags"
    assert find(submit_tags=False, tags={"team": "y"}, rules=rules) == [("tags", remedy), ("rules[0].tags", remedy)]


def test_groupings_are_checked_if_they_are_text():
    assert find(group_by=["memory", "chain"])[0][0] == "group_by"
    ((path, message),) = find(group_by=[5])
    assert (path, message.partition(":")[0]) == ("group_by[0]", "must be text, found the number 5")


def test_fields_of_submit_are_those_of_the_service():
    given = {"submit": {"propagateTag": True}, "rules": [GPU | {"submit": {"parameters": {"rows": 5}}}]}
    assert [path for path, _ in check_passed_on(given)] == [
        ("submit", "propagateTag"),
        ("rules", 0, "submit", "parameters"),
    ]


def test_keys_that_are_not_text_are_found_at_any_depth():
    given = {1: "a", "tags": {2024: "x", "b": {None: 1}}}
    assert list(find_keys_not_text(given)) == [("1",), ("tags", "2024"), ("tags", "b", "null")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/conf", True),
        ("~/conf", True),
        ("C:\\conf", True),
        ("c:/conf", True),
        ("file:///conf", True),
        ("FILE://host/conf", True),
        ("conf", False),
        ("./conf/x", False),
        ("../conf", False),
        ("s3://bucket/conf", False),
        ("conf.tar.gz", False),
        ("", False),
    ],
)
def test_paths_of_one_machine_are_recognised(text, expected):
    assert is_local_absolute_path(text) == expected


@pytest.mark.parametrize("value", [0, "two", 1.5, True])
def test_max_workers_is_a_number_of_jobs_for_the_whole_run(value):
    ((path, message),) = find(max_workers=value)
    assert (path, message[:5]) == ("max_workers", "must ")
    ((path, message),) = find(rules=[GPU | {"gpus": 1, "max_workers": 2}])
    assert path == "rules[0].max_workers"
