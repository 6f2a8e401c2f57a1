"""TLS that breaks while the reply to SubmitJob is read: the job was taken, and the error does not say so."""

import json
import socket
import ssl

from tests.support import tls
from tests.support.plans import write_plan
from tests.support.runs import on
from tests.support.services import standin

JOBS = {name: ["x"] for name in ("a", "b", "c", "d")}
PARENTS = {"b": "a", "c": "a", "d": "b c"}


def test_a_job_whose_reply_broke_is_looked_for_and_not_sent_again(tmp_path):
    write_plan(tmp_path, JOBS, PARENTS)
    broken: set[str] = set()
    with standin() as service:
        there = service.url

        def front(connection: socket.socket) -> None:
            with tls.server_context(tmp_path).wrap_socket(connection, server_side=True) as wrapped:
                while answer(wrapped):
                    pass

        def answer(connection: ssl.SSLSocket) -> bool:
            request = tls.read_request(connection)
            if request is None:
                return False
            reply = tls.forwarded(there, request)
            name = request.path.endswith("/submitjob") and json.loads(request.body)["jobName"]
            if name and name not in broken:
                broken.add(name)
                tls.break_record(connection)
                return False
            connection.sendall(reply)
            return True

        with tls.serving_connections(front) as port:
            service.environment["AWS_ENDPOINT_URL_BATCH"] = f"https://127.0.0.1:{port}"
            service.environment["AWS_CA_BUNDLE"] = str(tls.authority(tmp_path))
            ended = on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path)
        verdict = service.verdict()
    assert ended.code == 0, ended.err
    assert broken == {f"r_{name}_1" for name in JOBS}
    assert (verdict["taken"], verdict["duplicates"], verdict["double_taken"]) == (len(JOBS), {}, {})
