"""What the page shows first, what its address keeps of it, and what a window of another size changes."""

import pytest

from tests.browser.test_page import box, browser, chosen, drawn, opened, pages, playwright, pytestmark

__all__ = ["browser", "opened", "pages", "pytestmark"]
SEEN = """box => {
  const [at, room] = [box, document.querySelector("#graph .drawing")].map((one) => one.getBoundingClientRect());
  const bottom = Math.min(room.bottom, innerHeight);
  return room.left <= at.left && at.right <= room.right && room.top <= at.top && at.bottom <= bottom;
}"""


def is_seen(page, job):
    return box(page, job).evaluate(SEEN)


def columns(page):
    """Return the number of columns that boxes stand in."""
    places = [one.get_attribute("transform") for one in page.locator("#graph .job").all()]
    return len({place.split()[0] for place in places})


def seen(page):
    """Return the numbers of the groups that are seen whole."""
    groups = page.locator("#graph .group").all()
    return {one.get_attribute("data-group") for one in groups if one.evaluate(SEEN)}


def address(page):
    return page.url.partition("#")[2]


def test_the_address_keeps_what_is_shown(opened):
    with opened("spaces") as page:
        page.locator("#graph .group[data-group='3']").click()
        page.locator("#colour").select_option("resources")
        page.locator("#search").fill('data:"a & b" +c')
        page.keyboard.press("Escape")
        page.locator("#search").fill("job: job_0013")
        page.locator("#tab-table").click()
        kept = address(page)
    with opened("spaces", f"#{kept}") as page:
        assert page.locator("#tab-table").get_attribute("aria-selected") == "true"
        assert page.locator("#table tbody tr").count() == 10
        page.locator("#tab-graph").click()
        assert page.locator("#colour").input_value() == "resources"
        assert page.locator("#search").input_value() == "job: job_0013"
        assert page.locator("#graph .header").count() == 1
        page.locator("[data-do=fold]").click()
        page.locator("#colour").select_option(index=0)
        page.locator("#search").fill("")
        assert address(page) == ""  # what goes without saying is not said


def test_the_address_keeps_which_jobs_of_a_diff_are_drawn(opened):
    with opened("far_diff") as page:
        assert address(page) == ""
        page.locator("#only").uncheck()
        kept = address(page)
        page.locator("#only").check()
        assert address(page) not in ("", kept)
    with opened("far_diff", f"#{kept}") as page:
        assert not page.locator("#only").is_checked()
        assert page.locator("#graph .job").count() == 100


def test_the_way_back_leads_to_the_job_before_with_what_was_shown(opened):
    with opened("spaces", "#job=job_00001") as page:
        first = page.locator("#graph .header").count()
        page.locator("#search").fill("job_00777")
        page.locator("#search").press("Enter")
        assert chosen(page) == "job_00777"
        assert page.locator("#graph .header").count() > first
        page.go_back()
        playwright.expect(page.locator("#details h2")).to_have_text("job_00001")
        playwright.expect(page.locator("#graph .header")).to_have_count(first)
        page.go_forward()
        playwright.expect(page.locator("#details h2")).to_have_text("job_00777")


def test_an_address_of_nonsense_shows_what_goes_without_saying(opened):
    nonsense = "#jobs=maybe&open=99999.x.-1.0.5e&colour=rainbow&view=nowhere&search=&job=__proto__&=&%"
    with opened("spaces", nonsense) as page:
        assert page.locator("#graph").is_visible()
        assert page.locator("#colour").input_value() == "none"
        assert page.locator("#details").is_hidden()


def test_a_window_of_another_size_is_used(opened):
    with opened("large") as page:
        assert columns(page) == 4
        page.set_viewport_size({"width": 1800, "height": 800})
        drawn(page)
        assert columns(page) == 6
        assert len(seen(page)) == page.locator("#graph .group").count()


def test_what_somebody_looks_at_stays_when_the_window_changes(opened):
    with opened("large") as page:
        page.keyboard.press("+")
        before = seen(page)
        page.set_viewport_size({"width": 1000, "height": 800})
        drawn(page)
        assert columns(page) == 3
        assert before & seen(page)


def test_a_plan_without_jobs_has_a_page_of_any_size(opened):
    with opened("nothing", "#open=0.1&job=nobody") as page:
        for key in "012341+":
            page.keyboard.press(key)
        page.set_viewport_size({"width": 500, "height": 700})
        drawn(page)
        page.keyboard.press("1")
        page.keyboard.press("ArrowRight")
        assert page.locator("#graph .job").count() == 0


def test_the_details_of_a_job_move_no_box_into_another_row(opened):
    with opened("large") as page:
        page.locator("#graph .group").first.click()
        before = columns(page)
        page.locator("#graph .job:not(.group)").first.click()
        assert page.locator("#details").is_visible()
        drawn(page)
        assert columns(page) == before


@pytest.mark.parametrize("address_of_all", ["", "#jobs=all"])
@pytest.mark.parametrize("width", [1280, 420])
def test_a_diff_begins_with_what_changed(opened, address_of_all, width):
    with opened("late_diff", address_of_all, viewport={"width": width, "height": 800}) as page:
        assert is_seen(page, "late")
        assert page.locator("#only").is_checked() == (not address_of_all)


