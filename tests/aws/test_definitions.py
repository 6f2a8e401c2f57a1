"""What AWS Batch fills in when a job definition is registered: ours has to be recognised again, or each apply adds one.

Registering costs nothing.
"""

import pytest

from kedro_batch.submitter.definitions.content import same_content
from kedro_batch.submitter.service.limits import DEFINITION_VISIBLE_S
from tests.aws.account import until
from tests.aws.definitions import ROWS, requests

pytestmark = pytest.mark.aws


def added(sent, found, path=""):
    """Name what is in a description and was not sent, with its values."""
    if isinstance(sent, dict) and isinstance(found, dict):
        return [one for key, value in found.items() for one in added(sent.get(key), value, f"{path}.{key}".strip("."))]
    if isinstance(sent, list) and isinstance(found, list) and len(sent) == len(found):
        pairs = zip(sent, found, strict=True)
        return [one for number, pair in enumerate(pairs) for one in added(*pair, f"{path}[{number}]")]
    return [] if sent == found or found in ([], {}, None) else [f"{path}: {sent!r} -> {found!r}"]


@pytest.mark.parametrize("row", ROWS)
def test_a_definition_that_was_registered_is_recognised(row, account, stack, seen):
    request = requests(stack.name, stack.declared)[row]
    arn = account.batch.register_job_definition(**request)["jobDefinitionArn"]
    _, found = until(
        lambda: account.batch.describe_job_definitions(jobDefinitions=[arn])["jobDefinitions"],
        bool,
        within_s=DEFINITION_VISIBLE_S,
        every_s=1,
    )
    own = ("jobDefinitionArn", "revision", "status", "containerOrchestrationType")
    filled_in = added(request, {key: value for key, value in found[0].items() if key not in own})
    seen(f"{row}: filled in or changed: {filled_in}", code="submitter/definitions/content.py _FILLED_IN")
    assert same_content(request, found[0])
