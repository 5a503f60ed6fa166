"""预警约谈 and the patches behind one trigger, over a small year on both databases."""

from __future__ import annotations

import io
import re
from datetime import date

import openpyxl
import pytest
from dash.development.base_component import Component

from callbacks import clearance, overdue, overview
from callbacks.frame.context import read_context
from callbacks.heatmap.said import read_view as read_map
from callbacks.lists.page import render_list
from callbacks.lists.view import read_view, rows_response
from callbacks.triggers import patches as behind
from callbacks.triggers.address import against_choices, read_asked
from callbacks.triggers.page import render
from callbacks.triggers.workbook import workbook
from components import ids
from data.maps.points import totals
from data.scope import Scope
from data.services import Services
from data.store.engine import Store
from data.store.models import StaffRecord
from data.store.queries.figures import figures
from data.store.queries.stamp import Contact
from data.trigger_row import Trigger
from data.triggers.current import current_triggers
from data.triggers.snapshots import snapshots, take_snapshot
from data.vocabulary import UploadKind
from data.workflow.contacts import set_contact
from tests.callbacks.year_2023 import ON, fill
from tests.components.drawn import classed, links_of, text_of
from tests.data.store.queries.stored import put
from tests.sending import FINDING, PATCH, send


@pytest.fixture
def filled(store: Store) -> Store:
    fill(store)
    return store


def drawn(store: Store, search: str = ON) -> list[Component]:
    with store.read() as conn:
        return render(conn, store.settings, search)


def held(store: Store, day: date = date(2023, 6, 10)) -> list[Trigger]:
    with store.read() as conn:
        return current_triggers(conn, Scope.all(), 2023, day)


def test_the_sentence_counts_what_holds_and_names_the_gravest(filled: Store) -> None:
    headline = text_of(drawn(filled)[0])
    assert headline.startswith("截至6月10日，全市2项已达约谈线，")
    assert headline.endswith("最严重的是文登区◦：问责比例100%，超出15%线1.7亩")


def test_the_count_of_the_sentence_is_that_of_the_cards_and_of_the_workbook(filled: Store) -> None:
    page = drawn(filled)
    counts = [int(n) for n in re.findall(r"(\d+)项", text_of(page[0]))]
    assert sum(counts) == len(classed(page, "trigger-full"))
    titles = [text_of(part) for part in classed(page, "card-heading")]
    assert [int(n) for t in titles if (n := "".join(re.findall(r"：(\d+)项$", t)))] == counts
    with filled.read() as conn:
        _, content = workbook(conn, filled.settings, ON)
        shown = text_of(classed(overview.render(conn, filled.settings, ON), "triggers-panel"))
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book["预警"].max_row == 1 + sum(counts)
    assert [int(n) for n in re.findall(r"(\d+)项(?!。)", shown.split(" ")[0])] == counts


def test_every_trigger_that_holds_stands_on_the_page_with_its_numbers(filled: Store) -> None:
    text = text_of(drawn(filled))
    triggers = held(filled)
    assert {t["rule"] for t in triggers} >= {"T1", "T3", "T9"}
    for trigger in triggers:
        for part in ("formula", "margin", "ends"):
            assert trigger[part] in text
    assert "自5月30日起，第12天" in text
    assert "“继续沿用2021年卫片执法工作明确的问责比例计算方法" in text


def test_a_card_leads_to_its_patches(filled: Store) -> None:
    links = [links_of(c) for c in classed(drawn(filled), "trigger-full")]
    own = {text: href for found in links for text, href in found.items() if "图斑" in text}
    assert own["查看1个图斑"].startswith(f"/triggers/patches{ON}&district=3710")


def test_a_card_of_unlawful_or_overdue_patches_leads_to_their_map(filled: Store) -> None:
    on_map = {
        t["rule"] for t in held(filled) if t["about"] in ("overdue", "ratio_net", "unrectified")
    }
    assert on_map >= {"T1", "T3", "T9"}
    page = drawn(filled, f"{ON}&district=371003")
    found = [links_of(c).get("地图", "") for c in classed(page, "trigger-full")]
    frame = "/heatmap?year=2023&asof=2023-06-10&district=371003"
    assert f"{frame}&measure=remaining_farmland_mu" in found
    with filled.read() as conn:
        services = Services(filled.settings, filled)
        view = read_map(conn, services, found[0].partition("?")[2])
    assert not view.address.problems
    assert totals(view.cube, Scope.all(), view.question).patches > 0


def test_the_filters_leave_what_they_name_and_the_sentence_as_it_is(filled: Store) -> None:
    page = drawn(filled, f"{ON}&rule=T9")
    assert {text_of(c).split(" · ")[1].split()[0] for c in classed(page, "trigger-full")} == {
        "补充耕地指标冻结"
    }
    assert text_of(page[0]) == text_of(drawn(filled)[0])
    nothing = text_of(drawn(filled, f"{ON}&rule=T1&measure=freeze"))
    assert "没有符合筛选条件的预警" in nothing


def test_what_is_new_since_a_day_is_said_and_marked(filled: Store) -> None:
    page = drawn(filled, f"{ON}&against=2023-05-29")
    (changes,) = classed(page, "changes-panel")
    assert "与5月29日相比：新增" in text_of(changes)
    assert "文登区 问责比例（预警提醒）" in text_of(changes)
    assert "新增" in {text_of(mark) for mark in classed(page, "trigger-state")}
    same = drawn(filled, f"{ON}&against=2023-06-09")
    assert "与6月9日相比没有变化" in text_of(classed(same, "changes-panel"))


