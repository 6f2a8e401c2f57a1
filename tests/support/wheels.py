"""Packages for images: what `pip` of this machine downloads, and this checkout's own wheel, served on loopback.

So an image gets the versions that the tests themselves have, and its build needs no way to a package index.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import distributions
from pathlib import Path

from tests.support.serving import serving

_CHECKOUT = Path(__file__).parent.parent.parent
_PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
# s3fs brings the versions of these that it can do with (aiobotocore pins botocore).
_FREE = ("boto3", "botocore", "s3transfer", "urllib3", "kedro-batch")


def download_wheels(folder: Path, *requirements: str) -> None:
    """Build this checkout's wheel, and download packages with all that they and kedro-batch require.

    Raises:
        AssertionError: pip failed.
    """
    folder.mkdir()
    _pip("wheel", "--no-deps", "--wheel-dir", folder, _CHECKOUT)
    constraints = folder / "constraints.txt"
    installed = {one.name.lower(): one.version for one in distributions()}
    constraints.write_text("".join(f"{name}=={version}\n" for name, version in installed.items() if name not in _FREE))
    _pip(
        "download", "--dest", folder, "--find-links", folder, "--constraint", constraints, "kedro-batch", *requirements
    )


@contextmanager
def serving_wheels(folder: Path) -> Iterator[str]:
    """Serve a folder for ``pip --find-links URL``, and give the URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    with serving(server):
        yield f"http://127.0.0.1:{server.server_address[1]}/"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _pip(*words: str | Path) -> None:
    ended = subprocess.run([*_PIP, *map(str, words)], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
