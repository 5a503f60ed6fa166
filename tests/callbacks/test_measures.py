"""措施台账, one measure and 待办: what each reader sees and may do."""

from __future__ import annotations

import io
import json
from datetime import date
from hashlib import sha256
from typing import Any

import openpyxl
import pyotp
import pytest
from sqlalchemy import delete

import app as application
from callbacks import measures, todo
from callbacks.frame.context import read_context
from callbacks.measure_detail import actions, editing, page
from callbacks.triggers.look import look
from components.triggers.page import ToldMatter
from data.acting import acting_as
from data.documents.editing import fields
from data.documents.extracting import Read
from data.errors import NotFound, SupervisionError
from data.measures.kinds import MeasureKind
from data.measures.states import StepKind
from data.rights import COMMAND_LINE, Account, Right, Role
from data.scope import Scope
from data.store.engine import Store
from data.store.events import events
from data.store.models import SignIn
from data.store.queries.accounts import account_named, secrets_of
from data.store.queries.measures import frozen
from data.vocabulary import UploadKind
from data.workflow import measures as steps
from data.workflow.accounts import add_account, set_code
from data.workflow.measure_files import keep
from data.workflow.measure_subjects import NewMeasure
from data.workflow.measure_writing import Attachment, Taking
from data.workflow.sealing import SCAN, seal
from tests.asking import PROOF, ask, callback_ending, with_token
from tests.components.drawn import classed
from tests.data.workflow.test_measures import (
    AS_OF,
    CLERK,
    DRAFTER,
    HUANCUI,
    ISSUED,
    ISSUER,
    OTHER,
    REVIEWER,
    TODAY,
    WARNING,
    Desk,
    fill,
)
from tests.sending import FINDING, send
from tests.signing import asked_by

VIEW = "?year=2023&asof=2023-12-01"


def text_of(parts: Any) -> str:
    return json.dumps(parts, default=lambda part: part.to_plotly_json(), ensure_ascii=False)


@pytest.fixture
def desk(sqlite_store: Store) -> Desk:
    fill(sqlite_store)
    return Desk(sqlite_store)


@pytest.fixture
def delivered(desk: Desk) -> int:
    return desk.delivered()


def listed(desk: Desk, who: Account, search: str = VIEW) -> str:
    with acting_as(who), desk.store.read() as conn:
        return text_of(measures.render(conn, desk.store.settings, search))


def shown(desk: Desk, who: Account, number: object, search: str = VIEW) -> str:
    with acting_as(who), desk.store.read() as conn:
        return text_of(page.render(conn, desk.store.settings, str(number), search))


def offered(desk: Desk, who: Account, number: int, search: str = VIEW) -> set[str]:
    """The steps whose buttons stand on the page."""
    with acting_as(who), desk.store.read() as conn:
        parts = actions.render_actions(conn, desk.store.settings, str(number), search)
    return {step.value for step in StepKind if f'"step": "{step.value}"' in text_of(parts)}


def test_the_ledger_says_what_is_late_and_whom_it_waits_for(desk: Desk, delivered: int) -> None:
    page = listed(desk, DRAFTER)
    assert "全市措施1件：1件已送达" in page
    assert "1件已超期" in page
    assert "威自然资函〔2023〕1号" in page
    assert "区市回复" in page
    assert "没有符合筛选条件的措施" in listed(desk, DRAFTER, f"{VIEW}&state=issued")
    assert "“state”无法识别" in listed(desk, DRAFTER, f"{VIEW}&state=nonsense")
    assert "还没有措施" in listed(desk, OTHER)


def test_the_workbook_has_the_lines_of_the_page_and_its_stamp(desk: Desk, delivered: int) -> None:
    desk.draft(NewMeasure(MeasureKind.KEY_MONITORING, "文登区", 2023, AS_OF))
    with desk.store.read() as conn:
        name, content = measures.workbook(conn, desk.store.settings, f"{VIEW}&due=late")
    assert name.startswith("措施台账_全市_2023-12-01")
    book = openpyxl.load_workbook(io.BytesIO(content))
    rows = list(book["措施台账"].values)
    assert [row[0] for row in rows[1:]] == [2, 1]  # the review is late, too
    assert rows[2][11] == 3
    stamp = {row[0]: row[1] for row in book["说明"].values}
    assert stamp["筛选"] == "已超期"
    assert stamp["基准日"] == "2023-12-01"


