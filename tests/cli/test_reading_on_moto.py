"""``logs``, ``status`` and ``report`` against moto, whose jobs, pages and tokens are of others: here, and elsewhere."""

import json

from tests.support import forked
from tests.support.plans import write_plan

GROUP = "/aws/batch/job"
AT_ONCE = 6_000
ELSEWHERE = ("--plan", "plan.yaml", "--journal", "elsewhere/journal.db")


def test_logs_of_several_pages_and_states_are_shown_with_the_journal_and_by_the_plan_alone(tmp_path, moto_server):
    moto_server.prepare("a_queue", "a_definition")
    write_plan(tmp_path, {"a": ["x"], "b": ["x"]}, {"b": "a"})

    def run(*words: str):
        return forked.kedro_batch(*words, cwd=tmp_path, env=moto_server.environment, impatient=True)

    assert run("apply", "plan.yaml", "--run-id", "r").code == 0
    batch, logs = moto_server.client("batch"), moto_server.client("logs")
    listed = batch.list_jobs(jobQueue="a_queue", jobStatus="SUCCEEDED")["jobSummaryList"]
    (job,) = batch.describe_jobs(jobs=[one["jobId"] for one in listed if one["jobName"] == "r_a_1"])["jobs"]
    stream = job["attempts"][0]["container"]["logStreamName"]
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
    lines = [f"line {number // 2}" for number in range(2 * AT_ONCE)]
    for start in (0, AT_ONCE):
        events = [
            {"timestamp": job["startedAt"] + number // 3, "message": lines[number]}
            for number in range(start, start + AT_ONCE)
        ]
        logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)

    for words in ((), ("--follow", *ELSEWHERE)):
        ended = run("logs", "a", "--run", "r", *words)
        assert (ended.code, ended.text.splitlines()) == (0, lines), words

    here, elsewhere = (json.loads(run("status", "r", "--json", *words).text) for words in ((), ELSEWHERE))
    assert (here["source"], elsewhere["source"]) == ("journal", "aws")
    assert here["counts"] == elsewhere["counts"] == {"SUCCEEDED": 2}
    assert here["jobs"] == elsewhere["jobs"]

    here, elsewhere = (json.loads(run("report", "r", "--format", "json", *words).text) for words in ((), ELSEWHERE))
    assert (here["source"], elsewhere["source"], elsewhere["not_known"]) == ("journal", "aws", [])
    assert [one["outcome"] for one in elsewhere["attempts"]] == ["succeeded", "succeeded"]
    assert elsewhere["attempts"] == here["attempts"]
    assert not (tmp_path / "elsewhere").exists()
