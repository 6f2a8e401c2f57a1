"""How many versions one run of the demo's spaceflights leaves, with the hook and without it."""

import re
from importlib.metadata import version

import pytest

from kedro_batch.scaffold.demo_project import DemoView, write_demo_project
from tests.support.forked import kedro_batch

pytestmark = pytest.mark.long


@pytest.mark.parametrize(("with_hook", "versions"), [(True, 1), (False, 5)])
def test_a_run_has_one_version_and_without_the_hook_one_for_each_job_that_saves(tmp_path, with_hook, versions):
    demo = tmp_path / "demo"
    write_demo_project(demo, DemoView(kedro_version=version("kedro")))
    # What passes between jobs: five of the six jobs save some of it.
    catalog = demo / "conf" / "base" / "catalog.yml"
    catalog.write_text(re.sub(r"(filepath: data/0[2-6].*)", r"\1\n  versioned: true", catalog.read_text()))
    if not with_hook:
        (settings,) = demo.glob("src/*/settings.py")
        settings.write_text('DISABLE_HOOKS_FOR_PLUGINS = ("kedro-batch",)\n')
    assert kedro_batch("compile", "-o", "plan.yaml", cwd=demo).code == 0
    ended = kedro_batch("apply", "plan.yaml", "--local", "-q", cwd=demo)
    assert ended.code == 0, ended.text
    saved = {path.relative_to(demo / "data") for path in demo.glob("data/*/*/*Z/*")}
    assert len(saved) == 6
    assert len({path.parts[2] for path in saved}) == versions
