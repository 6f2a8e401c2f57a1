import pytest

from kedro_batch.compiler.settings.batch_config import resolve_settings
from kedro_batch.compiler.settings.config_source import ConfigSource
from kedro_batch.errors import ConfigError, UsageError
from kedro_batch.plan.settings import JobSettings

TARGET = {"job_queue": "q", "job_definition": "d"}


def source(aws_batch=None, parameters=None, files=None):
    return ConfigSource(
        aws_batch=TARGET if aws_batch is None else aws_batch,
        parameters=parameters or {},
        files=files or {},
        expected_file="conf/base/aws_batch.yml",
    )


def diagnostics(**given) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        resolve_settings(source(TARGET | given), None)
    return [str(diagnostic) for diagnostic in raised.value.diagnostics]


def test_the_defaults_leave_everything_to_the_definition():
    settings = resolve_settings(source(), None)
    assert settings.defaults.settings == JobSettings(job_queue="q", job_definition="d")
    assert settings.command_prefix == ("kedro", "run")


def test_the_parameters_of_the_older_guide_count_and_aws_batch_yml_wins():
    old = source({}, {"job_queue": "q1", "job_definition": "d1", "max_workers": 2})
    assert resolve_settings(old, None).defaults.settings.job_queue == "q1"
    both = source({"job_queue": "q2"}, {"job_queue": "q1", "job_definition": "d1"})
    settings = resolve_settings(both, None).defaults.settings
    assert (settings.job_queue, settings.job_definition) == ("q2", "d1")


def test_no_tags_at_all_go_with_not_sending_them():
    # In this way an environment removes the tags of the base environment.
    assert not resolve_settings(source(TARGET | {"submit_tags": False, "tags": {}}), None).submit_tags
    assert resolve_settings(source(TARGET | {"submit_tags": True, "tags": {"team": "x"}}), None).submit_tags
    assert resolve_settings(source(), None).submit_tags


def test_everything_wrong_is_reported_at_once():
    assert len(diagnostics(attempts=0, timeout_s=1, tag={})) == 3


def test_what_is_missing_is_reported_with_what_is_wrong_unless_that_explains_it():
    def found(given):
        with pytest.raises(ConfigError) as raised:
            resolve_settings(source(given), None)
        return [str(one) for one in raised.value.diagnostics]

    attempts, missing, queue = found({"queue": "q", "attempts": 0})
    assert missing == "conf/base/aws_batch.yml: job_definition: it is missing"
    assert "attempts: must be at least 1" in attempts
    assert queue == "conf/base/aws_batch.yml: queue: unknown field. Did you mean 'job_queue'?"
    assert len(found({"queue": "q", "definition": "d"})) == 2
    assert len(found({"aws_batch": TARGET})) == 1
    assert not resolve_settings(source({}), None).defaults.settings.job_queue


def test_resources_are_the_same_in_both_spellings():
    def stated(**given):
        rules = [{"match": {"nodes": ["a"]}, **given}]
        settings = resolve_settings(source(TARGET | given | {"rules": rules}), None)
        return settings.defaults.stated["resources"], settings.rules[0].stated["resources"]

    together = {"vcpus": 2, "memory_mib": 4096, "gpus": 1}
    expected = (together, together)
    assert stated(resources=together) == expected
    assert stated(**together) == expected
    assert stated(gpus=1, resources={"memory_mib": 4096.0, "vcpus": 2}) == expected


def test_the_file_that_holds_the_setting_is_named_with_the_line(tmp_path):
    prod, base = tmp_path / "prod.yml", tmp_path / "base.yml"
    prod.write_text("job_queue: q\n")
    base.write_text("job_definition: d\n\nattempts: 0\n")
    given = source(TARGET | {"attempts": 0}, files={"prod.yml": prod, "base.yml": base})
    with pytest.raises(ConfigError) as raised:
        resolve_settings(given, None)
    assert str(raised.value.diagnostics[0]).startswith("base.yml:3: attempts: must be at least 1, found 0.")


@pytest.mark.parametrize("place", ["conf", "./conf/x", "s3://bucket/conf", "gs://b/c", "conf.tar.gz"])
def test_a_conf_source_that_means_the_same_everywhere_goes_into_the_container(place):
    assert resolve_settings(source(), place).container_conf_source == place


def test_a_conf_source_with_a_password_needs_one_without_for_the_container():
    with pytest.raises(ConfigError, match=r"--conf-source: looks like a credential, by its form"):
        resolve_settings(source(), "https://me:hunter2@host/conf.tar.gz")
    given = source(TARGET | {"container_conf_source": "https://host/conf.tar.gz"})
    resolve_settings(given, "https://me:hunter2@host/conf.tar.gz")


def test_an_absolute_conf_source_needs_one_for_the_container():
    with pytest.raises(ConfigError, match=r"Set container_conf_source in conf/base/aws_batch.yml to a path relative"):
        resolve_settings(source(), "/home/me/conf")
    given = source(TARGET | {"container_conf_source": "conf"})
    assert resolve_settings(given, "/home/me/conf").container_conf_source == "conf"


@pytest.mark.parametrize(
    ("configured", "given", "resolved"),
    [
        ("memory", None, ("memory",)),
        (["namespace:2", "memory"], None, ("namespace:2", "memory")),
        (["chain"], ("none",), ()),
        ("none", ("tag:x",), ("tag:x",)),
    ],
)
def test_the_groupings_of_the_command_line_win(configured, given, resolved):
    assert resolve_settings(source(TARGET | {"group_by": configured}), None, given).group_by == resolved


def test_a_wrong_grouping_of_the_command_line_is_a_mistake_of_usage():
    with pytest.raises(UsageError, match=r"--group-by: unknown grouping 'namespaces'. Did you mean 'namespace'"):
        resolve_settings(source(), None, ("namespaces",))


def test_settings_have_the_spelling_of_a_plan():
    given = TARGET | {"resources": {"memory_mib": 2048.0, "vcpus": 0.5}, "attempts": 2.0, "runner": "ThreadRunner"}
    rule = {"match": {"tags": ["gpu"]}, "gpus": 1, "memory_mib": 4096, "environment": {"A": "b"}}
    settings = resolve_settings(source(given | {"rules": [rule]}), None)
    assert settings.defaults.stated["resources"] == {"vcpus": 0.5, "memory_mib": 2048}
    assert (settings.defaults.settings.attempts, settings.defaults.runner) == (2, "ThreadRunner")
    assert settings.rules[0].stated == {"resources": {"memory_mib": 4096, "gpus": 1}, "environment": {"A": "b"}}
