"""Where the page's script places boxes and lines, for many drawn graphs at once."""

import json
import random
from typing import Any

import pytest

from kedro_batch.files.resources import folder
from tests.browser.test_page import browser, pytestmark

__all__ = ["browser", "pytestmark"]
LEVEL = {"kind": "level", "inside": None}
WIDTH, HEIGHT = 210, 56
ARRANGE = f"""
const [WIDTH, HEIGHT] = [{WIDTH}, {HEIGHT}];
window.arranged = ({{ jobs, groups, open, room }}) => {{
  const folds = new Folds(groups, jobs);
  folds.open = new Set(open);
  const scene = arrange(folds, jobs, () => "", () => false, room);
  return {{ ...scene, boxes: [...scene.boxes], ways: [...scene.ways] }};
}};
"""


@pytest.fixture(scope="module")
def arrange(browser):
    """Run the page's own scripts on an empty page."""
    page = browser.new_page()
    templates = folder("templates")
    scripts = ["vendor/dagre.min.js", *(f"page/{name}.js" for name in ("folding", "heights", "columns", "arranging"))]
    page.add_script_tag(content="\n".join((templates / name).read_text() for name in scripts) + ARRANGE)
    yield lambda plans: json.loads(page.evaluate("plans => JSON.stringify(plans.map(window.arranged))", plans))
    page.close()


def drawn_plan(seed, *, circle=False):
    """Draw a plan with nested groups, some of them open; jobs may depend on any earlier job, of any group."""
    chance = random.Random(seed)  # noqa: S311  no secret is made of it
    count = chance.randint(1, 60)
    groups = [{"kind": "namespace", "inside": chance.choice([None, *range(n)])} for n in range(chance.randint(0, 8))]
    jobs: list[dict[str, Any]] = []
    levels: list[int] = []
    for number in range(count):
        above = range(max(0, number - 12), number)
        parents = chance.sample(above, min(len(above), chance.randint(0, 3)))
        levels.append(1 + max((levels[one] for one in parents), default=0))
        group = chance.choice([None, *range(len(groups))])
        jobs.append({"number": number, "level": levels[-1], "parents": parents, "lost": [], "group": group})
    if circle and count > 5:
        jobs[0]["lost"] = [count - 1]  # as after a reversed dependency
    return {"jobs": jobs, "groups": groups, "open": [n for n in range(len(groups)) if chance.random() < 0.6]}


def dense_plan():
    """Each of 60 jobs depends on 20 of the earlier ones: too many lines for dagre."""
    jobs: list[dict[str, Any]] = []
    for number in range(60):
        parents = random.Random(number).sample(range(number), min(20, number))  # noqa: S311  no secret is made of it
        level = 1 + max((jobs[one]["level"] for one in parents), default=0)
        jobs.append({"number": number, "level": level, "parents": parents, "lost": [], "group": None})
    return {"jobs": jobs, "groups": [], "open": []}


def overlap(one, other):
    """True if two boxes, given as left, top, width and height, have an area in common."""
    (x, y, w, h), (other_x, other_y, other_w, other_h) = one, other
    return x < other_x + other_w - 1 and other_x < x + w - 1 and y < other_y + other_h - 1 and other_y < y + h - 1


@pytest.mark.parametrize("circle", [False, True])
def test_no_two_boxes_overlap_and_every_job_is_in_one(arrange, circle):
    plans = [drawn_plan(seed, circle=circle) for seed in range(30)] + [dense_plan()]
    for plan, scene in zip(plans, arrange(plans), strict=True):
        boxes = {number: (at["x"], at["y"], WIDTH, HEIGHT) for number, at in scene["boxes"]}
        assert {job for job, _ in scene["ways"]} == {job["number"] for job in plan["jobs"]}
        assert {way[-1] for _, way in scene["ways"]} == boxes.keys()
        width, height = scene["size"]
        assert all(-1 < x <= width - WIDTH + 1 and -1 < y <= height - HEIGHT + 1 for x, y, _, _ in boxes.values())
        places = list(boxes.values())
        assert not any(overlap(one, other) for number, one in enumerate(places) for other in places[:number])
        frames = {~one["group"]: (one["x"], one["y"], one["w"], one["h"]) for one in scene["frames"]}
        for _, way in scene["ways"]:
            assert all(one in frames for one in way[:-1])
            for other in frames.keys() - {*way}:  # what stands in no other group is outside of its frame
                assert not overlap(boxes[way[-1]], frames[other])


def test_boxes_stand_right_of_those_that_they_depend_on_unless_they_go_in_a_circle(arrange):
    plans = [drawn_plan(seed) for seed in range(30)] + [dense_plan()]
    for plan, scene in zip(plans, arrange(plans), strict=True):
        ways, boxes = dict(scene["ways"]), dict(scene["boxes"])
        is_back = {(line["around"], line["from"], line["to"]) for line in scene["lines"] if line["back"]}
        assert not is_back or plan["groups"]  # without groups nothing goes in a circle
        for job in plan["jobs"]:
            for parent in job["parents"]:
                if ways[parent][:-1] == ways[job["number"]][:-1] and ways[parent] != ways[job["number"]]:
                    around = ways[parent][-2] if len(ways[parent]) > 1 else None
                    start, end = ways[parent][-1], ways[job["number"]][-1]
                    left, right = (end, start) if (around, start, end) in is_back else (start, end)
                    assert (
                        boxes[right]["x"] > boxes[left]["x"] or boxes[right]["y"] > boxes[left]["y"]
                    )  # a chain has rows


def test_a_group_of_everything_and_no_job_at_all_can_be_drawn(arrange):
    nothing, folded = arrange(
        [
            {"jobs": [], "groups": [], "open": []},
            {"jobs": [{**one, "group": 0} for one in drawn_plan(3)["jobs"]], "groups": [LEVEL], "open": []},
        ]
    )
    assert nothing["boxes"] == []
    assert folded["boxes"]


def star(roots):
    """Return a plan of jobs that all have one child."""
    jobs: list[dict[str, Any]] = [
        {"number": number, "level": 1, "parents": [], "lost": [], "group": None} for number in range(roots)
    ]
    last = {"number": roots, "level": 2, "parents": list(range(roots)), "lost": [], "group": None}
    return {"jobs": [*jobs, last], "groups": [], "open": []}


@pytest.mark.parametrize(
    ("room", "columns"), [([1400, 1200], 3), ([1400, 2000], 2), ([1400, 400], 5), ([300, 400], 2), ([9000, 1], 21)]
)
def test_a_column_that_is_higher_than_the_window_is_split_as_far_as_the_window_is_wide(arrange, room, columns):
    (scene,) = arrange([{**star(20), "room": room}])
    lefts = [at["x"] for _, at in scene["boxes"]]
    assert len(set(lefts)) == columns
    most = max(lefts.count(left) for left in lefts)
    assert most == -(-20 // (columns - 1))
    assert scene["size"][1] < (most + 1) * (HEIGHT + 2 * 14) + 20 * 9  # lines pass between the boxes, not below them
