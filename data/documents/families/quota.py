"""Quota, certificates and write-off (documents.md §6)."""

from __future__ import annotations

from data.documents.families.common import (
    FARMLAND,
    NUMBER,
    OPEN,
    TOWN,
    WAY,
    ParcelColumn,
    area,
    basis_of,
    known_day,
    letter,
    notice,
    parcel_table,
    section,
    town,
    upwards,
    way,
)
from data.documents.paper import Column, Form, Paper, Para, Table, literal
from data.documents.quotes import Quotes, day_text, parcel_name
from data.measures.kinds import Direction
from data.store.queries.contributions import amounts_of_patches
from data.store.queries.paper_facts import ParcelLine
from data.store.queries.staff_records import staff_records
from data.store.queries.trigger_facts import quota_reserves
from data.units import PARTS_PER_MU
from data.vocabulary import RecordKind, RectificationWay


def _unrectified(q: Quotes) -> tuple[str, float]:
    """(the figure in braces, its value in 亩) of farmland whose freezing is to be expected (T9)."""
    name = "unrectified_farmland_mu"
    rows = amounts_of_patches(q.conn, q.scope.narrowed_to(q.code), q.year, q.day, [name])
    value = sum(int(row[name]) for row in rows) / PARTS_PER_MU
    said = q.put(name, name, value, patches=sorted(row["patch_no"] for row in rows))
    return said, value


def freeze_notice(q: Quotes) -> Paper:
    said, value = _unrectified(q)
    reserve = quota_reserves(q.conn, q.scope, q.day).get(q.code or "")
    kept = q.put("reserve_mu", "reserve_mu", reserve)
    gap = None if reserve is None else max(value - reserve, 0.0)
    missing = q.put("quota_gap_mu", "quota_gap_mu", gap)
    stock = (
        f"目前储备库补充耕地指标{kept}亩，冻结后缺口{missing}亩。"
        if reserve is not None
        else "储备库指标尚未报送，缺口无法计算。"
    )
    parcels = [p for p in q.parcels() if p.counted and not p.rectified and p.farmland_mu]
    return letter(
        q,
        "freeze_notice",
        f"{q.unit.short_name}补充耕地指标冻结风险提示",
        [q.government()],
        [
            section(1, "未整改情况"),
            Para(f"截至{q.today}，你辖区未整改的违法占用耕地{said}亩。"),
            section(2, "指标储备与缺口"),
            Para(f"按“两平衡一冻结”制度，将等量先行冻结补充耕地指标{said}亩。{stock}"),
            section(3, "涉及图斑"),
            parcel_table(q, "涉及冻结的地块", parcels, (NUMBER, TOWN, FARMLAND, WAY)),
            section(4, "商请事项"),
            Para(f"请加快查处整改，整改完成后可申请解除冻结（{basis_of(q, 'T9')}）。"),
        ],
        copies=(q.bureau(),),
    )


def thaw_request(q: Quotes) -> Paper:
    records = [
        r
        for r in staff_records(q.conn, q.scope.narrowed_to(q.code), q.year, q.day)
        if r["kind"] == RecordKind.FREEZE.value
    ]
    rows = tuple(
        (
            literal(r["document_no"] or "—"),
            day_text(r["recorded_on"]),
            q.put(f"freeze.{r['id']}", "frozen_mu", r["area_mu"]),
        )
        for r in records
    )
    frozen = sum(round((r["area_mu"] or 0) * PARTS_PER_MU) for r in records) / PARTS_PER_MU
    said, left = _unrectified(q)
    total = q.put("frozen_mu", "frozen_mu", frozen)
    done = [p for p in q.parcels() if p.counted and p.rectified and p.farmland_mu]
    columns = (
        NUMBER,
        FARMLAND,
        ParcelColumn("整改方式", 1.2, lambda q, p: way(p)),
        ParcelColumn("消除日期", 1.4, lambda q, p: known_day(p.eliminated_on)),
        ParcelColumn("证明或批准文号", 2, lambda q, p: literal(p.certificate_no or "—")),
    )
    verdict = (
        f"现申请解除冻结补充耕地指标{total}亩。"
        if not left
        else f"尚有{said}亩未整改，不符合解除冻结条件，暂不申请。"
    )
    return upwards(
        q,
        "thaw_request",
        f"解除冻结{q.unit.short_name}补充耕地指标",
        "请示",
        q.agency.province,
        [
            section(1, "冻结情况"),
            Table(
                "冻结指标",
                (Column("冻结文号", 3), Column("日期", 1.5), Column("指标（亩）", 1.2, True)),
                rows,
                ("合计", "", total),
            ),
            section(2, "整改完成情况"),
            Para(
                f"截至{q.today}，已消除的违法占用耕地{q.say('eliminated_farmland_mu')}亩，未整改"
                f"{said}亩。"
            ),
            parcel_table(q, "整改完成的地块", done, columns),
            section(3, "申请事项"),
            Para(verdict),
            Para("当否，请批示。"),
        ],
    )


