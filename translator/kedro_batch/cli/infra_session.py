"""What the commands of ``infra`` share: the project, the account, the stack, its progress, and what to do next."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from kedro_batch.cli.base import is_plain, print_note
from kedro_batch.cli.project_options import command_for, open_clients, open_settings
from kedro_batch.cloud.clients import Clients
from kedro_batch.cloud.infrastructure.events import Event, follow, last_operation, newest_event
from kedro_batch.cloud.infrastructure.failures import first_failures
from kedro_batch.cloud.infrastructure.parameters import IMAGE
from kedro_batch.cloud.infrastructure.stacks import Stack, describe_stack
from kedro_batch.cloud.infrastructure.template import Template, parse_template
from kedro_batch.compiler.project.project_folder import find_project
from kedro_batch.compiler.project_settings import ProjectSettings
from kedro_batch.errors import Interrupted, UsageError
from kedro_batch.plan.image_reference import parse_image
from kedro_batch.review.infrastructure import Line, event_line
from kedro_batch.scaffold.choices import stack_name
from kedro_batch.text.escaping import for_terminal, one_line

_STACK_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}")
"""The AWS CloudFormation API reference, CreateChangeSet: StackName."""
_TEMPLATE = "infrastructure.yml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a command of ``infra`` works on.

    Attributes:
        root: The folder of the project.
        settings: Its settings in the environment.
        clients: The account.
        stack_name: The name of the stack.
        flags: The options of the command line.
        program: How the program was called, such as ``kedro-batch``.
    """

    root: Path
    settings: ProjectSettings
    clients: Clients
    stack_name: str
    flags: dict[str, Any]
    program: str

    @property
    def where(self) -> str:
        """The account and the region, for messages."""
        return f"account {self.clients.identity.account}, {self.clients.region}"

    @property
    def image(self) -> str | None:
        """The image of the command line."""
        return self.flags.get("image")

    @property
    def given(self) -> dict[str, str]:
        """The parameters of the command line; for the image, ``--image`` if the parameter itself is not given."""
        given: dict[str, str] = {}
        for word in self.flags["parameters"]:
            name, sign, value = word.partition("=")
            if not sign or not name:
                raise UsageError(f"--parameter {word}: write it as KEY=VALUE")
            if given.setdefault(name, value) != value:
                raise UsageError(f"--parameter {name} is given twice, with two values")
        return given

    def parameters_for(self, template: Template) -> dict[str, str]:
        """Return the given parameters, with the image where the template has a parameter for it."""
        given = self.given
        if not self.image or IMAGE not in template.parameters:
            return given
        if given.setdefault(IMAGE, self.image) != self.image:
            raise UsageError(f"--image and --parameter {IMAGE}= name two images")
        return given

    @property
    def template_shown(self) -> str:
        """The template's name in messages."""
        return str(self.flags["template"] or _TEMPLATE)

    def command(self, words: str) -> str:
        """Return a command line of ours for the same project, environment and stack, to be copied into a shell."""
        command = command_for(self.program, words, self.flags)
        return (
            f"{command} --stack {self.flags['stack']}"
            if words.startswith("infra ") and self.flags["stack"]
            else command
        )

    def read_template(self) -> Template:
        """Read the template.

        Raises:
            UsageError: It cannot be read.
            ConfigError: It is no template, or too large.
        """
        file = self.flags["template"] or self.root / _TEMPLATE
        try:
            text = file.read_text(encoding="utf-8-sig")  # some editors begin files with a mark that AWS does not know
        except UnicodeDecodeError as error:
            raise UsageError(f"cannot read {self.template_shown}: it is not UTF-8") from error
        except OSError as error:
            hint = "Name it with --template FILE"
            if not self.flags["template"]:
                hint = f"{self.program} init writes it; or name another one with --template FILE"
            raise UsageError(f"cannot read the template {self.template_shown}: {error.strerror}. {hint}") from error
        return parse_template(text, self.template_shown)

    def note(self, text: str) -> None:
        """Print a note, unless the command is to be quiet."""
        if not self.flags["quiet"]:
            print_note(for_terminal(text))

    def warn(self, text: str) -> None:
        """Print a note in any case."""
        print_note(for_terminal(text))

    def styled(self, line: Line) -> str:
        """Return a line for a terminal, red if it is loud."""
        text = for_terminal(one_line(line.text))
        return click.style(text, fg="red", bold=True) if line.loud and not is_plain(asked=self.plain) else text

    @property
    def plain(self) -> bool:
        """True if ``--no-color`` was given."""
        return bool(self.flags["no_color"])

    def settled_stack(self) -> Stack | None:
        """Return the stack, once CloudFormation has ended what it is doing to it; None if there is none."""
        stack = describe_stack(self.clients, self.stack_name)
        if stack is None or not stack.in_progress:
            return stack
        self.note(
            f"CloudFormation is at work on the stack {stack.name} already ({stack.status}). This is how it goes on:"
        )
        stack = self.follow(stack, since=newest_event(self.clients, stack))
        return None if stack.status == "DELETE_COMPLETE" else stack

    def follow(self, stack: Stack, *, since: str | None) -> Stack:
        """Follow a stack to the end of its operation, with a line for each event.

        Args:
            stack: The stack.
            since: The last event that is known already; None if there is none.
        """
        try:
            return follow(
                self.clients,
                stack,
                since=since,
                on_event=self._show,
                on_trouble=self.warn,
            )
        except Interrupted:
            self.warn(
                f"CloudFormation goes on with the stack {stack.name} in {self.where}. To follow it again, and go on "
                f"from there: {self.command(f'infra {click.get_current_context().command.name}')}"
            )
            raise

    def reasons(self, stack: Stack) -> str:
        """Return why the last operation of a stack failed, a line for each resource."""
        found = first_failures(last_operation(self.clients, stack))
        return "".join(f"\n  {one_line(reason)}" for reason in found) or "\n  CloudFormation gives no reason"

    def _show(self, event: Event) -> None:
        line = event_line(event, every=self.flags["verbose"])
        if line and not self.flags["quiet"]:
            print_note(self.styled(line))


def open_session(context: click.Context, flags: dict[str, Any]) -> Session:
    """Read the project and find its account; nothing is asked but whose credentials these are.

    Raises:
        Refused: The project or its settings are wrong.
        UsageError: The options are, or the shell gives another account or region than the settings name.
        ServiceError: There are no credentials.
    """
    stack, image = flags["stack"], flags.get("image")
    if stack is not None and not _STACK_NAME.fullmatch(stack):
        raise UsageError(
            f"--stack {stack}: a stack's name has letters, digits and hyphens, begins with a letter, 128 at most"
        )
    if image is not None:
        try:
            parse_image(image)
        except ValueError as error:
            raise UsageError(f"--image {image}: {error}") from error
    program = context.command_path.rpartition(" infra ")[0]
    root = find_project(flags["project"])
    settings = open_settings(root, flags["env"], f"{program} init")
    return Session(
        root=root,
        settings=settings,
        clients=open_clients(settings),
        stack_name=stack or stack_name(settings.project, flags["env"]),
        flags=flags,
        program=program,
    )
