"""A repository in Amazon ECR, where the login of a push is made here."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from kedro_batch.cloud.account import Account
from kedro_batch.cloud.error_replies import error_code
from kedro_batch.cloud.images import NO_REPOSITORY, EcrImage, Registries
from kedro_batch.errors import Fault, ServiceError
from kedro_batch.image.login import logged_in
from kedro_batch.text.wording import sentences

PUSH_ACTIONS = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)
"""What a push needs on the repository, beside ``ecr:GetAuthorizationToken`` on ``*``.

Source: the Amazon ECR user guide, "IAM permissions for pushing an image to an Amazon ECR private repository".
"""


class EcrRepository:
    """A private repository of Amazon ECR, in the account and region that its name says."""

    must_answer = True

    def __init__(self, image: EcrImage, account: Account, deploy: str) -> None:
        """Ask with the credentials of an account.

        Args:
            image: Any image of the repository.
            account: The repository may be that of another account, in another region.
            deploy: The command that creates the repository.
        """
        self._deploy = deploy
        self._image = image
        self._account = account
        self._registries = Registries(account)

    def find_digest(self, tag: str) -> str | None:
        """Return the digest of a tag; None if the repository does not have the tag."""
        try:
            manifest = self._registries.find_pushed(replace(self._image, tag=tag, digest=None))
        except ServiceError as error:
            if error_code(error) == NO_REPOSITORY:
                missing = self._registries.explain_missing_repository(self._image)
                create = f"Create it: {self._deploy}. Or correct image_repository"
                raise ServiceError(sentences(missing, create)) from error
            raise self._explained(error) from error
        return manifest.digest if manifest else None

    @property
    def remedy(self) -> str:
        """What to do if a push is refused."""
        actions = ", ".join(one.removeprefix("ecr:") for one in PUSH_ACTIONS)
        return f"Pushing needs ecr:GetAuthorizationToken on *, and of ECR on the repository: {actions}"

    @contextmanager
    def ready_to_push(self) -> Iterator[Mapping[str, str]]:
        """Yield the environment of an engine that is logged in."""
        try:
            authorization = self._registries.find_authorization(self._image)
        except ServiceError as error:
            raise self._explained(error) from error
        with logged_in(self._image.name.partition("/")[0], authorization) as env:
            yield env

    def _explained(self, error: ServiceError) -> ServiceError:
        """Return an error that says what is missing if a permission is."""
        if error.fault is not Fault.DENIED:
            return error
        used, owner = self._account.identity, self._image.account
        other = f"These credentials are of the account {used.account}, and the repository is in {owner}"
        parts = [other] if used.account != owner else []
        return ServiceError(error.problem, fault=error.fault, remedy=". ".join([*parts, self.remedy]))
