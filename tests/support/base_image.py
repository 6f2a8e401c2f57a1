"""Makes a base image without any registry: this machine's Python, the libraries that it needs, and a shell.

It stands for the official image that the Dockerfile of ``init`` begins with. Only the standard library goes into it,
none of the machine's packages.
"""

import shutil
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterable
from pathlib import Path

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
OFFICIAL_NAME = f"python:{PYTHON}-slim"

_SYSTEM_PATH = "/usr/bin:/bin:/usr/sbin:/sbin"
_COMMANDS = ("sh", "mkdir", "chown", "useradd", "groupadd", "env", "cat", "ls", "rm")
_NOT_NEEDED = ("site-packages", "dist-packages", "test", "tests", "config-*", "idlelib", "tkinter", "turtledemo")
_ACCOUNTS = {
    "passwd": "root:x:0:0:root:/root:/bin/sh\n",
    "group": "root:x:0:\n",
    "shadow": "root:*:19000:0:99999:7:::\n",
    "hosts": "127.0.0.1 localhost\n",
}
# Wheels such as numpy's load these, which Python itself does not.
_OF_WHEELS = ("libgcc_s", "libstdc++", "libm", "libdl", "librt", "libutil", "libpthread", "libresolv", "libnss_files")
_STANDARD = ("stdlib", "platstdlib")


def write_base_image(archive: Path, folder: Path) -> None:
    """Write the root file system as an archive for ``docker import``; the folder is for its files, and is new."""
    for name in ("bin", "sbin", "lib", "lib64"):
        if Path("/", name).is_symlink():  # of Debian: one tree below /usr
            (folder / "usr" / name).mkdir(parents=True, exist_ok=True)
            (folder / name).symlink_to(f"usr/{name}")
    for name in ("tmp", "var/tmp", "root", "home", "proc", "sys", "dev", "etc", "usr/local/bin"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, content in _ACCOUNTS.items():
        (folder / "etc" / name).write_text(content)
    python = Path(sys.base_prefix, "bin", f"python{PYTHON}")
    standard = {Path(sysconfig.get_path(name, vars={"installed_base": sys.base_prefix})) for name in _STANDARD}
    for library in standard:
        ignored = shutil.ignore_patterns(*_NOT_NEEDED)
        shutil.copytree(library, _within(folder, library), ignore=ignored, dirs_exist_ok=True)
    extensions = [one for library in standard for one in library.glob("lib-dynload/*.so")]
    commands = [Path(found) for one in _COMMANDS if (found := shutil.which(one, path=_SYSTEM_PATH))]
    for file in {python, *commands, *_libraries([python, *commands, *extensions])}:
        target = _within(folder, file.parent.resolve() / file.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    for name in ("python", "python3"):
        (folder / "usr" / "local" / "bin" / name).symlink_to(python)
    with tarfile.open(archive, "w") as tar:
        tar.add(folder, arcname=".", filter=_owned_by_root)


def _within(folder: Path, path: Path) -> Path:
    return folder / path.relative_to("/")


def _libraries(programs: Iterable[Path]) -> set[Path]:
    """Return the shared libraries of programs, and those of wheels beside the C library."""
    told = subprocess.run(["ldd", *programs], capture_output=True, text=True, check=False).stdout
    words = {word for line in told.splitlines() for word in line.split() if word.startswith("/") and ".so" in word}
    found = {Path(word) for word in words if not word.endswith(":")}
    of_c = next(one.parent for one in found if one.name.startswith("libc.so"))
    return found | {one for name in _OF_WHEELS for one in of_c.glob(f"{name}.so*")}


def _owned_by_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    if entry.isdir():
        entry.mode = 0o1777 if entry.name in ("./tmp", "./var/tmp") else 0o755
    elif entry.isfile():
        entry.mode = 0o755 if entry.mode & 0o100 else 0o644
    return entry
