"""How the logs of failed jobs are read, and what is shown of them: late, empty, denied, huge, alike, drawn by rich."""

import json
from pathlib import Path

import pytest

from kedro_batch.submitter.service.limits import LOG_AGAIN_S, LOG_PAGES
from tests.support import forked
from tests.support.few import few_quick
from tests.support.forked import on
from tests.support.plans import write_plan
from tests.support.services import standin

LOGS = Path(__file__).parent / "logs"
FAILED = [
    "loading",
    "Traceback (most recent call last):",
    '  File "/app/src/nodes.py", line 7, in clean',
    "    raise ValueError(text)",
    "ValueError: no companies",
]
LOOKS = 1 + len(LOG_AGAIN_S)


def log(name: str) -> list[str]:
    """Return the lines of a log that Kedro has written."""
    return (LOGS / f"{name}.txt").read_text().splitlines()


def test_the_exception_of_a_node_comes_first_and_the_node_of_a_group_is_named(tmp_path, transcript):
    nodes = ["first", "clean_companies_with_a_long_name_node", "last"]
    write_plan(tmp_path, {"a": ["x"], "b": ["x"]}, {"b": "a"}, a={"nodes": nodes})
    with standin(fail={"a": 1}, logs={"a": log("kedro_1")}) as service:
        transcript.on(service, "apply", "plan.yaml", "--run-id", "r", "-v")
        service.configure(fail={})
        assert transcript.on(service, "resume", "r").code == 0
    transcript.check("an_exception_in_a_group")


def test_a_log_that_comes_late_is_in_the_report(tmp_path, transcript):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(fail={"a": 1}, logs={"a": FAILED}, log_missing={"a": 1}, log_empty_pages=2) as service:
        transcript.on(service, "apply", "plan.yaml", "--run-id", "r")
        service.configure(fail={})
        assert transcript.on(service, "resume", "r").code == 0
    transcript.check("a_log_that_comes_late")


def test_last_lines_that_come_late_are_in_the_report(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(fail={"a": 1}, logs={"a": FAILED}, log_late={"a": [1, 1]}) as service:
        ended = forked.on(service, "apply", "plan.yaml", "--json", cwd=tmp_path)
    told = [one for one in ended.events if one["event"] == "job_log"]
    assert [one.get("exception") for one in told] == [None, "ValueError: no companies"]
    assert told[-1]["lines"] == FAILED


def test_an_empty_log_is_called_empty_and_read_again_when_the_run_is_followed(tmp_path, transcript):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(fail={"a": 1}, logs={"a": []}) as service:
        transcript.on(service, "apply", "plan.yaml", "--run-id", "r")
        service.configure(logs={"a": FAILED})
        transcript.on(service, "wait", "r")
        shown = forked.on(service, "status", "r", "--json", cwd=tmp_path)
    (failure,) = json.loads(shown.text)["failures"]
    assert (failure["exception"], failure["log_tail"]) == ("ValueError: no companies", FAILED)
    transcript.check("an_empty_log")


def test_a_log_that_does_not_come_is_read_again_when_the_run_is_followed(tmp_path, transcript):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(fail={"a": 1}, logs={"a": FAILED}, log_missing={"a": 100}) as service:
        transcript.on(service, "apply", "plan.yaml", "--run-id", "r")
        looks = len(service.asked("getlogevents"))
        service.configure(log_missing={})
        transcript.on(service, "wait", "r")
    transcript.check("a_log_that_does_not_come")
    assert looks <= LOOKS + 1


def test_a_missing_permission_is_named_and_what_it_hides_is_read_once_it_is_there(tmp_path, transcript):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(fail={"a": 1}, logs={"a": FAILED}, deny=["GetLogEvents"]) as service:
        transcript.on(service, "apply", "plan.yaml", "--run-id", "r")
        assert len(service.asked("getlogevents")) == 1
        service.configure(deny=[])
        transcript.on(service, "wait", "r")
    transcript.check("a_log_that_may_not_be_read")


def test_why_logs_cannot_be_read_is_told_once_for_all_jobs(tmp_path):
    write_plan(tmp_path, {"a": ["x"], "b": ["x"], "c": ["x"]})
    with standin(fail={"a": 1, "b": 2, "c": 3}, deny=["GetLogEvents"]) as service:
        ended = on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path)
    assert ended.text.count("Allow logs:GetLogEvents") == 1
    assert "To look again: kedro-batch wait r (the same for b, c)\n" in ended.text


def test_a_job_that_never_started_has_no_log(tmp_path, transcript):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(fail={"a": None}) as service:
        transcript.on(service, "apply", "plan.yaml", "--run-id", "r")
        service.configure(fail={})
        assert transcript.on(service, "resume", "r").code == 0
        assert service.asked("getlogevents") == []
    transcript.check("a_job_that_never_started")


def test_what_happened_to_several_jobs_is_told_once(tmp_path, transcript):
    jobs = ["a", "b", "c", "d"]
    write_plan(tmp_path, {job: ["x"] for job in (*jobs, "e")}, {"e": "b c"})
    logs = {job: [f"job {job}", *FAILED] for job in "abc"} | {"d": [*FAILED[:-1], "ValueError: no shuttles"]}
    with standin(fail=dict.fromkeys(jobs, 1), logs=logs) as service:
        ended = transcript.on(service, "apply", "plan.yaml", "--run-id", "r", "-q")
        assert ended.text.count("ValueError: no companies") == 1
        service.configure(fail={})
        assert transcript.on(service, "resume", "r").code == 0
    transcript.check("several_jobs_that_fail_alike")


