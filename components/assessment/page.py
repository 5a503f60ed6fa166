"""What stands on 年度评估: headline, key figures, ranking, ratios, overturned, earlier years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from dash import html
from dash.development.base_component import Component

from components import ids, paths
from components.figures.assessment import ranking_figure, trend_figure
from components.links import figure_href, href
from components.parts.cards import KeyFigure, key_figure
from components.parts.figure_text import (
    Lines,
    change_text,
    judged_ratio,
    ratio_margin,
    ratio_mark,
    ratio_standing,
    shown,
)
from components.parts.html_table import TableColumn
from components.parts.plain_table import Cell, plain_table
from components.parts.theme import graph
from data.definitions import DEFINITIONS, small_note
from data.periods import elimination_cutoff_on, format_day
from data.units import (
    SMALL,
    format_areas,
    format_count,
    format_mu,
    format_rate,
    format_rates,
    meets,
)
from data.variants import ratio_of, split_note
from data.vocabulary import RatioVariant

Figures = Mapping[str, Any]
Query = Mapping[str, str]
Interval = tuple[float, float]
#: What a reader does with a figure: where its patches are.
PATH, LIST = paths.ASSESSMENT, paths.PATCHES

#: At most five; each leads to the list that adds up to it.
KEY_FIGURES = (
    "ratio_net",
    "ratio_gross",
    "unrectified_farmland_rate",
    "hit_rate",
    "overturn_rate",
)
#: Rate → (numerator, denominator) as shown in the table of ratios.
RATIOS: tuple[tuple[str, str, str], ...] = (
    ("ratio_net", "ratio_net_part_mu", "new_construction_farmland_mu"),
    ("ratio_gross", "ratio_gross_part_mu", "new_construction_farmland_mu"),
    ("ratio_strict", "ratio_strict_part_mu", "new_construction_farmland_mu"),
    ("land_ratio_net", "land_ratio_net_part_mu", "new_construction_mu"),
    ("land_ratio_gross", "land_ratio_gross_part_mu", "new_construction_mu"),
    ("land_ratio_strict", "land_ratio_strict_part_mu", "new_construction_mu"),
    ("unrectified_farmland_rate", "remaining_farmland_mu", "unlawful_farmland_mu"),
    ("rectification_rate", "eliminated_mu", "unlawful_mu"),
    ("filing_rate", "filed_parcels", "unlawful_parcels"),
    ("hit_rate", "hit_patches", "judged_patches"),
    ("overturn_rate", "overturned_parcels", "redetermined_parcels"),
)


def ranked(districts: Sequence[Figures]) -> list[tuple[int | None, Figures]]:
    """(rank, district) by net ratio, the lowest first; equal ones share a rank.

    A small denominator has no rank and comes after, by its ratio; no ratio comes last.
    """

    def order(row: Figures) -> tuple[bool, bool, float]:
        value = row["ratio_net"]
        return value is None, bool(row["small_denominator"]), value or 0.0

    result: list[tuple[int | None, Figures]] = []
    before: tuple[int, float] | None = None
    for at, row in enumerate(sorted(districts, key=order), start=1):
        value = row["ratio_net"]
        rank: int | None = None
        if value is not None and not row["small_denominator"]:
            rank = before[0] if before is not None and before[1] == value else at
            before = (rank, value)
        result.append((rank, row))
    return result


def evaluation_headline(
    year: int, as_of: date, row: Figures, crossed: str, lines: Lines, name: str
) -> list[str]:
    """The page in a sentence, its leading matter first. row: of the chosen district or the city,
    called `name`. crossed: who has crossed which line (data/triggers/matters.py)."""
    since = f"截至{format_day(as_of, year)}，"
    if row["patches"] == 0:
        return [f"{since}{name}{year}年度还没有下发图斑，尚无数据，不能判断"]
    ratio = judged_ratio(row, lines)
    if ratio is None:
        said = f"{name}还没有判定为新增建设占用耕地的地块，问责比例暂无"
    else:
        value = format_rate(ratio, lines.ratios)
        line = format_rate(lines.interview_ratio)
        reached = meets(ratio, lines.interview_ratio)
        name_of = "" if reached else f"{line}约谈线"
        margin = ratio_margin(row, lines.interview_ratio, lines.variant, name_of)
        words = f"已达{line}约谈线（{margin}）" if reached else margin
        said = f"{name}问责比例（{lines.variant.label}）{value}，{words}"
    parts = [f"{since}{crossed}", said] if crossed else [f"{since}{said}"]
    split = split_note(row, lines.ratios)
    return [*parts, split] if split else parts


def standing_line(year: int, as_of: date) -> Component:
    """What the figures are good for on the day (§2.4, §4.5)."""
    cutoff = elimination_cutoff_on(year)
    if as_of <= cutoff:
        text = (
            f"年度评估按{format_day(cutoff, as_of.year)}（消除违法状态截止日）的数据进行，"
            "此前达到约谈线只作预警，不提请约谈。"
        )
    else:
        text = f"{format_day(cutoff, as_of.year)}后消除的不再扣除，以下为本年度评估数据。"
    return html.P(f"{text}依据：工作方案 §2.4、§3.4、§4.5。", className="subline")


def key_figures(query: Query, row: Figures, past: Sequence[Figures], lines: Lines) -> Component:
    last = past[-1] if past else None
    boxes = []
    first, second, third = _variants(lines)
    of_ratio = {"ratio_net": f"ratio_{first}", "ratio_gross": f"ratio_{second}"}
    rest = f"；{third.label} {format_rate(ratio_of(row, third), lines.ratios)}"
    for key in KEY_FIGURES:
        name = of_ratio.get(key, key)
        definition, text = DEFINITIONS[name], shown(name, row[name], lines)
        change, good = change_text(name, row[name], last[name] if last else None)
        ratio = name.startswith("ratio")
        small = SMALL if ratio and row["small_denominator"] and row[name] is not None else ""
        boxes.append(
            key_figure(
                KeyFigure(
                    definition.label,
                    f"{text}{small}",
                    "",
                    definition,
                    figure_href(name, query),
                    change,
                    good,
                    tuple([p[name] for p in past] + [row[name]]),
                    _of_what(name, row) + (rest if key == "ratio_gross" else ""),
                    *(ratio_mark(row, lines) if key == "ratio_net" else ()),
                )
            )
        )
    return html.Div(boxes, className="key-figures assessment-key")


def _variants(lines: Lines) -> list[RatioVariant]:
    """The one that judges first."""
    return sorted(RatioVariant, key=lambda variant: variant is not lines.variant)


def _of_what(name: str, row: Figures) -> str:
    """`3 / 120 亩`: numerator and denominator of a rate."""
    part, whole = next((p, w) for n, p, w in RATIOS if n == name)
    figure = DEFINITIONS[part]
    return f"{figure.shown(row[part])} / {figure.shown(row[whole])} {figure.unit}"


def interval_note(districts: Sequence[Figures], intervals: Mapping[str, Interval]) -> str:
    """How far each ratio may be luck, for the ⓘ: the figures are a full count, so that a range is
    no part of them and stands on no chart."""
    known = [(d["short_name"], intervals[d["code"]]) for d in districts if d["code"] in intervals]
    if not known:
        return ""
    said = "、".join(
        f"{name}{'–'.join(format_rate(end) for end in interval)}" for name, interval in known
    )
    return (
        "比例按全部图斑计算，不是抽样。仅供内部判断基数大小：若把各图斑看作偶然，"
        f"95%的波动范围为{said}。"
    )


def ranking_title(districts: Sequence[Figures], lines: Lines) -> str:
    """Names the lowest and the highest, unless few patches put them there."""
    fair = [r for r in districts if r["ratio_net"] is not None and not r["small_denominator"]]
    if len(fair) < 2:
        return "区市问责比例排名"
    best = min(fair, key=lambda row: row["ratio_net"])
    worst = max(fair, key=lambda row: row["ratio_net"])
    if best["ratio_net"] == worst["ratio_net"]:
        return "各区市问责比例相同"
    high = format_rate(worst["ratio_net"], lines.ratios)
    return f"{best['short_name']}问责比例最低，{worst['short_name']}最高（{high}）"


RANKING_COLUMNS = (
    "区市", "名次", "扣除已消除", "较约谈线（亩）", "未扣除", "从严扣除",
    "未消除违法占用耕地（亩）", "新增建设耕地（亩）", "违法图斑占比",
)  # fmt: skip


def _bare_margin(row: Figures, lines: Lines) -> str:
    """The margin of the variant that judges, without the unit that its column names."""
    return ratio_margin(row, lines.interview_ratio, lines.variant).removesuffix(" 亩")


def ranking(
    query: Query,
    districts: Sequence[Figures],
    lines: Lines,
    chosen: str | None,
) -> list[Component]:
    """The chart and its table: (rank, value, distance to the line, what is divided)."""
    order = ranked(districts)
    rows = [row for _, row in order]
    net, gross, strict = (
        format_rates([r[f"ratio_{v}"] for r in rows], lines.ratios) for v in RatioVariant
    )
    parts = format_areas([r["ratio_net_part_mu"] for r in rows])
    wholes = format_areas([r["new_construction_farmland_mu"] for r in rows])
    hits = format_rates([r["hit_rate"] for r in rows])
    table: list[list[str | Cell]] = []
    marked: int | None = None
    for at, (rank, row) in enumerate(order):
        own = {**query, "district": row["code"]}
        small = SMALL if row["small_denominator"] and row["patches"] else ""
        if row["code"] == chosen:
            marked = at
        behind = figure_href("ratio_net", own)
        reached, word = ratio_standing(judged_ratio(row, lines), lines)
        table.append(
            [
                Cell(f"{row['short_name']}{small}", behind),
                "—" if rank is None else str(rank),
                Cell(net[at], behind, reached, below=Cell(word) if word else None),
                Cell(_bare_margin(row, lines), tone=reached),
                Cell(gross[at], figure_href("ratio_gross", own)),
                Cell(strict[at], figure_href("ratio_strict", own)),
                Cell(parts[at], figure_href("ratio_net_part_mu", own)),
                Cell(wholes[at], figure_href("new_construction_farmland_mu", own)),
                Cell(hits[at], figure_href("hit_rate", own)),
            ]
        )
    columns = [TableColumn(name, at > 0) for at, name in enumerate(RANKING_COLUMNS)]
    figure = ranking_figure(rows, lines)
    return [
        html.P(
            [
                html.Span("● 扣除已消除", className="key-dot"),
                html.Span("○ 未扣除", className="key-ring"),
                html.Span("◇ 从严扣除", className="key-ring"),
            ],
            className="chart-key",
        ),
        graph(figure, ids.Assessment.RANKING, height_px=66 + 27 * len(order)),
        html.Div(
            plain_table(columns, table, "各区市问责比例排名", "ranking", marked=marked),
            id=ids.Assessment.RANKING_TABLE,
        ),
        html.P(
            f"名次由低到高。{SMALL} {small_note()}；"
            f"不排名次，列在其后。约谈线为{format_rate(lines.interview_ratio)}。",
            className="note",
        ),
    ]


def ratio_table(query: Query, row: Figures, lines: Lines) -> Component:
    """Every rate with what is divided by what; each leads to its patches."""
    table: list[list[str | Cell]] = []
    judged = f"ratio_{lines.variant}"
    for name, part, whole in RATIOS:
        make = DEFINITIONS[part].shown
        reached, word = ratio_standing(row[name], lines) if name == judged else ("", "")
        table.append(
            [
                Cell(DEFINITIONS[name].label, title=DEFINITIONS[name].text),
                Cell(
                    shown(name, row[name], lines),
                    figure_href(name, query),
                    reached,
                    below=Cell(word) if word else None,
                ),
                Cell(make(row[part]), figure_href(part, query), title=DEFINITIONS[part].label),
                Cell(make(row[whole]), figure_href(whole, query), title=DEFINITIONS[whole].label),
                DEFINITIONS[part].unit,
            ]
        )
    columns = [
        TableColumn("比例"),
        TableColumn("值", True),
        TableColumn("分子", True),
        TableColumn("分母", True),
        TableColumn("单位"),
    ]
    return plain_table(columns, table, "全部比例及其分子、分母", "ratios")


def trend(points: Sequence[Figures], year: int, lines: Lines) -> list[Component]:
    days = [p["as_of"] for p in points]
    net, gross, strict = ([p[f"ratio_{v}"] for p in points] for v in ("net", "gross", "strict"))
    columns = [format_rates(values, lines.ratios) for values in (net, gross, strict)]
    table = plain_table(
        [
            TableColumn("日期"),
            TableColumn("扣除已消除", True),
            TableColumn("未扣除", True),
            TableColumn("从严扣除", True),
            TableColumn("未消除违法占用耕地（亩）", True),
            TableColumn("新增建设耕地（亩）", True),
        ],
        [
            [
                format_day(p["as_of"], year),
                *(column[at] for column in columns),
                format_mu(p["ratio_net_part_mu"]),
                format_mu(p["new_construction_farmland_mu"]),
            ]
            for at, p in reversed(list(enumerate(points)))
        ],
        "各月末问责比例",
    )
    return [
        graph(trend_figure(days, net, gross, strict, lines), ids.Assessment.TREND),
        html.Details(
            [html.Summary("看表格"), table], id=ids.Assessment.TREND_TABLE, className="more"
        ),
    ]


def trend_title(points: Sequence[Figures], lines: Lines) -> str:
    """What the ratio did since the last month's end."""
    values = [p["ratio_net"] for p in points]
    if len(values) < 2 or values[-1] is None or values[-2] is None:
        return "问责比例逐月变化"
    change = round((values[-1] - values[-2]) * 100, 1)
    if change == 0:
        return "问责比例与上月末持平"
    way = "升" if change > 0 else "降"
    return f"问责比例较上月末{way}{abs(change):.1f}个百分点"


