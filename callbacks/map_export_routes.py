"""`/export/map.…` and `/map/picture.png`: what the map shows, to take along."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import quote

import flask

from callbacks.downloads import sheet_stamp
from callbacks.map_answers import Asked, read_asked
from data.maps.export import MapExport, map_export
from data.maps.export_files import read_system, write_geopackage, write_kml, write_shapefile_zip
from data.maps.selection import Selection, read_selection
from data.services import Services

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
    west, south, east, north = selection.box
    what = "地图范围" if selection.outline is None else "圈选范围，外接"
    return [f"{what}：东经 {west:.4f}–{east:.4f}°，北纬 {south:.4f}–{north:.4f}°"]


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


def register_routes(server: flask.Flask, services: Services) -> None:
    @server.get("/export/map.<any(gpkg,zip,kml):ending>")
    def export_map(ending: str) -> flask.Response:
        content_type, write = FORMATS[ending]
        system = read_system(flask.request.args.get("epsg", ""))
        with services.store.read() as conn:
            asked = read_asked(conn, services)
            export = export_of(conn, asked)
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"map.{ending}"
            write(export, path, system)
            content = path.open("rb")  # stays readable after the folder has gone
        return _attached(file_name(asked, ending), content, content_type)
