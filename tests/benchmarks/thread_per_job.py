"""The plainest way to run a graph on AWS Batch, to compare with: one thread for each job that is going on.

    python thread_per_job.py requests.jsonl WORKERS POLL_S

It is what Kedro's guide on AWS Batch shows: a job is submitted when all its parents are done and a worker is free,
and then the worker asks for this one job's state, again and again, until it has ended. Each line of the file is a
request of SubmitJob with the names of the job's parents: ``{"name": ..., "parents": [...], "request": {...}}``.

In one thing it is kinder to itself than the guide: what is throttled is sent again until it is taken. With boto3's
retries alone, two hundred workers that begin to submit together fail.
"""

import json
import sys
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import boto3
import botocore.config


def main() -> None:
    file, workers, poll_s = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    jobs = {one["name"]: one for one in map(json.loads, file.read_text().splitlines())}
    session: Any = boto3.Session()
    client = session.client("batch", config=botocore.config.Config(max_pool_connections=workers))
    to_do, done = dict(jobs), set[str]()
    under_way: set[Future[str]] = set()
    with ThreadPoolExecutor(workers) as pool:
        while to_do or under_way:
            ready = [name for name, job in to_do.items() if done.issuperset(job["parents"])]
            under_way |= {pool.submit(_run, client, to_do.pop(name), poll_s) for name in ready}
            ended, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            done |= {future.result() for future in ended}


def _run(client: Any, job: dict[str, Any], poll_s: float) -> str:
    job_id = _submitted(client, job, poll_s)
    while True:
        time.sleep(poll_s)
        (found,) = client.describe_jobs(jobs=[job_id])["jobs"]
        if found["status"] == "FAILED":
            raise RuntimeError(f"{job['name']}: {found['statusReason']}")
        if found["status"] == "SUCCEEDED":
            return str(job["name"])


def _submitted(client: Any, job: dict[str, Any], pause_s: float) -> str:
    while True:
        try:
            return str(client.submit_job(**job["request"])["jobId"])
        except client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "TooManyRequestsException":
                raise
            time.sleep(pause_s)


if __name__ == "__main__":
    main()
