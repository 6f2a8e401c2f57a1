"""Words what ``init`` did: what happened to each file, what people should know, and what comes next."""

import shlex
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import assert_never

from kedro_batch.cli.catalog_report import how_to_add_packages
from kedro_batch.compiler.propose_catalog import ProposedCatalog
from kedro_batch.diagnostics import Code, Diagnostic
from kedro_batch.scaffold.choices import DEFAULT_ENV, Choices, Forge
from kedro_batch.scaffold.dependencies import find_dependencies
from kedro_batch.scaffold.file_changes import FileChange, Outcome
from kedro_batch.scaffold.git_remote import GitFacts
from kedro_batch.scaffold.init_files import DOCKERFILE, INFRASTRUCTURE, RESULTS
from kedro_batch.scaffold.init_project import Preparation
from kedro_batch.text.escaping import for_terminal
from kedro_batch.text.wording import counted, listed

_MOST_LINES = 60


def change_lines(change: FileChange, replace_with: str, *, quiet: bool) -> Iterator[str]:
    """Yield what happened to a file.

    Args:
        change: The file.
        replace_with: The command that overwrites it, less its name.
        quiet: Say only what was not written although it differs.
    """
    path = change.path
    match change.outcome:
        case Outcome.WRITTEN | Outcome.REPLACED | Outcome.UNCHANGED:
            lines = [f"{change.outcome}: {path}"]
        case Outcome.COMPLETED:
            lines = [f"lines added: {path}"]
        case Outcome.KEPT:
            if not quiet:
                yield from _diff_lines(change)
            yield f"kept: {path} differs. To replace it: {replace_with} {shlex.quote(path)}"
            return
        case Outcome.NEEDS_INCLUDE:
            yield f"kept: {path}. Add to it, so that GitLab reads the jobs:\n"
            yield "".join(f"    {line}\n" for line in change.content.splitlines() if not line.startswith("#"))
            return
        case _:
            assert_never(change.outcome)
    if not quiet:
        yield from lines


def _diff_lines(change: FileChange) -> Iterator[str]:
    lines = change.diff()
    yield ""
    yield from map(for_terminal, lines[:_MOST_LINES])
    if len(lines) > _MOST_LINES:
        yield f"and {counted(len(lines) - _MOST_LINES, 'more line')}"


def notes(preparation: Preparation, selected: Collection[str], git: GitFacts) -> Iterator[str]:
    """Yield what people should know of the files and of what the project had already."""
    if preparation.names.settings in selected:
        yield from _settings_notes(preparation)
    if DOCKERFILE in selected:
        yield from _image_notes(preparation.root)
    forge = preparation.choices.forge
    if forge and git.top and git.top.resolve() != preparation.root.resolve():
        folder = ".github/workflows" if forge is Forge.GITHUB else ".gitlab-ci.yml"
        yield for_terminal(
            f"note: the repository is {git.top}, and the project a folder in it. The forge reads {folder} of the "
            "repository alone: move what was written there, and let it work in the project's folder"
        )


def workflow_notes(changes: Iterable[FileChange], choices: Choices) -> Iterator[str]:
    """Yield what the workflows lack, which submit as a role of ``infrastructure.yml``."""
    kept = [one for one in changes if one.path == INFRASTRUCTURE and one.outcome is Outcome.KEPT]
    if choices.is_federated and any(choices.oidc_subjects[0] not in (one.before or "") for one in kept):
        yield (
            f"note: the {INFRASTRUCTURE} that is kept has no role for workflows of {choices.repository}, branch "
            f"{choices.branch} (SubmitterRole). Replace the file, or add to it what is shown above. Then deploy it"
        )


def _settings_notes(preparation: Preparation) -> Iterator[str]:
    outline, own = preparation.outline, preparation.names.settings
    if outline.settings_file:
        yield for_terminal(f"note: {' '.join(_base_facts(preparation))}")
    if outline.target_in_parameters:
        yield f"note: the parameters name a queue or a definition as well. Those in {own} count instead"
    if outline.versioned:
        yield for_terminal(
            f"note: {own} accepts that {listed(outline.versioned)} {'is' if len(outline.versioned) == 1 else 'are'} "
            "versioned and read by other jobs: start one run at a time, or put kedro-batch into the image "
            "(docs/versions.md)"
        )


def _base_facts(preparation: Preparation) -> Iterator[str]:
    """Yield sentences about settings of the base environment and the new file."""
    outline, own = preparation.outline, preparation.names.settings
    yield f"{outline.settings_file} counts in the environment {preparation.choices.env} too."
    if stay := [str(name) for name in outline.settings if name not in (*RESULTS, "shared_paths")]:
        yield f"As there: {listed(stay)}."
    if replaced := [name for name in ("job_queue", "job_definition") if name in outline.settings]:
        yield f"As in {own}: {' and '.join(replaced)}."
    if outline.settings.get("shared_paths"):
        yield f"{own} takes shared_paths back, since the containers of infrastructure.yml mount no folder."


def _image_notes(root: Path) -> Iterator[str]:
    dependencies = find_dependencies(root)
    if dependencies is None:
        yield f"note: {DOCKERFILE} stays as it is: the project lists its packages in no way that is known here"
        return
    if dependencies.in_folders:
        yield for_terminal(
            f"note: {dependencies.files[0]} lists {listed(dependencies.in_folders)}, which the image does not have "
            f"when its packages are installed. Copy it before in {DOCKERFILE}, or list what it needs instead"
        )


_SAID_OTHERWISE = (Code.UNLISTED_PACKAGE, Code.MOVING_DEFINITION)
"""What the next steps put right: packages are added, and `infra deploy` declares the job definition."""


def worth_knowing(proposed: ProposedCatalog) -> tuple[Diagnostic, ...]:
    """Return what compiling says with the catalog, less what the next steps put right anyway."""
    return tuple(one for one in proposed.compilation.diagnostics if one.code not in _SAID_OTHERWISE)


def next_steps(preparation: Preparation, proposed: ProposedCatalog | None, program: str) -> Iterator[str]:
    """Yield what comes next, in its order.

    Args:
        preparation: What the files were made of.
        proposed: The catalog that was written or kept, if it was asked for.
        program: How this program is called.
    """
    choices = preparation.choices
    at = "" if choices.env == DEFAULT_ENV else f" --env {shlex.quote(choices.env)}"
    if preparation.root.resolve() != Path.cwd().resolve():
        yield f"cd {shlex.quote(str(preparation.root))}"
    if proposed and (advice := how_to_add_packages(proposed.compilation, preparation.root)):
        yield advice
    yield f"{program} infra deploy{at}"
    yield f"{program} image --push{at}"
    if proposed and proposed.catalog.inputs:
        yield f"{program} compile --env {choices.env} --write-catalog {shlex.quote(choices.data)} --upload"
    yield f"{program} compile --env {choices.env} -o plan.yaml"
    yield f"{program} apply plan.yaml"
