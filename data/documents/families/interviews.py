"""Interviews, orders to rectify and what follows them (documents.md §2)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from data.documents.families.common import (
    ANY_WAY,
    AREA,
    FARMLAND,
    NUMBER,
    OPEN,
    PROOFS,
    TOWN,
    area,
    ask,
    basis_of,
    district_table,
    letter,
    notice,
    parcel_table,
    ranked,
    section,
    upwards,
)
from data.documents.paper import Annex, Column, Form, Paper, Para, Table, literal
from data.documents.quotes import Quotes, day_text, parcel_name
from data.measures.kinds import Direction
from data.periods import elimination_cutoff_on
from data.store.queries.paper_facts import ParcelLine
from data.store.queries.patch_detail import patch_detail
from data.store.queries.staff_records import staff_records
from data.vocabulary import RecordKind, RectificationWay, TransferTo


def _evaluated(q: Quotes) -> list[str]:
    """Why the district is to be interviewed, one reason each."""
    why = []
    for trigger in q.held("T11", "T3", "T4", "T8"):
        if trigger["severity"] != "interview" and trigger["line"] != "interview":
            continue
        about = str(trigger["about"])
        if about.startswith("ratio"):
            why.append(f"问责比例（扣除已消除）{q.say('ratio_net')}，达到约谈线")
        elif about.startswith("basic"):
            why.append(
                f"未消除的违法占用永久基本农田{q.say('remaining_basic_farmland_mu')}亩，达到约谈线"
            )
        elif about.startswith("redline"):
            why.append(f"未消除的违法占用生态保护红线{q.say('remaining_redline_mu')}亩，达到约谈线")
        elif about == "mineral":
            why.append(f"违法矿产图斑{q.say('mineral_unlawful_patches')}个，涉及战略性矿种")
    return list(dict.fromkeys(why))


def _rank_sentence(q: Quotes) -> str:
    order = ranked(q, "ratio_net")
    if q.code not in order:
        return "因基数小不参与排名"
    place = order.index(q.code) + 1
    rank = q.put("rank.ratio_net", "rank", place, text=str(place))
    many = q.put("ranked.districts", "ranked", len(order), text=str(len(order)))
    return f"在{many}个参与排名的区市中由高到低居第{rank}位"


def _remaining(q: Quotes) -> list[ParcelLine]:
    return [p for p in q.parcels(q.chosen or None) if p.counted and not p.rectified]


def interview_request(q: Quotes) -> Paper:
    unit = q.unit.short_name
    reasons = _evaluated(q)
    before = q.row(q.code, day=q.last_year, year=q.year - 1)
    compared = (
        f"上年同期问责比例（扣除已消除）{q.say('ratio_net', day=q.last_year, year=q.year - 1)}。"
        if before["ratio_net"] is not None
        else "上年同期无可比数据。"
    )
    why = "；".join(reasons) if reasons else "截至目前尚未达到约谈条件，请核对"
    plan = Annex(
        "约谈方案",
        (
            section(1, "约谈对象"),
            Para(f"{q.government()}主要负责人、分管负责人。"),
            section(2, "时间和地点"),
            Para(f"时间：{OPEN}；地点：{OPEN}。"),
            section(3, "约谈程序"),
            ask(1, "主持人说明约谈事由，指出存在问题；"),
            ask(2, "被约谈方说明情况；"),
            ask(3, "主持人和参加单位提出整改要求和时限；"),
            ask(4, "被约谈方表态。"),
        ),
    )
    draft_notice = Annex(
        "约谈通知（代拟稿）",
        (
            Para(f"{q.government()}：", "plain"),
            Para(
                f"经市政府同意，定于{OPEN}就{q.year}年度卫片执法有关问题进行约谈，请你单位主要负责人"
                f"参加，并准备书面材料。"
            ),
        ),
    )
    table = Annex(
        "各区市年度评估主要指标",
        (
            district_table(
                q,
                "各区市年度评估主要指标",
                (
                    "ratio_net",
                    "ratio_gross",
                    "unlawful_farmland_mu",
                    "remaining_farmland_mu",
                    "rectification_rate",
                ),
                headers=(
                    "比例（扣除已消除）",
                    "比例（未扣除）",
                    "违法耕地（亩）",
                    "未消除（亩）",
                    "整改率",
                ),
            ),
        ),
    )
    return upwards(
        q,
        "interview_request",
        f"提请市政府约谈{q.government()}",
        "请示",
        q.agency.government,
        [
            Para(f"根据{basis_of(q, 'T11')}，现就提请约谈事项请示如下。"),
            section(1, "年度评估结果"),
            Para(f"{q.year}年度，{unit}{q.ratio_sentence()}，{_rank_sentence(q)}。{compared}"),
            section(2, "提请约谈的对象及事由"),
            Para(f"提请约谈{q.government()}。事由：{why}。"),
            section(3, "主要问题"),
            Para(
                f"违法占用耕地{q.say('unlawful_farmland_mu')}亩，未消除的违法占用"
                f"{q.land_sentence()}；整改率（全部违法用地）{q.say('rectification_rate')}。"
            ),
            section(4, "建议的时间、主持人和参加单位"),
            Para(
                f"建议于{OPEN}进行，由市政府分管领导主持，市自然资源和规划局、市农业农村局、"
                "市纪委监委机关等单位参加。"
            ),
            Para("当否，请批示。"),
        ],
        attachments=("约谈方案", "约谈通知（代拟稿）", "各区市年度评估主要指标"),
        annexes=(plan, draft_notice, table),
    )


_CONSENT = re.compile(r"[〔\[]\d{4}[〕\]]\s*\d+号|\d{4}年\d{1,2}月\d{1,2}日|\d{4}-\d{2}-\d{2}")


def _consent(q: Quotes) -> str:
    """Number or date of the government's consent: the drafter's, else the standing one."""
    said = q.draft.reason
    if "同意" in said and _CONSENT.search(said):
        return literal(said)
    return literal(q.agency.consent)


def interview_notice(q: Quotes) -> Paper:
    return letter(
        q,
        "interview_notice",
        f"约谈{q.government()}有关事项",
        [q.government()],
        [
            Para(f"经市政府同意（{_consent(q) or OPEN}），现就约谈有关事项通知如下。"),
            section(1, "约谈事由"),
            Para(
                f"{q.year}年度卫片执法评估，{q.unit.short_name}问责比例（扣除已消除）"
                f"{q.say('ratio_net')}，违法问题严重。"
            ),
            section(2, "时间和地点"),
            Para(f"时间：{OPEN}；地点：{OPEN}。"),
            section(3, "主持和参加人员"),
            Para(
                "由市政府分管领导主持；请你单位主要负责人、分管负责人和自然资源主管部门负责人参加。"
            ),
            section(4, "需要准备的材料"),
            Para("书面说明违法问题形成原因、查处整改情况、未完成整改的图斑清单和下步措施。"),
        ],
        consent=_consent(q),
        copies=(q.agency.office, q.bureau()),
    )


def interview_minutes(q: Quotes) -> Paper:
    parcels = _remaining(q)
    rows = tuple(
        (
            str(number),
            f"{literal(parcel_name(parcel))}消除违法状态",
            area(q, parcel, "farmland_mu"),
            "{@due}",
            q.bureau(),
        )
        for number, parcel in enumerate(parcels[:20], start=1)
    )
    columns = (
        Column("序号", 0.5),
        Column("整改任务", 3),
        Column("其中耕地（亩）", 1, True),
        Column("完成时限", 1.5),
        Column("责任单位", 1.6),
    )
    agency = q.agency.name
    return Paper(
        kind="interview_minutes",
        form=Form.ORDINARY,
        title=f"约谈{q.government()}的提纲和纪要",
        addressees=(q.government(),),
        blocks=(
            Para(f"时间：{OPEN}　地点：{OPEN}", "plain"),
            Para(f"主持人：{OPEN}　参加人员：{OPEN}", "plain"),
            section(1, "主持人说明约谈事由"),
            Para(
                f"{q.year}年度，{q.unit.short_name}未消除的违法占用耕地"
                f"{q.say('remaining_farmland_mu')}亩，问责比例（扣除已消除）{q.say('ratio_net')}，"
                f"违法矿产图斑{q.say('mineral_unlawful_patches')}个。"
            ),
            section(2, "被约谈方说明情况"),
            Para(OPEN),
            section(3, "整改要求"),
            Para("会议指出存在问题，要求按下表逐项整改，书面报告于{@due}前报送。"),
            Table("整改任务清单", columns, rows),
            section(4, "被约谈方表态"),
            Para(OPEN),
        ),
        agency=agency,
        masthead=f"{agency}约谈纪要",
        direction=Direction.LEVEL.value,
        copies=(q.agency.government, q.agency.office),
        consent=_consent(q),
    )


def _demand(parcel: ParcelLine) -> str:
    return RectificationWay(parcel.way).label if parcel.way else ANY_WAY


def rectification_order(q: Quotes) -> Paper:
    parcels = _remaining(q)
    rows = tuple(
        (
            literal(parcel_name(parcel)),
            area(q, parcel, "area_mu"),
            area(q, parcel, "farmland_mu"),
            area(q, parcel, "basic_farmland_mu"),
            _demand(parcel),
            PROOFS[RectificationWay(parcel.way)] if parcel.way else "按整改方式提交",
        )
        for parcel in parcels[:30]
    )
    table = Table(
        "逐宗整改要求",
        (
            Column("图斑编号", 2.3),
            Column("面积（亩）", 0.9, True),
            Column("耕地（亩）", 0.9, True),
            Column("永农（亩）", 0.9, True),
            Column("整改方式", 1.5),
            Column("证明材料", 2.2),
        ),
        rows,
    )
    return notice(
        q,
        "rectification_order",
        f"限期整改{q.unit.short_name}违法占用耕地问题",
        [q.bureau()],
        [
            section(1, "问题"),
            Para(
                f"截至{q.today}，你单位辖区未消除的违法用地{q.say('remaining_mu')}亩，其中"
                f"{q.land_sentence()}。"
            ),
            section(2, "依据"),
            Para(f"{basis_of(q, 'T11')}：对违法严重的，督促限期整改。"),
            section(3, "整改要求（逐宗）"),
            Para("对下列地块逐宗整改，消除违法状态，并提交证明材料。"),
            table,
            section(4, "时限"),
            Para("请于{@due}前完成整改。确需延期的，应在期限届满前书面申请，经批准后延期一次。"),
            section(5, "报送材料"),
            Para("整改情况报告、逐宗整改照片和上表所列证明材料，与系统填报同步完成。"),
        ],
        copies=(q.government(),),
    )


def _record_days(q: Quotes) -> tuple[date | None, date | None]:
    """(the interview, the deadline of the order that followed it), as registered."""
    records = staff_records(q.conn, q.scope.narrowed_to(q.code), q.year, q.day)
    of_unit = [r for r in records if r["patch_no"] is None]
    interviews = [r["recorded_on"] for r in of_unit if r["kind"] == RecordKind.INTERVIEW.value]
    orders = [r["due_on"] for r in of_unit if r["kind"] == RecordKind.RECTIFY_ORDER.value]
    return (max(interviews, default=None), max((d for d in orders if d), default=None))


def _three_days(q: Quotes) -> list[tuple[str, date]]:
    interview, deadline = _record_days(q)
    found = [
        ("年度评估", elimination_cutoff_on(q.year)),
        ("约谈", interview),
        ("整改期满", deadline),
    ]
    days = [(label, day) for label, day in found if day is not None and day <= q.day]
    return [*days, ("目前", q.day)]


def accountability_request(q: Quotes) -> Paper:
    days = _three_days(q)
    names: Sequence[tuple[str, str]] = (
        ("ratio_net", "问责比例（扣除已消除）"),
        ("unlawful_farmland_mu", "违法占用耕地（亩）"),
        ("remaining_farmland_mu", "未消除违法占用耕地（亩）"),
        ("rectification_rate", "整改率（全部违法用地）"),
    )
    table = Table(
        "整改成效",
        (
            Column("指标", 2.4),
            *(Column(f"{label}（{day_text(day)}）", 1.4, True) for label, day in days),
        ),
        tuple((label, *(q.say(name, day=day) for _, day in days)) for name, label in names),
    )
    interview, deadline = _record_days(q)
    course = (
        f"已于{day_text(interview)}约谈" if interview else "约谈尚未登记",
        f"限期整改至{day_text(deadline)}" if deadline else "限期整改尚未登记",
    )
    left = len(_remaining(q))
    count = q.put(
        "left.parcels", "unlawful_parcels", left, text=str(left),
        patches=[p.patch_no for p in _remaining(q)],
    )  # fmt: skip
    return upwards(
        q,
        "accountability_request",
        f"{q.unit.short_name}卫片执法问责建议",
        "请示",
        q.agency.government,
        [
            section(1, "评估结果"),
            Para(f"{q.year}年度，{q.unit.short_name}{q.ratio_sentence()}。"),
            section(2, "约谈及整改过程"),
            Para(f"{course[0]}，{course[1]}。"),
            section(3, "整改成效"),
            table,
            Para(f"期满后仍有{count}宗地块未消除违法状态。"),
            section(4, "建议及依据"),
            Para(
                f"依据{literal(q.agency.evaluation_basis)}和{basis_of(q, 'T11')}，建议对"
                f"{q.government()}有关责任单位予以问责，并按干部管理权限移交问题线索。"
            ),
            Para("当否，请批示。"),
        ],
    )


#: What the law asks for (违反土地管理规定行为处分办法 art. 20).
MATERIALS = (
    "主管部门同意移送的意见",
    "案件来源及立案材料",
    "案件调查报告",
    "有关证据材料",
    "其他需要移送的材料",
)


def lead_transfer(q: Quotes) -> Paper:
    table = Table(
        "移交材料清单",
        (Column("序号", 0.6), Column("材料", 4), Column("份数", 1), Column("备注", 1.5)),
        tuple((str(n), name, OPEN, "") for n, name in enumerate(MATERIALS, start=1)),
    )
    parcels = _remaining(q)
    return letter(
        q,
        "lead_transfer",
        f"移交{q.unit.short_name}卫片执法问题线索",
        [q.agency.discipline],
        [
            section(1, "线索来源"),
            Para(f"{q.year}年度卫片执法评估及查处整改，数据截至{q.today}。"),
            section(2, "基本事实"),
            Para(
                f"{q.unit.short_name}违法占用耕地{q.say('unlawful_farmland_mu')}亩，未消除"
                f"{q.say('remaining_farmland_mu')}亩，其中永久基本农田"
                f"{q.say('remaining_basic_farmland_mu')}亩；立案率{q.say('filing_rate')}。"
            ),
            parcel_table(q, "涉及地块", parcels, (NUMBER, TOWN, AREA, FARMLAND), most=10),
            section(3, "涉及条款"),
            Para(f"{literal(q.agency.evaluation_basis)}，{basis_of(q, 'T11')}。"),
            section(4, "移交材料清单"),
            table,
            Para("请将处理结果函告我局。"),
        ],
    )


#: How departments are called in a letter.
_DEPARTMENTS = {
    "林草": "市林业局",
    "农业农村": "市农业农村局",
    "水利": "市水务局",
    "公安": "市公安局",
}


def _handed_to(q: Quotes) -> str:
    """The department to which the paper's patch was transferred last."""
    if not q.is_on_patch:
        return ""
    detail = patch_detail(q.conn, q.scope, q.year, q.draft.subject, q.day)
    for transfer in reversed(detail["transfers"]):
        label = TransferTo(transfer["department"]).label
        if label in _DEPARTMENTS:
            return _DEPARTMENTS[label]
    return ""