def test_a_job_on_this_machine_shows_its_exception(tmp_path, transcript):
    write_plan(
        tmp_path, {"a": ["python", "-c", "import os\nif not os.path.exists('data'): raise ValueError('no data')"]}
    )
    with standin() as service:
        transcript.on(service, "apply", "plan.yaml", "--local", "--run-id", "r")
        (tmp_path / "data").touch()
        assert transcript.on(service, "resume", "r").code == 0
    transcript.check("a_job_that_fails_on_this_machine")


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        (["10%\r 50%\r100%", "a\r\rb\r"], ["100%", "b"]),
        (["x" * 1_000_000], ["x" * 497 + "..."]),
        ([f"{number}" for number in range(100)], [f"{number}" for number in range(75, 100)]),
        (["\x1b[31mred\x1b[0m", "", "  ", "\u202eevil\x07"], ["red", "evil"]),
    ],
)
def test_what_is_shown_of_a_log_is_short_and_harmless(tmp_path, lines, shown):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(fail={"a": 1}) as service:
        service.configure(logs={"a": lines})  # too long for a command line
        ended = forked.on(service, "apply", "plan.yaml", "-v", cwd=tmp_path)
    assert [line.removeprefix("  | ") for line in ended.text.splitlines() if line.startswith("  | ")] == shown


def test_a_log_of_empty_pages_is_not_read_for_ever(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(fail={"a": 1}, log_empty_pages=10_000) as service:
        ended = forked.on(service, "apply", "plan.yaml", cwd=tmp_path)
        assert len(service.asked("getlogevents")) <= (LOOKS + 1) * LOG_PAGES
    assert "  its log is still empty. To look again: " in ended.text


def test_a_command_that_looks_once_says_how_the_log_stands(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(fail={"a": 1}, logs={"a": []}) as service:
        forked.on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path)
        (tmp_path / ".kedro-batch" / "journal.db").unlink()
        empty = forked.on(service, "wait", "r", "--plan", "plan.yaml", "--once", cwd=tmp_path)
        service.configure(logs={"a": FAILED})
        read = forked.on(service, "wait", "r", "--once", cwd=tmp_path)
    assert (empty.code, "  its log is still empty. To look again: kedro-batch wait r\n" in empty.text) == (6, True)
    assert (read.code, "  ValueError: no companies\n" in read.text) == (6, True)


@pytest.mark.long
def test_a_service_that_does_not_answer_does_not_hold_up_the_report_for_ever(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(fail={"a": 1}, hang="GetLogEvents") as service:
        ended = forked.on(service, "apply", "plan.yaml", cwd=tmp_path)
    assert ended.code == 6
    assert "  its log could not be read in time. To look again: kedro-batch wait " in ended.text


HUGE = "evil \x1b[31m" * 100_000
"""Of 1 MB."""
SOME_KB = 20_000


@pytest.mark.parametrize(
    "configuration",
    [
        {"fail": {"a": 1}, "logs": {"a": [HUGE] * 3}},
        {"fail": {"a": 1}, "logs": {"a": [*FAILED[:-1], f"ValueError: {HUGE}"]}},
        {"fail": {"a": 1}, "logs": {"a": [json.dumps({"event": HUGE, "exc_info": "\n".join(FAILED)})]}},
        {"fail": {"a": 1}, "fail_reasons": {"a": {"statusReason": HUGE, "reason": f"more {HUGE}"}}},
        {"invalid_queues": {"a_queue": HUGE}},
        {"environments": {"an_environment": {"status": "INVALID", "statusReason": HUGE}}},
        {"refuse_reasons": {"SubmitJob": HUGE}},
        {"refuse_reasons": {"DescribeJobs": HUGE}},
        {"refuse_reasons": {"GetLogEvents": HUGE}, "fail": {"a": 1}},
        {"answer_always": HUGE},
    ],
    ids="+".join,
)
@pytest.mark.parametrize("words", few_quick([(), ("--json",)]), ids=["text", "json"])
def test_no_text_of_aws_is_printed_or_kept_without_a_bound(tmp_path, configuration, words):
    write_plan(tmp_path, {"a": ["x"], "b": ["x"]}, {"b": "a"})
    with standin() as service:
        service.configure(**configuration)  # too long for a command line
        ended = forked.on(service, "apply", "plan.yaml", "--retry-for", "1s", "--run-id", "r", *words, cwd=tmp_path)
        assert len(ended.text) + len(ended.err) < SOME_KB
        for command in ("status", "wait"):
            again = forked.on(service, command, "r", *words, cwd=tmp_path)
            assert len(again.text) + len(again.err) < SOME_KB
    journal = tmp_path / ".kedro-batch" / "journal.db"
    assert not journal.exists() or journal.stat().st_size < 10 * SOME_KB


@pytest.mark.parametrize(("driver", "said"), [("splunk", "its definition sends its log elsewhere: logDriver splunk")])
def test_a_log_that_is_elsewhere_is_not_looked_for(tmp_path, driver, said):
    write_plan(tmp_path, {"a": ["x"]})
    with standin(fail={"a": 1}, log_driver=driver) as service:
        ended = forked.on(service, "apply", "plan.yaml", cwd=tmp_path)
        assert service.asked("getlogevents") == []
    assert f"  {said}\n" in ended.text
