"""What ``compile --resolve-image`` asks of AWS. Loads boto3, which compiling does not need otherwise."""

from kedro_batch.cli.terminal_prompt import ask_hidden
from kedro_batch.cloud.account import Account
from kedro_batch.cloud.images import Registries
from kedro_batch.compiler.resolved_images import ResolveImage
from kedro_batch.errors import ServiceError


def image_resolver() -> ResolveImage:
    """Return a function that finds the digest which the tag of an image has in Amazon ECR."""
    registries = Registries(Account(ask=ask_hidden))

    def resolve(reference: str) -> str:
        try:
            return registries.resolve(reference)
        except ServiceError as error:
            message = f"{error}. --resolve-image needs AWS. Without it, compile works offline, and the plan has the tag"
            raise ServiceError(message, fault=error.fault) from error

    return resolve
