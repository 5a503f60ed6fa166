"""Sheets of a field package, A4, one a check, to be printed and written on: number, map, what is
known, what is to be filled in. A page of the browser, which every office can print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

import shapely

from data.colours import tokens
from data.documents.field.package import FieldPackage, Visited
from data.documents.field.picture import Ground, css, picture, whereabouts
from data.periods import format_day
from data.store.queries.check_steps import JOINER
from data.store.queries.places import district_shapes, town_shapes
from data.units import format_mu
from data.vocabulary import CheckFinding, PatchType

if TYPE_CHECKING:
    from sqlalchemy import Connection

_EMPTY = "—"


def sheets(conn: Connection, package: FieldPackage, names: Mapping[str, str]) -> str:
    """An HTML page that needs no other file. names: district → how it is called."""
    ground = _ground(conn, package)
    count = len(package.visits)
    pages = [_list(package, names)]
    for at, visited in enumerate(package.visits, start=1):
        pages.append(_sheet(package, ground, names, visited, f"第{at}张，共{count}张"))
    return (
        '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>外业核查单 {escape(package.number)}</title>"
        f"<style>{_css()}</style></head><body>{''.join(pages)}</body></html>"
    )


def _ground(conn: Connection, package: FieldPackage) -> Ground:
    patches = {}
    for v in package.visits:
        if v.place is not None:
            patches[v.task.patch_no] = shapely.from_wkb(v.place)
        elif v.row["lon"] is not None:
            patches[v.task.patch_no] = shapely.Point(v.row["lon"], v.row["lat"])
    districts = {s["code"]: shapely.from_wkb(s["geom"]) for s in district_shapes(conn)}
    towns = [shapely.from_wkb(s["geom"]) for s in town_shapes(conn)]
    return Ground(patches, [*districts.values(), *towns], districts)


def _stamp(package: FieldPackage) -> str:
    told = "　".join(f"{name}：{text}" for name, text in package.stamp.items())
    return f'<footer class="stamp">{escape(told)}</footer>'


def _row(cells: Sequence[str], tag: str = "td") -> str:
    return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>"


def _place(visited: Visited) -> str:
    lon, lat = visited.row["lon"], visited.row["lat"]
    return f"{lon:.6f}, {lat:.6f}" if lon is not None else _EMPTY


def _where(visited: Visited, names: Mapping[str, str]) -> str:
    code = visited.task.district
    parts = (names.get(code, code), visited.row["town_name"], visited.row["location"])
    return " ".join(escape(part) for part in parts if part)


def _due(visited: Visited) -> str:
    return format_day(visited.task.visit.due_on or visited.task.check_by)


def _list(package: FieldPackage, names: Mapping[str, str]) -> str:
    """What the team takes along, on a page of its own."""
    rows = "".join(
        _row(
            [
                str(at),
                escape(v.task.patch_no),
                v.task.level.label,
                escape(v.rules),
                _where(v, names),
                _due(v),
                escape(JOINER.join(v.task.visit.team)) or _EMPTY,
                _place(v),
            ]
        )
        for at, v in enumerate(package.visits, start=1)
    )
    heads = ("序号", "图斑编号", "级别", "规则", "位置", "核查期限", "核查组", "经度, 纬度")
    return (
        f'<section class="page"><h1>外业核查清单</h1><p class="number">{escape(package.number)}</p>'
        f'<table class="list"><thead>{_row(heads, "th")}</thead><tbody>{rows}</tbody></table>'
        f"{_stamp(package)}</section>"
    )


def _sheet(
    package: FieldPackage,
    ground: Ground,
    names: Mapping[str, str],
    visited: Visited,
    count: str,
) -> str:
    task, row = visited.task, visited.row
    check = task.visit.check
    last = (
        f"{format_day(check.checked_on)} {check.finding.label}（{check.checked_by}）"
        if check
        else _EMPTY
    )
    facts = [
        ("核查级别", task.level.label), ("规则", visited.rules),
        ("核查期限", _due(visited)), ("核查组", JOINER.join(task.visit.team) or _EMPTY),
        ("图斑类型", PatchType(row["patch_type"]).label),
        ("下发日期", format_day(row["issued_on"])),
        ("监测面积", f"{format_mu(row['area_mu'])}亩"),
        ("占用耕地", f"{format_mu(row['farmland_mu'])}亩"),
        ("永久基本农田", f"{format_mu(row['basic_farmland_mu'])}亩"),
        ("生态保护红线", f"{format_mu(row['redline_mu'])}亩"),
        ("上次核查", last),
    ]  # fmt: skip
    if visited.asked:
        facts.append(("补充要求", visited.asked))
    told = "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in facts)
    boxes = "　　".join(f"□ {finding.label}" for finding in CheckFinding)
    photo = "".join(
        f"<td>{what}</td><td></td><td></td><td></td>" + ("</tr><tr>" if what == "全景" else "")
        for what in ("全景", "近景")
    )
    return (
        f'<section class="page"><header><h1>外业核查单</h1>'
        f'<p class="number">{escape(task.patch_no)}</p></header>'
        f'<p class="where">{_where(visited, names)}　（{_place(visited)}）</p>'
        f'<div class="maps"><div class="main">{picture(ground, task.patch_no)}</div>'
        f"<div>{whereabouts(ground, task.patch_no, task.district)}<dl>{told}</dl></div></div>"
        '<table class="fill">'
        f"<tr><th>核查结论</th><td>{boxes}</td></tr>"
        "<tr><th>核查日期</th><td>　　　　年　　　月　　　日</td></tr>"
        "<tr><th>核查人（至少两人签名）</th><td></td></tr>"
        '<tr class="tall"><th>核查情况</th><td></td></tr></table>'
        '<table class="photos"><tr><th>照片</th><th>文件名或编号</th><th>方位角（度）</th>'
        f"<th>拍摄时间</th></tr><tr>{photo}</tr></table>"
        f'<p class="count">{count}</p>{_stamp(package)}</section>'
    )


def _css() -> str:
    t = tokens()
    return f"""