# ---- overturned determinations -------------------------------------------------------------------

MOST_REASONS = 10


def overturn_title(city: Figures) -> str:
    steps = (("市级", "city"), ("省级", "province"))
    said = [
        f"{name}改判{city[f'{key}_overturned_parcels']:,}宗"
        f"（{format_rate(city[f'{key}_overturn_rate'])}）"
        for name, key in steps
        if city[f"{key}_redetermined_parcels"]
    ]
    return "，".join(said) if said else "上级还没有给出定性结果"


OVERTURN_COLUMNS = (
    "区市", "市级改判率", "市级改判（宗）", "市级定性（宗）", "省级改判率", "省级改判（宗）",
    "省级定性（宗）",
)  # fmt: skip
_OVERTURN_KEYS = (
    "city_overturn_rate", "city_overturned_parcels", "city_redetermined_parcels",
    "province_overturn_rate", "province_overturned_parcels", "province_redetermined_parcels",
)  # fmt: skip


def overturn_values(row: Figures | None) -> list[Any]:
    """The values under OVERTURN_COLUMNS after the district."""
    empty = dict.fromkeys(_OVERTURN_KEYS, 0) | {
        "city_overturn_rate": None, "province_overturn_rate": None,
    }  # fmt: skip
    return [(row or empty)[key] for key in _OVERTURN_KEYS]


