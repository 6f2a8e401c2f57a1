"""Stands for docker and podman on the PATH: answers as they do, builds nothing, and pushes manifests without layers.

A test gives each a folder: ``docker`` or ``podman`` in it is the program, ``calls`` has a line for each call, ``says``
has what the next calls do. A push goes to the registry of the image over HTTP, or to ECR where moto stands for it.
"""

import itertools
import json
import os
import shutil
import signal
import stat
import sys
import urllib.request
from pathlib import Path
from typing import Any

from tests.support.ecr import OCI, manifest, push

ROOT = Path(__file__).parent.parent.parent
BUILDING = "Step 1/1 : FROM python"
REFUSED = "denied: it cannot be overwritten because the tag is immutable"


class Engine:
    """A program on a PATH of its own, beside git.

    Attributes:
        environment: The variables with which it is found, and with which the user's own configuration is in ``config``.
    """

    def __init__(self, folder: Path, name: str = "docker") -> None:
        self._folder = folder
        self.environment = {**without_engine(folder), "DOCKER_CONFIG": str(folder / "config")}
        (folder / "config").mkdir()
        program = folder / name
        program.write_text(
            f"#!{sys.executable} -IS\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n"
            "from tests.support.engines import main\nmain()\n"
        )
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    def says(self, **what: Any) -> None:
        """Set what calls do from now on: works, build_code, loads, platform, waits, push_code, meanwhile, tells."""
        (self._folder / "says").write_text(json.dumps(what))

    def has(self, reference: str, platform: str = "linux/amd64") -> None:
        """Let it have an image of an earlier build, and no other."""
        (self._folder / "built").write_text(json.dumps({reference: platform}))

    @property
    def names(self) -> list[str]:
        """What the images are called that it has."""
        return [*json.loads((self._folder / "built").read_text())]

    @property
    def calls(self) -> list[dict[str, Any]]:
        """The calls: the words, and of a push the configuration that it found."""
        file = self._folder / "calls"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def words(self, command: str) -> list[str]:
        """Return the words of the only call of a command."""
        (call,) = [call["words"] for call in self.calls if call["words"][0] == command]
        found: list[str] = call
        return found


def without_engine(folder: Path) -> dict[str, str]:
    """Make a folder the whole PATH, with git in it alone."""
    folder.mkdir()
    (folder / "git").symlink_to(str(shutil.which("git")))
    return {"PATH": str(folder)}


def main() -> None:
    """Be the program."""
    folder, words = Path(sys.argv[0]).parent, sys.argv[1:]
    says = json.loads((folder / "says").read_text()) if (folder / "says").exists() else {}
    name = Path(sys.argv[0]).name
    call: dict[str, Any] = {"words": words}
    if words[0] == "push":
        call["config"] = _config(name)
    with (folder / "calls").open("a") as calls:
        calls.write(json.dumps(call) + "\n")
    match words[0]:
        case "version" | "info":
            code = 0 if says.get("works", True) else _fail("Cannot connect to the daemon. Is it running?", 1)
        case "build":
            code = _build(folder, words, says)
        case "image":
            code = _image(folder, words)
        case _:
            code = _push(name, words, says)
    sys.exit(code)


def _build(folder: Path, words: list[str], says: dict[str, Any]) -> int:
    _say(BUILDING)
    if says.get("waits"):
        signal.signal(signal.SIGINT, lambda *_: sys.exit(130))
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        _say("waits")
        signal.pause()
    if says.get("build_code"):
        return _fail("the command of a step failed", says["build_code"])
    if says.get("loads", True):
        platform = says.get("platform") or words[words.index("--platform") + 1]
        names = [word for before, word in itertools.pairwise(words) if before == "--tag"]
        (folder / "built").write_text(json.dumps(dict.fromkeys(names, platform)))
    return 0


def _image(folder: Path, words: list[str]) -> int:
    """Inspect an image, or remove a name of one."""
    reference = words[-1]
    built = json.loads((folder / "built").read_text()) if (folder / "built").exists() else {}
    if reference not in built:
        return _fail(f"No such image: {reference}", 1)
    if words[1] == "inspect":
        _say(built[reference])
    else:
        (folder / "built").write_text(json.dumps({one: built[one] for one in built if one != reference}))
    return 0


def _push(name: str, words: list[str], says: dict[str, Any]) -> int:
    reference = words[-1]
    repository, _, tag = reference.rpartition(":")
    host, _, repository = repository.partition("/")
    content = manifest("sha256:" + "0" * 64)
    if says.get("push_code") and not says.get("meanwhile"):
        return _fail(REFUSED, says["push_code"])
    digest = (_push_to_ecr if ".dkr.ecr." in host else _push_to_registry)(host, repository, tag, content)
    if says.get("meanwhile"):  # it was somebody else
        return _fail(REFUSED, says["push_code"])
    if name == "docker":
        _say(f"The push refers to repository [{host}/{repository}]")
        _say(f"{tag}: digest: {digest} size: 735" if says.get("tells", True) else "")
    else:
        Path(words[words.index("--digestfile") + 1]).write_text(digest)
    return 0


class _Ecr:
    """A client of ECR for one call, in place of boto3, which takes half a second to load."""

    def put_image(self, **arguments: Any) -> None:
        headers = {
            "X-Amz-Target": "AmazonEC2ContainerRegistry_V20150921.PutImage",
            "Content-Type": "application/x-amz-json-1.1",
            "Authorization": "AWS4-HMAC-SHA256 Credential=a/20261129/us-east-1/ecr/aws4_request, Signature=a",
        }
        body = json.dumps(arguments).encode()
        request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"], data=body, headers=headers)  # noqa: S310  a loopback address
        urllib.request.urlopen(request).close()  # noqa: S310  a loopback address


def _push_to_ecr(_: str, repository: str, tag: str, content: dict[str, Any]) -> str:
    return push(_Ecr(), repository, tag, content)


def _push_to_registry(host: str, repository: str, tag: str, content: dict[str, Any]) -> str:
    request = urllib.request.Request(
        f"http://{host}/v2/{repository}/manifests/{tag}",
        data=json.dumps(content).encode(),
        headers={"Content-Type": f"{OCI}.manifest.v1+json"},
        method="PUT",
    )
    with urllib.request.urlopen(request) as reply:  # noqa: S310  a loopback address
        return str(reply.headers["Docker-Content-Digest"])


def _config(name: str) -> Any:
    folder, file = os.environ["DOCKER_CONFIG"], os.environ.get("REGISTRY_AUTH_FILE")
    path = Path(file) if name == "podman" and file else Path(folder) / "config.json"
    return {"folder": folder, "content": json.loads(path.read_text()) if path.exists() else None}


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"{message}\n")
    return code