def test_a_match_that_is_out_of_sight_is_brought_into_view(opened):
    with opened("middle") as page:
        assert not is_seen(page, "job_00099")
        page.locator("#search").fill("job:job_00099")
        assert is_seen(page, "job_00099")
        place = page.locator("#graph .drawing > g").get_attribute("transform")
        page.locator("#search").fill("job:job_0009")
        assert page.locator("#graph .drawing > g").get_attribute("transform") == place  # one of them is seen already


def test_matches_in_jobs_that_are_not_drawn_are_counted(opened):
    with opened("far_diff") as page:
        page.locator("#search").fill("job:job_0009")
        assert page.locator("#rest").inner_text().endswith("jobs without a change of their own (10 matches)")
        page.locator("#rest").click()
        assert page.locator("#rest").is_hidden()
        assert page.locator("#graph .job.hit").count() == 10


def test_the_legend_says_what_is_drawn_and_is_seen_at_once(opened):
    with opened("late_diff", viewport={"width": 420, "height": 800}) as page:
        legend = page.locator("#legend")
        assert legend.locator("li:visible").all_inner_texts() == [
            "+ added",
            "! risk of few jobs",
            "\N{EM DASH} dependency added",
        ]
        at, graph = legend.bounding_box(), page.locator("#graph").bounding_box()
        assert at["y"] + at["height"] <= graph["y"] < 400
        page.locator("#rest").click()
        assert legend.locator("li:visible").all_inner_texts()[-1] == "longest path"  # it has no gaps now


def test_the_map_marks_folded_groups_that_changed(opened):
    with opened("risky_diff") as page:
        page.locator("[data-do=fold]").click()
        marked = {kind: page.locator(f".map .{kind}").get_attribute("d") for kind in ("added", "removed", "changed")}
        assert marked.pop("removed")
        assert set(marked.values()) == {""}  # the others have a change in common


def test_nothing_lies_over_the_boxes_of_a_diff(opened):
    with opened("far_diff") as page:
        rest, graph = page.locator("#rest").bounding_box(), page.locator("#graph").bounding_box()
        assert rest["y"] >= graph["y"] + graph["height"]


def test_the_name_of_a_frame_stays_in_sight(opened):
    with opened("spaces") as page:
        page.locator("#graph .group[data-group='0']").click()
        name = page.locator("#graph .header[data-group='0'] text")
        frame = page.locator("#graph .frame .around")
        page.locator("#graph").hover()
        page.mouse.wheel(frame.bounding_box()["x"] + 300, 0)
        assert frame.bounding_box()["x"] < 0
        assert 0 <= name.bounding_box()["x"] < 100


def test_what_folds_says_whether_it_is_open(opened):
    with opened("spaces") as page:
        group = page.locator("#graph [data-group='0']")
        assert group.get_attribute("aria-expanded") == "false"
        group.focus()
        page.keyboard.press("Enter")
        assert group.get_attribute("aria-expanded") == "true"
        outline = group.locator("rect").evaluate("one => getComputedStyle(one).outlineStyle")
        assert outline == "dashed"  # the focus is seen


FOCUSED = "document.activeElement.closest('[data-job]')?.dataset.job ?? document.activeElement.tagName"


def test_the_focus_goes_on_where_a_button_goes_away(opened):
    with opened("far_diff") as page:
        page.locator("#rest").focus()
        page.keyboard.press("Enter")
        assert page.locator("#rest").is_hidden()
        assert page.evaluate("document.activeElement.matches('.job')")
    with opened("risky_diff") as page:
        lowered = page.locator("#risks li", has_text="memory lowered")
        lowered.locator("summary").click()
        lowered.get_by_role("button", name="more").focus()
        page.keyboard.press("Enter")
        assert page.evaluate(FOCUSED) == lowered.locator(".link").nth(10).get_attribute("data-job")


def test_boxes_are_named_in_full(opened):
    with opened("late_diff", "#jobs=all") as page:
        assert page.locator("#graph .job.added").get_attribute("aria-label").startswith("risk, added, late, level ")
    with opened("far_diff", "#jobs=all") as page:
        names = [one.get_attribute("aria-label") for one in page.locator("#graph .job").all()]
        assert sum(name.startswith("risk, changed, ") for name in names) == 1
        assert sum(name.startswith("changed in common, ") for name in names) == 99
    with opened("large") as page:
        assert page.locator("#graph .group").first.get_attribute("aria-label").startswith("level 1, 30 jobs, ")
    with opened("spaces") as page:
        name = page.locator("#graph .group[data-group='0']").get_attribute("aria-label")
        assert name.startswith("namespace area_00, 40 jobs, ")


def test_paper_says_what_the_colours_mean_and_what_is_not_drawn(opened):
    with opened("far_diff") as page:
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator("#legend").inner_text() == "~ changed\n! risk of few jobs"
        assert page.locator("#rest").is_visible()
        assert page.locator("#strip").bounding_box()["y"] < page.locator("#graph").bounding_box()["y"]
