import pytest

from tests.support.command_line import PROGRAM, kedro_batch
from tests.support.terminals import on_terminal


@pytest.mark.long
def test_the_demo_shows_the_main_job_from_nothing_to_a_score(tmp_path):
    ended = kedro_batch("demo", cwd=tmp_path)
    assert ended.code == 0, ended.err
    demo = tmp_path / "kedro-batch-demo"
    assert "plan.yaml: 6 jobs, 6 nodes\n" in ended.text
    assert "$ kedro-batch compile -o plan.yaml" in ended.text
    assert "$ kedro-batch apply plan.yaml --local" in ended.text
    assert ": 6 jobs, 6 succeeded\n" in ended.text
    # The data are made up with a seed, so the score is always the same.
    assert "The model's score: r2 0.909, mean absolute error 200.1\n" in ended.text
    assert "kedro-batch-demo/plan.yaml" in ended.text.partition("Where to look next:")[2]
    assert kedro_batch("compile", "--check", "plan.yaml", cwd=demo).code == 0
    assert (demo / ".gitignore").is_file()
    assert (demo / ".telemetry").read_text() == "consent: false\n"


def test_ctrl_c_in_the_demo_ends_it_as_it_ends_a_run(tmp_path):
    with on_terminal("demo", cwd=tmp_path, kind="xterm", program=PROGRAM) as terminal:
        terminal.wait_for("2 running")
        terminal.press("\x03")
        ended = terminal.end()
    assert ended.code == 130
    assert "Stopped while running: clean_companies, clean_shuttles. No job goes on" in ended.err
    assert ended.err.count("Stopped") == 1
    assert "Traceback" not in ended.err


@pytest.mark.long
def test_a_quiet_demo_tells_the_score_alone(tmp_path):
    ended = kedro_batch("demo", "-q", cwd=tmp_path)
    assert ended.code == 0
    assert ended.text.splitlines()[-1] == "The model's score: r2 0.909, mean absolute error 200.1"
    assert "Where to look next" not in ended.text
