"""Writes diagnostics to standard output as JSON, for the commands that have ``--json``."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from kedro_batch.diagnostics import Code, Diagnostic
from kedro_batch.errors import Refused
from kedro_batch.files.json_text import encoded

if TYPE_CHECKING:
    from kedro_batch.plan.model import Plan


@contextmanager
def refusal_as_json(stdout: BinaryIO | None) -> Iterator[None]:
    """Write a refusal's diagnostics as JSON, and raise it with its headline alone. Without a stream, do nothing."""
    try:
        yield
    except Refused as error:
        if stdout is None:
            raise
        diagnostics = error.diagnostics or (Diagnostic(source="kedro-batch", message=error.headline),)
        _write(stdout, diagnostics, None, error.code)
        raise type(error)(error.headline) from error


def write_diagnostics(stdout: BinaryIO, diagnostics: Sequence[Diagnostic], plan: "Plan | None") -> None:
    """Write the digest of a plan, and its diagnostics; without the plan, that it is refused."""
    from kedro_batch.plan.digest import plan_digest  # noqa: PLC0415  loaded only when it is asked for

    _write(stdout, diagnostics, plan_digest(plan) if plan else None, Refused.code)


def _write(stdout: BinaryIO, diagnostics: Sequence[Diagnostic], digest: str | None, code: Code) -> None:
    from kedro_batch.review.diagnostics import diagnostics_document  # noqa: PLC0415  loaded only when it is asked for

    document = diagnostics_document(diagnostics, digest, code)
    stdout.write(encoded(document, indent=2).encode("utf-8") + b"\n")
