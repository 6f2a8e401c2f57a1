"""Starts a Docker engine of its own, from nothing, and leaves nothing of it on the machine.

The engine is `dockerd` of the PATH, or that which ``.ci/docker-engine`` has unpacked. It runs in a mount and a process
namespace of its own: what it mounts, what it writes to /etc and /run, and every container end with it, even if the
tests are killed. It makes no network: containers and builds use the machine's (``--network=host``).
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.command_line import GENEROUS_S

ECR_HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
"""The registry of moto's account."""

_MEMORY = 4 << 30
_UNPACKED = Path(__file__).parent.parent.parent / ".docker-engine"
_PROGRAMS = ("dockerd", "containerd", "runc", "docker", "docker-registry", "unshare", "setpriv")
_HOST_ONLY = ("--iptables=false", "--ip6tables=false", "--ip-forward=false", "--bridge=none")
# moto gives each container the name host.docker.internal, which needs an address where there is no bridge.
_WITHOUT_BRIDGE = ("--host-gateway-ip=127.0.0.1",)
# The engine writes a key to /etc/docker, and sockets to /run, where a containerd of the system would be found too.
# Its images are in memory: nothing is left of them, and to write them to a disk takes twice as long.
_PRIVATE_FOLDERS = f"""
set -e
mount -t tmpfs tmpfs /run
for folder in etc opt; do
    mkdir /run/$folder /run/$folder.work
    mount -t overlay overlay -o lowerdir=/$folder,upperdir=/run/$folder,workdir=/run/$folder.work /$folder
done
mount -t tmpfs tmpfs "$2"
echo "$1 {ECR_HOST}" >> /etc/hosts
shift
shift
exec "$@"
"""


class DockerEngine:
    """A running engine.

    Attributes:
        environment: The variables with which `docker`, kedro-batch and moto find it.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = dict(environment)

    def docker(self, *words: str | Path, stdin: Path | None = None) -> str:
        """Run ``docker WORDS`` and return what it writes.

        Raises:
            AssertionError: It failed.
        """
        with (stdin or Path(os.devnull)).open("rb") as source:
            ended = subprocess.run(
                ["docker", *map(str, words)],
                env={**os.environ, **self.environment},
                stdin=source,
                capture_output=True,
                text=True,
                check=False,
            )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    @contextmanager
    def events(self, *filters: str) -> Iterator[Iterator[str]]:
        """Follow what happens to containers from now on, as ``docker events`` tells it: a line for each event."""
        words = [word for one in filters for word in ("--filter", one)]
        since = self.docker("info", "--format", "{{.SystemTime}}").strip()
        command = ["docker", "events", "--since", since, "--format", "{{.Action}} {{.Actor.Attributes.name}}", *words]
        with subprocess.Popen(
            command, env={**os.environ, **self.environment}, stdout=subprocess.PIPE, text=True
        ) as following:
            assert following.stdout
            try:
                yield (line.strip() for line in following.stdout)
            finally:
                following.terminate()


def why_unavailable() -> str | None:
    """Return why no engine can be started here; None if one can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "a Docker engine of our own needs root on Linux"
    path = _path()
    if missing := [program for program in _PROGRAMS if not shutil.which(program, path=path)]:
        return f"there is no {', '.join(missing)}; .ci/docker-engine fetches a Docker engine on Debian"
    tried = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "mount", "-t", "tmpfs", "tmpfs", "/run"],
        capture_output=True,
        text=True,
        check=False,
    )
    if tried.returncode:
        return f"the kernel lets no engine start: {tried.stderr.strip()}"
    memory = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None if memory >= _MEMORY else f"its images need {_MEMORY >> 30} GiB of free memory"