def test_the_form_is_for_who_drafts_and_knows_the_trigger(desk: Desk) -> None:
    search = f"{VIEW}&new=early_warning&rule=T3&subject={HUANCUI}"
    for who, is_there in ((DRAFTER, True), (REVIEWER, False), (CLERK, False)):
        with acting_as(who), desk.store.read() as conn:
            page = text_of(measures.render_form(conn, desk.store.settings, search))
        assert ("T3 问责比例" in page) is is_there
        assert ('"value": "环翠区"' in page) is is_there


def test_buttons_follow_right_and_state(desk: Desk) -> None:
    number = desk.draft()
    assert offered(desk, REVIEWER, number) == {"return", "review"}
    assert offered(desk, DRAFTER, number) == {"refresh", "withdraw"}
    assert offered(desk, CLERK, number) == set()
    desk.take(steps.review, REVIEWER, ISSUED, number)
    assert offered(desk, ISSUER, number) == {"return", "issue", "withdraw"}
    desk.take(steps.issue, ISSUER, ISSUED, number)
    assert offered(desk, CLERK, number) == {"deliver"}
    assert offered(desk, OTHER, number) == set()


def test_a_district_sees_its_paper_from_the_issue_on_and_no_other(
    desk: Desk, delivered: int
) -> None:
    own = shown(desk, CLERK, delivered)
    assert "等区市回复，期限11月28日，已超期3个工作日" in own
    assert "提交审核" not in own  # how it was made
    assert "提交审核" in shown(desk, REVIEWER, delivered)
    assert "不在您的查看范围内" in shown(desk, OTHER, delivered)
    assert "不在您的查看范围内" in shown(desk, CLERK, "<script>")


def test_frozen_figures_stand_beside_what_holds_now(desk: Desk, delivered: int) -> None:
    assert "引用数据：与现值一致" in shown(desk, DRAFTER, delivered)
    changed = FINDING | {"是否新增建设": "是", "占用耕地面积": 7.0}
    send(desk.store, UploadKind.FINDINGS, changed)
    page = shown(desk, DRAFTER, delivered)
    assert "项现值已变化" in page
    assert "8.00亩" in page
    assert "7.00亩" in page
    assert "findings.csv" in page
    assert "findings.csv" not in shown(desk, CLERK, delivered)
    assert "现值已变化" in listed(desk, DRAFTER)


def test_figures_of_single_patches_stand_in_one_folded_table_that_names_them(
    desk: Desk, delivered: int
) -> None:
    before = shown(desk, DRAFTER, delivered)
    assert "逐图斑数据：1宗地块的4项，与现值一致" in before
    assert "持续天数（天）" in before
    assert '"text": "HC-1", "href": "/patches/2023/HC-1' in before
    assert before.count('"面积"') == 0, "no line of its own beside the folded table"
    send(desk.store, UploadKind.FINDINGS, FINDING | {"是否新增建设": "是", "占用耕地面积": 7.0})
    after = shown(desk, DRAFTER, delivered)
    assert "逐图斑数据：1宗地块的4项，1项现值已变化" in after
    assert "现值7.00" in after


def test_what_a_final_copy_was_found_to_say_stands_once(desk: Desk, delivered: int) -> None:
    file = Attachment("正式件.pdf", "0" * 64, f"measures/{'0' * 64}.pdf", b"x")
    scan = Read(True, (), "", None, "")
    desk.take(seal, DRAFTER, TODAY, delivered, file, scan, None)
    assert shown(desk, DRAFTER, delivered).count(SCAN) == 1
    assert SCAN not in shown(desk, CLERK, delivered)


def test_an_attachment_goes_to_who_sees_the_measure(desk: Desk, delivered: int) -> None:
    content = b"%PDF-1.4 x"
    file = Attachment("回复.pdf", sha256(content).hexdigest(), "measures/x.pdf", content)
    keep(desk.store.settings, file)
    desk.take(steps.reply, CLERK, date(2023, 11, 20), delivered, "见附件", file)
    dash_app = application.create_app(desk.store.settings)
    client = dash_app.server.test_client()
    seq = desk.state(delivered).row.version
    for who, status in ((CLERK, 200), (REVIEWER, 200), (OTHER, 404)):
        with asked_by(who):
            answer = client.get(f"/measures/{delivered}/files/{seq}")
        assert answer.status_code == status
    with asked_by(CLERK):
        assert client.get(f"/measures/{delivered}/files/1").status_code == 404