def _overturn_href(query: Query, at: int) -> str:
    level, what = ("city", "province")[at // 3], "redetermined" if at % 3 == 2 else "overturned"
    return href(paths.AUDIT_PATCHES, query, list=f"{what}-{level}")


def overturn_tables(
    query: Query,
    districts: Sequence[Figures],
    by_district: Mapping[str, Figures],
    city: Figures,
    reasons: Sequence[tuple[str, Mapping[str, int]]],
) -> list[Component]:
    rows_of = [*(by_district.get(d["code"]) for d in districts)]
    if len(districts) > 1:
        rows_of.append(city)
    columns_of = list(zip(*(overturn_values(row) for row in rows_of), strict=True))
    texts = [
        format_rates(column) if at % 3 == 0 else [format_count(v) for v in column]
        for at, column in enumerate(columns_of)
    ]

    def cells(n: int, own: Query) -> list[str | Cell]:
        """A rate and the overturned lead to these, what was determined to its own list."""
        return [Cell(texts[at][n], _overturn_href(own, at)) for at in range(len(texts))]

    table: list[list[str | Cell]] = [
        [
            Cell(d["short_name"], href(LIST, {**query, "district": d["code"]}, status="returned")),
            *cells(n, {**query, "district": d["code"]}),
        ]
        for n, d in enumerate(districts)
    ]
    if len(districts) > 1:
        table.append([Cell("合计", tone="total"), *cells(len(districts), query)])
    columns = [TableColumn(name, at > 0) for at, name in enumerate(OVERTURN_COLUMNS)]
    names = {d["code"]: d["short_name"] for d in districts}
    tables: list[Component] = [plain_table(columns, table, "各区市定性被上级改判的情况")]
    if reasons:
        rows: list[list[str | Cell]] = [
            [text, format_count(sum(counts.values())), reason_districts(counts, names)]
            for text, counts in reasons[:MOST_REASONS]
        ]
        left = sum(sum(counts.values()) for _, counts in reasons[MOST_REASONS:])
        if left:
            rows.append([f"其余{len(reasons) - MOST_REASONS}种意见", format_count(left), ""])
        tables.append(
            plain_table(
                [
                    TableColumn("改判时的审核意见"),
                    TableColumn("地块（宗）", True),
                    TableColumn("区市"),
                ],
                rows,
                "改判理由",
                "reasons",
            )
        )
    return [
        html.Div(tables, className="assessment-pair"),
        html.P(
            "市级与县级判定比；省级（含省级复核）与市级定性比，市级未定性的与县级比。",
            className="note",
        ),
    ]


def reason_districts(counts: Mapping[str, int], names: Mapping[str, str]) -> str:
    """`环翠区 3、文登区 1`, in the bureau's order."""
    return "、".join(f"{names[c]} {counts[c]}" for c in names if counts.get(c))


# ---- earlier years -------------------------------------------------------------------------------

YEAR_COLUMNS = (
    "年度", "扣除已消除", "未扣除", "从严扣除", "违法占用耕地（亩）", "整改率（全部用地）",
    "台账问题（宗）", "台账违法占用耕地（亩）", "台账未消除（亩）", "台账未整改率（耕地）",
)  # fmt: skip


_YEAR_KEYS = (
    "ratio_net", "ratio_gross", "ratio_strict", "unlawful_farmland_mu", "rectification_rate",
)  # fmt: skip


def year_values(figures: Figures | None, ledger: Figures | None) -> list[Any]:
    """The values under YEAR_COLUMNS after the year; None where the store has none."""
    own = _YEAR_KEYS
    kept = (
        "items", "ledger_farmland_mu", "ledger_remaining_farmland_mu", "ledger_unrectified_rate",
    )  # fmt: skip
    return [
        *((figures[key] if figures else None) for key in own),
        *((ledger[key] if ledger else None) for key in kept),
    ]


def _year_href(
    query: Query, year: int, current: int, own: Figures | None, kept: Figures | None, at: int
) -> str | None:
    """Where the at-th value of a year leads; a year before this one on the same day of it."""
    if at >= len(_YEAR_KEYS):  # of the ledger: all of the year's items, or what of it is left
        state = "open" if at > len(_YEAR_KEYS) + 1 else None
        return href(paths.LEDGER, query, origin=str(year), state=state) if kept else None
    if own is None:
        return None
    asked = query if year == current else {**query, "year": str(year), "asof": str(own["as_of"])}
    return figure_href(_YEAR_KEYS[at], asked)


def year_table(
    query: Query,
    years: Sequence[tuple[int, Figures | None, Figures | None]],
    current: int,
    lines: Lines,
) -> list[Component]:
    """years: (year, its figures, the ledger's sums), newest first."""
    rates = {0, 1, 2, 4, 8}
    values = [year_values(own, kept) for _, own, kept in years]
    columns_of = list(zip(*values, strict=True))
    texts = [
        format_rates(column, lines.ratios if at < 3 else ())
        if at in rates
        else [(format_count if at == 5 else format_mu)(value) for value in column]
        for at, column in enumerate(columns_of)
    ]
    rows: list[list[str | Cell]] = [
        [
            str(year),
            *(
                Cell(texts[at][n], _year_href(query, year, current, own, kept, at))
                for at in range(len(texts))
            ),
        ]
        for n, (year, own, kept) in enumerate(years)
    ]
    columns = [TableColumn(name, at > 0) for at, name in enumerate(YEAR_COLUMNS)]
    marked = next((at for at, (year, _, _) in enumerate(years) if year == current), None)
    return [
        plain_table(columns, rows, "与往年比较", marked=marked),
        html.P(
            "比例为各年同一日的数据，系统中没有该年图斑的显示“—”；台账按本页基准日统计，不设年度截止日。",
            className="note",
        ),
    ]


def year_title(years: Sequence[tuple[int, Figures | None, Figures | None]], current: int) -> str:
    remaining = sum(
        kept["ledger_remaining_farmland_mu"] for year, _, kept in years if kept and year != current
    )
    if not any(kept for year, _, kept in years if year != current):
        return "与往年比较"
    return (
        f"往年台账还有{format_mu(remaining)}亩违法占用耕地未消除"
        if remaining
        else "往年台账的违法占用耕地均已消除"
    )