def program_environment() -> dict[str, str]:
    """Return the variables with which the programs of the engine are found, and no proxy is asked for loopback."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    libraries = [str(one) for one in (_UNPACKED / "usr" / "lib").glob("*-linux-gnu*")]
    known = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    return {**kept, "PATH": _path(), "LD_LIBRARY_PATH": os.pathsep.join(filter(None, [*known, *libraries]))}


@contextmanager
def docker_engine(folder: Path, registry_address: str) -> Iterator[DockerEngine]:
    """Run an engine whose data are in a folder, and which finds Amazon ECR at an address of loopback.

    Raises:
        RuntimeError: It does not start.
        AssertionError: It left something behind.
    """
    cgroup = f"kedro-batch-{os.getpid()}"
    before = _traces(folder, cgroup)
    (folder / "data").mkdir(parents=True)
    socket = folder / "docker.sock"
    (folder / "daemon.json").write_text("{}")  # not the machine's
    dockerd = [
        *("dockerd", f"--config-file={folder / 'daemon.json'}", f"--pidfile={folder / 'pid'}"),
        *(f"--host=unix://{socket}", f"--data-root={folder / 'data'}", f"--exec-root={folder / 'exec'}"),
        *(f"--insecure-registry={ECR_HOST}", f"--cgroup-parent=/{cgroup}", "--exec-opt=native.cgroupdriver=cgroupfs"),
        *(*_HOST_ONLY, *_WITHOUT_BRIDGE),
    ]
    # It ends with the tests, and with it everything in its process namespace, of which it is the first process.
    alone = ["setpriv", "--pdeathsig=KILL", "unshare", "--mount", "--pid", "--mount-proc", "--fork", "--kill-child"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*alone, "sh", "-c", _PRIVATE_FOLDERS, "sh", registry_address, str(folder / "data"), *dockerd],
            env=program_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    environment = {
        "DOCKER_HOST": f"unix://{socket}",
        "DOCKER_CONFIG": str(folder / "config"),
        "DOCKER_BUILDKIT": "1" if _has_buildkit() else "0",  # it builds in half the time
        "PATH": program_environment()["PATH"],
        "LD_LIBRARY_PATH": program_environment()["LD_LIBRARY_PATH"],
    }
    try:
        _wait_for(socket, process, folder / "log")
        yield DockerEngine(environment)
    finally:
        _stop(process)
        _remove_cgroups(cgroup)
        shutil.rmtree(folder)
    left = {what: found for what, found in _traces(folder, cgroup).items() if found != before[what]}
    assert not left, f"before: {before}, after: {left}"


def _path() -> str:
    # What is unpacked comes first: an engine and a client that belong together.
    unpacked = [str(_UNPACKED / "usr" / one) for one in ("sbin", "bin")]
    return os.pathsep.join([*unpacked, os.environ.get("PATH", os.defpath), "/usr/sbin"])


def _has_buildkit() -> bool:
    """True if the client can build with BuildKit: clients before 23 can, and later ones with the plugin buildx."""
    told = [_client_says("version", "--format", "{{.Client.Version}}"), _client_says("buildx", "version")]
    return told[0].startswith("20.") or bool(told[1])


def _client_says(*words: str) -> str:
    ended = subprocess.run(["docker", *words], env=program_environment(), capture_output=True, text=True, check=False)
    return ended.stdout.strip() if ended.returncode == 0 or words[0] == "version" else ""


def _wait_for(socket: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + GENEROUS_S
    while time.monotonic() < until:
        asked = subprocess.run(
            ["docker", "--host", f"unix://{socket}", "version"],
            env=program_environment(),
            capture_output=True,
            check=False,
        )
        if asked.returncode == 0:
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"dockerd does not start: {log.read_text()[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask dockerd to end, by its pid; kill what does not."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    for child in children.read_text().split() if process.poll() is None else ():
        os.kill(int(child), signal.SIGTERM)
    try:
        process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _remove_cgroups(name: str) -> None:
    """Remove the control groups of the containers, which are empty now."""
    for top in [*Path("/sys/fs/cgroup").glob(name), *Path("/sys/fs/cgroup").glob(f"*/{name}")]:
        for folder, _, _ in os.walk(top, topdown=False):
            Path(folder).rmdir()


def _traces(folder: Path, cgroup: str) -> dict[str, object]:
    """Return what an engine could leave on the machine; what engines of other tests have does not count."""
    of_docker = re.compile(rf"containerd|/docker|{re.escape(str(folder))}")
    groups, known_groups = Path("/sys/fs/cgroup"), ("docker", cgroup)
    tables = Path("/proc/net/ip_tables_names")
    return {
        "processes": [one for one in _command_lines() if str(folder) in one],
        "mounts": [one for one in Path("/proc/self/mounts").read_text().splitlines() if of_docker.search(one)],
        "control groups": [one for pattern in ("*", "*/*") for one in groups.glob(pattern) if one.name in known_groups],
        "network": [one.name for one in Path("/sys/class/net").iterdir() if re.match("docker|br-|veth", one.name)],
        "tables of iptables": tables.read_text() if tables.exists() else "",
        "forwarding": Path("/proc/sys/net/ipv4/ip_forward").read_text(),
        "folders": [
            one
            for one in ("/etc/docker", "/opt/containerd", "/run/containerd", "/run/docker", "/var/lib/docker", folder)
            if Path(one).exists()
        ],
        "hosts": Path("/etc/hosts").read_text(),
    }


def _command_lines() -> Iterator[str]:
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it has ended
            continue
