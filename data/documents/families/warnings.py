"""Warnings and key monitoring (documents.md §2)."""

from __future__ import annotations

from datetime import date

from data.documents.families.common import (
    AREA,
    BASIC,
    CASE,
    FARMLAND,
    MOST_SHOWN,
    NUMBER,
    OPEN_DAYS,
    TOWN,
    USE,
    WAY,
    ask,
    basis_of,
    drawn,
    letter,
    notice,
    parcel_table,
    ratio_chart,
    section,
)
from data.documents.paper import Block, Column, Paper, Para, Table, literal
from data.documents.quotes import Quotes, day_text
from data.periods import format_month, month_ends_until
from data.store.queries.measures import measure
from data.triggers.current import Trigger
from data.vocabulary import Severity

_WARNING_RULES = ("T1", "T3", "T4", "T5", "T8")


def _reached(q: Quotes, trigger: Trigger) -> str:
    """What a trigger found, with its figures; how far from which line."""
    rule = trigger["rule"]
    own = {
        "T1": lambda: (
            f"{format_month(trigger['period'])}已到期图斑"
            f"{q.say('due_reached', month=trigger['period'])}个，按期上报"
            f"{q.say('reached_on_time', month=trigger['period'])}个，按期上报率"
            f"{q.say('on_time_rate', month=trigger['period'])}，逾期未报"
            f"{q.say('overdue', month=trigger['period'])}个"
        ),
        "T3": lambda: f"问责比例（扣除已消除）为{q.say('ratio_net')}",
        "T4": lambda: f"未消除的违法占用{q.land_sentence()}",
        "T5": lambda: (
            f"整改率（全部违法用地）为{q.say('rectification_rate')}，已消除"
            f"{q.say('eliminated_mu')}亩，违法用地{q.say('unlawful_mu')}亩"
        ),
        "T8": lambda: f"违法矿产图斑{q.say('mineral_unlawful_patches')}个",
    }[rule]()
    margin = str(trigger["margin"]).replace(" ", "")
    if margin and rule != "T8":
        identity = f"margin.{rule}.{trigger['period']}"
        distance = float(trigger["value"]) - float(trigger["threshold"])
        margin = q.put(identity, "margin", distance, text=margin, version=rule)
    line = trigger["line"]
    crossed = f"，已达{Severity(line).label}线" if line and rule != "T8" else ""
    said = "，".join(filter(None, (own, margin)))
    return f"{said}{crossed}（{trigger['clause']}）"


def early_warning(q: Quotes) -> Paper:
    held = q.held(*_WARNING_RULES)
    parcels = [p for p in q.parcels(q.chosen or None) if p.counted and not p.rectified]
    blocks: list[Block] = [
        Para(f"现将你{_self(q)}{q.year}年度卫片执法有关情况提醒如下。"),
        section(1, "截至目前的情况"),
        Para(f"截至{q.today}，你{_self(q)}{q.ratio_sentence()}。"),
        Para(f"未消除的违法占用{q.land_sentence()}；违法矿产图斑{_minerals(q)}个。"),
        section(2, "达到的预警条件及依据"),
    ]
    if held:
        blocks += [ask(n, f"{_reached(q, t)}。") for n, t in enumerate(held, start=1)]
    else:
        blocks.append(Para("目前没有达到预警条件的指标，本函为提前提醒。"))
    blocks += [
        *drawn(ratio_chart(q)),
        section(3, "突出图斑"),
        *_prominent(q),
        section(4, "商请事项"),
        ask(1, "认真组织整改查处，对上述图斑逐宗明确责任单位、整改方式和完成时限；"),
        ask(2, "加快建设用地报批，对符合条件的依法补办用地手续；"),
        ask(3, "坚决依法消除违法状态，严格落实耕地保护主体责任。"),
        Para("请于{@due}前将整改查处情况函复我局。"),
    ]
    return letter(
        q,
        "early_warning",
        f"{q.unit.short_name}{q.year}年度卫片执法预警提醒",
        [q.government()],
        blocks,
        copies=(q.bureau(), q.agency.office),
        attachments=(f"{q.unit.short_name}突出图斑清单（电子表格）",) if parcels else (),
    )


def _prominent(q: Quotes) -> list[Block]:
    parcels = [p for p in q.parcels(q.chosen or None) if p.counted and not p.rectified]
    if not parcels:
        return [Para("目前没有未消除违法状态的地块。")]
    columns = (NUMBER, TOWN, USE, AREA, FARMLAND, BASIC, CASE, WAY, OPEN_DAYS)
    return [parcel_table(q, "突出图斑", parcels, columns, most=MOST_SHOWN - 2)]


def _self(q: Quotes) -> str:
    """How a letter calls its addressee's land: `区` or `市`."""
    return q.unit.name[-1] if q.unit.name[-1] in "区市县" else "区"


def _minerals(q: Quotes) -> str:
    return q.say("mineral_unlawful_patches")


def _then(q: Quotes) -> tuple[date, str]:
    """The as-of date of the paper that this one ends, and how it is named; the last month's end
    where it follows none."""
    followed = measure(q.conn, q.scope, q.draft.follows) if q.draft.follows else None
    if followed is None:
        return q.last_month, ""
    number = next((s.number for s in reversed(followed.steps) if s.number), None)
    return followed.draft.as_of, f"（{number}）" if number else ""


