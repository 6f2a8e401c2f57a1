import pytest

from kedro_batch.compiler.batch_config import resolve_settings
from kedro_batch.compiler.config_source import ConfigSource
from kedro_batch.errors import ConfigError
from kedro_batch.plan.model import JobSettings

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


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"job_que": "x"}, "job_que: unknown field. Did you mean 'job_queue'?"),
        ({"timeout": 60}, "timeout: unknown field. Did you mean 'timeout_s'?"),
        ({"job_queue": 5}, "job_queue: must be text, found the number 5: put it in quotes. Name or ARN"),
        ({"timeout_s": 59}, "timeout_s: must be at least 60, found 59. Seconds after which"),
        ({"timeout_s": "5m"}, "timeout_s: must be a whole number, found '5m'."),
        ({"attempts": 11}, "attempts: must be at most 10, found 11."),
        ({"resources": {"memory": 5}}, "resources.memory: unknown field. Did you mean 'memory_mib'?"),
        ({"resources": {"vcpus": 0}}, "resources.vcpus: must be at least 0.25, found 0."),
        ({"resources": None}, "resources: must be a mapping, found nothing."),
        ({"command_prefix": "kedro run"}, "command_prefix: must be a list, found 'kedro run'."),
        ({"command_prefix": []}, "command_prefix: must have 1 or more items."),
        ({"submit_tags": "no"}, "submit_tags: must be true or false, found 'no'. Whether jobs are"),
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
    (found,) = diagnostics(**given)
    assert found.startswith(f"conf/base/aws_batch.yml: {message}")


def test_tags_that_would_not_be_sent_are_named_wherever_they_stand():
    rules = [{"match": {"nodes": ["*"]}, "tags": {"team": "x"}}, {"match": {"nodes": ["*"]}, "gpus": 1}]
    remedy = "no tags would be sent, since submit_tags is false: leave out tags or submit_tags"
    assert diagnostics(submit_tags=False, tags={"team": "y"}, rules=rules) == [
        f"conf/base/aws_batch.yml: rules[0].tags: {remedy}",
        f"conf/base/aws_batch.yml: tags: {remedy}",
    ]


def test_no_tags_at_all_go_with_not_sending_them():
    # An environment takes back so what the base environment states.
    assert not resolve_settings(source(TARGET | {"submit_tags": False, "tags": {}}), None).submit_tags
    assert resolve_settings(source(TARGET | {"submit_tags": True, "tags": {"team": "x"}}), None).submit_tags
    assert resolve_settings(source(), None).submit_tags


def test_everything_wrong_is_reported_at_once():
    assert len(diagnostics(attempts=0, timeout_s=1, tag={})) == 3


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


def test_an_absolute_conf_source_needs_one_for_the_container():
    with pytest.raises(ConfigError, match=r"Set container_conf_source in conf/base/aws_batch.yml to a path relative"):
        resolve_settings(source(), "/home/me/conf")
    given = source(TARGET | {"container_conf_source": "conf"})
    assert resolve_settings(given, "/home/me/conf").container_conf_source == "conf"
