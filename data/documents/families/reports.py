"""Half-year and annual work reports, and the annual evaluation (documents.md §5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from data.documents.families.common import (
    bars,
    basis_of,
    district_table,
    drawn,
    header_of,
    names_of,
    ranked,
    ratio_chart,
    section,
    upwards,
)
from data.documents.families.rising import rising_blocks
from data.documents.paper import Block, Column, Heading, Paper, Para, Table
from data.documents.quotes import Quotes, day_text
from data.periods import elimination_cutoff_on, format_month
from data.store.queries.assessment import ledger_by_year, overturns, ratio_intervals
from data.store.queries.paper_facts import ParcelSum, parcel_sums
from data.triggers.field_checks import field_checks
from data.units import PARTS_PER_MU, format_rate
from data.vocabulary import Legality, PatchType, RectificationWay


@dataclass(frozen=True, slots=True)
class _Counted:
    """Sums of a report's own tables: registers each as a figure."""

    q: Quotes
    sums: Sequence[ParcelSum]

    def parcels(self, identity: str, which: Callable[[ParcelSum], bool]) -> str:
        count = sum(s.parcels for s in self.sums if which(s))
        return self.q.put(f"sum.{identity}.parcels", "parcels", count, text=f"{count:,}")

    def area(self, identity: str, which: Callable[[ParcelSum], bool], column: str) -> str:
        whole = sum(round(getattr(s, column) * PARTS_PER_MU) for s in self.sums if which(s))
        return self.q.put(f"sum.{identity}.{column}", column, whole / PARTS_PER_MU)


def _report(
    q: Quotes, kind: str, about: str, blocks: Sequence[Block], to: str | None = None
) -> Paper:
    place = q.agency.name.removesuffix("自然资源和规划局") if q.code is None else q.place
    return upwards(q, kind, f"{place}{about}", "报告", to or q.agency.province, blocks)


def _codes(q: Quotes) -> list[str] | None:
    return [q.code] if q.code else None


def _table(q: Quotes, caption: str, names: Sequence[str], headers: Sequence[str] = ()) -> Table:
    """By district with the city's sum; of one district's report its own line."""
    if q.code is None:
        return district_table(q, caption, names, headers=headers)
    heads = headers or [header_of(name) for name in names]
    return Table(
        caption,
        (Column("区市", 1.3), *(Column(h, 1, numeric=True) for h in heads)),
        ((q.place, *(q.say(name) for name in names)),),
    )


def _legality_table(q: Quotes, sums: _Counted) -> Table:
    kinds = [t for t in PatchType if t is not PatchType.MINERAL]
    shown = (Legality.LAWFUL, Legality.UNLAWFUL, Legality.OTHER, Legality.PENDING)

    def row(label: str, identity: str, of: Callable[[ParcelSum], bool]) -> tuple[str, ...]:
        cells = [
            sums.parcels(f"{identity}.{x.value}", lambda s, x=x: of(s) and s.legality is x)  # type: ignore[misc]
            for x in shown
        ]
        unlawful = sums.area(
            f"{identity}.unlawful",
            lambda s: of(s) and s.legality is Legality.UNLAWFUL,
            "farmland_mu",
        )
        return (label, *cells, unlawful)

    return Table(
        "各类图斑合法性判定",
        (
            Column("图斑类型", 2),
            *(Column(f"{x.label}（宗）", 1, True) for x in shown),
            Column("违法占用耕地（亩）", 1.3, True),
        ),
        tuple(row(t.label, t.value, lambda s, t=t: s.patch_type == t.value) for t in kinds),  # type: ignore[misc]
        row("合计", "all", lambda s: True),
        "含不纳入违法计算的违法地块；土地图斑。",
    )