def warning_release(q: Quotes) -> Paper:
    then, number = _then(q)
    names = (
        ("ratio_net", "问责比例（扣除已消除）"),
        ("ratio_gross", "问责比例（未扣除）"),
        ("remaining_farmland_mu", "未消除违法占用耕地（亩）"),
        ("remaining_basic_farmland_mu", "未消除违法占用永久基本农田（亩）"),
        ("remaining_redline_mu", "未消除违法占用生态保护红线（亩）"),
        ("mineral_unlawful_patches", "违法矿产图斑（个）"),
    )
    rows = tuple((label, q.say(name, day=then), q.say(name)) for name, label in names)
    table = Table(
        "预警前后主要指标",
        (Column("指标", 3), Column(day_text(then), 1.5, True), Column(q.today, 1.5, True)),
        rows,
    )
    still = q.held(*_WARNING_RULES)
    verdict = (
        "经核算，预警提醒函所列情形已经消除，现予解除预警。"
        if not still
        else "以下情形尚未消除，解除前请逐项核对："
        + "；".join(_reached(q, trigger) for trigger in still)
        + "。"
    )
    return letter(
        q,
        "warning_release",
        f"解除{q.unit.short_name}{q.year}年度卫片执法预警",
        [q.government()],
        [
            section(1, "预警及整改情况"),
            Para(
                f"我局就{q.unit.short_name}{q.year}年度卫片执法发出预警提醒函{literal(number)}后，"
                f"截至{q.today}，已消除违法用地{q.say('eliminated_mu')}亩，其中耕地"
                f"{q.say('eliminated_farmland_mu')}亩。"
            ),
            section(2, "主要指标变化"),
            table,
            section(3, "解除意见"),
            Para(verdict),
            Para("请继续落实耕地保护主体责任，防止反弹；再次达到预警条件的，我局将重新提醒。"),
        ],
        copies=(q.bureau(), q.agency.office),
    )


def _months_watched(q: Quotes, count: int) -> list[date]:
    return month_ends_until(q.year, q.day)[-count:]


def key_monitoring(q: Quotes) -> Paper:
    needed = int(q.parameter("T10", "month_ends"))
    ends = _months_watched(q, max(needed, 3))
    held = q.held("T10")
    count = (
        q.put("T10.months", "month_ends", held[0]["value"], text=str(int(held[0]["value"])))
        if held
        else ""
    )
    why = (
        f"截至{q.today}，你单位辖区问责比例或永久基本农田、生态保护红线连续{count}个月末达到预警。"
        if held
        else f"截至{q.today}，你单位辖区尚未连续{needed}个月末达到预警，请核对监控事由。"
    )
    table = Table(
        "近期月末情况",
        (
            Column("月末", 1.4),
            Column("问责比例（扣除已消除）", 1.3, True),
            Column("未消除永久基本农田（亩）", 1.3, True),
            Column("未消除生态保护红线（亩）", 1.3, True),
        ),
        tuple(
            (
                day_text(day),
                q.say("ratio_net", day=day),
                q.say("remaining_basic_farmland_mu", day=day),
                q.say("remaining_redline_mu", day=day),
            )
            for day in ends
        ),
    )
    return notice(
        q,
        "key_monitoring",
        f"对{q.unit.short_name}卫片执法实行重点监控",
        [q.bureau()],
        [
            Para(f"根据{basis_of(q, 'T10')}，决定对你单位辖区卫片执法工作实行重点监控。"),
            section(1, "监控事由"),
            Para(why),
            table,
            section(2, "每周监控内容"),
            ask(1, "新下发图斑的核查、上报情况和逾期图斑；"),
            ask(2, "新判定违法图斑的制止、立案情况；"),
            ask(3, "未消除违法占用耕地的逐宗整改进度；"),
            ask(4, "退回图斑的改正情况。"),
            section(3, "报送要求"),
            Para("每周五前报送上述情况，无变化的也要说明；我局每周通报一次。"),
            section(4, "解除条件"),
            Para(
                "月末问责比例低于预警线，且未消除的违法占用永久基本农田、生态保护红线均为零的，"
                "解除重点监控。"
            ),
        ],
        copies=(q.government(), q.agency.office),
    )


def key_monitoring_release(q: Quotes) -> Paper:
    then, number = _then(q)
    ends = [day for day in month_ends_until(q.year, q.day) if day >= then] or [then]
    table = Table(
        "监控期间各月末整改进展",
        (
            Column("月末", 1.3),
            Column("问责比例（扣除已消除）", 1.3, True),
            Column("已消除违法用地（亩）", 1.2, True),
            Column("整改率（全部违法用地）", 1.2, True),
            Column("逾期未报图斑（个）", 1, True),
        ),
        tuple(
            (
                day_text(day),
                q.say("ratio_net", day=day),
                q.say("eliminated_mu", day=day),
                q.say("rectification_rate", day=day),
                q.say("overdue", day=day),
            )
            for day in ends
        ),
    )
    still = q.held("T3", "T4")
    verdict = (
        "你单位辖区已符合解除条件，自本通知印发之日起解除重点监控。"
        if not still
        else "下列指标仍在预警，尚不符合解除条件："
        + "；".join(_reached(q, t) for t in still)
        + "。"
    )
    return notice(
        q,
        "key_monitoring_release",
        f"解除对{q.unit.short_name}卫片执法重点监控",
        [q.bureau()],
        [
            section(1, "监控期间工作情况"),
            Para(f"自实行重点监控{literal(number)}以来，你单位辖区整改进展如下。"),
            table,
            section(2, "解除决定"),
            Para(verdict),
            section(3, "后续工作"),
            Para("转入正常月清月核管理；连续达到预警的，重新实行重点监控。"),
        ],
        copies=(q.government(), q.agency.office),
    )
