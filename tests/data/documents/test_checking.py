"""Checks before issue: each wrong paper is remarked on, with the place in its text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from data.documents.checking import changed_since, remarks
from data.documents.composing import compose
from data.documents.paper import Column, Para, Table, as_texts, from_texts
from data.measures.frozen import Composed, Draft, Remark
from data.measures.kinds import MeasureKind, Subject
from data.scope import Scope
from data.settings import Settings
from data.store.engine import Store
from data.store.opening import open_store
from data.vocabulary import UploadKind
from tests.sending import FINDING, PATCH, send

DAY = date(2023, 11, 13)
K = MeasureKind
UNJUDGED = "371002202305000077"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    settings = Settings(local_dir=tmp_path_factory.mktemp("checks"), fixed_today=DAY)
    store = open_store(settings)
    send(store, UploadKind.PATCHES, PATCH, PATCH | {"图斑编号": UNJUDGED})
    owner = {"用地主体": "威海甲乙置业有限公司"}
    send(store, UploadKind.FINDINGS, FINDING | {"是否新增建设": "是"} | owner)
    return store


def draft(kind: MeasureKind) -> Draft:
    subject = {
        Subject.DISTRICT: ("371002", "371002"),
        Subject.CITY: ("371000", None),
        Subject.PATCH: (str(PATCH["图斑编号"]), "371002"),
    }[kind.about.subjects[0]]
    return Draft(kind, 2023, DAY, subject[0], kind.about.subjects[0], subject[1])


def said(
    store: Store,
    kind: MeasureKind,
    change: Callable[[Composed], Composed] = lambda made: made,
    due_on: date | None = None,
) -> list[Remark]:
    with store.read() as conn:
        made = change(compose(conn, Scope.all(), draft(kind)))
        return remarks(conn, draft(kind), made, due_on)


def adding(text: str) -> Callable[[Composed], Composed]:
    def change(made: Composed) -> Composed:
        paper = from_texts(made.texts)
        return Composed(made.figures, as_texts(replace(paper, blocks=(*paper.blocks, Para(text)))))

    return change


def texts(**given: str) -> Callable[[Composed], Composed]:
    return lambda made: Composed(made.figures, {**made.texts, **given})


def blocking(found: list[Remark], words: str) -> Remark:
    (remark,) = [r for r in found if words in r.sentence and r.blocks]
    return remark


@pytest.mark.parametrize("kind", [k for k in K if k is not K.DEPARTMENT_TRANSFER])
def test_nothing_blocks_a_paper_as_it_is_composed(kind: MeasureKind, store: Store) -> None:
    assert [r for r in said(store, kind) if r.blocks] == []


def test_sums_that_do_not_close(store: Store) -> None:
    def change(made: Composed) -> Composed:
        paper = from_texts(made.texts)
        cell = "{remaining_farmland_mu}"
        table = Table("试", (Column("耕地", 1, True),), ((cell,), (cell,)), (cell,))
        return Composed(made.figures, as_texts(replace(paper, blocks=(table,))))

    assert blocking(said(store, K.EARLY_WARNING, change), "不符").place == "表“试”合计行耕地"


def test_a_value_rounded_across_a_line(store: Store) -> None:
    def change(made: Composed) -> Composed:
        own = [
            replace(f, value=0.1496, text="15%") if f.id == "ratio_net" else f for f in made.figures
        ]
        return Composed(tuple(own), made.texts)

    assert "15%" in blocking(said(store, K.EARLY_WARNING, change), "越过").sentence


@pytest.mark.parametrize("word", ["必须", "责令", "限你区"])
def test_a_command_to_a_government_needs_its_consent(word: str, store: Store) -> None:
    change = adding(f"{word}于近期整改。")
    remark = blocking(said(store, K.EARLY_WARNING, change), word)
    assert remark.place.startswith("正文“四、商请事项”第")
    agreed = texts(consent="威政办字〔2023〕3号")
    assert not [r for r in said(store, K.EARLY_WARNING, lambda m: agreed(change(m))) if r.blocks]
    # a bureau is no government
    assert not [r for r in said(store, K.RECTIFICATION_ORDER, change) if word in r.sentence]


def test_a_request_has_one_addressee_and_one_subject(store: Store) -> None:
    two = texts(addressee="市政府\n省自然资源厅")
    assert blocking(said(store, K.INTERVIEW_REQUEST, two), "一个主送").place == "主送机关"
    again = adding("另请批准追加经费。妥否，请批复。")
    blocking(said(store, K.INTERVIEW_REQUEST, again), "只能有一个事项")
    blocking(said(store, K.INTERVIEW_REQUEST, texts(copies="环翠区自然资源局")), "抄送")
    blocking(said(store, K.ANNUAL_REPORT, adding("以上，请批示。")), "夹带请示")


def test_an_empty_addressee(store: Store) -> None:
    assert blocking(said(store, K.EARLY_WARNING, texts(addressee=" ")), "没有主送").place
    assert blocking(said(store, K.DEPARTMENT_TRANSFER), "没有主送")


def test_a_deadline_on_a_day_off(store: Store) -> None:
    assert (
        "2023年11月20日"
        in blocking(said(store, K.EARLY_WARNING, due_on=date(2023, 11, 18)), "休息日").sentence
    )
    typed = blocking(said(store, K.EARLY_WARNING, adding("请于2023年10月1日前函复。")), "休息日")
    assert typed.place.startswith("正文")
    blocking(said(store, K.EARLY_WARNING, adding("请于2023年2月30日前函复。")), "不是有效")


def test_what_was_not_judged_is_not_called_unlawful(store: Store) -> None:
    wrong = adding(f"{UNJUDGED}号图斑违法占用耕地。")
    assert UNJUDGED in blocking(said(store, K.EARLY_WARNING, wrong), "未经判定").sentence
    right = adding(f"{UNJUDGED}号图斑疑似违法，待判定。")
    assert not [r for r in said(store, K.EARLY_WARNING, right) if r.blocks]


def test_the_public_reads_no_owner_no_coordinate_no_number(store: Store) -> None:
    for text, words in (
        ("威海甲乙置业有限公司占地。", "匿名"),
        ("位于122.12345，37.51234。", "坐标"),
        (f"{UNJUDGED}号图斑。", "图斑编号"),
    ):
        assert blocking(said(store, K.CASE_NOTICE, adding(text)), words).place.startswith("正文")
        assert not [r for r in said(store, K.EARLY_WARNING, adding(text)) if words in r.sentence]

    def unverified(made: Composed) -> Composed:
        figure = replace(made.figures[0], patches=(UNJUDGED,))
        return Composed((figure, *made.figures[1:]), made.texts)

    blocking(said(store, K.CASE_NOTICE, unverified), "尚未核实")


def test_a_number_typed_by_hand_is_marked(store: Store) -> None:
    found = said(store, K.EARLY_WARNING, adding("整改面积已达88.5亩。"))
    (remark,) = [r for r in found if "88.5" in r.sentence]
    assert not remark.blocks
    assert "正文" in remark.place


def test_missing_settings_are_said(store: Store) -> None:
    found = [r.sentence for r in said(store, K.INTERVIEW_REQUEST)]
    assert any("签发人" in sentence and "M3" in sentence for sentence in found)


def test_a_figure_that_changed_since_the_draft(store: Store) -> None:
    with store.read() as conn:
        made = compose(conn, Scope.all(), draft(K.EARLY_WARNING)).figures
    changed = [replace(f, text="9.99") if f.id == "remaining_farmland_mu" else f for f in made]
    (remark,) = changed_since(changed, made)
    assert "9.99" in remark.sentence
    assert changed_since(made, made) == []
    assert len(changed_since(made, made[1:])) == 1
