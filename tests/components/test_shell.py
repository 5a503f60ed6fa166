"""The frame around every page."""

from __future__ import annotations

from typing import Any

from components.shell import breadcrumb, navigation, toast, wall_clock
from tests.components.drawn import attribute, classed, links_of, text_of


def page(path: str, name: str, **more: Any) -> dict[str, Any]:
    return {"module": f"pages.{name}", "path": path, "name": name, **more}


PAGES = [
    page("/patches", "图斑查询", group="看", order=5),
    page("/", "总览", group="看", order=1),
    page("/none/none", "图斑", path_template="/patches/<year>/<patch_no>"),
    page("/patches/behind", "所依据的图斑"),
    {"module": "pages.not_found_404", "path": "/not-found-404", "name": "没有"},
]


def test_groups_without_a_page_are_not_in_the_navigation() -> None:
    drawn = navigation(PAGES, "/", {})
    assert list(links_of(drawn).items()) == [("总览", "/"), ("图斑查询", "/patches")]
    assert "办" not in text_of(drawn)


def test_a_page_that_says_no_group_is_in_the_navigation_all_the_same() -> None:
    drawn = navigation([*PAGES, page("/ledger", "整改台账")], "/", {})
    assert links_of(drawn)["整改台账"] == "/ledger"
    assert "其他" in text_of(drawn)


def test_navigation_carries_the_view_and_marks_the_page_below_which_one_is() -> None:
    drawn = navigation(PAGES, "/patches/2023/A1", {"year": "2023", "month": "2023-05"})
    assert links_of(drawn) == {"总览": "/?year=2023", "图斑查询": "/patches?year=2023"}
    assert [text_of(part) for part in classed(drawn, "nav-current")] == ["图斑查询"]


def test_only_the_wall_goes_on_by_itself() -> None:
    assert attribute(wall_clock("tick", {"screen": "1"}), "disabled") is False
    assert attribute(wall_clock("tick", {}), "disabled") is True


def test_a_toast_is_announced_and_can_be_closed() -> None:
    note = toast("出错了")
    assert attribute(note, "role") == "alert"
    assert text_of(note) == "出错了 知道了"


def test_the_last_step_of_the_way_here_is_no_link() -> None:
    assert links_of(breadcrumb([("总览", "/"), ("图斑 A1", None)])) == {"总览": "/"}
