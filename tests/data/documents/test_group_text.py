"""Short texts for the work group and the week."""

from __future__ import annotations

import io

from docx import Document

from data.documents.group_text import LONGEST, group_texts, week_lines
from data.documents.week import week_docx
from data.scope import Scope
from data.store.opening import open_store
from data.store.queries.figures import figures
from data.store.queries.paper_facts import parcel_lines
from data.store.queries.stamp import districts
from tests.demo_year import DEMO_TODAY, DEMO_YEAR, DemoYear


def test_group_texts_are_short_and_name_no_owner(demo_year: DemoYear) -> None:
    with open_store(demo_year.settings).read() as conn:
        found = group_texts(conn, Scope.all(), DEMO_YEAR, DEMO_TODAY)
        parcels = parcel_lines(conn, Scope.all(), DEMO_YEAR, DEMO_TODAY)
        rows = figures(conn, Scope.all(), DEMO_YEAR, DEMO_TODAY)["districts"]
        (one,) = group_texts(conn, Scope(frozenset({found[0].district})), DEMO_YEAR, DEMO_TODAY)
    assert one == found[0]
    owners = {p.land_user for p in parcels if p.land_user}
    assert owners
    for text in found:
        assert len(text.text) <= LONGEST
        assert text.text.startswith(f"【{text.name}】")
        assert not [owner for owner in owners if owner in text.text]
    overdue = {row["code"]: row["overdue"] for row in rows if row["overdue"]}
    for text in found:
        said = f"逾期未报{overdue.get(text.district)}个" in text.text
        assert said == (text.district in overdue)


def test_the_week_says_what_came_and_what_is_due(demo_year: DemoYear) -> None:
    with open_store(demo_year.settings).read() as conn:
        lines = week_lines(conn, Scope.all(), DEMO_YEAR, DEMO_TODAY)
    assert list(lines) == ["两周内到期", "逾期", "新增预警", "解除"]
    assert any("月清上报" in line for line in lines["两周内到期"])
    assert lines["逾期"]


def test_the_week_is_a_word_file_with_the_lines_of_its_scope_and_no_others(
    demo_year: DemoYear,
) -> None:
    with open_store(demo_year.settings).read() as conn:
        known = districts(conn)
        own, other = known[0], known[1]
        scope = Scope(frozenset({own.code}))
        lines = week_lines(conn, scope, DEMO_YEAR, DEMO_TODAY)
        content = week_docx(conn, scope, DEMO_YEAR, DEMO_TODAY, own.name)
    texts = [p.text for p in Document(io.BytesIO(content)).paragraphs if p.text]
    assert "卫片执法周报" in texts
    for heading, found in lines.items():
        assert any(f"、{heading}（{len(found)}项）" in text for text in texts)
        assert all(any(line in text for text in texts) for line in found)
    assert not [text for text in texts if other.short_name in text]
