"""Compares names and images with those that a policy allows. Pure."""

from functools import lru_cache

from kedro_batch.plan.image_reference import ImageReference, parse_image
from kedro_batch.plan.policy.model import Rule, RuleName

_DOCKER_HUB, _OFFICIAL = "docker.io", "library/"


def is_allowed(name: str, patterns: tuple[str, ...]) -> bool:
    """True if a name is one of those, or begins as one that ends with an asterisk."""
    whole, beginnings = _parted(patterns)
    return name in whole or name.startswith(beginnings)


def keeps_image_rule(image: str, rule: Rule) -> bool:
    """True if an image keeps a rule of registries or of digests."""
    return _has_digest(image) if rule.name is RuleName.IMAGES_BY_DIGEST else _comes_from(image, rule.value)


def _comes_from(image: str, registries: tuple[str, ...]) -> bool:
    """True if an image comes from one of these hosts, or from a place in a host that is named."""
    reference = _parse(image)
    if reference is None:
        return False
    host, repository = reference.registry or _DOCKER_HUB, reference.repository
    names = [repository]
    if host == _DOCKER_HUB:  # its official images have two names
        names.append(repository.removeprefix(_OFFICIAL) if "/" in repository else f"{_OFFICIAL}{repository}")
    return host in _parted(registries)[0] or any(is_allowed(f"{host}/{name}", registries) for name in names)


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


@lru_cache
def _parted(patterns: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the names without an asterisk, and the beginnings of those with one."""
    beginnings = tuple(one[:-1] for one in patterns if one.endswith("*"))
    return frozenset(one for one in patterns if not one.endswith("*")), beginnings
