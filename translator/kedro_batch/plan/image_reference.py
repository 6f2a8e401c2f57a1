"""Reads the reference of a container image: a registry, a repository, a tag, a digest. Pure.

Sources: [reference] the grammar in ``reference.go`` of distribution/reference, which Docker uses; [digest] the OCI
image specification, "Descriptors"; [batch] the AWS Batch API reference, ContainerProperties.
"""

import re
from dataclasses import dataclass

from kedro_batch.text.wording import quoted

IMAGE_CHARACTERS = 255
"""[batch] image: at most this."""
TAG_CHARACTERS = 128
"""[reference] tag: at most this."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_REGISTRY = re.compile(rf"({_LABEL}(\.{_LABEL})*|\[[0-9a-fA-F:]+\])(:[0-9]+)?")
_PART = "[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_PART}(/{_PART})*")
_TAG = re.compile(rf"\w[\w.-]{{0,{TAG_CHARACTERS - 1}}}", re.ASCII)
_DIGITS_OF = {"sha256": 64, "sha512": 128}
"""[digest] the registered algorithms, with the number of hexadecimal digits."""
_IMAGE_ID = re.compile(r"(sha256:)?[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageReference:
    """The parts of a reference, as they are written.

    Attributes:
        registry: Its host, and perhaps a port; None for Docker Hub.
        repository: The name in the registry, such as ``team/spaceflights``.
        tag: None if there is none: the tag ``latest`` is meant, unless there is a digest.
        digest: The algorithm and the digits, such as ``sha256:0f3a...``; None if there is none.
    """

    registry: str | None
    repository: str
    tag: str | None
    digest: str | None

    @property
    def name(self) -> str:
        """Registry and repository, without tag and digest."""
        return self.repository if self.registry is None else f"{self.registry}/{self.repository}"

    def __str__(self) -> str:
        tag = "" if self.tag is None else f":{self.tag}"
        return f"{self.name}{tag}{'' if self.digest is None else f'@{self.digest}'}"


def parse_image(text: str) -> ImageReference:
    """Read a reference such as ``123456789012.dkr.ecr.eu-west-1.amazonaws.com/spaceflights@sha256:...``.

    Raises:
        ValueError: It is none. The message says why, and what to write.
    """
    if wrong := _find_misuse(text):
        raise ValueError(f"{quoted(text)} is not the name of an image: {wrong}")
    name, _, digest = text.partition("@")
    before, slash, last = name.rpartition("/")
    last, colon, tag = last.partition(":")
    registry, repository = _split_registry(f"{before}{slash}{last}")
    reference = ImageReference(
        registry=registry,
        repository=repository,
        tag=tag if colon else None,
        digest=digest if "@" in text else None,
    )
    if wrong := _find_wrong_part(reference):
        raise ValueError(f"{quoted(text)} is not the name of an image: {wrong}")
    return reference


def find_wrong_tag(tag: str) -> str | None:
    """Return why a text is no tag; None if it is one."""
    if _TAG.fullmatch(tag):
        return None
    kind = f"1 to {TAG_CHARACTERS} letters, digits, _ . and -, the first no . and no -"
    return f"the tag {quoted(tag)} must have {kind}"


def _split_registry(name: str) -> tuple[str | None, str]:
    """Split a name at the first slash, if a host stands before it: it has a dot or a colon, or is localhost."""
    first, slash, rest = name.partition("/")
    is_host = slash and ("." in first or ":" in first or first == "localhost")
    return (first, rest) if is_host else (None, name)


def _find_misuse(text: str) -> str | None:
    """Return why a text as a whole is no reference; None if its parts decide."""
    if not text.strip():
        return "it is empty"
    if scheme := _SCHEME.match(text):
        return f"leave out {scheme[0]}"
    if any(letter.isspace() for letter in text):
        return "it has white space in it"
    if _IMAGE_ID.fullmatch(text):
        return "a digest needs a repository before it, such as repository@sha256:..."
    if len(text) > IMAGE_CHARACTERS:
        return f"it has {len(text)} characters, and AWS Batch takes {IMAGE_CHARACTERS}"
    return None


def _find_wrong_part(reference: ImageReference) -> str | None:
    if reference.registry is not None and not _REGISTRY.fullmatch(reference.registry):
        return f"{quoted(reference.registry)} cannot be the host of a registry"
    if not reference.repository:
        return "it has no repository"
    if not _REPOSITORY.fullmatch(reference.repository):
        if _REPOSITORY.fullmatch(reference.repository.lower()):
            return f"a repository is written in lower case: {reference.repository.lower()}"
        return (
            f"the repository {quoted(reference.repository)} must have lower-case letters and digits, with one of . _ "
            "__ or - between them, and a slash between its parts"
        )
    if reference.tag is not None and (wrong := find_wrong_tag(reference.tag)):
        return wrong
    return None if reference.digest is None else _find_wrong_digest(reference.digest)


def _find_wrong_digest(digest: str) -> str | None:
    algorithm, _, digits = digest.partition(":")
    length = _DIGITS_OF.get(algorithm)
    if length is None:
        return f"the digest {quoted(digest)} must begin with sha256: or sha512:"
    if not re.fullmatch(rf"[0-9a-f]{{{length}}}", digits):
        return f"the digest must have {length} hexadecimal digits in lower case after {algorithm}:, found {len(digits)}"
    return None
