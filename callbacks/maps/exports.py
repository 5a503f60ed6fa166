"""`/export/map.…` and `/map/picture.png`: what the map shows, to take along."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import quote

import flask

from callbacks.frame.address import search_of_request
from callbacks.frame.downloads import sheet_stamp
from callbacks.maps.answers import PNG, Asked, answered, read_asked
from callbacks.maps.heat import scale_until
from components.links import read_search
from data.errors import SupervisionError
from data.exports import count_rows, counting_rows
from data.maps.areas import read_unit
from data.maps.export import MapExport, map_export
from data.maps.export_files import read_system, write_geopackage, write_shapefile_zip
from data.maps.export_kml import write_kml
from data.maps.heat import read_radius
from data.maps.mercator import read_box
from data.maps.patch_tiles import COLOURINGS
from data.maps.picture_spec import BadPicture, PictureSpec
from data.maps.selection import Selection, read_selection
from data.periods import format_day
from data.services import Services
from data.units import format_plain
from data.vocabulary import ReferenceLayer

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: Ending → content type and how the file is written, in a coordinate system.
FORMATS: dict[str, tuple[str, Callable[[MapExport, Path, int], None]]] = {
    "gpkg": ("application/geopackage+sqlite3", write_geopackage),
    "zip": ("application/zip", write_shapefile_zip),
    "kml": (
        "application/vnd.google-earth.kml+xml",
        lambda export, path, _: write_kml(export, path),
    ),
}


def selection_words(selection: Selection | None) -> list[str]:
    if selection is None:
        return []
    west, south, east, north = map(format_plain, selection.box)
    what = "地图范围" if selection.outline is None else "圈选范围，外接"
    return [f"{what}：东经 {west}–{east}°，北纬 {south}–{north}°"]


def title_of(asked: Asked) -> str:
    """`未消除违法占用耕地`, `未消除违法占用耕地变化`."""
    q = asked.question
    return f"{q.what.label}{'变化' if q.is_difference else ''}"


def stamp_of(asked: Asked, selection: Selection | None) -> dict[str, str]:
    """What a file says of itself."""
    words = [*asked.question.in_words(), *selection_words(selection)]
    return {
        "名称": title_of(asked),
        **sheet_stamp(asked.context, asked.question.measure),
        "筛选": "；".join(words) or "无",
    }


def file_name(asked: Asked, ending: str) -> str:
    context = asked.context
    day = context.as_of.isoformat()
    return f"{title_of(asked)}_{context.district_name}_{day}.{ending}"


def export_of(conn: Connection, asked: Asked) -> MapExport:
    """Raises SupervisionError where the part of the map cannot be read, or is too large."""
    selection = read_selection(asked.arguments)
    stamp = stamp_of(asked, selection)
    return map_export(conn, asked.cube, asked.scope, asked.question, selection, stamp)


def _attached(name: str, content: io.IOBase, content_type: str) -> flask.Response:
    response = flask.Response(
        flask.stream_with_context(iter(lambda: content.read(1 << 20), b"")),
        content_type=content_type,
    )
    response.call_on_close(content.close)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response


# ---- the picture ---------------------------------------------------------------------------------

#: Arguments that a picture depends on, beside the question.
_PICTURE_KEYS = (
    "layer", "bbox", "by", "radius", "colour", "overlays", "until", "width", "height", "dpi",
)  # fmt: skip


def _size(asked: Asked, name: str, default: float) -> float:
    """Raises BadPicture."""
    try:
        value = float(asked.arguments.get(name) or default)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadPicture("图片的 width、height（毫米）和 dpi 应为数。")
    return value


def _overlays(text: str) -> tuple[ReferenceLayer, ...]:
    """`farmland,redline`. Raises SupervisionError."""
    known = {layer.value for layer in ReferenceLayer}
    names = [name for name in text.split(",") if name]
    for name in names:
        if name not in known:
            labels = "、".join(f"{layer.value}（{layer.label}）" for layer in ReferenceLayer)
            raise SupervisionError(f"没有参考图层“{name[:40]}”。可用的图层：{labels}。")
    return tuple(ReferenceLayer(name) for name in names)


def _colouring(text: str) -> str:
    """Raises SupervisionError."""
    if text and text not in COLOURINGS:
        known = "、".join(f"{key}（{label}）" for key, label in COLOURINGS.items())
        raise SupervisionError(f"没有着色方式“{text[:40]}”。可用的：{known}。")
    return text or "status"


def picture_spec(asked: Asked, services: Services) -> PictureSpec:
    """Raises SupervisionError where a part of the address cannot be read."""
    settings, context, q = services.settings, asked.context, asked.question
    given = asked.arguments
    layer = given.get("layer") or "heat"
    colouring = _colouring(given.get("colour", ""))
    place = context.district_name if context.district else settings.city_name
    of_value = layer != "patches" or colouring == "measure"
    what = title_of(asked) if of_value else "图斑分布"
    day = format_day(q.as_of, 0)
    return PictureSpec(
        layer=layer,
        title=f"{place}{what}",
        subtitle=["；".join([f"{context.year}年度，截至{day}", *q.in_words()])],
        stamp=context.stamp_line,
        until=scale_until(asked, settings.today()),
        box=read_box(given["bbox"]) if given.get("bbox") else None,
        by=read_unit(given.get("by", "")),
        radius=read_radius(given.get("radius", "")),
        colouring=colouring,
        overlays=_overlays(given.get("overlays", "")),
        is_demo=context.stamp.is_demo,
        width_mm=_size(asked, "width", 156),
        height_mm=_size(asked, "height", 112),
        dpi=int(_size(asked, "dpi", 200)),
    )


def register_routes(server: flask.Flask, services: Services) -> None:
    @server.get("/map/picture.png")
    def picture() -> flask.Response:
        def make(conn: Connection, asked: Asked) -> bytes:
            # loaded when the first picture is asked for: the library takes a second
            from data.maps.picture import map_picture

            spec = picture_spec(asked, services)
            return map_picture(conn, services.store, asked.cube, asked.scope, asked.question, spec)

        return answered(services, ("picture",), PNG, make, *_PICTURE_KEYS)

    @server.get("/export/map.<any(gpkg,zip,kml):ending>")
    def export_map(ending: str) -> flask.Response:
        content_type, write = FORMATS[ending]
        system = read_system(read_search(search_of_request()).get("epsg", ""))
        with services.store.read() as conn:
            asked = read_asked(conn, services)
            export = export_of(conn, asked)
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"map.{ending}"
            with counting_rows():  # only some kinds of file have tables beside the map
                write(export, path, system)
            count_rows(export.located.num_rows + export.unlocated.num_rows)
            content = path.open("rb")  # stays readable after the folder has gone
        return _attached(file_name(asked, ending), content, content_type)
