"""``compile --write-catalog --upload``, through the command line and HTTP."""

import os
import socket

import pytest

from tests.support.forked import kedro_batch
from tests.support.projects import json_catalog, write_project

pytestmark = pytest.mark.xdist_group("aws")  # one moto server for all of them

UPLOAD = ("compile", "--env=aws_batch", "--write-catalog=s3://flights-data/a", "--upload")
FILE = "conf/aws_batch/catalog_kedro_batch.yml"
CATALOG = json_catalog("numbers", "left", "right", "total")
RAW = "raw:\n  type: json.JSONDataset\n  filepath: data/raw.json\n"


def project_with(folder, raw=RAW, settings="", files=("data/raw.json",)):
    target = "job_queue: a_queue\njob_definition: a_definition:2\n"
    conf = {"base/aws_batch.yml": target + settings, "base/catalog.yml": CATALOG + raw}
    project = write_project(folder / "project", conf=conf)
    for file in files:
        (project / file).parent.mkdir(parents=True, exist_ok=True)
        (project / file).write_text(f"[{len(file)}]")
    return project


@pytest.fixture
def bucket(aws_account):
    aws_account.client("s3").create_bucket(Bucket="flights-data")
    return aws_account


def uploaded(project, account, *words, code=0):
    ended = kedro_batch(*UPLOAD, *words, cwd=project, env=account.environment)
    assert (ended.code, ended.out) == (code, b""), ended.err
    assert (project / FILE).is_file()
    return ended.err


def objects(account):
    client = account.client("s3")
    found = client.list_objects_v2(Bucket="flights-data").get("Contents", ())
    return {
        one["Key"]: client.get_object(Bucket="flights-data", Key=one["Key"])["Body"].read().decode() for one in found
    }


def test_an_input_is_uploaded_once_and_again_when_it_has_changed(tmp_path, bucket):
    project = project_with(tmp_path)
    os.utime(project / "data/raw.json", (0, 0))  # S3 knows whole seconds
    first = uploaded(project, bucket)
    assert "\nuploaded data/raw.json to s3://flights-data/a/data/raw.json\n" in first
    assert "aws s3 cp" not in first
    assert objects(bucket) == {"a/data/raw.json": "[13]"}
    assert "\nalready there: data/raw.json to s3://flights-data/a/data/raw.json\n" in uploaded(project, bucket)
    (project / "data/raw.json").write_text("[14]")
    ahead = (project / "data/raw.json").stat().st_mtime + 3600
    os.utime(project / "data/raw.json", (ahead, ahead))
    assert "\nuploaded data/raw.json " in uploaded(project, bucket)
    assert objects(bucket) == {"a/data/raw.json": "[14]"}
    (project / "data/raw.json").write_text("[1, 2]")
    os.utime(project / "data/raw.json", (0, 0))
    assert uploaded(project, bucket, "-q") == ""
    assert objects(bucket) == {"a/data/raw.json": "[1, 2]"}


PARTS = "type: partitions.PartitionedDataset, path: data/parts, dataset: json.JSONDataset"


@pytest.mark.parametrize(
    ("raw", "files", "keys"),
    [
        (
            f"raw: {{{PARTS}}}\n",
            ("data/parts/b/x y.json", "data/parts/a.json"),
            ["a/data/parts/a.json", "a/data/parts/b/x y.json"],
        ),
        (RAW + "  versioned: true\n", ("data/raw.json/v1/raw.json", "data/raw.json/v2/raw.json"), None),
        (
            RAW.replace("raw.json", '"q*/*.json"').replace('data/"', '"data/'),
            ("data/q1/a.json", "data/q2/b.json", "data/m/c.json"),
            ["a/data/q1/a.json", "a/data/q2/b.json"],
        ),
        (RAW.replace("data/", "../outside/"), ("../outside/raw.json",), ["a/outside/raw.json"]),
    ],
)
def test_folders_versions_and_patterns_are_uploaded_whole(tmp_path, bucket, raw, files, keys):
    uploaded(project_with(tmp_path, raw, files=files), bucket)
    assert sorted(objects(bucket)) == (keys or [f"a/{file}" for file in files])


def test_inputs_that_are_not_here_are_all_named_and_nothing_is_sent(tmp_path, bucket):
    project = project_with(tmp_path, RAW.replace("raw.json", "no.json"), files=["data/numbers.json"])
    said = uploaded(project, bucket, "--from-nodes=go_right", "--to-nodes=go_right", code=2)
    assert said.endswith(
        "Error: nothing was uploaded: 1 input of the jobs is not here: raw (data/no.json). Put the files there, or "
        "copy them to s3://flights-data/a from where they are\n"
    )
    assert bucket.calls == []


