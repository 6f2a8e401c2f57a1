"""Checks what only the project knows: where its data are, and the packages that it lists."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kedro_batch.cloud.checks.finding import Finding, Status
from kedro_batch.cloud.checks.project_facts import ProjectFacts
from kedro_batch.cloud.checks.subject import Subject
from kedro_batch.text.wording import listed

if TYPE_CHECKING:
    from kedro_batch.cloud.account import Account


def check_project(subject: Subject, account: "Account") -> Iterator[Finding]:  # noqa: ARG001  as all checks are called
    """Check the packages that the project lists; or say what is not checked, and why."""
    if subject.project is not None:
        yield from _judge_packages(subject.project)
        return
    message, remedy = "are not in a plan", "Run kedro-batch doctor without a plan, in the project's folder"
    if subject.project_problem:
        message = f"are not checked, since the project here does not compile: {subject.project_problem}"
        remedy = "Correct the project: kedro-batch compile names all that is wrong"
    about = "buckets and packages"
    yield Finding(check="project", status=Status.SKIPPED, about=about, message=message, remedy=remedy)


def _judge_packages(project: ProjectFacts) -> Iterator[Finding]:
    """Judge the lists of packages that the image is built from."""
    about = f"packages in {listed(project.package_files)}" if project.package_files else "packages"
    for wrong in project.unlisted_packages:
        yield Finding(
            check="packages",
            status=Status.WARNING,
            about=about,
            message=f"lack one: {wrong}",
            remedy="Add it to the list that the image is built from, unless the image has it from elsewhere",
        )
    if not project.package_files:
        message = "are not checked: the project has no list of them"
        yield Finding(check="packages", status=Status.SKIPPED, about=about, message=message)
    elif not project.unlisted_packages:
        yield Finding(check="packages", status=Status.PASS, about=about, message="include what the datasets need")