def _ways_table(q: Quotes, sums: _Counted) -> Table:
    def row(label: str, identity: str, of: Callable[[ParcelSum], bool]) -> tuple[str, ...]:
        return (
            label,
            sums.parcels(identity, of),
            sums.area(identity, of, "area_mu"),
            sums.area(identity, of, "farmland_mu"),
        )

    ways = tuple(
        row(w.label, f"way.{w.value}", lambda s, w=w: s.eliminated and s.way == w.value)  # type: ignore[misc]
        for w in RectificationWay
    )
    without = row("未填方式", "way.none", lambda s: s.eliminated and s.way is None)
    return Table(
        "已消除违法状态的地块",
        (
            Column("整改方式", 2),
            Column("宗数", 1, True),
            Column("面积（亩）", 1.2, True),
            Column("其中耕地（亩）", 1.3, True),
        ),
        (*ways, without),
        row("合计", "way.all", lambda s: s.eliminated),
    )


def _basics(q: Quotes) -> list[Block]:
    return [
        Para(
            f"截至{q.today}，{q.place}共下发图斑{q.say('patches')}个，其中土地图斑"
            f"{q.say('due')}个、矿产图斑{q.say('mineral_patches')}个；已到期"
            f"{q.say('due_reached')}个，按期上报率{q.say('on_time_rate')}，逾期未报"
            f"{q.say('overdue')}个。"
        ),
        _table(
            q,
            "图斑下发和月清情况",
            ("patches", "due_reached", "on_time_rate", "overdue", "mineral_patches"),
            ("图斑（个）", "已到期（个）", "按期上报率", "逾期未报（个）", "矿产（个）"),
        ),
    ]


def _handled(q: Quotes, sums: _Counted) -> list[Block]:
    decided = sums.parcels("decided", lambda s: s.decided)
    return [
        Para(
            f"违法地块{q.say('unlawful_parcels')}宗，已立案{q.say('filed_parcels')}宗，立案率"
            f"{q.say('filing_rate')}；已作出处罚决定{decided}宗。违法矿产图斑"
            f"{q.say('mineral_unlawful_patches')}个。"
        ),
        _table(
            q,
            "立案查处情况",
            ("unlawful_parcels", "filed_parcels", "filing_rate"),
            ("违法地块（宗）", "已立案（宗）", "立案率"),
        ),
    ]


def _rectified(q: Quotes, sums: _Counted) -> list[Block]:
    return [
        Para(
            f"违法用地{q.say('unlawful_mu')}亩，已消除{q.say('eliminated_mu')}亩，整改率（全部违法"
            f"用地）{q.say('rectification_rate')}；未消除的违法占用{q.land_sentence()}；已消除但待"
            f"验收的耕地{q.say('awaiting_acceptance_farmland_mu')}亩。"
        ),
        _ways_table(q, sums),
        Para("未消除的原因主要有：立案查处尚未终结、补办用地手续尚未批准、拆除复耕尚未验收。"),
    ]


def _audited(q: Quotes) -> list[Block]:
    turned = overturns(q.conn, q.scope.narrowed_to(q.code), q.year, q.day)
    tasks = field_checks(q.conn, q.scope, q.year, q.day, q.code)
    done = [t["patch_no"] for t in tasks if t["done"]]
    asked = q.put(
        "checks.asked", "field_checks", len(tasks), text=f"{len(tasks):,}",
        patches=sorted({t["patch_no"] for t in tasks}),
    )  # fmt: skip
    did = q.put(
        "checks.done", "field_checks", len(done), text=f"{len(done):,}", patches=sorted(set(done))
    )

    def overturned(level: str) -> str:
        name = f"{level}_overturn_rate"
        return q.put(name, name, turned.city[name])

    return [
        Para(
            f"已审核图斑{q.say('audited')}个，差错率{q.say('error_rate')}，一次通过率"
            f"{q.say('first_pass_rate')}；市级改判率"
            f"{overturned('city')}，省级改判率{overturned('province')}。"
            f"应外业核查{asked}个（次），已核查{did}个（次）。"
        ),
        _table(
            q,
            "内业审核情况",
            ("audited", "returned", "error_rate", "first_pass_rate", "final"),
            ("已审核（个）", "曾被退回（个）", "差错率", "一次通过率", "省级通过（个）"),
        ),
    ]