def department_transfer(q: Quotes) -> Paper:
    said = f"{q.draft.reason}"
    to = next((full for word, full in _DEPARTMENTS.items() if word in said), "")
    to = to or _handed_to(q)
    parcels = q.parcels(q.chosen or None, unlawful_only=not q.chosen)
    rows = tuple(
        (
            literal(parcel_name(p)),
            literal(p.location or p.town or "—"),
            area(q, p, "area_mu"),
            area(q, p, "farmland_mu"),
            literal(p.land_use or "—"),
            "见随附照片",
        )
        for p in parcels[:20]
    )
    columns = (
        Column("图斑编号", 2.4),
        Column("位置", 2),
        Column("面积（亩）", 1, True),
        Column("其中耕地（亩）", 1.1, True),
        Column("现状用途", 1.3),
        Column("照片", 1),
    )
    return letter(
        q,
        "department_transfer",
        "移交卫片执法图斑涉及事项",
        [to] if to else [],
        [
            section(1, "图斑基本情况"),
            Table("移交图斑", columns, rows),
            section(2, "移交理由"),
            Para(f"{literal(q.draft.reason) or OPEN}，属于你单位职责范围（{q.clause('T12')}）。"),
            section(3, "商请事项"),
            Para("请依法处置，并于{@due}前将处理意见函复我局。"),
        ],
        copies=(q.bureau(),),
    )
