import pytest

from kedro_batch.compiler.project.missing_target import MissingTarget, refuse_missing_target
from tests.compiler.project.test_conf_folder import TARGET, configuration


@pytest.fixture
def root(tmp_path):
    for env in ("base", "local", "prod"):
        (tmp_path / "conf" / env).mkdir(parents=True)
    return tmp_path


def refused(root, env=None, sections=None):
    conf = configuration(root, sections)
    with pytest.raises(MissingTarget) as raised:
        refuse_missing_target(conf, conf.read_aws_batch(env), env)
    return raised.value


@pytest.mark.parametrize(
    ("file", "env", "todo"),
    [
        ("conf/base/aws-batch.yml", None, "rename it to conf/base/aws_batch.yml"),
        ("conf/base/awsbatch.yml", None, "rename it to conf/base/aws_batch.yml"),
        ("conf/base/AWS_BATCH.yaml", None, "rename it to conf/base/aws_batch.yml"),
        ("conf/base/aws_batch.yml.txt", None, "rename it to conf/base/aws_batch.yml"),
        ("conf/base/aws_batch_yml", None, "rename it to conf/base/aws_batch.yml"),
        ("conf/base/aws_bacth.yml", None, "rename it to conf/base/aws_batch.yml"),
        ("conf/base/batch.yml", None, "rename it to conf/base/aws_batch.yml"),
        ("conf/base/deep/aws-batch.yml", None, "rename it to conf/base/deep/aws_batch.yml"),
        ("conf/base/aws.batch.yml", None, "rename it to conf/base/aws_batch.yml"),
        ("conf/base/.aws_batch.yml", None, "rename it to conf/base/aws_batch.yml"),
        ("conf/base/aws_batch.toml", None, "write them as YAML in conf/base/aws_batch.yml"),
        ("conf/base/aws_batch_prod.yml", "prod", "move it to conf/prod/aws_batch.yml"),
        ("conf/base/aws_batch_settings.yml", None, "rename it to conf/base/aws_batch.yml"),
        ("conf/local/aws-batch.yml", None, "rename it to conf/local/aws_batch.yml"),
        ("conf/aws_batch.yml", None, "move it to conf/base/aws_batch.yml"),
        ("conf/batch.yml", "prod", "move it to conf/prod/aws_batch.yml"),
        ("aws_batch.yml", None, "move it to conf/base/aws_batch.yml"),
        ("conf/prod/aws-batch.yml", "prod", "rename it to conf/prod/aws_batch.yml"),
        (
            "conf/prod/aws-batch.yml",
            None,
            "rename it to conf/prod/aws_batch.yml, and compile with --env=prod",
        ),
    ],
)
def test_a_misnamed_file_is_seen(root, file, env, todo):
    (root / file).parent.mkdir(exist_ok=True)
    (root / file).write_text("job_queue: q\n")
    message = str(refused(root, env))
    assert message.endswith(f" There is {file}, which is not read: if it has the settings, {todo}")


def test_a_file_beside_one_without_a_target_is_seen(root):
    (root / "conf" / "base" / "aws_batch.yml").write_text("timeout_s: 60\n")
    (root / "conf" / "base" / "aws-batch.yml").write_text("job_queue: q\n")
    message = str(refused(root, sections={(None, "aws_batch"): {"timeout_s": 60}}))
    assert message.endswith("if it has the settings, move them to conf/base/aws_batch.yml")


@pytest.mark.parametrize(
    "file",
    ["batch.yml", "aws_batch.py", "conf/base/batch_size.yml", "conf/base/my_batch.yml", "conf/base/aws.yml"],
)
def test_other_files_are_not_taken_for_it(root, file):
    (root / file).write_text("")
    message = str(refused(root))
    assert "which is not read" not in message
    assert message.endswith("    job_queue: spaceflights_queue\n    job_definition: kedro_run\n")


def test_another_environment_with_a_target_is_named_beside_a_misnamed_file(root):
    (root / "conf" / "base" / "aws-batch.yml").write_text("job_queue: q\n")
    error = refused(root, sections={("prod", "aws_batch"): TARGET})
    assert error.other_env == "prod"
    assert "rename it to conf/base/aws_batch.yml. The environment 'prod' has a queue and a definition" in str(error)


def test_other_names_in_the_parameters_of_the_older_guide_are_seen(root):
    given = {"aws_batch": {"queue": "q", "job_definition": "d", "max_workers": 2}}
    message = str(refused(root, sections={(None, "parameters"): given}))
    assert message.startswith("no job_queue in the configuration of the project.")
    assert message.endswith("The parameters have aws_batch.queue: did you mean 'job_queue'?")


def test_a_target_is_not_refused(root):
    conf = configuration(root, {(None, "aws_batch"): TARGET})
    refuse_missing_target(conf, conf.read_aws_batch(None), None)
    assert refused(root), "without it, it is"