def _assessed(q: Quotes, *, compared: bool) -> list[Block]:
    blocks: list[Block] = [Para(f"{q.place}{q.ratio_sentence()}。")]
    if compared:
        before = q.row(q.code, day=q.last_year, year=q.year - 1)
        blocks.append(
            Para(
                f"上年同期（{day_text(q.last_year)}）问责比例（扣除已消除）"
                f"{q.say('ratio_net', day=q.last_year, year=q.year - 1)}、（未扣除）"
                f"{q.say('ratio_gross', day=q.last_year, year=q.year - 1)}。"
                if before["patches"]
                else "上年同期没有可比数据。"
            )
        )
    blocks.append(
        _table(
            q,
            "自然资源管理秩序评估",
            ("new_construction_farmland_mu", "ratio_net", "ratio_gross", "ratio_strict"),
            ("新增建设占用耕地（亩）", "比例（扣除已消除）", "比例（未扣除）", "比例（从严扣除）"),
        )
    )
    return [*blocks, *drawn(ratio_chart(q))]


def half_year_report(q: Quotes) -> Paper:
    sums = _Counted(q, parcel_sums(q.conn, q.scope.narrowed_to(q.code), q.year, q.day))
    months = list(q.daily().months(q.code or "")) if q.code else _months(q)
    by_month = Table(
        "分月月清情况",
        (
            Column("月清月份", 1.4),
            Column("应清（个）", 1, True),
            Column("已上报（个）", 1, True),
            Column("逾期未报（个）", 1, True),
        ),
        tuple(
            (format_month(month, q.year), *_month_figures(q, month))
            for month in months
            if month <= f"{q.year}-07"
        ),
    )
    return _report(
        q,
        "half_year_report",
        f"{q.year}年上半年卫片执法工作情况",
        [
            section(1, "基本情况"),
            *_basics(q),
            by_month,
            section(2, "合法性判定情况"),
            _legality_table(q, sums),
            section(3, "查处情况"),
            *_handled(q, sums),
            section(4, "整改情况"),
            *_rectified(q, sums),
            section(5, "审核与外业核查情况"),
            *_audited(q),
            section(6, "管理秩序阶段评估"),
            *_assessed(q, compared=False),
            section(7, "存在问题"),
            *rising_blocks(q),
            section(8, "下半年工作打算"),
            Para("一是抓紧消除违法状态；二是提高填报审核质量；三是对预警区市跟踪督导。"),
        ],
    )


def _months(q: Quotes) -> list[str]:
    return sorted({month for code in q.units for month in q.daily().months(code)})


def _month_figures(q: Quotes, month: str) -> tuple[str, ...]:
    """Of a clearance month; the city's are those of its districts added up."""
    names = ("due", "cleared", "overdue")
    if q.code:
        return tuple(q.say(name, month=month) for name in names)
    return tuple(
        q.put(
            f"{name}.all.{month}",
            name,
            sum(int(q.row(code, month=month)[name]) for code in q.units),
            code=None,
        )
        for name in names
    )


def annual_report(q: Quotes) -> Paper:
    sums = _Counted(q, parcel_sums(q.conn, q.scope.narrowed_to(q.code), q.year, q.day))
    ledger = ledger_by_year(q.conn, q.scope.narrowed_to(q.code), q.day)
    old = Table(
        "历年整改台账",
        (
            Column("年度", 1),
            Column("问题（个）", 1, True),
            Column("违法占用耕地（亩）", 1.3, True),
            Column("未消除（亩）", 1.3, True),
        ),
        tuple(
            (
                f"{year}年",
                q.put(
                    f"ledger.{year}.items", "ledger_items", row["items"], text=f"{row['items']:,}"
                ),
                q.put(f"ledger.{year}.farmland", "ledger_farmland_mu", row["ledger_farmland_mu"]),
                q.put(
                    f"ledger.{year}.remaining",
                    "ledger_remaining_farmland_mu",
                    row["ledger_remaining_farmland_mu"],
                ),
            )
            for year, row in sorted(ledger.items())
        ),
    )
    return _report(
        q,
        "annual_report",
        f"{q.year}年度卫片执法工作情况",
        [
            section(1, "基本情况"),
            *_basics(q),
            section(2, "合法性判定情况"),
            _legality_table(q, sums),
            section(3, "查处情况"),
            *_handled(q, sums),
            section(4, "整改情况"),
            *_rectified(q, sums),
            old,
            section(5, "审核与外业核查情况"),
            *_audited(q),
            section(6, "管理秩序评估"),
            *_assessed(q, compared=True),
            *(
                [bars(q, "各区市整改率（全部违法用地）", "rectification_rate")]
                if not q.code
                else []
            ),
            section(7, "存在问题"),
            *rising_blocks(q),
            section(8, "下一步打算"),
            Para(
                "一是未消除的问题转入整改台账，逐项销号；二是按周期复核，防止复建；三是压实共同责任。"
            ),
        ],
    )


