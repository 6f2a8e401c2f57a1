"""Where the image of the jobs is written, and what of that counts as a change of the project."""

import pytest

from kedro_batch.compiler.project_settings import read_project_settings
from kedro_batch.errors import UsageError
from kedro_batch.image.commit import read_commit
from kedro_batch.image.settings_file import Place, find_platform, without_own_change, write_image
from tests.support.projects import write_project
from tests.support.repositories import commit_all

IMAGE = f"localhost:5000/flights@sha256:{'0f' * 32}"
FILE = "conf/aws_batch/aws_batch.yml"
DECLARED = """\
# Where the jobs run.
job_queue: a_queue
job_definition:
  name: kedro_run  # declared
  job_role: arn:aws:iam::123456789012:role/batchJobRole

shared_paths: [data]
"""


def settings_with(tmp_path, own, base=None):
    write_project(tmp_path, conf={"base/aws_batch.yml": base, "aws_batch/aws_batch.yml": own})
    return read_project_settings(tmp_path, "aws_batch")


def test_the_image_is_written_beside_what_is_declared_and_comments_stay(tmp_path):
    settings = settings_with(tmp_path, DECLARED)
    assert write_image(settings, IMAGE) is Place.WRITTEN
    assert (tmp_path / FILE).read_text() == DECLARED.replace("batchJobRole\n", f"batchJobRole\n  image: {IMAGE}\n")
    assert write_image(settings, IMAGE) is Place.UNCHANGED
    assert write_image(settings, IMAGE.replace("0f", "1f")) is Place.WRITTEN


def test_the_image_is_not_written_through_a_link_out_of_the_project(tmp_path):
    (tmp_path / "project").mkdir()
    settings = settings_with(tmp_path / "project", DECLARED)
    settings.file.rename(tmp_path / "elsewhere.yml")
    settings.file.symlink_to(tmp_path / "elsewhere.yml")
    with pytest.raises(UsageError, match=rf"cannot write {FILE}: a symbolic link leads out of the project"):
        write_image(settings, IMAGE)
    assert (tmp_path / "elsewhere.yml").read_text() == DECLARED


@pytest.mark.parametrize(
    ("own", "base", "place"),
    [
        ("job_definition: kedro_run\njob_queue: q\n", None, Place.ON_AWS),
        ("job_queue: q\n", None, Place.NOWHERE),
        ("job_queue: q\n", "job_definition: {name: kedro_run}\n", Place.ELSEWHERE),
        ("job_definition: {name: a, register: {eksProperties: {podProperties: {}}}}\n", None, Place.OWN_CONTAINERS),
    ],
)
def test_where_the_file_does_not_declare_the_definition_nothing_is_written(tmp_path, own, base, place):
    assert write_image(settings_with(tmp_path, own, base), IMAGE) is place
    assert (tmp_path / FILE).read_text() == own


def test_an_image_that_was_written_does_not_change_the_commit_and_anything_else_does(tmp_path):
    settings = settings_with(tmp_path, DECLARED)
    commit_all(tmp_path)
    write_image(settings, IMAGE)
    assert read_commit(tmp_path).changed == (FILE,)
    assert without_own_change(read_commit(tmp_path), settings, tmp_path).is_clean
    (tmp_path / FILE).write_text((tmp_path / FILE).read_text().replace("a_queue", "b_queue"))
    assert without_own_change(read_commit(tmp_path), settings, tmp_path).changed == (FILE,)


def test_a_file_that_nobody_committed_is_a_change(tmp_path):
    write_project(tmp_path)
    commit_all(tmp_path)
    (tmp_path / FILE).parent.mkdir()
    (tmp_path / FILE).write_text(DECLARED)
    settings = read_project_settings(tmp_path, "aws_batch")
    assert without_own_change(read_commit(tmp_path), settings, tmp_path).changed == (FILE,)


@pytest.mark.parametrize(
    ("register", "platform"),
    [
        ("{}", "linux/amd64"),
        ("{containerProperties: {runtimePlatform: {cpuArchitecture: ARM64}}}", "linux/arm64"),
        ("{containerProperties: {runtimePlatform: {cpuArchitecture: X86_64}}}", "linux/amd64"),
    ],
)
def test_the_machines_are_those_of_the_declared_definition(tmp_path, register, platform):
    own = f"job_queue: q\njob_definition: {{name: kedro_run, platform: fargate, register: {register}}}\n"
    assert find_platform(settings_with(tmp_path, own)) == platform
