"""KEDRO_ENV while a project's code runs: as its jobs will have it, whatever the shell or the project says."""

import os

from kedro_batch.errors import ProjectError
from kedro_batch.plan.variables import ENV_VARIABLE


def set_kedro_env(env: str | None) -> None:
    """Set the variable as the jobs of the plan will have it."""
    os.environ.pop(ENV_VARIABLE, None)
    if env is not None:
        os.environ[ENV_VARIABLE] = env


def refuse_own_env(env: str | None) -> None:
    """Refuse an environment that the project's settings choose, of which the plan would know nothing.

    Raises:
        ProjectError: The plan has no environment, and the settings have set the variable.
    """
    own = os.environ.get(ENV_VARIABLE)
    if env is None and own:
        raise ProjectError(
            f"the project's settings set {ENV_VARIABLE}={own}, perhaps from a .env file, and so choose the "
            f"configuration of `kedro run`. Compile with --env={own}: then the plan says so, and every job has it"
        )
