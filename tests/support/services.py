"""Starts the services that the command line speaks to over HTTP: moto's server and the stand-in."""

import base64
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import botocore.config

from tests.support.command_line import GENEROUS_S, unmeasured

_STANDIN = Path(__file__).with_name("standin")
_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
}


class StandIn:
    """A running stand-in.

    Attributes:
        url: Its endpoint.
        environment: What points the program to it. The credentials are in a file, where anybody could renew them: those
            of variables would end a run when they expire.
    """

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.environment = {
            "AWS_SHARED_CREDENTIALS_FILE": str(Path(__file__).with_name("aws_credentials")),
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL_BATCH": self.url,
            "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": self.url,
            "AWS_ENDPOINT_URL_STS": self.url,
        }

    def jobs(self) -> dict[str, Any]:
        return _get_json(f"{self.url}/jobs")

    def ledger(self, operation: str) -> list[dict[str, Any]]:
        """Give the calls of an operation: ``at``, in seconds since the epoch, and ``body``."""
        return [one for one in _get_json(f"{self.url}/ledger")["ledger"] if one["operation"] == operation]

    def asked(self, operation: str) -> list[dict[str, Any]]:
        return [one["body"] for one in self.ledger(operation)]

    def verdict(self, *, times: bool = False) -> dict[str, Any]:
        return _get_json(f"{self.url}/verdict{'?times=1' if times else ''}")

    def configure(self, **changes: Any) -> None:
        """Change the configuration from now on."""
        _post(f"{self.url}/configure", changes)

    def forget(self, *labels: str) -> None:
        """Let the service forget the jobs that these labels have now."""
        _post(f"{self.url}/forget", {"labels": list(labels)})

    def finish(self, *labels: str) -> None:
        """Let the jobs of these labels that run come to their end now."""
        _post(f"{self.url}/finish", {"labels": list(labels)})

    def client(self, service: str = "batch", *, read_timeout: float = GENEROUS_S) -> Any:
        """Make a client that sends every request once."""
        session: Any = boto3.Session()
        return session.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",  # noqa: S106  made up: the stand-in takes any key
            config=botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=read_timeout),
        )


@contextmanager
def standin(**configuration: Any) -> Iterator[StandIn]:
    command = [sys.executable, str(_STANDIN), json.dumps(configuration)]
    with subprocess.Popen(command, env=unmeasured(os.environ), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield StandIn(int(process.stdout.readline()))
        finally:
            process.terminate()


class Moto:
    """moto's server with a queue and a definition; it marks jobs SUCCEEDED inside SubmitJob."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.environment = {**_CREDENTIALS, "AWS_ENDPOINT_URL": self.url}

    def client(self, service: str) -> Any:
        session: Any = boto3.Session()
        return session.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",  # noqa: S106  made up: moto takes any key
        )

    def reset(self) -> None:
        """Empty the account. Its jobs succeed without running anything."""
        _post(f"{self.url}/moto-api/reset")
        _post(f"{self.url}/moto-api/config", {"batch": {"use_docker": False}})

    def prepare(self, queue: str, definition: str) -> None:
        self.reset()
        batch = self.client("batch")
        role = self.client("iam").create_role(RoleName="batch", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        environment = batch.create_compute_environment(
            computeEnvironmentName="environment", type="UNMANAGED", state="ENABLED", serviceRole=role
        )
        batch.create_job_queue(
            jobQueueName=queue,
            state="ENABLED",
            priority=1,
            computeEnvironmentOrder=[{"order": 1, "computeEnvironment": environment["computeEnvironmentArn"]}],
        )
        for _ in range(2):
            batch.register_job_definition(
                jobDefinitionName=definition,
                type="container",
                containerProperties={"image": "busybox", "vcpus": 1, "memory": 128},
            )
        _post(f"{self.url}/moto-api/recorder/reset-recording")
        _post(f"{self.url}/moto-api/recorder/start-recording")

    def asked(self, operation: str) -> list[dict[str, Any]]:
        """Give the bodies of the requests of one operation, as they were sent, in their order."""
        with urllib.request.urlopen(f"{self.url}/moto-api/recorder/download-recording") as reply:  # noqa: S310  a loopback address
            recorded = [json.loads(line) for line in reply.read().decode().splitlines()]
        calls = [entry for entry in recorded if entry["url"].endswith(f"/v1/{operation}")]
        return [json.loads(base64.b64decode(one["body"]) if one["body_encoded"] else one["body"]) for one in calls]


@contextmanager
def moto(folder: Path, more: Mapping[str, str] | None = None) -> Iterator[Moto]:
    """Run moto's server, perhaps with more variables; it records the requests that it gets in a file in ``folder``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-p", str(port)]
    env = {**unmeasured(os.environ), "MOTO_RECORDER_FILEPATH": str(folder / "recording"), **(more or {})}
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for_port(port)
            yield Moto(port)
        finally:
            process.terminate()


def wait_for_port(port: int, address: str = "127.0.0.1") -> None:
    """Wait until somebody answers there."""
    until = time.monotonic() + GENEROUS_S
    while time.monotonic() < until:
        try:
            socket.create_connection((address, port)).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"nothing answers on port {port}")


def _get_json(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url) as reply:  # noqa: S310  a loopback address
        content: dict[str, Any] = json.load(reply)
        return content


def _post(url: str, body: dict[str, Any] | None = None) -> None:
    request = urllib.request.Request(  # noqa: S310  a loopback address
        url, data=json.dumps(body or {}).encode(), headers={"Content-Type": "application/json"}, method="POST"
    )
    urllib.request.urlopen(request).close()  # noqa: S310  a loopback address