def test_wrong_words_in_the_address_are_named(filled: Store) -> None:
    text = text_of(drawn(filled, f"{ON}&against=2024-01-01&measure=shoot"))
    assert "比较对象“2024-01-01”无法识别、已不在或不早于基准日，已改与5月31日比较" in text
    assert "没有措施“shoot”" in text


def test_before_anything_happened_the_page_says_so(filled: Store) -> None:
    page = drawn(filled, "?year=2023&asof=2023-01-02")
    assert text_of(page[0]) == "截至1月2日，全市还没有下发图斑，尚无数据，不能判断"
    assert "没有触发" not in text_of(page)
    assert "条件均未达到" not in text_of(page)


def test_what_the_last_upload_changed_is_said(store: Store) -> None:
    send(store, UploadKind.PATCHES, PATCH)
    take_snapshot(store)
    send(store, UploadKind.FINDINGS, {**FINDING, "合法性判定": "违法"})
    take_snapshot(store)
    page = drawn(store, "?year=2023&asof=2024-01-20&against=v1")
    (changes,) = classed(page, "changes-panel")
    assert "与上传“核查结果”之前（2024年2月29日）相比：新增" in text_of(changes)
    assert "按当时所见" in text_of(changes)
    with store.read() as conn:
        context = read_context(conn, store.settings, "?year=2023")
        looks = snapshots(conn, 2023)
        offered = against_choices(context, read_asked(context, looks))
    assert offered[0] == ("v1", "上传“核查结果”之前（2024年2月29日）")


# ---- the patches behind one ----------------------------------------------------------------------


def listed(store: Store, key: str, more: str = "") -> list[str]:
    with store.read() as conn:
        search = f"{ON}&trigger={key}{more}"
        answer = rows_response(conn, store.settings, behind.PAGE, search, {"endRow": 50})
    return sorted(row["patch_no"] for row in answer.rows)


def test_the_list_shows_exactly_the_patches_of_each_trigger(filled: Store) -> None:
    keys = [t for t in held(filled) if t["key"]]
    assert keys
    for trigger in keys:
        assert listed(filled, trigger["key"]) == sorted(trigger["patches"]), trigger["key"]


def test_the_list_can_be_narrowed_further(filled: Store) -> None:
    assert listed(filled, "T3.371000.2023") == ["B1"]
    assert listed(filled, "T3.371000.2023", "&q=A") == []


def test_the_page_says_whose_trigger_and_by_which_numbers(filled: Store) -> None:
    with filled.read() as conn:
        found = figures(conn, Scope.all(), 2023, date(2023, 6, 10), "371003")["districts"][0]
        page = render_list(
            conn,
            filled.settings,
            behind.PAGE,
            ids.Behind,
            f"{ON}&trigger=T3.371003.2023",
            behind.TOP,
        )
    text = text_of(page)
    assert "文登区问责比例：所依据的1个图斑" in text
    assert f"{found['ratio_net_part_mu']:.2f} 亩 ÷" in text
    way_back = "/triggers?year=2023&asof=2023-06-10&district=371003"
    assert links_of(page[0])["预警约谈"] == way_back


def test_what_staff_recorded_of_a_district_says_that_no_patch_stands_behind_it(
    filled: Store,
) -> None:
    with filled.write() as conn:
        put(conn, StaffRecord, kind="false_reporting", year=2023, district_code="371002",
            recorded_on=date(2023, 6, 1), reason="会议纪要", recorded_by="张三")  # fmt: skip
    with filled.read() as conn:
        view = read_view(conn, filled.settings, behind.PAGE, f"{ON}&trigger=T12.371002.2023")
        line = text_of(next(iter(behind.in_a_line(conn, view))))
        said = behind.headline(conn, view)
    assert said.endswith("：依据登记，不涉及具体图斑")
    assert "已确认 1 次；建议查办" in line


def test_only_the_plans_own_words_stand_in_quotation_marks(filled: Store) -> None:
    with filled.read() as conn:
        text = " ".join(text_of(part) for part in render(conn, filled.settings, f"{ON}&rule=T3"))
    assert "适时向违法问题严重区市发出预警提醒”；约谈线15%：" in text


@pytest.mark.parametrize(
    ("search", "sentence"),
    [
        (f"{ON}&trigger=T3.371002.2023", "这项预警不成立"),
        (f"{ON}&trigger=T99.371002.2023", "没有指定预警"),
        (ON, "没有指定预警"),
    ],
)
def test_a_trigger_that_does_not_hold_shows_no_patch(
    filled: Store, search: str, sentence: str
) -> None:
    with filled.read() as conn:
        view = read_view(conn, filled.settings, behind.PAGE, search)
        assert sentence in behind.headline(conn, view)


def test_every_card_says_whom_to_call(filled: Store) -> None:
    with filled.write() as conn:
        set_contact(conn, "文登区", Contact("文登区自然资源局", "执法科", "0631-7654321"))
    call = "联系：文登区自然资源局 执法科 0631-7654321"
    for card in classed(drawn(filled, f"{ON}&district=371003"), "trigger-full"):
        assert call in text_of(card)
    with filled.read() as conn:
        for page in (overview, clearance):
            assert call in text_of(page.render(conn, filled.settings, f"{ON}&district=371003"))
        late = render_list(
            conn, filled.settings, overdue.PAGE, ids.Overdue, f"{ON}&district=371003", overdue.TOP
        )
    assert call in text_of(late)