@page {{ size: A4; margin: 0; }}
* {{ box-sizing: border-box; }}
body {{ margin: 0; color: {t["ink"]}; font: 10.5pt/1.45 "Noto Sans CJK SC", "Source Han Sans SC",
  "Microsoft YaHei", "PingFang SC", sans-serif; }}
.page {{ width: 210mm; min-height: 297mm; padding: 14mm 15mm 12mm; margin: 0 auto;
  break-after: page; display: flex; flex-direction: column; }}
.page:last-child {{ break-after: auto; }}
header {{ display: flex; justify-content: space-between; align-items: baseline; }}
h1 {{ font-size: 17pt; margin: 0; }}
.number {{ font-size: 15pt; font-weight: 700; margin: 0; font-variant-numeric: tabular-nums; }}
.where {{ margin: 1.5mm 0 3mm; }}
.maps {{ display: grid; grid-template-columns: 122mm 1fr; gap: 5mm; align-items: start; }}
.maps .inset {{ width: 34mm; }}
.nowhere {{ border: 0.3mm solid {t["line"]}; padding: 20mm 5mm; margin: 0; text-align: center; }}
dl {{ margin: 2mm 0 0; display: grid; grid-template-columns: auto 1fr; gap: 0.5mm 2mm;
  font-size: 8.5pt; }}
dt {{ color: {t["muted"]}; white-space: nowrap; }}
dd {{ margin: 0; overflow-wrap: anywhere; }}
table {{ width: 100%; border-collapse: collapse; }}
th, td {{ border: 0.25mm solid {t["ink"]}; padding: 1.2mm 2mm; text-align: left;
  vertical-align: top; font-weight: 400; }}
.fill {{ margin-top: 5mm; }}
.fill th {{ width: 50mm; background: {t["page"]}; }}
.fill tr {{ height: 10mm; }}
.fill tr.tall {{ height: 58mm; }}
.photos {{ margin-top: 4mm; }}
.photos th {{ background: {t["page"]}; }}
.photos tr {{ height: 8.5mm; }}
.photos td:first-child {{ width: 20mm; }}
.list {{ font-size: 8.5pt; margin-top: 3mm; }}
.list th {{ background: {t["page"]}; white-space: nowrap; }}
.list td:nth-child(5) {{ overflow-wrap: anywhere; }}
.list td:not(:nth-child(5), :nth-child(7)) {{ white-space: nowrap; }}
.list tr {{ break-inside: avoid; }}
.count {{ margin: 3mm 0 0; text-align: right; color: {t["muted"]}; font-size: 8.5pt; }}
.stamp {{ margin-top: auto; padding-top: 2mm; font-size: 7.5pt; color: {t["muted"]}; }}
@media screen {{ body {{ background: {t["page"]}; }}
  .page {{ background: #FFF; margin: 6mm auto; }} }}
{css()}"""
