"""Shows what a project's code warns of while it is loaded: each warning and each line of the log once.

Kedro loads the same modules several times, and its log would show every warning each time, over several lines.
"""

import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_FOR_DEVELOPERS = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)
"""Warnings for those who can change the code: a library's own are of no use to its users."""


@contextmanager
def project_warnings(root: Path, show: Callable[[str], None] | None, *, verbose: bool) -> Iterator[None]:
    """Show warnings as lines of text, each once, and silence the log for the rest of the process.

    Args:
        root: The project's folder.
        show: Gets each warning; None for no warnings at all, in the log neither.
        verbose: Show the whole log, and also the warnings that are not about the project's own code.
    """
    logging.disable(logging.WARNING if show is None else logging.NOTSET if verbose else logging.INFO)
    seen: set[tuple[type[Warning], str]] = set()

    def on_warning(
        message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: object, **__: object
    ) -> None:
        text = " ".join(str(message).split())
        file = Path(filename)
        own = file.is_relative_to(root) and "site-packages" not in file.parts
        of_use = own or verbose or not issubclass(category, _FOR_DEVELOPERS)
        if show is None or not of_use or (category, text) in seen:
            return
        seen.add((category, text))
        shown_file = file.relative_to(root) if own else file
        show(f"warning: {shown_file}:{lineno}: {category.__name__}: {text}")

    with warnings.catch_warnings(), _each_line_once():
        # Kedro sends warnings to the log whenever it configures that, but it can do so only once.
        logging.captureWarnings(capture=True)
        warnings.showwarning = on_warning
        if not sys.warnoptions:
            warnings.simplefilter("always")
        if not verbose:
            # What Kedro's own code does is of no use to its users.
            warnings.filterwarnings("ignore", module=r"kedro\.")
        yield


@contextmanager
def _each_line_once() -> Iterator[None]:
    """Let each line of the log pass once, whichever handlers Kedro and the project configure."""
    seen: set[tuple[str, int, str, str]] = set()

    def is_new(record: logging.LogRecord) -> bool:
        line = (record.name, record.levelno, str(record.msg), str(record.args))
        known = line in seen
        seen.add(line)
        return not known

    class FilteredLogger(logging.Logger):
        def __init__(self, name: str, level: int = logging.NOTSET) -> None:
            super().__init__(name, level)
            self.addFilter(is_new)

    for logger in _all_loggers():
        logger.addFilter(is_new)
    before = logging.getLoggerClass()
    logging.setLoggerClass(FilteredLogger)
    try:
        yield
    finally:
        logging.setLoggerClass(before)
        for logger in _all_loggers():
            logger.removeFilter(is_new)


def _all_loggers() -> list[logging.Logger]:
    known = (logging.root, *logging.root.manager.loggerDict.values())
    return [logger for logger in known if isinstance(logger, logging.Logger)]
