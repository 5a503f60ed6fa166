"""图斑查询: the page's sentence and its filters."""

from __future__ import annotations

from dash.development.base_component import Component

from callbacks import patches
from callbacks.lists.page import render_list
from components import ids
from data.services import Services
from tests.callbacks.listed import ON, WENDENG, below, text_of


def page_of(services: Services, search: str) -> list[Component]:
    with services.store.read() as conn:
        return render_list(conn, services.settings, patches.PAGE, ids.Patches, search, patches.TOP)


def test_the_sentence_counts_what_the_filters_leave_and_names_them(services: Services) -> None:
    assert "截至6月10日，2023年下发图斑4个" in text_of(page_of(services, ON))
    assert "2023年符合条件的图斑1个（筛选：搜索：双岛）" in text_of(
        page_of(services, f"{ON}&q=双岛")
    )
    overdue = text_of(page_of(services, f"{ON}&status=overdue&month=2023-05"))
    assert "符合条件的图斑2个（筛选：办理状态：逾期未报；月清月份：5月）" in overdue
    assert "文登区2023年下发图斑1个" in text_of(page_of(services, f"{ON}&district={WENDENG}"))


def test_a_year_without_patches_says_what_to_do(services: Services) -> None:
    assert "请上传“下发图斑”" in text_of(page_of(services, "?year=2023&asof=2023-01-01"))


def test_status_and_domain_stand_in_the_filters(services: Services) -> None:
    by_id = {
        getattr(c, "id", None): c
        for c in below(page_of(services, f"{ON}&status=unlawful&domain=land"))
    }
    assert by_id["patches-status"].value == "unlawful"
    assert by_id["patches-domain"].value == "land"
