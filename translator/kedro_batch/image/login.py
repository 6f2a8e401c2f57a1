"""Logs an engine in to a registry for one push, and leaves nothing of that behind.

``docker login`` would keep the token in the user's own configuration for 12 hours, and fails where a credential helper
such as amazon-ecr-credential-helper takes none. So the engine gets a configuration of its own for the push: that of the
user, without what keeps credentials, with the token for one host.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

_FILE = "config.json"
_CREDENTIALS = ("auths", "credsStore", "credHelpers")


@contextmanager
def logged_in(host: str, authorization: str) -> Iterator[Mapping[str, str]]:
    """Yield the environment of an engine that is logged in to one host.

    Contexts, certificates and plugins stand beside the configuration, so they are linked.

    Args:
        host: The host of the registry.
        authorization: User name and password with a colon between them, in Base64.
    """
    # Path.home() raises where there is no home, this does not.
    own = Path(os.environ.get("DOCKER_CONFIG") or Path(os.path.expanduser("~")) / ".docker")  # noqa: PTH111
    with TemporaryDirectory(prefix="kedro-batch-login-") as name:  # nobody else may read it
        folder = Path(name)
        for one in own.iterdir() if own.is_dir() else ():
            if one.name != _FILE:
                (folder / one.name).symlink_to(one.absolute())
        content = {**_read(own / _FILE), "auths": {host: {"auth": authorization}}}
        (folder / _FILE).write_text(json.dumps(content), encoding="utf-8")
        # Docker reads the first, Podman both, the second before the first.
        yield {**os.environ, "DOCKER_CONFIG": name, "REGISTRY_AUTH_FILE": str(folder / _FILE)}


def _read(file: Path) -> dict[str, Any]:
    """Return the user's configuration without what keeps credentials; empty if there is none that can be read."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return (
        {key: value for key, value in content.items() if key not in _CREDENTIALS} if isinstance(content, dict) else {}
    )
