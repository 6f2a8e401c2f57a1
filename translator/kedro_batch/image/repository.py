"""What a repository of images is to a push: it says which digest a tag has, and lets an engine in."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Protocol


class Repository(Protocol):
    """Where images are pushed."""

    def find_digest(self, tag: str) -> str | None:
        """Return the digest of a tag; None if the repository does not have the tag.

        Raises:
            ServiceError: It does not tell.
        """

    @property
    def must_answer(self) -> bool:
        """True if a push cannot succeed where the question is not answered."""

    @property
    def remedy(self) -> str:
        """What to do if a push is refused."""

    def ready_to_push(self) -> AbstractContextManager[Mapping[str, str] | None]:
        """Return a context with the environment of an engine that may push; None for that of this process.

        Raises:
            ServiceError: The login was refused.
        """
