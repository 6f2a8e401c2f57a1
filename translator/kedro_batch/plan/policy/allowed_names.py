"""Compares names and images with those that a policy allows. Pure."""

from bisect import bisect_right
from functools import cached_property

from kedro_batch.plan.image_reference import ImageReference, parse_image
from kedro_batch.plan.policy.model import Rule, RuleName

_DOCKER_HUB, _OFFICIAL = "docker.io", "library/"


class ListedNames(tuple[str, ...]):
    """The names that a rule lists; one with an asterisk at its end stands for all that begin so.

    Looking a name up takes no longer with a thousand of them.
    """

    def allow(self, name: str) -> bool:
        """True if a name is one of those, or begins as one that ends with an asterisk."""
        before = bisect_right(self._beginnings, name)
        return name in self.whole or (before > 0 and name.startswith(self._beginnings[before - 1]))

    @cached_property
    def whole(self) -> frozenset[str]:
        """The names without an asterisk."""
        return frozenset(one for one in self if not one.endswith("*"))

    @cached_property
    def _beginnings(self) -> list[str]:
        """The beginnings, sorted, but for those that begin as another one: only the last one before a name can fit."""
        found: list[str] = []
        for one in sorted(name[:-1] for name in self if name.endswith("*")):
            if not found or not one.startswith(found[-1]):
                found.append(one)
        return found


def keeps_image_rule(image: str, rule: Rule) -> bool:
    """True if an image keeps a rule of registries or of digests."""
    return _has_digest(image) if rule.name is RuleName.IMAGES_BY_DIGEST else _comes_from(image, rule.value)


def _comes_from(image: str, registries: ListedNames) -> bool:
    """True if an image comes from one of these hosts, or from a place in a host that is named."""
    reference = _parse(image)
    if reference is None:
        return False
    host, repository = reference.registry or _DOCKER_HUB, reference.repository
    names = [repository]
    if host == _DOCKER_HUB:  # its official images have two names
        names.append(repository.removeprefix(_OFFICIAL) if "/" in repository else f"{_OFFICIAL}{repository}")
    return host in registries.whole or any(registries.allow(f"{host}/{name}") for name in names)


def _has_digest(image: str) -> bool:
    """True if an image is named by its digest."""
    reference = _parse(image)
    return reference is not None and reference.digest is not None


def _parse(image: str) -> ImageReference | None:
    """Read the name of an image; None if it is none: those in ``submit`` are not checked before."""
    try:
        return parse_image(image)
    except ValueError:
        return None
