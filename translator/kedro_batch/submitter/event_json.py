"""An event as a line of JSON, as ``schemas/events.schema.json`` describes it."""

from dataclasses import asdict
from typing import Any

from kedro_batch.files.json_text import encoded, known
from kedro_batch.submitter.events import Event, JobChanged, JobExecuted, RunFinished
from kedro_batch.submitter.failures import advice_for_programs
from kedro_batch.submitter.job_execution import execution_document
from kedro_batch.text.times import iso_time


def event_json(event: Event, at: float) -> str:
    """Return an event as one line of JSON, without the fields that have no value.

    Args:
        event: The event.
        at: When it happened, in seconds since the epoch.
    """
    fields: dict[str, Any] = asdict(event)
    first = {name: fields.pop(name) for name in ("schema", "event") if name in fields}
    if isinstance(event, JobExecuted):
        fields["execution"] = execution_document(event.execution)
    if isinstance(event, RunFinished) and event.began_at is not None:
        fields["began_at"] = iso_time(event.began_at)
    if isinstance(event, JobChanged) and event.started_at is not None:
        fields["started_at"] = iso_time(event.started_at)
    if isinstance(event, JobChanged) and event.advice:
        fields["advice"] = advice_for_programs(event.advice, event.cause, event.exit_code)
    rest = {name: value for name, value in known(fields).items() if value is not False and value != ()}
    return encoded(first | {"at": iso_time(at)} | rest)
