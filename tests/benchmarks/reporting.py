"""Measure ``report`` of large runs: ``python tests/benchmarks/reporting.py [JOBS...]``.

For each number of jobs (1,000 and 10,000 if none is given) a journal with a run is written: four events a job, as of a
run that was followed from begin to end. The command, its start included, is measured in each format, and how long
Chromium takes from the start of loading the page until its timeline is drawn. The bound for 1,000 jobs is 2 s.
"""

import shutil
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from playwright.sync_api import sync_playwright

from kedro_batch.plan.submit_job import JobId, RunId
from kedro_batch.submitter.events import JobChanged, JobExecuted, JobSubmitted
from kedro_batch.submitter.job_state import JobState
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.run_history import RunHistory
from tests.benchmarks.measure import measured
from tests.support.command_line import BIN
from tests.support.plans import layered, write_plan
from tests.support.plans_of_pages import layers
from tests.support.run_histories import simulated

_JOBS = (1_000, 10_000)
_FORMATS = ("html", "markdown", "json", "csv")
_DRAWN = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    for jobs in [int(word) for word in sys.argv[1:]] or _JOBS:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            width = max(1, jobs // 40)
            history = simulated(layers(jobs, width), slots=width)
            parents = layered(jobs, width)
            plan = write_plan(folder, {job: ["x"] for job in parents}, parents)
            _write_journal(folder / "journal.db", history, plan.read_bytes())
            for form in _FORMATS:
                words = ["report", "--journal=journal.db", f"--format={form}", "-o", f"report.{form}"]
                one = measured([str(BIN / "kedro-batch"), *words], folder)
                size = (folder / f"report.{form}").stat().st_size
                sys.stdout.write(
                    f"{jobs:,} jobs, {form}: {one.seconds:.2f} s, {one.megabytes:.0f} MB, {size:,} bytes\n"
                )
            if chromium:
                seconds = _open(folder / "report.html", chromium)
                sys.stdout.write(f"{jobs:,} jobs, opened and drawn in Chromium: {seconds:.2f} s\n")


def _write_journal(file: Path, history: RunHistory, plan: bytes) -> None:
    run = RunId(history.entry.run)
    with closing(Journal(file)) as journal:
        journal.begin(history.entry, plan)
        for one in history.submissions:
            job, record = one.job, one.record
            assert record.intended_at is not None
            assert record.execution is not None
            submission, job_id = record.submission, JobId(str(record.job_id))
            journal.intend(run, [(job, submission)], record.intended_at)
            journal.record(run, JobSubmitted(job=job, job_id=job_id, submission=submission), record.intended_at)
            before = JobState.SUBMITTED
            ended = record.execution.stopped_at or 0.0
            for at, after in (*((seen.at, seen.state) for seen in one.seen), (ended, record.state)):
                change = JobChanged(job=job, job_id=job_id, submission=submission, before=before, after=after)
                journal.record(run, change, at)
                before = after
            executed = JobExecuted(job=job, job_id=job_id, submission=submission, execution=record.execution)
            journal.record(run, executed, ended)
        journal.commit()


def _open(page: Path, chromium: str) -> float:
    with sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=chromium, headless=True, args=["--no-sandbox", "--disable-gpu"]
        )
        tab = browser.new_page(viewport={"width": 1440, "height": 900})
        begin = time.perf_counter()
        tab.goto(page.as_uri())
        tab.evaluate(_DRAWN)
        seconds = time.perf_counter() - begin
        browser.close()
    return seconds


if __name__ == "__main__":
    main()
