"""Read logs from CloudWatch Logs: how the one of a failed job ends, or page by page.

A stream appears seconds after its job has started, its last lines later still, and a page of it may be empty though
others are not (API reference, GetLogEvents: "This operation can return empty results while there are more log events
available through the token"; boto3#3718). So for the end of a log, pages are followed backwards, as many as can be
afforded; ``log_cursor`` says how a whole log is read.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from kedro_batch.cloud.aws_errors import calling, parsing
from kedro_batch.cloud.error_replies import error_code, error_words
from kedro_batch.cloud.targets import items
from kedro_batch.errors import Fault, ServiceError
from kedro_batch.submitter.log_places import LogStream, log_streams, shown_place, why_no_stream
from kedro_batch.submitter.service.api import JobDetail, LogTail
from kedro_batch.submitter.service.limits import LOG_CHARACTERS, LOG_PAGES, LOG_S
from kedro_batch.submitter.service.log_cursor import LogEvent, LogPage, Missing
from kedro_batch.text.escaping import one_line

_SERVICE = "CloudWatch Logs"
_NO_GROUP = "log group"
"""``The specified log group does not exist``; or else it speaks of a log stream."""


class CloudWatchLogs:
    """The logs of jobs, in the regions where they are; its calls may be made in threads."""

    def __init__(self, client_in: Callable[[str | None], Any]) -> None:
        """Read with clients that are made when they are needed.

        Args:
            client_in: Makes a client of boto3 for a region; None for that of the jobs.
        """
        self._client_in = client_in
        self._clients: dict[str | None, Any] = {}

    def tail(self, detail: JobDetail, lines: int) -> LogTail:
        """Return the last lines of a job's last attempt, those of all its containers behind each other.

        Raises:
            ServiceError: They cannot be read; the message names the log group, and the permission if that is missing.
        """
        streams = log_streams(detail.reply)
        if not streams:
            return LogTail(problem=why_no_stream(detail.reply), complete=True)
        tail: list[str] = []
        missing = []
        for stream in streams:
            try:
                tail += self._last_of(stream, lines)
            except ServiceError as error:
                if error_code(error) != "ResourceNotFoundException":
                    raise _with_remedy(error, stream) from error
                missing.append(stream)
        if tail:
            return LogTail(lines=tuple(tail[-lines:]))
        if missing:
            return LogTail(problem=f"{_SERVICE} does not have its log yet ({shown_place(missing[0])})")
        return LogTail(problem="its log is still empty")

    def page(self, log: LogStream, start_ms: int, token: str | None) -> LogPage:
        """Return a page of a stream, from a time on, or where a token of that time leads.

        Raises:
            ServiceError: It cannot be read; the message names the log group, and the permission if that is missing.
        """
        what = f"GetLogEvents on {one_line(log.group)}"
        client = self._client_for(log, what)
        further: Mapping[str, str] = {"nextToken": token} if token else {}
        try:
            with calling(what, _SERVICE):
                reply: Any = client.get_log_events(
                    logGroupName=log.group,
                    logStreamName=log.stream,
                    startTime=start_ms,
                    startFromHead=True,
                    **further,
                )
        except ServiceError as error:
            if error_code(error) == "ResourceNotFoundException":
                return LogPage(missing=Missing.GROUP if _NO_GROUP in error_words(error) else Missing.STREAM)
            raise _with_remedy(error, log) from error
        events = items(reply, "events", what)
        with parsing(what, _SERVICE):
            return LogPage(events=tuple(map(_event, events)), token=reply.get("nextForwardToken"))

    def _client_for(self, log: LogStream, what: str) -> Any:
        with calling(what, _SERVICE):
            if log.region not in self._clients:
                self._clients[log.region] = self._client_in(log.region)
        return self._clients[log.region]

    def _last_of(self, log: LogStream, lines: int) -> list[str]:
        """Return the last lines of a stream: page after page backwards, until there are enough or it begins."""
        what = f"GetLogEvents on {one_line(log.group)}"
        client = self._client_for(log, what)
        found: list[str] = []
        token: str | None = None
        until = time.monotonic() + LOG_S
        for _ in range(LOG_PAGES):
            further: Mapping[str, str] = {"nextToken": token} if token else {}
            with calling(what, _SERVICE):
                reply: Any = client.get_log_events(
                    logGroupName=log.group, logStreamName=log.stream, limit=lines, startFromHead=False, **further
                )
            events = items(reply, "events", what)
            with parsing(what, _SERVICE):
                found = [str(one.get("message", "")) for one in events] + found
                before, token = token, reply.get("nextBackwardToken")
            enough = len(found) >= lines or sum(map(len, found)) >= LOG_CHARACTERS
            if enough or token in (None, before) or time.monotonic() > until:  # the same token again: the beginning
                break
        return found[-lines:]


def _event(reply: Mapping[str, Any]) -> LogEvent:
    return LogEvent(str(reply.get("message", "")), int(reply["timestamp"]), int(reply.get("ingestionTime", 0)))


def _with_remedy(error: ServiceError, log: LogStream) -> ServiceError:
    """Return the error of a call that was denied with what allows it; others as they are."""
    if error.fault is not Fault.DENIED:
        return error
    where = f"of {one_line(log.group)}" + (f" in {one_line(log.region)}" if log.region else "")
    return ServiceError(error.problem, fault=error.fault, remedy=f"Allow logs:GetLogEvents on the log streams {where}")
