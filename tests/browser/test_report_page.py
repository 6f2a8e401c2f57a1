"""The report's page in Chromium: what people do with it, without a message on the console or a network request."""

import re
import shutil
from contextlib import contextmanager

import pytest

from kedro_batch.plan.model import JobName
from kedro_batch.review.report.model import build_report
from kedro_batch.review.report.page import render_report_page
from tests.review.report.test_formats import REPORTS, hostile
from tests.support.plans import a_job
from tests.support.plans_of_pages import layers, plan_of
from tests.support.run_histories import simulated

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    pytest.mark.xdist_group("browser"),
]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"

COUNT_DISCONNECTS = """() => {
  window.disconnected = 0;
  const { disconnect } = IntersectionObserver.prototype;
  IntersectionObserver.prototype.disconnect = function () {
    window.disconnected += 1;
    disconnect.call(this);
  };
}"""


def in_namespaces():
    """Give a plan of 300 jobs in three namespaces."""
    return plan_of(
        *(
            a_job(
                f"job_{number:03}",
                nodes=(f"{('prep', 'train', 'report')[number // 100]}.n{number}",),
                depends_on=(JobName(f"job_{number - 100:03}"),) if number >= 100 else (),
            )
            for number in range(300)
        )
    )


def in_a_chain():
    """Give a plan of 300 jobs, one after the other."""
    names = [f"job_{number:03}" for number in range(300)]
    return plan_of(*(a_job(name, depends_on=(JobName(names[at - 1]),) if at else ()) for at, name in enumerate(names)))


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=CHROMIUM, headless=True, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    reports = {
        **REPORTS,
        "hostile": hostile(),
        "large": build_report(simulated(layers(1_000, 40), slots=30, fail=["job_00400"])),
        "huge": build_report(simulated(layers(10_000, 100), slots=100)),
        "chain": build_report(simulated(in_a_chain())),
        "namespaces": build_report(simulated(in_namespaces(), slots=20)),
    }
    for name, report in reports.items():
        (folder / f"{name}.html").write_text(render_report_page(report), encoding="utf-8")
    return folder


@pytest.fixture
def opened(browser, pages):
    """Open pages; on closing, assert that the console is empty and that nothing else was requested."""

    @contextmanager
    def open_page(name, address="", width=1280, **context):
        messages, requested = [], []
        around = browser.new_context(viewport={"width": width, "height": 800}, **context)
        page = around.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: messages.append(message.text))
        page.on("pageerror", lambda error: messages.append(str(error)))
        page.on("dialog", lambda dialog: messages.append(dialog.message))
        page.on("request", lambda request: requested.append(request.url))
        file = (pages / f"{name}.html").as_uri()
        page.goto(file + address)
        page.evaluate(DRAWN)
        yield page
        around.close()
        assert not messages
        assert [url.partition("#")[0] for url in requested] == [file]

    return open_page


def seen(page):
    """Give the begin and the end of what the timeline shows, in seconds."""
    page.evaluate(DRAWN)
    return tuple(float(page.get_attribute("#lanes", f"data-{name}")) for name in ("from", "to"))


def lanes(page):
    page.evaluate(DRAWN)
    return int(page.get_attribute("#lanes", "data-rows"))


def spot(page, lane, seconds=None):
    """Give the point of a lane at some second, or at its name."""
    box = page.locator("#lanes").bounding_box()
    begin, end = seen(page)
    left = float(page.get_attribute("#lanes", "data-left"))
    x = 20 if seconds is None else left + (seconds - begin) / (end - begin) * (box["width"] - left)
    return box["x"] + x, box["y"] + 1 + 18 * lane + 9


def tip(page):
    return page.locator("#tip").inner_text()


def chosen(page):
    return page.locator("#details h2").inner_text()


def test_a_lane_tells_what_an_attempt_did_when_the_pointer_is_there(opened):
    with opened("failed") as page:
        page.mouse.move(*spot(page, 1, 40))
        assert tip(page).splitlines() == [
            "job_00001",
            "attempt 1",
            "running 30 s",
            "16:00:24 to 16:00:54 UTC",
            "failed",
            "on the critical path",
        ]
        page.mouse.move(*spot(page, 1, 80))
        assert "waiting for capacity and start 52 s" in tip(page)
        page.mouse.move(*spot(page, 3, 100))
        assert "waiting for parents" in tip(page)
        page.mouse.move(*spot(page, 8))
        assert tip(page).splitlines() == ["job_00008", "NOT_RUN"]
        box = page.locator("#slots").bounding_box()
        page.mouse.move(box["x"] + box["width"] * 0.65, box["y"] + 40)
        assert "1 running" in tip(page)


