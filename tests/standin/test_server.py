"""The stand-in for AWS Batch as a process: how many it answers at once, and what it is made of."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

from tests.standin.simulated import request
from tests.support.runs import states, wait_until
from tests.support.services import standin


def test_32_connections_at_once_are_served_and_each_job_is_taken_once():
    with standin(run_s=0, slots=10) as service:

        def submit(worker):
            connection = HTTPConnection(service.url.removeprefix("http://"))
            for n in range(20):
                body = json.dumps(request(f"w{worker}n{n}"))
                connection.request("POST", "/v1/submitjob", body)
                assert connection.getresponse().read().startswith(b'{"jobName"')
            connection.close()

        with ThreadPoolExecutor(32) as workers:
            list(workers.map(submit, range(32)))
        verdict = service.verdict()
        assert (verdict["taken"], verdict["labels"], verdict["double_taken"]) == (640, 640, {})
        wait_until(lambda: set(states(service).values()) == {"SUCCEEDED"})


def test_the_stand_in_loads_nothing_of_what_it_tests():
    code = "import sys, tests.support.standin.server; print(*sys.modules)"
    root = Path(__file__).parents[2]
    loaded = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    names = loaded.stdout.split()
    assert "tests.support.standin.service" in names
    assert not [one for one in names if one.partition(".")[0] in ("kedro_batch", "kedro", "boto3", "botocore")]
    assert {one for one in names if one.startswith("tests.")} - {"tests.support"} == {
        one for one in names if one.startswith("tests.support.standin")
    }


def test_a_configuration_that_there_is_not_is_refused():
    command = [sys.executable, str(Path(__file__).parents[1] / "support" / "standin"), '{"nonsense": 1}']
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode
    assert "no such configuration: nonsense" in ended.stderr
