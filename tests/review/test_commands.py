"""The commands that a review prints are spelled as a shell reads them."""

import shlex

import pytest

from kedro_batch.review.commands import STANDARD_INPUT, apply_command, diff_command, show_command


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("HEAD:./plan.yaml", "plan.yaml"), ["HEAD:./plan.yaml", "plan.yaml"]),
        (("a plan.yaml", "it's.yaml"), ["a plan.yaml", "it's.yaml"]),
        (("-old.yaml", STANDARD_INPUT), ["./-old.yaml", "-"]),
        (("/dev/null", "bad\u202e.yaml"), ["/dev/null", "-"]),
    ],
)
def test_a_diff_can_be_made_again(names, words):
    assert shlex.split(diff_command(names, "--full")) == ["kedro-batch", "diff", *words, "--full"]
    judged = diff_command(names, policy="origin/main:policy.yaml")
    assert shlex.split(judged) == ["kedro-batch", "diff", *words, "--policy=origin/main:policy.yaml"]


def test_a_plan_can_be_shown_again():
    assert show_command("a plan.yaml", "--full") == "kedro-batch show 'a plan.yaml' --full"


def test_a_plan_without_a_name_cannot_be_applied():
    assert apply_command(STANDARD_INPUT, "sha256:0") is None
    assert apply_command("main:./-plan.yaml", "sha256:0") == "kedro-batch apply ./-plan.yaml --expect-digest sha256:0"
