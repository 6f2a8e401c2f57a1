"""The container engine of the user, docker or podman: the commands that it gets, and what its answers mean.

Sources: the command line references of Docker and Podman; seen with Docker 20.10 (both builders), 28.2, Podman 4.3.
"""

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kedro_batch.errors import UsageError
from kedro_batch.plan.image_reference import parse_image
from kedro_batch.text.escaping import first_lines
from kedro_batch.text.wording import sentences

DOCKERFILE = "Dockerfile"
_BUILD_ARG = "--build-arg"
REVISION_LABEL = "org.opencontainers.image.revision"
"""Where an image says which commit it was built from: the annotations of the OCI image specification."""

_LOOPBACK = re.compile(r"(localhost|127\.[0-9.]+|\[::1\])(:[0-9]+)?")
_PUSHED = re.compile(rb"digest: (sha256:[0-9a-f]{64})\b")
"""The last line of ``docker push``: TAG: digest: sha256:... size: 735."""
_INSTALL = "Install Docker (https://docs.docker.com/get-docker/) or Podman (https://podman.io/docs/installation)"


class EngineName(StrEnum):
    """What builds and pushes; the first one that is found is used."""

    DOCKER = "docker"
    PODMAN = "podman"


_START = {
    EngineName.DOCKER: "Start it: Docker Desktop, or sudo systemctl start docker. You must be in the group docker, too",
    EngineName.PODMAN: "See that it works: podman info. On macOS and Windows: podman machine start",
}
_ASK_WHETHER_IT_WORKS = {
    EngineName.DOCKER: ("version", "--format", "{{.Server.Version}}"),
    EngineName.PODMAN: ("info",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What is built.

    Attributes:
        root: The project's folder, which is the context.
        reference: What the image is called, with its tag.
        platform: What the jobs run on, such as ``linux/amd64``.
        labels: Labels of the image, as ``NAME=VALUE``.
        proof: A second name, which no build before had: only an image that this build made is called so. The
            reference may be that of an older image, where a builder keeps the new one for itself.
        given: Words of the user for the build; a Dockerfile and a platform of theirs count.
    """

    root: Path
    reference: str
    platform: str
    labels: tuple[str, ...]
    proof: str
    given: tuple[str, ...]

    @property
    def has_own_file(self) -> bool:
        """True if the user names the Dockerfile."""
        return _has_option(self.given, "--file", "-f")

    @property
    def has_own_platform(self) -> bool:
        """True if the user names the platform."""
        return _has_option(self.given, "--platform")


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A container engine that works.

    Attributes:
        name: Which one.
        program: Its executable.
    """

    name: EngineName
    program: str

    def build(self, build: "Build") -> list[str]:
        """Return the command that builds an image."""
        words = [self.program, "build"]
        words += [] if build.has_own_file else ["--file", str(build.root / DOCKERFILE)]
        words += [] if build.has_own_platform else ["--platform", build.platform]
        words += [word for label in build.labels for word in ("--label", label)]
        return [*words, "--tag", build.reference, "--tag", build.proof, *build.given, str(build.root)]

    def push(self, reference: str, digest_file: Path) -> list[str]:
        """Return the command that pushes an image.

        Args:
            reference: What it is called.
            digest_file: Where Podman writes the digest; Docker prints it.
        """
        if self.name is EngineName.PODMAN:
            insecure = ["--tls-verify=false"] if speaks_http(parse_image(reference).registry or "") else []
            return [self.program, "push", *insecure, "--digestfile", str(digest_file), reference]
        return [self.program, "push", reference]

    def find_platform(self, reference: str) -> str | None:
        """Return what an image of the engine is for, such as ``linux/amd64``; None if the engine does not have it."""
        ended = _run([self.program, "image", "inspect", "--format", "{{.Os}}/{{.Architecture}}", reference])
        return None if ended.returncode else ended.stdout.decode(errors="replace").strip()

    def remove_name(self, reference: str) -> None:
        """Remove one name of an image, if the engine has it; the image stays while it has another."""
        _run([self.program, "image", "rm", reference])


def hide_build_args(command: Sequence[str]) -> list[str]:
    """Return a command without the values of ``--build-arg``: they may be secrets, and logs are read by many."""
    hidden, before = [], ""
    for word in command:
        start = f"{_BUILD_ARG}=" if word.startswith(f"{_BUILD_ARG}=") else ""
        name, sign, _ = word.removeprefix(start).partition("=")
        hidden.append(f"{start}{name}=..." if sign and (start or before == _BUILD_ARG) else word)
        before = word
    return hidden


def find_engine(asked: str | None) -> Engine:
    """Return the engine that is asked for, or the first one that is here, if it works.

    Raises:
        UsageError: There is none, or it does not work.
    """
    names = tuple(EngineName) if asked is None else (EngineName(asked),)
    found = [(name, program) for name in names if (program := shutil.which(name))]
    if not found:
        wanted = "neither docker nor podman is" if asked is None else f"{asked} is not"
        raise UsageError(f"{wanted} on the PATH, and an image is built by it. {_INSTALL}")
    name, program = found[0]
    ended = _run([program, *_ASK_WHETHER_IT_WORKS[name]])
    if ended.returncode:
        reason = first_lines(ended.stderr.decode(errors="replace"))
        others = [f"Or use the other one: --engine {other}" for other, _ in found[1:]]
        raise UsageError(sentences(f"{name} does not work here: {reason}", _START[name], *others))
    return Engine(name=name, program=program)


def speaks_http(host: str) -> bool:
    """True if a registry is on this machine, where Docker uses HTTP without being told to."""
    return bool(_LOOPBACK.fullmatch(host))


def find_digest_in(output: bytes) -> str | None:
    """Return the digest that ``docker push`` printed; None if it printed none."""
    found = _PUSHED.findall(output)
    return found[-1].decode() if found else None


def _has_option(words: Sequence[str], *options: str) -> bool:
    """True if an option is among words: as a word, with ``=``, or a short one with its value behind it."""
    return any(
        word == option or word.startswith(f"{option}=") or (not option.startswith("--") and word.startswith(option))
        for word in words
        for option in options
    )


def _run(command: list[str]) -> "subprocess.CompletedProcess[bytes]":
    # No shell reads the words.
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S603