def test_a_click_shows_what_is_known_of_a_job(opened):
    with opened("failed") as page:
        assert page.locator("#details").is_hidden()
        page.mouse.click(*spot(page, 1, 60))
        text = page.locator("#details").inner_text()
        assert chosen(page) == "job_00001"
        for part in (
            "attempt 1 - failed - on the critical path",
            "attempt 2 - succeeded",
            "Host EC2",
            "2 vCPUs, 4,096 MiB",
        ):
            assert part in text
        assert page.url.endswith("#job=job_00001")
        page.locator("#details li .link[data-job]").first.click()
        assert chosen(page) != "job_00001"
        page.locator("#details .close").click()
        assert page.locator("#details").is_hidden()
    with opened("failed", "#job=job_00004") as page:
        assert chosen(page) == "job_00004"
        assert "ValueError: no rows" in page.locator("#details").inner_text()


def test_wheel_drag_buttons_and_keys_zoom(opened):
    with opened("failed") as page:
        whole = seen(page)
        page.locator("[data-do=in]").click()
        closer = seen(page)
        assert whole[0] < closer[0] < closer[1] < whole[1]
        page.locator("[data-do=out]").click()
        assert seen(page) == pytest.approx(whole, abs=0.01)
        begin, end = spot(page, 4, 50), spot(page, 4, 150)
        page.mouse.move(*begin)
        page.mouse.down()
        page.mouse.move(*end, steps=4)
        page.mouse.up()
        assert seen(page) == pytest.approx((50, 150), abs=2)
        assert page.locator("#details").is_hidden()
        page.locator("#lanes").focus()
        page.keyboard.press("ArrowRight")
        assert seen(page) == pytest.approx((60, 160), abs=3)
        page.keyboard.press("+")
        begun, ended = seen(page)
        assert ended - begun == pytest.approx(100 / 1.5, abs=2)
        page.keyboard.press("0")
        assert seen(page) == pytest.approx(whole, abs=0.01)
        page.mouse.move(*spot(page, 4, 50))
        page.keyboard.down("Control")
        page.mouse.wheel(0, -300)
        page.keyboard.up("Control")
        page.wait_for_function(f"() => Number(document.getElementById('lanes').dataset.to) < {whole[1]} - 10")
        begun, ended = seen(page)
        assert begun < 50 < ended


def test_the_keys_go_from_lane_to_lane(opened):
    with opened("failed") as page:
        page.locator("#lanes").focus()
        for _ in range(2):
            page.keyboard.press("ArrowDown")
        assert chosen(page) == "job_00001"
        page.keyboard.press("ArrowUp")
        assert chosen(page) == "job_00000"
        page.keyboard.press("Escape")
        assert page.locator("#details").is_hidden()
        page.keyboard.press("?")
        assert page.locator("#help").is_visible()


def test_many_lanes_are_folded_by_namespace_or_by_level(opened):
    with opened("namespaces") as page:
        assert lanes(page) == 3
        page.mouse.move(*spot(page, 0))
        assert tip(page).startswith("prep\n100 jobs, at most ")
        page.mouse.click(*spot(page, 0))
        assert lanes(page) == 103
        page.locator("[data-do=unfold]").click()
        assert lanes(page) == 303
        page.locator("[data-do=fold]").click()
        page.locator("#lanes").focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        assert lanes(page) == 103
    with opened("large") as page:
        assert lanes(page) == 25
        page.check("#only-path")
        assert lanes(page) == page.locator("#path tbody tr").count()
        page.uncheck("#only-path")
        page.keyboard.press("/")
        page.keyboard.type("job_0040")
        assert lanes(page) == 10
        assert page.locator("#found").inner_text() == "10 jobs"
        assert page.locator("#attempts tbody tr").count() == 10
        page.keyboard.press("Enter")
        assert chosen(page).startswith("job_0040")


def column(page, table, number):
    return page.locator(f"#{table} tbody tr td:nth-child({number})").all_inner_texts()


