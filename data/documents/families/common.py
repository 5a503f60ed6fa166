"""What several papers have in common: addressees, tables, sentences."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from data.definitions import DEFINITIONS
from data.documents.paper import (
    Block,
    Chart,
    Column,
    Form,
    Heading,
    Line,
    Paper,
    Para,
    Series,
    Table,
    literal,
)
from data.documents.quotes import Quotes, day_text, parcel_name
from data.measures.frozen import OF_PARCEL
from data.measures.kinds import Direction
from data.periods import month_ends_until
from data.store.queries.paper_facts import ParcelLine
from data.units import format_mu, format_rate
from data.vocabulary import RectificationWay

#: Parcels shown in the text; all of them stand in the list that goes with it.
MOST_SHOWN = 12
#: What has to be filled in by hand before issue; the check finds it.
OPEN = "（待定）"
_ORDINALS = "一二三四五六七八九十"
#: Way → what proves it (workflow.md §4).
PROOFS = {
    RectificationWay.DEMOLITION_RECULTIVATION: (
        "整改前后照片，恢复原貌和复耕到位面积，拆除复耕到位证明"
    ),
    RectificationWay.DEMOLITION: "拆除面积，整改前后照片，验收意见",
    RectificationWay.CONFISCATION: "处罚决定书，没收财物移交清单及接收单位",
    RectificationWay.LAND_USE_APPROVAL: "批准文号，批准面积及其中耕地",
    RectificationWay.OTHER: "整改情况说明及佐证材料",
}
ANY_WAY = "拆除复耕、没收或补办手续"


def section(number: int, text: str) -> Heading:
    return Heading(f"{_ORDINALS[number - 1]}、{text}")


def ask(number: int, text: str) -> Para:
    return Para(f"{number}. {text}")


def paper(
    q: Quotes,
    kind: str,
    form: Form,
    subject: str,
    word: str,
    addressees: Sequence[str],
    blocks: Iterable[Block],
    **beside: Any,
) -> Paper:
    """subject: what it is about, for `关于…的通知`."""
    agency = q.agency.name
    made = Paper(
        kind=kind,
        form=form,
        title=f"{agency}关于{subject}的{word}",
        addressees=tuple(addressees),
        blocks=tuple(blocks),
        agency=agency,
    )
    return replace(made, **beside)


def letter(
    q: Quotes, kind: str, subject: str, to: Sequence[str], blocks: Iterable[Block], **beside: Any
) -> Paper:
    """A 函 in 信函格式."""
    telephone = f"，联系电话：{literal(q.agency.telephone)}" if q.agency.telephone else ""
    contact = f"联系人：{literal(q.agency.contact)}{telephone}"
    given = {"contact": contact, "direction": Direction.LEVEL.value, **beside}
    return paper(q, kind, Form.LETTER, subject, "函", to, blocks, **given)


def notice(
    q: Quotes,
    kind: str,
    subject: str,
    to: Sequence[str],
    blocks: Iterable[Block],
    word: str = "通知",
    **beside: Any,
) -> Paper:
    """A paper downwards in the ordinary form."""
    given = {"direction": Direction.DOWNWARD.value, **beside}
    return paper(q, kind, Form.ORDINARY, subject, word, to, blocks, **given)


def upwards(
    q: Quotes, kind: str, subject: str, word: str, to: str, blocks: Iterable[Block], **beside: Any
) -> Paper:
    """A 请示 or 报告: one addressee, the signatory in its head, no copies downwards."""
    given = {
        "direction": Direction.UPWARD.value,
        "signatory": q.agency.head or OPEN,
        "contact": f"联系人：{literal(q.agency.contact)}",
        **beside,
    }
    return paper(q, kind, Form.ORDINARY, subject, word, [to], blocks, **given)


# ---- parcels -------------------------------------------------------------------------------------


def identity_of(parcel: ParcelLine, what: str) -> str:
    """The id of a figure on one parcel, whatever its number is written with."""
    number = parcel.patch_no
    if not (number.isascii() and number.isalnum()):
        number = hashlib.sha256(number.encode()).hexdigest()[:12]
    return f"{OF_PARCEL}.{number}.{parcel.parcel_no}.{what}"


def area(q: Quotes, parcel: ParcelLine, column: str) -> str:
    """An area of a parcel, as a figure."""
    identity = identity_of(parcel, column)
    name = f"unlawful_{column}".replace("_area_mu", "_mu") if parcel.unlawful else column
    value = getattr(parcel, column)
    return q.put(identity, name, value, code=parcel.district, patches=[parcel.patch_no])


def town(parcel: ParcelLine) -> str:
    return literal(parcel.town or parcel.location or "—")


def way(parcel: ParcelLine) -> str:
    return RectificationWay(parcel.way).label if parcel.way else "未整改"


def case_state(parcel: ParcelLine) -> str:
    if parcel.penalty_on:
        return "已处罚"
    return "已立案" if parcel.filed_on else "未立案"


def days_open(q: Quotes, parcel: ParcelLine) -> str:
    """Days from the report to the elimination, or to the as-of date."""
    days = _days(q, parcel)
    if days is None:
        return "—"
    return q.put(
        identity_of(parcel, "days_open"), "days_open", days, text=str(days), code=parcel.district,
        patches=[parcel.patch_no],
    )  # fmt: skip


def _days(q: Quotes, parcel: ParcelLine) -> int | None:
    if parcel.reported_on is None:
        return None
    return ((parcel.eliminated_on or q.day) - parcel.reported_on).days


@dataclass(frozen=True, slots=True)
class ParcelColumn:
    """cell: as it stands on the page, where numbers are figures. plain: the same for a row of the
    sheet, which its patch number alone traces; None where the two are one."""

    header: str
    weight: float
    cell: Callable[[Quotes, ParcelLine], str]
    numeric: bool = False
    plain: Callable[[Quotes, ParcelLine], str] | None = None


def _area_column(header: str, column: str) -> ParcelColumn:
    return ParcelColumn(
        header,
        1.1,
        lambda q, p: area(q, p, column),
        numeric=True,
        plain=lambda _, p: format_mu(getattr(p, column)),
    )


NUMBER = ParcelColumn("图斑编号", 2.7, lambda q, p: literal(parcel_name(p)))
TOWN = ParcelColumn("乡镇（街道）", 1.6, lambda q, p: town(p))
USE = ParcelColumn("用途", 1.6, lambda q, p: literal(p.land_use or "—"))
AREA = _area_column("面积（亩）", "area_mu")
FARMLAND = _area_column("其中耕地（亩）", "farmland_mu")
BASIC = _area_column("其中永农（亩）", "basic_farmland_mu")
CASE = ParcelColumn("立案查处", 1.1, lambda q, p: case_state(p))
WAY = ParcelColumn("整改方式", 1.2, lambda q, p: way(p))
OPEN_DAYS = ParcelColumn(
    "天数",
    0.8,
    days_open,
    numeric=True,
    plain=lambda q, p: "—" if (days := _days(q, p)) is None else str(days),
)


def parcel_table(
    q: Quotes,
    caption: str,
    parcels: Sequence[ParcelLine],
    columns: Sequence[ParcelColumn],
    most: int = MOST_SHOWN,
) -> Table:
    """The first parcels, and how many there are in all."""
    shown = parcels[:most]
    note = ""
    if len(parcels) > len(shown):
        count = q.put(
            f"count.{hashlib.sha256(caption.encode()).hexdigest()[:6]}", "unlawful_parcels",
            len(parcels), text=str(len(parcels)), patches=[p.patch_no for p in parcels],
        )  # fmt: skip
        note = f"共{count}宗，此处按占用耕地面积列前{len(shown)}宗，其余见随附清单。"
    return Table(
        caption,
        tuple(Column(c.header, c.weight, c.numeric) for c in columns),
        tuple(tuple(column.cell(q, parcel) for column in columns) for parcel in shown),
        None,
        note,
        is_list=True,
        beyond=tuple(
            tuple((column.plain or column.cell)(q, parcel) for column in columns)
            for parcel in parcels[most:]
        ),
    )


# ---- districts -----------------------------------------------------------------------------------


def header_of(name: str) -> str:
    known = DEFINITIONS[name]
    return f"{known.label}（{known.unit}）" if known.unit != "%" else known.label


def district_table(
    q: Quotes,
    caption: str,
    names: Sequence[str],
    *,
    headers: Sequence[str] = (),
    codes: Sequence[str] | None = None,
    month: str | None = None,
    note: str = "",
) -> Table:
    """A row a district, and the city, to which the districts add up."""
    heads = headers or [header_of(name) for name in names]
    columns = (
        Column("区市", 1.3),
        *(Column(header, 1, numeric=True) for header in heads),
    )
    marked = False
    rows = []
    for code in codes if codes is not None else q.units:
        mark = q.small(code)
        marked = marked or bool(mark)
        figures = (q.say(name, code, month=month) for name in names)
        rows.append((f"{q.units[code].short_name}{mark}", *figures))
    total = ("全市", *(q.say(name, None, month=month) for name in names))
    if marked:
        note = f"{note}带◦的基数小，不参与排名。"
    return Table(caption, columns, tuple(rows), total, note)


def ranked(q: Quotes, name: str, *, best_last: bool = False) -> list[str]:
    """Districts by a figure, the largest first; those without a value or with a small base are
    left out."""
    values = {
        code: q.row(code)[name]
        for code in q.units
        if q.row(code)[name] is not None and not q.row(code)["small_denominator"]
    }
    return sorted(values, key=lambda code: values[code], reverse=not best_last)


def names_of(q: Quotes, codes: Iterable[str]) -> str:
    return "、".join(q.units[code].short_name for code in codes)


# ---- charts --------------------------------------------------------------------------------------


def ratio_chart(q: Quotes, code: str | None = "") -> Chart | None:
    """The ratio over the year's month-ends with its lines; None before the first."""
    code = q.code if code == "" else code
    ends = month_ends_until(q.year, min(q.day, date(q.year, 12, 31)))
    days = [*ends, q.day] if not ends or ends[-1] < q.day else ends
    if len(days) < 2:
        return None
    rows = [q.row(code, day=day) for day in days]
    warning, interview = q.lines["ratio_net"]
    return Chart(
        f"{q.units[code].short_name if code else '全市'}问责比例逐月变化",
        "line",
        "%",
        tuple(f"{day.month}月" if day in ends else f"{day.month}.{day.day}" for day in days),
        (
            Series("扣除已消除", tuple(row["ratio_net"] for row in rows)),
            Series("未扣除", tuple(row["ratio_gross"] for row in rows)),
        ),
        (
            Line(f"预警线{format_rate(warning)}", warning),
            Line(f"约谈线{format_rate(interview)}", interview),
        ),
    )


def bars(q: Quotes, caption: str, name: str) -> Chart:
    """One figure of every district."""
    definition = DEFINITIONS[name]
    return Chart(
        caption,
        "bars",
        definition.unit,
        tuple(unit.short_name for unit in q.units.values()),
        (Series(definition.label, tuple(q.row(code)[name] for code in q.units)),),
    )


def drawn(*charts: Chart | None) -> list[Block]:
    return [chart for chart in charts if chart is not None]


# ---- sentences -----------------------------------------------------------------------------------


def basis_of(q: Quotes, *rules: str) -> str:
    """`工作方案§4.4`: where in the plan the rules stand."""
    clauses = dict.fromkeys(c for rule in rules for c in q.clause(rule).split("、"))
    return f"卫片执法工作方案（{'、'.join(clauses)}）"


def known_day(day: date | None) -> str:
    return day_text(day) if day is not None else "—"
