"""The road from a project to a finished run, by the command line alone, with every job in a container of its own."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.containers.walk import data_of_plain_run
from tests.support.command_line import run

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("containers")]


def test_x(walk, account, tmp_path):
    def t(name, start):
        print(name, round(time.time() - start, 1), flush=True)
    s = time.time()
    expected = data_of_plain_run(walk.project, tmp_path, run)
    print(sorted(expected)); t("plain", s)
    s = time.time(); print(walk.types("init", "--bucket", "my-own-bucket", "--create-bucket").err); t("init", s)
    walk.edits("pyproject.toml", lambda text: text.replace('"scikit-learn"', '"scikit-learn", "s3fs"'))
    role = account.client("iam").create_role(RoleName="batch-service", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    s = time.time(); print(walk.types("infra", "deploy", "--yes", "--parameter", f"ServiceRole={role}").err); t("deploy", s)
    s = time.time(); print(walk.types("compile", "--env", "aws_batch", "--write-catalog", "s3://my-own-bucket/spaceflights_demo", "--upload").err); t("catalog", s)
    s = time.time(); image = walk.pushes_image("image"); print(image); t("image", s)
    print(account.engine.docker("images", "--digests"))
    s = time.time(); print(walk.types("compile", "--env", "aws_batch", "-o", "plan.yaml").err); t("compile", s)
    print((walk.project/"plan.yaml").read_text())
    s = time.time(); print(walk.types("doctor", "plan.yaml").text); t("doctor", s)
    s = time.time(); print(walk.types("apply", "plan.yaml").text); t("apply", s)
    stored = account.stored("spaceflights_demo")
    for k in sorted(expected):
        print(k, k in stored and stored[k] == expected[k])
    print(sorted(stored))