def test_tables_are_sorted_by_a_click_on_a_head(opened):
    with opened("failed") as page:
        assert column(page, "path", 2) == ["job_00001", "job_00003"]
        page.get_by_role("button", name="exit code").click()
        assert column(page, "attempts", 1)[0] == "job_00004"
        assert page.locator("#attempts th[aria-sort=descending]").inner_text().startswith("exit code")
        page.locator("#attempts th button", has_text="job").click()
        names = column(page, "attempts", 1)
        assert names == sorted(names)
        page.locator("#attempts th button", has_text="job").click()
        assert column(page, "attempts", 1) == sorted(names, reverse=True)
        page.evaluate(COUNT_DISCONNECTS)
        page.locator("[data-share=queue]").click()
        assert page.evaluate("() => window.disconnected") == 1  # the observer of the table that stood there
        assert column(page, "usage", 1) == ["q"]
        page.locator("#path tbody tr").nth(1).click()
        assert chosen(page) == "job_00003"


def test_a_failure_is_told_with_its_exception_and_the_end_of_its_log(opened):
    with opened("failed") as page:
        text = page.locator("#failures").inner_text()
        for part in (
            "job_00004 failed: exit code 1",
            "ValueError: no rows",
            "3 jobs not run",
            'File "nodes.py", line 7',
        ):
            assert part in text
        page.locator("#failures button", has_text="Copy").click()
        playwright.expect(page.locator("#said")).to_have_text(re.compile("Copied|Selected"))
    with opened("one_job") as page:
        assert "No job failed." in page.locator("#failures").inner_text()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (420, "dark")])
@pytest.mark.parametrize("name", [*REPORTS, "hostile", "large"])
def test_every_kind_of_run_fits_light_and_dark_wide_and_narrow(opened, name, width, scheme):
    with opened(name, width=width, color_scheme=scheme) as page:
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
        assert page.evaluate("() => window.ran") is None
        ground = "() => getComputedStyle(document.body).backgroundColor"
        before = page.evaluate(ground)
        page.locator("[data-do=theme]").click()
        assert page.evaluate(ground) != before
        assert page.locator("#attempts tbody tr").count() > 0
        page.locator("#attempts tbody tr").first.click()
        if page.locator("#lanes").count():
            assert page.locator("#details").is_visible()


def test_a_run_without_times_and_one_that_goes_on_say_so(opened):
    with opened("without_times") as page:
        assert "No times are recorded of this run." in page.locator("#timeline").inner_text()
        assert "No end of a job is recorded" in page.locator("#path").inner_text()
        assert "Times that are not recorded: 6 submissions." in page.locator("header").inner_text()
    with opened("going_on") as page:
        assert "has not ended: as of 2026-11-20 16:01:40 UTC" in page.locator("h1").inner_text()
        assert "Critical path so far" in page.locator("#path h2").inner_text()
        page.mouse.move(*spot(page, 3, 99))
        assert "running for at least " in tip(page)


def test_a_chain_of_many_jobs_has_a_lane_a_job_and_short_bars_are_seen(opened):
    with opened("chain") as page:
        assert lanes(page) == 300
        page.locator("#lanes").press("ArrowUp")
        assert chosen(page) == "job_299"
        page.evaluate("() => document.querySelector('#lanes').scrollTo(0, 0)")
        page.evaluate(DRAWN)
        blue = """() => {
          const bars = document.querySelector("#bars");
          const { data } = bars.getContext("2d").getImageData(0, 0, bars.width, bars.height);
          const isBlue = (at) => data[at + 2] > 180 && data[at] < 120 && data[at + 3] > 100;
          return Array.from({ length: data.length / 4 }, (_, pixel) => 4 * pixel).filter(isBlue).length;
        }"""
        assert page.evaluate(blue) > 100


def test_ten_thousand_jobs_can_be_opened_scrolled_and_searched(opened):
    with opened("huge") as page:
        page.locator("[data-do=unfold]").click()
        assert lanes(page) == 10_100
        page.locator("#lanes").evaluate("lanes => (lanes.scrollTop = lanes.scrollHeight)")
        page.evaluate(DRAWN)
        page.locator("#search").fill("job_09999")
        assert lanes(page) == 1
        page.locator("#search").press("Enter")
        assert chosen(page) == "job_09999"