def test_an_empty_folder_is_no_input(tmp_path, bucket):
    project = project_with(tmp_path, f"raw: {{{PARTS}}}\n", files=())
    (project / "data/parts").mkdir(parents=True)
    assert "1 input of the jobs is not here: raw (data/parts)" in uploaded(project, bucket, code=2)


def test_a_missing_bucket_is_told_with_how_to_make_it(tmp_path, aws_account):
    said = uploaded(project_with(tmp_path), aws_account, code=5)
    assert "cannot upload " in said
    assert "/data/raw.json to s3://flights-data/a/data/raw.json: Amazon S3 refused PutObject: NoSuchBucket: " in said
    assert said.endswith(". Create the bucket first: aws s3 mb s3://flights-data\n")


@pytest.mark.parametrize(
    ("bucket_of_stack", "remedy"),
    [("flights-data", "kedro-batch infra deploy"), ("other", "aws s3 mb s3://flights-data")],
)
def test_a_bucket_that_infrastructure_creates_is_not_to_be_made_by_hand(tmp_path, aws_account, bucket_of_stack, remedy):
    project = project_with(tmp_path)
    choices = f"{{project: a_project, env: aws_batch, bucket: {bucket_of_stack}, create_bucket: true}}"
    (project / "infrastructure.yml").write_text(f"Metadata:\n  KedroBatch: {choices}\n")
    said = uploaded(project, aws_account, code=5)
    assert said.endswith(f". Create the bucket first: {remedy}\n")


def test_what_is_to_be_known_is_said_before_an_upload_fails(tmp_path, aws_account):
    project = project_with(tmp_path)
    (project / "requirements.txt").write_text("kedro-datasets\n")
    assert "note unlisted_package: requirements.txt: s3fs is not listed" in uploaded(project, aws_account, code=5)


def test_nothing_is_uploaded_for_a_project_that_cannot_run(tmp_path, bucket):
    project = project_with(tmp_path, RAW.replace("json.JSON", "json.NoSuch"))
    said = uploaded(project, bucket, code=4)
    assert "error missing_class: raw: " in said
    assert "nothing is uploaded before the errors are corrected\n" in said
    assert objects(bucket) == {}


def test_a_missing_permission_is_named(tmp_path, bucket):
    bucket.forbidden.add("/flights-data/a/data/raw.json")
    said = uploaded(project_with(tmp_path), bucket, code=5)
    assert "Amazon S3 refused PutObject: AccessDenied: this account may not" in said
    assert said.endswith("These credentials need s3:PutObject on arn:aws:s3:::flights-data/a/data/raw.json\n")


def test_an_endpoint_that_does_not_answer_is_told(tmp_path, bucket):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        env = bucket.environment | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{nobody.getsockname()[1]}"}
        ended = kedro_batch(*UPLOAD, cwd=project_with(tmp_path), env=env)
    assert ended.code == 5
    assert "cannot call HeadObject: Could not connect" in ended.err


def test_no_credentials_are_told(tmp_path):
    ended = kedro_batch(*UPLOAD, cwd=project_with(tmp_path), env={"AWS_DEFAULT_REGION": "us-east-1"})
    assert ended.code == 5
    assert "Unable to locate credentials. Log in (aws sso login, aws login), or set AWS_PROFILE" in ended.err


def test_no_region_is_told(tmp_path, aws_account):
    env = {name: value for name, value in aws_account.environment.items() if "REGION" not in name}
    ended = kedro_batch(*UPLOAD, cwd=project_with(tmp_path), env=env)
    assert ended.code == 2
    assert ended.err.endswith("Error: cannot call AWS: there is no region. Set AWS_DEFAULT_REGION\n")


@pytest.mark.parametrize(
    ("settings", "says"),
    [('account: "999999999999"\n', "is for the account 999999999999"), ("region: eu-west-1\n", "is for the region")],
)
def test_another_account_or_region_than_that_of_the_settings_is_refused(tmp_path, bucket, settings, says):
    said = uploaded(project_with(tmp_path, settings=settings), bucket, code=2)
    assert f"conf/base/aws_batch.yml {says}" in said
    assert "The catalog is written, and nothing was uploaded. " in said
    assert "Nothing was changed" not in said
    assert objects(bucket) == {}


def test_nothing_is_asked_of_aws_where_nothing_is_to_be_uploaded(tmp_path, bucket):
    project = project_with(tmp_path, RAW.replace("data/", "s3://o/"))
    assert "uploaded" not in uploaded(project, bucket)
    assert bucket.calls == []
