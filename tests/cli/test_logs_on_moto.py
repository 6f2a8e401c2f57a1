"""``logs`` against moto's CloudWatch Logs, whose pages and tokens somebody else has made."""

from tests.support import forked
from tests.support.plans import write_plan

GROUP = "/aws/batch/job"
AT_ONCE = 6_000


def test_a_log_of_several_pages_is_shown_line_by_line(tmp_path, moto_server):
    moto_server.prepare("a_queue", "a_definition")
    write_plan(tmp_path, {"a": ["x"]})
    environment = moto_server.environment
    assert forked.kedro_batch("apply", "plan.yaml", cwd=tmp_path, env=environment, impatient=True).code == 0
    batch, logs = moto_server.client("batch"), moto_server.client("logs")
    (listed,) = batch.list_jobs(jobQueue="a_queue", jobStatus="SUCCEEDED")["jobSummaryList"]
    (job,) = batch.describe_jobs(jobs=[listed["jobId"]])["jobs"]
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
    ended = forked.kedro_batch("logs", "a", cwd=tmp_path, env=environment, impatient=True)
    assert (ended.code, ended.text.splitlines()) == (0, lines)