def evaluation_report(q: Quotes) -> Paper:
    order = ranked(q, "ratio_net")
    small = [code for code in q.units if q.small(code)]
    rows_of = [q.row(code) for code in q.units]
    intervals = ratio_intervals(q.conn, q.scope, q.year, q.day, rows_of)

    def interval(code: str) -> str:
        if code not in intervals:
            return "—"
        low, high = (format_rate(end) for end in intervals[code])
        return q.put(
            f"interval.{code}", "ratio_net_interval", None, text=f"{low}至{high}", code=code
        )

    def place(code: str) -> str:
        return str(order.index(code) + 1) if code in order else "—"

    table = Table(
        "年度评估排名",
        (
            Column("名次", 0.6),
            Column("区市", 1.2),
            Column("比例（扣除已消除）", 1.2, True),
            Column("比例（未扣除）", 1.1, True),
            Column("95%区间", 1.5, True),
            Column("未消除永农（亩）", 1.1, True),
            Column("未消除红线（亩）", 1.1, True),
            Column("矿产违法（个）", 1, True),
        ),
        tuple(
            (
                place(code),
                f"{q.units[code].short_name}{q.small(code)}",
                q.say("ratio_net", code),
                q.say("ratio_gross", code),
                interval(code),
                q.say("remaining_basic_farmland_mu", code),
                q.say("remaining_redline_mu", code),
                q.say("mineral_unlawful_patches", code),
            )
            for code in [*order, *(c for c in q.units if c not in order)]
        ),
        None,
        "按问责比例（扣除已消除）由高到低；带◦的基数小，不参与排名。"
        if small
        else "按问责比例（扣除已消除）由高到低。",
    )
    reached = list(
        dict.fromkeys(
            t["district"]
            for t in q.held("T11", "T3", "T4", "T8")
            if t["district"] in q.units and "interview" in (t["severity"], t["line"])
        )
    )
    cutoff = elimination_cutoff_on(q.year)
    settled = q.day > cutoff
    advice = (
        f"建议提请市政府对{names_of(q, reached)}开展警示约谈，督促限期整改。"
        if reached and settled
        else f"{names_of(q, reached)}已达约谈线；约谈在年度评估（{day_text(cutoff)}截止）后提请。"
        if reached
        else "没有达到约谈条件的区市。"
    )
    return upwards(
        q,
        "evaluation_report",
        f"{q.year}年度卫片执法评估",
        "报告",
        q.agency.government,
        [
            section(1, "评估依据和方法"),
            Para(
                f"依据{basis_of(q, 'T11')}，以截至{q.today}的数据，按问责比例、永久基本农田、"
                "生态保护红线和矿产违法情况评估；比例先求和再相除。"
            ),
            section(2, "评估结果"),
            Para(
                f"全市问责比例（扣除已消除）{q.say('ratio_net', None)}、（未扣除）"
                f"{q.say('ratio_gross', None)}、（从严扣除）{q.say('ratio_strict', None)}。"
            ),
            table,
            bars(q, "各区市问责比例（扣除已消除）", "ratio_net"),
            section(3, "达到约谈线的情况"),
            *_reached(q, reached),
            section(4, "约谈建议"),
            Para(advice),
        ],
    )


def _reached(q: Quotes, codes: Sequence[str]) -> list[Block]:
    if not codes:
        return [Para("没有区市达到约谈线。")]
    blocks: list[Block] = []
    for number, code in enumerate(codes, start=1):
        blocks += [
            Heading(f"（{'一二三四五六七八九十'[number - 1]}）{q.units[code].short_name}", 2),
            Para(f"{q.ratio_sentence(code)}；未消除的违法占用{q.land_sentence(code=code)}。"),
        ]
    return blocks
