"""Photographs of field checks on the page of their patch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dash import dcc, html
from dash.development.base_component import Component

from components import ids, paths
from data.periods import format_day

if TYPE_CHECKING:
    from data.store.queries.photographs import Photo
    from data.worklists.photographs import Looked

_ACCEPTED = ".jpg,.jpeg,.csv,.xlsx"


def small_picture(photo: Photo) -> Component:
    """Leads to the original."""
    return html.A(
        html.Img(
            src=paths.small_photograph(photo.id),
            alt=f"{photo.level.label}核查照片 {photo.file_name}",
            className="photo-small",
        ),
        href=paths.photograph(photo.id),
        title="下载原照片",
    )


def photo_list(photos: Sequence[Looked], year: int) -> Component:
    return html.Ul([html.Li(_one(looked, year)) for looked in photos], className="photo-list")


def _one(looked: Looked, year: int) -> Component:
    photo = looked.photo
    taken = f"拍摄于 {photo.taken_at}" if photo.taken_at else "没有拍摄时间"
    where: list[str] = []
    if photo.lon is not None and photo.lat is not None:
        where.append(f"{photo.lon:.6f}, {photo.lat:.6f}")
        if looked.distance_m is not None:
            away = looked.distance_m
            where.append(f"距图斑{away:,.0f}米" if away else "图斑内")
        where.append(f"（{photo.placed_by.label}）" if photo.placed_by else "")
    if photo.azimuth_deg is not None:
        where.append(f"朝向{photo.azimuth_deg:.0f}°")
    lines: list[Any] = [
        html.Strong(f"{photo.level.label}核查"),
        html.Span(taken),
        html.Span(" ".join(where) or "没有拍摄位置"),
        html.Span(
            f"{photo.file_name}，{format_day(photo.added_on, year)} {photo.account}上传",
            className="muted",
        ),
    ]
    if looked.remarks:
        lines.append(html.Span("须核对：" + "；".join(looked.remarks), className="bad"))
    return html.Figure(
        [small_picture(photo), html.Figcaption(lines, className="photo-told")],
        className="photo",
    )


def photo_upload(level_name: str, most_bytes: int) -> Component:
    return html.Div(
        [
            dcc.Upload(
                html.Button(
                    f"上传{level_name}核查照片",
                    type="button",
                    className="btn btn-sm btn-outline-secondary",
                ),
                id=ids.PatchDetail.PHOTOS,
                className="file-chooser",
                multiple=True,
                accept=_ACCEPTED,
                max_size=most_bytes,
            ),
            html.P(
                f"JPEG，一次合计不超过{most_bytes // 1024 // 1024}MB；照片丢了位置和时间的，"
                "与相机的坐标表（文件名、经度、纬度、方位角、拍摄时间，.csv或.xlsx）一起选择。"
                "照片上传后不能删除。",
                className="muted",
            ),
        ],
        className="photo-upload",
    )