def _certified(q: Quotes) -> list[ParcelLine]:
    wanted = RectificationWay.DEMOLITION_RECULTIVATION.value
    return [p for p in q.parcels(q.chosen) if p.way == wanted]


def certificate(q: Quotes) -> Paper:
    parcels = _certified(q)
    parcel = parcels[0] if parcels else None
    subject = literal(q.draft.subject)

    def amount(identity: str, value: float | None) -> str:
        return q.put(identity, identity, value, patches=[q.draft.subject])

    fields = (
        ("图斑编号及地块", literal(parcel_name(parcel)) if parcel else subject),
        ("坐落", f"{q.unit.short_name}{town(parcel) if parcel else ''}"),
        ("地块面积（亩）", area(q, parcel, "area_mu") if parcel else "—"),
        ("恢复原貌面积（亩）", amount("restored_mu", parcel.restored_mu if parcel else None)),
        (
            "复耕到位面积（亩）",
            amount("recultivated_mu", parcel.recultivated_mu if parcel else None),
        ),
        ("消除违法状态日期", known_day(parcel.eliminated_on) if parcel else "—"),
        ("硬化地面和建筑垃圾", f"{OPEN}已清除 / 未清除"),
        ("土层和可耕作性", f"{OPEN}可耕种 / 不可耕种（覆土、摆拍的不予出具）"),
        ("核验日期及两名核验人", OPEN),
        ("前后照片（位置、方位）", "见附页"),
        ("验收意见", known_day(parcel.accepted_on) if parcel else OPEN),
        ("有效期", "至撤销之日止"),
    )
    rows = tuple((name, value) for name, value in fields)
    verdict = (
        "经现场核验，上述地块建（构）筑物已拆除，耕地已复耕到位。"
        if parcel is not None and parcel.rectified
        else "该图斑没有以拆除复耕消除违法状态的地块，不能出具证明。"
    )
    return Paper(
        kind="certificate",
        form=Form.SHEET,
        title="拆除复耕到位证明",
        addressees=(),
        blocks=(
            Para("编号：{@number}", "plain"),
            Table("", (Column("项目", 1.4), Column("内容", 3)), rows),
            Para(verdict),
            Para(f"本证明依据{basis_of(q, 'F4')}出具，发现违法复建或虚假整改的，予以撤销。"),
        ),
        agency=q.agency.name,
        direction=Direction.DOWNWARD.value,
    )


def write_off(q: Quotes) -> Paper:
    parcels = [p for p in q.parcels(q.chosen or None) if p.rectified]
    ready = [p for p in parcels if p.written_off]
    columns = (
        NUMBER,
        FARMLAND,
        ParcelColumn("整改方式", 1.2, lambda q, p: way(p)),
        ParcelColumn("消除日期", 1.4, lambda q, p: known_day(p.eliminated_on)),
        ParcelColumn("验收日期", 1.4, lambda q, p: known_day(p.accepted_on)),
        ParcelColumn("销号条件", 1.2, lambda q, p: "具备" if p.written_off else "不具备"),
    )
    count = q.put(
        "written_off.parcels", "written_off", len(ready), text=str(len(ready)),
        patches=sorted({p.patch_no for p in ready}),
    )  # fmt: skip
    return notice(
        q,
        "write_off",
        f"{literal(q.draft.subject) if q.is_on_patch else q.unit.short_name}卫片执法问题销号",
        [q.bureau()],
        [
            section(1, "申请销号的问题"),
            Para(
                f"截至{q.today}，已消除违法状态的违法占用耕地{q.say('eliminated_farmland_mu')}亩。"
            ),
            section(2, "整改及验收情况"),
            parcel_table(q, "销号清单", parcels, columns, most=20),
            section(3, "销号结论"),
            Para(
                f"具备销号条件的{count}宗，准予销号；列入省厅问题清单的，同步向省厅申请销号。"
                f"销号后按周期复核（{q.clause('T13')}）。"
            ),
        ],
        word="确认单",
    )
