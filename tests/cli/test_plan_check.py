"""``compile --check`` of files that mean the same as the compiled plan and are written otherwise."""

import tracemalloc

import pytest

from kedro_batch.cli.plan_check import compare_with_file
from kedro_batch.errors import PlanDiffers

PLAN = b"""\
schema: kedro-batch/plan/v1
defaults: {job_queue: q, job_definition: d}
jobs:
  - name: a
    command: [x]
"""


@pytest.mark.parametrize("file", [b"\xef\xbb\xbf" + PLAN, PLAN.replace(b"\n", b"\r\n"), PLAN[:-1]])
def test_line_ends_and_a_byte_order_mark_do_not_count(file):
    compare_with_file(file, "plan.yaml", PLAN, lambda *_: "update")
    with pytest.raises(PlanDiffers):
        compare_with_file(file.replace(b"[x]", b"[z]"), "plan.yaml", PLAN, lambda *_: "update")


@pytest.mark.parametrize(
    "line", [b"\n", b"#\n", b"# a note\r\n", b" " * 4095 + b"\n", b"#" * 4_000_000, b"#\xf0\x9f\x98\x80\n"]
)
def test_what_is_added_to_a_file_takes_little_more_memory_than_the_file(line, capsys):
    size = 4_000_000
    padded = PLAN + line * (size // len(line))
    tracemalloc.start()
    try:
        with pytest.raises(PlanDiffers):
            compare_with_file(padded, "plan.yaml", PLAN, lambda *_: "update")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * size
    shown = capsys.readouterr().err
    assert "\n--- plan.yaml\n+++ compiled now\n@@ " in shown
    assert len(shown.splitlines()) <= 104
    assert len(shown) < 200_000
