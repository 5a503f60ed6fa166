"""Audit feedback, work notices, full verification and the monthly bulletin (documents.md §4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from data.documents.families.common import (
    AREA,
    FARMLAND,
    NUMBER,
    OPEN,
    OPEN_DAYS,
    TOWN,
    WAY,
    ask,
    bars,
    basis_of,
    district_table,
    names_of,
    notice,
    parcel_table,
    section,
)
from data.documents.families.rising import next_dates, rising_blocks
from data.documents.paper import Block, Column, Paper, Para, Table, literal
from data.documents.quotes import Quotes, day_text
from data.periods import correction_due_on, format_month
from data.store.queries.paper_facts import ParcelLine, Returned, returns
from data.store.queries.staff_records import staff_records
from data.vocabulary import RecordKind

#: Shown of the returns in the text.
_MOST_RETURNS = 40


def _period(q: Quotes) -> str | None:
    return q.draft.period


def _when(q: Quotes) -> str:
    period = _period(q)
    return format_month(period) if period else f"{q.year}年度"


def _returns(q: Quotes) -> list[Returned]:
    found = returns(q.conn, q.scope.narrowed_to(q.code), q.year, q.day)
    period = _period(q)
    return [r for r in found if period in (None, r.month)]


def audit_feedback(q: Quotes) -> Paper:
    found = [r for r in _returns(q) if r.returned_now and r.resubmitted_on is None]
    rows = tuple(
        (
            literal(r.patch_no),
            "全部" if r.parcel_no == 0 else str(r.parcel_no),
            literal(r.reasons or "未分类"),
            literal(r.opinion or "—"),
            day_text(correction_due_on(r.decided_on)),
        )
        for r in found
    )
    table = Table(
        "退回图斑反馈清单",
        (
            Column("图斑编号", 2.3),
            Column("地块", 0.7),
            Column("退回原因", 1.8),
            Column("审核意见及需补充材料", 2.8),
            Column("改正期限", 1.5),
        ),
        rows[:_MOST_RETURNS],
        None,
        "" if len(found) <= _MOST_RETURNS else "其余见随附清单。",
        is_list=True,
        beyond=rows[_MOST_RETURNS:],
    )
    waiting = q.put(
        "returned_now", "returned_now", len({r.patch_no for r in found}),
        text=str(len({r.patch_no for r in found})), patches=sorted({r.patch_no for r in found}),
    )  # fmt: skip
    return notice(
        q,
        "audit_feedback",
        f"反馈{_when(q)}卫片图斑审核意见",
        [q.bureau()],
        [
            section(1, "本批审核情况"),
            Para(
                f"截至{q.today}，已审核{q.say('audited', month=_period(q))}个图斑，曾被退回"
                f"{q.say('returned', month=_period(q))}个，差错率"
                f"{q.say('error_rate', month=_period(q))}；目前待改正{waiting}个。"
            ),
            section(2, "反馈清单"),
            table,
            section(3, "改正要求"),
            Para(
                "请对照随附的电子表格逐一举证、修改，于{@due}前重新上报。"
                f"无正当理由拒不修改的，将直接判定违法（{q.clause('T7')}）。"
            ),
        ],
        attachments=("审核反馈清单（电子表格）",) if found else (),
    )


def _best(q: Quotes, name: str, whole: str, month: str | None, best: float) -> list[str]:
    """Districts whose rate is the best there is, with more than a small base."""
    found = []
    for code in q.units:
        row = q.row(code, month=month)
        if row[name] is not None and abs(row[name] - best) < 1e-12 and row[whole]:
            found.append(code)
    return found


def _praise(q: Quotes, codes: Sequence[str], what: str) -> Para:
    if not codes:
        return Para(f"尚没有{what}的区市。")
    return Para(f"{names_of(q, codes)}{what}，予以肯定。")


def _work_notice(
    q: Quotes, kind: str, about: str, overall: Block, praise: Block, problems: list[Block],
    next_: list[Block],
) -> Paper:  # fmt: skip
    to = [q.bureau()] if q.code else list(q.all_bureaus)
    copies = [q.government(u) for u in ([q.unit] if q.code else q.units.values())]
    return notice(
        q,
        kind,
        f"{_when(q)}卫片执法{about}",
        to,
        [
            section(1, "总体情况"),
            overall,
            section(2, "好的做法"),
            praise,
            section(3, "存在问题"),
            *problems,
            section(4, "下步要求"),
            *next_,
        ],
        word="通报",
        copies=(*copies, q.agency.office),
    )


def work_notice_audit(q: Quotes) -> Paper:
    month = _period(q)
    found = _returns(q)
    reasons = Counter(
        word for r in found for word in (r.reasons.split("、") if r.reasons else ["未分类"])
    )
    repeated = [no for no, times in Counter(r.patch_no for r in found).items() if times > 1]
    again = q.put(
        "returns.repeated", "returned", len(repeated), text=str(len(repeated)), patches=repeated
    )
    by_reason = Table(
        "退回原因",
        (Column("退回原因", 3), Column("次数", 1, True)),
        tuple(
            (
                literal(word),
                q.put(f"reason.{number}", "returns", times, text=str(times)),
            )
            for number, (word, times) in enumerate(reasons.most_common(8), start=1)
        ),
    )
    table = district_table(
        q,
        "各区市审核情况",
        ("audited", "returned", "error_rate", "first_pass_rate"),
        month=month,
    )
    return _work_notice(
        q,
        "work_notice_audit",
        "审核情况",
        Para(
            f"截至{q.today}，共审核图斑{q.say('audited', None, month=month)}个，曾被退回"
            f"{q.say('returned', None, month=month)}个，差错率"
            f"{q.say('error_rate', None, month=month)}，一次通过率"
            f"{q.say('first_pass_rate', None, month=month)}。"
        ),
        _praise(q, _best(q, "first_pass_rate", "audited", month, 1.0), "审核全部一次通过"),
        [table, by_reason, Para(f"反复退回的图斑{again}个。")],
        [ask(1, "对照退回原因逐项自查；"), ask(2, "严格县级审核把关，提高一次通过率。")],
    )


def work_notice_filling(q: Quotes) -> Paper:
    records = [
        r
        for r in staff_records(q.conn, q.scope.narrowed_to(q.code), q.year, q.day)
        if r["kind"] == RecordKind.WRONG_FILLING.value
    ]
    named = [r["patch_no"] for r in records if r["patch_no"]]
    parcels = q.parcels(named, unlawful_only=False) if named else []
    areas = {p.patch_no: p for p in parcels}
    rows = tuple(
        (
            q.units[r["district"]].short_name if r["district"] in q.units else "—",
            literal(r["patch_no"] or "全区"),
            f"填报面积{_filled(q, areas, r['patch_no'])}亩" if r["patch_no"] in areas else OPEN,
            literal(r["reason"]),
            day_text(r["recorded_on"]),
        )
        for r in records
    )
    table = Table(
        "填报不实情况",
        (
            Column("区市", 1),
            Column("图斑编号", 2.2),
            Column("填报情况", 2),
            Column("核实情况", 2.8),
            Column("确认日期", 1.5),
        ),
        rows,
    )
    count = q.put("records.wrong", "records", len(records), text=str(len(records)), patches=named)
    clean = [code for code in q.units if all(r["district"] != code for r in records)]
    return _work_notice(
        q,
        "work_notice_filling",
        "填报不实情况",
        Para(f"截至{q.today}，经核实确认填报不实{count}起。"),
        _praise(q, clean, "未发现填报不实"),
        [table],
        [
            ask(1, "立即更正填报内容，补充举证材料；"),
            ask(2, "倒查填报和审核责任，举一反三。"),
        ],
    )


def _filled(q: Quotes, areas: Mapping[str, ParcelLine], patch_no: str) -> str:
    parcel = areas[patch_no]
    return q.put(
        f"filled.{patch_no}" if patch_no.isascii() else "filled",
        "area_mu",
        parcel.area_mu,
        patches=[patch_no],
    )


def work_notice_rectification(q: Quotes) -> Paper:
    oldest = [p for p in q.parcels() if p.counted and not p.rectified and p.reported_on]
    oldest.sort(key=lambda p: (p.reported_on or q.day, p.patch_no))
    before = q.last_month
    table = district_table(
        q,
        "各区市整改情况",
        ("unlawful_mu", "eliminated_mu", "rectification_rate", "remaining_farmland_mu"),
        headers=("违法用地（亩）", "已消除（亩）", "整改率（全部违法用地）", "未消除耕地（亩）"),
    )
    moved = Table(
        "较上月末变化",
        (
            Column("区市", 1.4),
            Column(f"已消除（{day_text(before)}，亩）", 1.8, True),
            Column(f"已消除（{q.today}，亩）", 1.8, True),
        ),
        tuple(
            (
                q.units[code].short_name,
                q.say("eliminated_mu", code, day=before),
                q.say("eliminated_mu", code),
            )
            for code in q.units
        ),
    )
    return _work_notice(
        q,
        "work_notice_rectification",
        "整改不力情况",
        Para(
            f"截至{q.today}，全市违法用地{q.say('unlawful_mu', None)}亩，已消除"
            f"{q.say('eliminated_mu', None)}亩，整改率（全部违法用地）"
            f"{q.say('rectification_rate', None)}，未消除的违法占用耕地"
            f"{q.say('remaining_farmland_mu', None)}亩。"
        ),
        _praise(q, _best(q, "rectification_rate", "unlawful_parcels", None, 1.0), "全部整改到位"),
        [
            table,
            moved,
            parcel_table(
                q,
                "时间最长的未整改地块",
                oldest,
                (NUMBER, TOWN, AREA, FARMLAND, WAY, OPEN_DAYS),
                most=8,
            ),
        ],
        [
            ask(1, "对上述地块逐宗明确责任人和完成时限；"),
            ask(2, "截止日后消除的不再计入本年度，务必抓紧。"),
        ],
    )


def work_notice_clearance(q: Quotes) -> Paper:
    month = _period(q)
    table = district_table(
        q,
        f"各区市{_when(q)}月清情况",
        ("due_reached", "reached_on_time", "on_time_rate", "overdue"),
        month=month,
        headers=("已到期（个）", "按期上报（个）", "按期上报率", "逾期未报（个）"),
    )
    return _work_notice(
        q,
        "work_notice_clearance",
        "月清情况",
        Para(
            f"截至{q.today}，已到期图斑{q.say('due_reached', None, month=month)}个，按期上报率"
            f"{q.say('on_time_rate', None, month=month)}，逾期未报"
            f"{q.say('overdue', None, month=month)}个。"
        ),
        _praise(q, _best(q, "on_time_rate", "due_reached", month, 1.0), "全部按期上报"),
        [table, bars(q, "各区市逾期未报图斑", "overdue")],
        [
            ask(1, "逾期图斑三个工作日内上报；"),
            ask(2, "次月图斑提前安排核查，到期日前完成填报审核。"),
        ],
    )


def full_verification(q: Quotes) -> Paper:
    month = _period(q)
    found = list(_returns(q))
    numbers = list(dict.fromkeys(r.patch_no for r in found))
    table = Table(
        "纳入全面核查的退回图斑",
        (
            Column("序号", 0.6),
            Column("图斑编号", 3),
            Column("乡镇（街道）", 2),
            Column("退回原因", 3),
        ),
        tuple(
            (
                str(n),
                literal(no),
                literal(next((r.town for r in found if r.patch_no == no and r.town), "—")),
                literal(
                    next((r.reasons for r in found if r.patch_no == no and r.reasons), "未分类")
                ),
            )
            for n, no in enumerate(numbers[:30], start=1)
        ),
        None,
        "名单仅列已退回的图斑；全面核查的范围是该期间全部图斑。",
    )
    return notice(
        q,
        "full_verification",
        f"对{q.unit.short_name}开展卫片执法全面核查",
        [q.bureau()],
        [
            Para(
                f"{_when(q)}，你单位已审核图斑{q.say('audited', month=month)}个，曾被退回"
                f"{q.say('returned', month=month)}个，差错率{q.say('error_rate', month=month)}。"
                f"根据{basis_of(q, 'T2')}，决定开展全面核查。"
            ),
            section(1, "核查对象和范围"),
            Para(f"{_when(q)}全部{q.say('patches', month=month)}个图斑，逐图斑核查。"),
            table,
            section(2, "人员分组和时间"),
            Para(f"核查组：{OPEN}，每组不少于两人；时间：{OPEN}。"),
            section(3, "核查内容"),
            ask(1, "合法性判定是否准确；"),
            ask(2, "举证材料是否真实；"),
            ask(3, "整改状态是否属实。"),
            section(4, "成果要求"),
            Para("请于{@due}前形成核查报告，不属实的逐宗更正。"),
        ],
        copies=(q.government(),),
    )


def monthly_bulletin(q: Quotes) -> Paper:
    month = _period(q) or f"{q.day:%Y-%m}"
    table = district_table(
        q,
        "各区市主要指标",
        (
            "due",
            "cleared",
            "on_time_rate",
            "audited",
            "error_rate",
            "unlawful_farmland_mu",
            "ratio_net",
            "rectification_rate",
            "overdue",
        ),
        headers=(
            "应清", "已上报", "按期率", "已审核", "差错率", "违法耕地（亩）", "比例（扣除已消除）",
            "整改率", "逾期",
        ),
    )  # fmt: skip
    return notice(
        q,
        "monthly_bulletin",
        f"{format_month(month)}卫片执法工作情况",
        q.all_bureaus,
        [
            section(1, "本月总体情况"),
            Para(
                f"截至{q.today}，全市应清图斑{q.say('due', None)}个，已上报"
                f"{q.say('cleared', None)}个，逾期未报{q.say('overdue', None)}个；违法占用耕地"
                f"{q.say('unlawful_farmland_mu', None)}亩，问责比例（扣除已消除）"
                f"{q.say('ratio_net', None)}、（未扣除）{q.say('ratio_gross', None)}。"
            ),
            table,
            bars(q, "各区市问责比例（扣除已消除）", "ratio_net"),
            section(2, "区域性、倾向性问题"),
            *rising_blocks(q),
            section(3, "与上月末比较"),
            Para(
                f"上月末问责比例（扣除已消除）{q.say('ratio_net', None, day=q.last_month)}，目前"
                f"{q.say('ratio_net', None)}；整改率由"
                f"{q.say('rectification_rate', None, day=q.last_month)}变为"
                f"{q.say('rectification_rate', None)}。"
            ),
            section(4, "近期节点"),
            *next_dates(q),
        ],
        word="通报",
        copies=(*(q.government(u) for u in q.units.values()), q.agency.office),
    )
