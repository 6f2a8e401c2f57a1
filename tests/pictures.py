"""Make the pictures of the documents: ``python -m tests.pictures``, or ``python -m tests.pictures plan-page``.

Each picture is a page of kedro-batch as Chromium shows it, made of the plan of the tutorial's project, and written to
``docs/pictures``. To add one, add a row to ``PICTURES``. Fonts differ between machines, and so do
the bytes: make them anew when a page has changed, and look at them.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.model import Plan
from kedro_batch.plan.reader import read_plan
from kedro_batch.review.page.page import render_overview_page
from kedro_batch.review.report.model import build_report
from kedro_batch.review.report.page import render_report_page
from tests.support.run_histories import simulated

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "pictures"
MOST_BYTES = 120_000
"""Of a picture: it stays in the repository for ever, with each of its earlier versions."""
_WIDTH = 1200
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture of a page.

    Attributes:
        html: Makes the page.
        height: How much of it is seen, in pixels.
        clicked: What somebody has clicked in it, as a selector.
    """

    html: Callable[[], str]
    height: int
    clicked: str | None = None


def _plan() -> Plan:
    file = ROOT / "tests" / "golden" / "plans" / "spaceflights.yaml"
    return read_plan(file.read_bytes(), file.name)


def plan_page() -> str:
    """Return the page that ``show --format html`` writes."""
    return render_overview_page(_plan(), "plan.yaml")


def report_page() -> str:
    """Return the page that ``report -o report.html`` writes, of a run with a retry and a failure that never was."""
    plan = _plan()
    history = simulated(plan, slots=2, spot=["preprocess_shuttles_node"], fail=["evaluate_model_node"])
    entry = replace(history.entry, digest=plan_digest(plan))
    return render_report_page(build_report(replace(history, entry=entry)))


PICTURES: Mapping[str, Picture] = {
    "plan-page": Picture(
        html=plan_page, height=560, clicked="#graph .job:has(title:text-is('create_model_input_table_node'))"
    ),
    "report": Picture(html=report_page, height=500),
}
"""The pictures, by the names of their files."""


def main(names: list[str]) -> None:
    browser = next(filter(None, map(which, _BROWSERS)), None)
    if browser is None:
        sys.exit(f"there is no browser: install one of {', '.join(_BROWSERS)}")
    if unknown := [name for name in names if name not in PICTURES]:
        sys.exit(f"there is no picture {unknown[0]}: choose of {', '.join(PICTURES)}")
    from playwright.sync_api import ViewportSize, sync_playwright  # noqa: PLC0415  a test reads the list without it

    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as started, TemporaryDirectory() as folder:
        chromium = started.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        for name in names or PICTURES:
            source = Path(folder) / f"{name}.html"
            picture = PICTURES[name]
            source.write_text(picture.html(), encoding="utf-8")
            size: ViewportSize = {"width": _WIDTH, "height": picture.height}
            page = chromium.new_page(viewport=size, color_scheme="light", reduced_motion="reduce")
            page.goto(source.as_uri())
            if picture.clicked:
                page.locator(picture.clicked).click()
            content = page.screenshot(animations="disabled")
            if len(content) > MOST_BYTES:
                sys.exit(f"{name}.png would have {len(content):,} bytes, and {MOST_BYTES:,} are the most")
            (FOLDER / f"{name}.png").write_bytes(content)
            sys.stdout.write(f"wrote docs/pictures/{name}.png: {len(content):,} bytes\n")
        chromium.close()


if __name__ == "__main__":
    main(sys.argv[1:])