def test_a_card_says_what_was_sent_or_why_it_was_left(desk: Desk) -> None:
    def matter() -> ToldMatter:
        with acting_as(DRAFTER), desk.store.read() as conn:
            told = look(conn, desk.store.settings, f"?year=2023&asof={AS_OF}").told
        return next(m for m in told if m.matter.rule == "T3" and m.matter.district == HUANCUI)

    assert matter().sent == ()
    assert matter().to_draft == {"new": "early_warning", "rule": "T3", "subject": HUANCUI}
    with desk.store.write() as conn:
        new = NewMeasure(MeasureKind.EARLY_WARNING, HUANCUI, 2023, AS_OF, rule="T3", reason=" ")
        at = Taking(conn, DRAFTER, TODAY, AS_OF)
        with pytest.raises(SupervisionError, match="不处理必须写明理由"):
            steps.dismiss(at, new)
    desk.take(steps.dismiss, DRAFTER, AS_OF, NewMeasure(
        MeasureKind.EARLY_WARNING, HUANCUI, 2023, AS_OF, rule="T3", reason="已当面提醒"
    ))  # fmt: skip
    assert [s.words for s in matter().sent] == ["不处理：已当面提醒"]
    desk.draft()
    assert matter().sent[-1].words == "《预警提醒函》第2号"


def test_what_waits_stands_on_its_page_with_its_count(desk: Desk, delivered: int) -> None:
    settings = desk.store.settings
    with acting_as(CLERK), desk.store.read() as conn:
        page = text_of(todo.render(conn, settings, VIEW))
    assert "回复措施" in page
    assert "已过3天" in page
    with acting_as(OTHER), desk.store.read() as conn:
        assert "回复措施" not in text_of(todo.render(conn, settings, VIEW))


def test_steps_of_the_page_are_refused_inside_and_write_who_took_them(desk: Desk) -> None:
    number = desk.draft()
    dash_app = application.create_app(desk.store.settings)
    client = with_token(dash_app.server.test_client())
    button = {"type": "measure-step", "step": "review"}
    pattern = '{"step":["ALL"],"type":"measure-step"}'
    values = {
        f"{pattern}.n_clicks": [(button, 1)],
        "measure-address.data": str(number),
        "measure-seen.data": desk.state(number).row.version,
        "measure-day.date": ISSUED.isoformat(),
        "measure-done.data": 0,
    }
    pressed = '{"step":"review","type":"measure-step"}.n_clicks'
    output = callback_ending(dash_app, "measure-done.data...")
    for who, expected in ((DRAFTER, "没有“复核”权限"), (REVIEWER, '"measure-done"')):
        with asked_by(who):
            answer = ask(client, dash_app, output, values, PROOF, pressed)
        assert expected in json.dumps(answer.get_json(), ensure_ascii=False)
    assert desk.state(number).row.steps[-1].account == REVIEWER.name


