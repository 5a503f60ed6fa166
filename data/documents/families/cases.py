"""Cases: listed supervision, public notices, direct filing, false reporting, deeming
(documents.md §3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from data.documents.families.common import (
    AREA,
    BASIC,
    CASE,
    FARMLAND,
    NUMBER,
    OPEN,
    TOWN,
    ParcelColumn,
    area,
    ask,
    basis_of,
    case_state,
    known_day,
    notice,
    parcel_table,
    section,
    way,
)
from data.documents.paper import Annex, Block, Column, Form, Paper, Para, Table, literal
from data.documents.quotes import Quotes, day_text, legality_word, parcel_name
from data.measures.kinds import Direction
from data.store.queries.measures import measure
from data.store.queries.paper_facts import ParcelLine, returns
from data.store.queries.patch_detail import patch_detail
from data.store.queries.staff_records import staff_records
from data.triggers.direct_filing import unfiled
from data.units import PARTS_PER_MU
from data.vocabulary import AuditLevel, RecordKind, RectificationWay


def _about(q: Quotes) -> str:
    """The patch or the district that a paper is about."""
    return f"{literal(q.draft.subject)}号图斑" if q.is_on_patch else q.unit.short_name


def _sum_of(q: Quotes, identity: str, parcels: Sequence[ParcelLine], column: str) -> str:
    """Areas of parcels that a paper itself lists, added up in whole parts."""
    whole = sum(round(getattr(p, column) * PARTS_PER_MU) for p in parcels)
    name = f"unlawful_{column}".replace("_area_mu", "_mu")
    numbers = dict.fromkeys(p.patch_no for p in parcels)
    return q.put(identity, name, whole / PARTS_PER_MU, patches=numbers)


def _count(q: Quotes, identity: str, parcels: Sequence[ParcelLine]) -> str:
    numbers = dict.fromkeys(p.patch_no for p in parcels)
    return q.put(
        identity, "unlawful_parcels", len(parcels), text=str(len(parcels)), patches=numbers
    )


_PLAN = ParcelColumn(
    "符合规划",
    1,
    lambda q, p: {True: "符合", False: "不符合", None: "—"}[p.conforms_to_plan],
)


def listed_supervision(q: Quotes) -> Paper:
    parcels = [p for p in q.parcels(q.chosen or None) if p.unlawful]
    who = literal(parcels[0].land_user or "用地单位（个人）") if parcels else "用地单位（个人）"
    where = literal(parcels[0].location or parcels[0].town or q.place) if parcels else q.place
    since = known_day(parcels[0].reported_on) if parcels else "—"
    done = "、".join(dict.fromkeys(case_state(p) for p in parcels)) or "—"
    return notice(
        q,
        "listed_supervision",
        f"挂牌督办{_about(q)}违法占地案件",
        [q.bureau()],
        [
            Para(f"根据{basis_of(q, 'T6')}，决定对{_about(q)}违法占地案件挂牌督办。"),
            section(1, "基本情况"),
            Para(
                f"{where}，{who}违法占用土地共{_count(q, 'listed.count', parcels)}宗、"
                f"{_sum_of(q, 'listed.area', parcels, 'area_mu')}亩，其中耕地"
                f"{_sum_of(q, 'listed.farmland', parcels, 'farmland_mu')}亩、永久基本农田"
                f"{_sum_of(q, 'listed.basic', parcels, 'basic_farmland_mu')}亩。"
                f"县级于{since}填报判定，目前查处情况：{done}。"
            ),
            parcel_table(
                q, "挂牌督办地块", parcels, (NUMBER, TOWN, AREA, FARMLAND, BASIC, _PLAN, CASE)
            ),
            section(2, "督办要求"),
            ask(1, "依法立案查处，处罚决定应当明确土地和地上建筑物的处置；"),
            ask(2, "消除违法状态，恢复土地原状或依法处置；"),
            ask(3, "查清责任，涉嫌犯罪或违纪违法的依法移送。"),
            section(3, "办理期限"),
            Para(
                "请于收到本通知之日起26日内报送处理意见，{@due}前报送办理结果。确需延期的，"
                "应书面申请，经批准后公开。"
            ),
            section(4, "报送方式"),
            Para("每周报送进展；办结后报送查处文书、整改照片和验收意见。"),
        ],
        copies=(q.government(),),
    )


def listed_release(q: Quotes) -> Paper:
    parcels = [p for p in q.parcels(q.chosen or None) if p.unlawful]
    open_ = [p for p in parcels if not p.rectified]
    followed = measure(q.conn, q.scope, q.draft.follows) if q.draft.follows else None
    number = (
        next((s.number for s in reversed(followed.steps) if s.number), None) if followed else None
    )
    columns = (
        NUMBER,
        AREA,
        FARMLAND,
        ParcelColumn("整改方式", 1.2, lambda q, p: way(p)),
        ParcelColumn("消除日期", 1.5, lambda q, p: known_day(p.eliminated_on)),
        ParcelColumn("验收日期", 1.5, lambda q, p: known_day(p.accepted_on)),
    )
    verdict = (
        "案件已办理到位，现解除挂牌督办。"
        if not open_
        else f"仍有{_count(q, 'open.count', open_)}宗地块未消除违法状态，尚不符合解除条件。"
    )
    return notice(
        q,
        "listed_release",
        f"解除{_about(q)}违法占地案件挂牌督办",
        [q.bureau()],
        [
            section(1, "挂牌及办理情况"),
            Para(
                f"挂牌督办{f'（{literal(number)}）' if number else ''}以来，你单位报送了办理情况。"
                f"涉及地块共{_count(q, 'listed.count', parcels)}宗。"
            ),
            section(2, "验收结果"),
            parcel_table(q, "办理结果", parcels, columns),
            section(3, "解除决定"),
            Para(verdict),
            Para("解除后按周期复核，发现复建的重新列入台账。"),
        ],
        copies=(q.government(),),
    )


# ---- public --------------------------------------------------------------------------------------


def _is_finished(parcel: ParcelLine) -> bool:
    """Handled to the end: penalised, eliminated, accepted."""
    return None not in (parcel.penalty_on, parcel.eliminated_on, parcel.accepted_on)


def anonymous(name: str | None) -> str:
    """The party of a case as the public reads it: `某公司`, `李某`."""
    said = literal(name or "").strip()
    if not said:
        return "某当事人"
    if any(word in said for word in ("公司", "厂", "集团", "企业", "合作社", "中心", "场")):
        return "某公司" if "合作社" not in said else "某合作社"
    if any(word in said for word in ("村", "委员会", "政府", "街道", "局", "学校", "院")):
        return "某单位"
    return f"{said[0]}某"


def _month(day: Any) -> str:
    return f"{day.year}年{day.month}月" if day else "—"


def case_notice(q: Quotes) -> Paper:
    parcels = [p for p in q.parcels(q.chosen or None) if p.counted or p.unlawful]
    finished = [p for p in parcels if _is_finished(p)]
    shown = finished if finished or not q.chosen else parcels
    recultivated = [p for p in shown if p.way == RectificationWay.DEMOLITION_RECULTIVATION.value]
    blocks: list[Block] = [
        Para(
            f"为发挥警示震慑作用，现通报{q.year}年卫片执法发现并办理的"
            f"{_count(q, 'cases.count', shown[:10])}起违法占地案件，共占用土地"
            f"{_sum_of(q, 'cases.area', shown[:10], 'area_mu')}亩（其中耕地"
            f"{_sum_of(q, 'cases.farmland', shown[:10], 'farmland_mu')}亩），其中已拆除复耕"
            f"{_count(q, 'cases.recultivated', [p for p in recultivated if p in shown[:10]])}起。"
        )
    ]
    for number, parcel in enumerate(shown[:10], start=1):
        blocks += _case(q, number, parcel)
    blocks.append(
        Para("各级要引以为戒，严守耕地保护红线；欢迎社会各界监督。")
        if shown
        else Para("目前没有办理到位的案件可以公开。")
    )
    return notice(
        q,
        "case_notice",
        f"{q.year}年卫片执法典型案件",
        [],
        blocks,
        word="通报",
        public=True,
        direction=Direction.PUBLIC.value,
    )


def _case(q: Quotes, number: int, parcel: ParcelLine) -> list[Block]:
    unit = q.units[parcel.district].short_name if parcel.district in q.units else ""
    place = f"{unit}{literal(parcel.town or '')}"
    party = anonymous(parcel.land_user)
    use = literal(parcel.land_use or "建设")
    responsibility = "相关责任人已按规定处理" if parcel.penalty_on else "责任正在追究"
    accepted = (
        f"经{_month(parcel.accepted_on)}验收，违法状态已消除" if parcel.accepted_on else "尚未验收"
    )
    word = "违法占地" if parcel.unlawful else "占地"
    return [
        section(number, f"{place}{party}{word}案"),
        Para(
            f"{party}在{place}占地{area(q, parcel, 'area_mu')}亩（耕地"
            f"{area(q, parcel, 'farmland_mu')}亩）用于{use}。{_month(parcel.filed_on)}立案，"
            f"{_month(parcel.penalty_on)}作出处罚决定，整改方式为{way(parcel)}。{accepted}。"
            f"{responsibility}。"
        ),
    ]


# ---- decisions -----------------------------------------------------------------------------------


def _detail(q: Quotes) -> Mapping[str, Any]:
    return patch_detail(q.conn, q.scope, q.year, q.draft.subject, q.day)


def direct_filing(q: Quotes) -> Paper:
    detail = _detail(q)
    late = unfiled(q.book["D9"], q.year, detail["parcels"], q.day)
    parcels = {p.parcel_no: p for p in q.parcels(q.chosen)}
    rows = tuple(
        (
            str(item.parcel_no),
            area(q, parcels[item.parcel_no], "area_mu"),
            area(q, parcels[item.parcel_no], "farmland_mu"),
            day_text(item.since),
            day_text(item.due_on),
            q.put(
                f"filing.{item.parcel_no}.workdays", "workdays_over", item.workdays_over,
                text=str(item.workdays_over), patches=[q.draft.subject],
            ),
        )
        for item in late
        if item.parcel_no in parcels
    )  # fmt: skip
    table = Table(
        "未按期立案地块",
        (
            Column("地块", 0.6),
            Column("面积（亩）", 1, True),
            Column("其中耕地（亩）", 1.1, True),
            Column("判定违法日期", 1.6),
            Column("县级立案期限", 1.6),
            Column("超期工作日", 1, True),
        ),
        rows,
    )
    letter_to = Annex(
        "告知函",
        (
            Para(f"{q.bureau()}：", "plain"),
            Para(
                f"你单位辖区{literal(q.draft.subject)}号图斑有地块判定违法后未在期限内立案，"
                f"依据{basis_of(q, 'D9')}，我局决定直接立案查处，请移交有关材料并配合调查。"
            ),
        ),
    )
    return Paper(
        kind="direct_filing",
        form=Form.SHEET,
        title="直接立案决定审批表",
        addressees=(),
        blocks=(
            Para(f"图斑编号：{literal(q.draft.subject)}　所在区市：{q.unit.short_name}", "plain"),
            section(1, "立案理由"),
            Para(
                f"下列地块判定违法已超过县级立案期限，县级未立案（{basis_of(q, 'D9')}）。"
                if rows
                else "目前没有超过县级立案期限仍未立案的地块，请核对。"
            ),
            table,
            section(2, "承办机构和承办人"),
            Para(f"承办机构：{literal(q.agency.contact)}；承办人（两人以上）：{OPEN}。"),
            section(3, "审批意见"),
            Para(f"承办机构意见：{OPEN}", "plain"),
            Para(f"局领导意见：{OPEN}", "plain"),
        ),
        agency=q.agency.name,
        direction=Direction.INTERNAL.value,
        attachments=("告知函",),
        annexes=(letter_to,),
    )


def false_reporting(q: Quotes) -> Paper:
    records = [
        r
        for r in staff_records(q.conn, q.scope.narrowed_to(q.code), q.year, q.day)
        if r["kind"] == RecordKind.FALSE_REPORTING.value
        and (not q.is_on_patch or r["patch_no"] == q.draft.subject)
    ]
    parcels = q.parcels(q.chosen or None, unlawful_only=False) if q.chosen else []
    said = "；".join(literal(r["reason"]) for r in records) or literal(q.draft.reason) or OPEN
    rows = tuple(
        (
            literal(parcel_name(p)),
            f"填报为{legality_word(p)}，整改方式{way(p)}",
            said,
            area(q, p, "area_mu"),
        )
        for p in parcels[:10]
    ) or (("—", OPEN, said, "—"),)
    table = Table(
        "填报与核实情况",
        (
            Column("图斑编号", 2.2),
            Column("填报情况", 2.4),
            Column("核实情况", 2.6),
            Column("涉及面积（亩）", 1.1, True),
        ),
        rows,
    )
    times = q.put("records.false", "records", len(records), text=str(len(records)))
    return notice(
        q,
        "false_reporting",
        f"查办{_about(q)}填报弄虚作假问题",
        [q.bureau()],
        [
            section(1, "反映的问题"),
            Para(f"经核实登记{times}次：{said}。"),
            section(2, "填报与核实对照"),
            table,
            section(3, "查办要求"),
            ask(1, "查清事实，说明填报人、审核人和形成过程；"),
            ask(2, "对虚假整改（覆土、摆拍等）的地块限期真实整改；"),
            ask(3, "依规处理责任人，涉嫌违纪违法的移交问题线索。"),
            section(4, "时限"),
            Para(f"请于{{@due}}前报送查办结果（{basis_of(q, 'T12')}）。"),
        ],
        copies=(q.government(),),
    )


def deeming(q: Quotes) -> Paper:
    found = list(returns(q.conn, q.scope, q.year, q.day, [q.draft.subject]))
    detail = _detail(q)
    table = Table(
        "审核退回经过",
        (
            Column("退回日期", 1.5),
            Column("退回原因", 1.8),
            Column("审核意见", 3),
            Column("重新上报", 1.5),
        ),
        tuple(
            (
                day_text(r.decided_on),
                literal(r.reasons or "未分类"),
                literal(r.opinion or "—"),
                known_day(r.resubmitted_on),
            )
            for r in found
        ),
    )
    count = q.put(
        "returns.count", "returns", len(found), text=str(len(found)), patches=[q.draft.subject]
    )
    decided = [
        d for d in detail["decisions"]
        if d["level"] == AuditLevel.CITY.value and d["determination"]
    ]  # fmt: skip
    verdict = (
        f"我局于{day_text(decided[-1]['decided_on'])}判定该图斑违法"
        if decided and detail["legality"] == "unlawful"
        else "无正当理由拒不修改的，我局将直接判定该图斑违法"
    )
    farmland = q.put(
        "patch.farmland_mu", "farmland_mu", detail["farmland_mu"], patches=[q.draft.subject]
    )
    whole = q.put("patch.area_mu", "area_mu", detail["area_mu"], patches=[q.draft.subject])
    return notice(
        q,
        "deeming",
        f"直接判定{literal(q.draft.subject)}号图斑",
        [q.bureau()],
        [
            section(1, "审核退回经过"),
            Para(f"该图斑经市级审核退回{count}次，逾期未按要求改正。"),
            table,
            section(2, "判定结果"),
            Para(f"{verdict}（{basis_of(q, 'T7')}）。图斑面积{whole}亩，占用耕地{farmland}亩。"),
            section(3, "对指标的影响"),
            Para(
                f"截至{q.today}，{q.unit.short_name}未消除的违法占用耕地"
                f"{q.say('remaining_farmland_mu')}亩，问责比例（扣除已消除）{q.say('ratio_net')}；"
                "直接判定违法的面积计入上述指标。"
            ),
            section(4, "异议的提出"),
            Para(f"期限为{{@due}}前。{literal(q.agency.appeal)}"),
        ],
        word="告知书",
    )
