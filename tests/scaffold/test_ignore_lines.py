import subprocess

import pytest

from kedro_batch.scaffold.git_remote import is_ignored
from kedro_batch.scaffold.ignore_lines import seems_ignored, with_ignore_lines

KEPT = "conf/local/.gitkeep"


@pytest.mark.parametrize("line", [".kedro-batch/", "/.kedro-batch/", ".kedro-batch", "**/.kedro-batch/"])
def test_a_file_that_has_all_stays_as_it_is(line):
    text = f"data/\n{line}\n*.log"
    assert with_ignore_lines(text, kept=None) == text


@pytest.mark.parametrize("text", ["", "data/\n", "data/", "data/\r\n*.log\r\n"])
def test_missing_lines_are_added_at_the_end_and_once(text):
    once = with_ignore_lines(text, kept=None)
    assert once.startswith(text)
    end = "\r\n" if "\r" in text else "\n"
    assert once.endswith(f"{end}.kedro-batch/{end}")
    assert once.count("\n") == once.count(end)
    assert with_ignore_lines(once, kept=None) == once


RULES = [
    "conf/local/",
    "conf/local",
    "/conf/local/",
    "conf/local/*",
    "conf/local/**",
    "conf/local/**\n!conf/local/.gitkeep",
    "!conf/local/.gitkeep\nconf/local/**",
    "conf/local/\n!conf/local/.gitkeep",
    "conf/local/**\n!.gitkeep",
    "data/\n",
    "",
]


@pytest.mark.parametrize("rules", RULES)
def test_git_keeps_the_folder_and_none_of_its_other_files(rules, tmp_path):
    subprocess.run(["git", "init", "--quiet", "."], cwd=tmp_path, check=True)
    file = tmp_path / ".gitignore"
    file.write_text(rules)
    ignored = is_ignored(tmp_path, KEPT)
    assert seems_ignored(rules, KEPT) is ignored, "without git, the same is seen"
    others = is_ignored(tmp_path, "conf/local/credentials.yml")
    file.write_text(with_ignore_lines(rules, kept=KEPT if ignored else None))
    assert is_ignored(tmp_path, KEPT) is False
    assert is_ignored(tmp_path, "conf/local/credentials.yml") is others