def test_who_has_codes_types_one_again_to_issue_and_wrong_ones_lock(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk.store.write() as conn:
        add_account(conn, desk.store.settings, "动态", Role.CITY, rights={Right.ISSUE})
        set_code(conn, "动态", True)
        by, (_, secret) = account_named(conn, "动态"), secrets_of(conn, "动态")
    assert secret is not None
    number = desk.draft()
    desk.take(steps.review, REVIEWER, ISSUED, number)
    for who, is_asked in ((by, True), (ISSUER, False)):
        with acting_as(who), desk.store.read() as conn:
            parts = actions.render_actions(conn, desk.store.settings, str(number), VIEW)
        boxes = classed(parts[0], "filter-wide")
        (box,) = (b for b in boxes if b.children[0].htmlFor == "measure-code")
        assert (box.style == {}) is is_asked
    dash_app = application.create_app(desk.store.settings)
    client = with_token(dash_app.server.test_client())
    output = callback_ending(dash_app, "measure-done.data...")
    button = {"type": "measure-step", "step": "issue"}
    seen = desk.state(number).row.version

    def issue(code: str, due: str | None = None) -> str:
        values = {
            '{"step":["ALL"],"type":"measure-step"}.n_clicks': [(button, 1)],
            "measure-address.data": str(number),
            "measure-seen.data": seen,
            "measure-day.date": ISSUED.isoformat(),
            "measure-due.date": due,
            "measure-code.value": code,
            "measure-done.data": 0,
        }
        pressed = '{"step":"issue","type":"measure-step"}.n_clicks'
        with asked_by(by):
            answer = ask(client, dash_app, output, values, PROOF, pressed)
        return json.dumps(answer.get_json(), ensure_ascii=False)

    code = pyotp.TOTP(secret).now()
    assert "要填动态码" in issue("")
    assert "休息日" in issue(code, "2023-12-02"), "what is refused uses no code up"
    for _ in range(desk.store.settings.lock_after):
        assert "动态码不对" in issue("000000")
    assert "暂时锁定" in issue(code)
    with desk.store.write() as conn:
        assert [e.told["what"] for e in events(conn, "sign_in", 2)] == ["code", "code"]
        conn.execute(delete(SignIn))
    assert '"measure-done"' in issue(code)
    assert desk.state(number).row.steps[-1].account == "动态"


def test_texts_of_a_draft_are_edited_on_the_page_and_typed_numbers_are_marked(desk: Desk) -> None:
    number = desk.draft()
    desk.take(steps.give_back, REVIEWER, ISSUED, number, "补充")

    def editor(who: Account) -> str:
        with acting_as(who), desk.store.read() as conn:
            return text_of(editing.render_editor(conn, desk.store.settings, str(number), VIEW))

    assert "【1：" in editor(DRAFTER)
    assert "签发前检查" in editor(REVIEWER)
    assert "保存文稿" not in editor(REVIEWER)
    assert editor(CLERK) == "[]"
    with desk.store.read() as conn:
        row = page.found(conn, Scope.all(), str(number))
        first = next(f for f in fields(frozen(conn, Scope.all(), row)) if f.place == "p001")
    dash_app = application.create_app(desk.store.settings)
    client = with_token(dash_app.server.test_client())
    output = callback_ending(dash_app, "measure-done.data@")
    own = {"type": "measure-text", "place": "p001"}
    pattern = '{"place":["ALL"],"type":"measure-text"}'
    values = {
        "measure-text-save.n_clicks": 1,
        f"{pattern}.value": [(own, f"{first.text}共37宗。")],
        f"{pattern}.id": [(own, own)],
        "measure-address.data": str(number),
        "measure-text-seen.data": desk.state(number).row.version,
        "measure-day.date": ISSUED.isoformat(),
        "measure-done.data": 0,
    }
    for who, status in ((REVIEWER, 403), (DRAFTER, 200)):
        with asked_by(who):
            answer = ask(client, dash_app, output, values, PROOF, "measure-text-save.n_clicks")
        assert answer.status_code == status
    assert "已保存1处改动" in json.dumps(answer.get_json(), ensure_ascii=False)
    assert "数字“37”是手工输入的" in editor(DRAFTER)
    assert "paper-typed" in shown(desk, DRAFTER, number)


def test_a_measure_that_is_not_there_is_a_sentence(desk: Desk) -> None:
    with acting_as(COMMAND_LINE), desk.store.read() as conn, pytest.raises(NotFound):
        page.found(conn, Scope.all(), "99")
    assert "没有第99号措施" in shown(desk, DRAFTER, 99)


def test_a_warning_is_drafted_as_the_form_says(desk: Desk) -> None:
    with acting_as(DRAFTER), desk.store.read() as conn:
        search = f"?year=2023&asof={AS_OF}&rule=T3"
        context = read_context(conn, desk.store.settings, search)
        new = measures.asked(context, "early_warning", "环翠区", "HC-1，HC-2", "理由")
    assert (new.rule, new.patch_nos, new.as_of) == ("T3", ("HC-1", "HC-2"), WARNING.as_of)
    with pytest.raises(SupervisionError, match="请填写对象"):
        measures.asked(context, "early_warning", " ", "", "")
