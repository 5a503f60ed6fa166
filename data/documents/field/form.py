"""The GeoPackage of a field package, with the form that QField and QGIS open it with.

The default style of a layer in `layer_styles` says how it is drawn, which fields can be edited
and by what (a list of findings, a calendar, the camera); the standard's own table of constraints
says the list again, for programs that know no QGIS. The file says nothing of when it was written,
so that the same package is the same file.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from xml.sax.saxutils import quoteattr

from data.colours import tokens
from data.documents.field.package import CHECKED_ON, FINDING, PHOTOS, TO_FILL
from data.maps.export import PATCHES, POINTS, UNLOCATED, PatchFile
from data.maps.export_files import write_geopackage
from data.vocabulary import CheckFinding

_EPSG = 4490
#: In place of the moment of writing.
_MOMENT = "2000-01-01T00:00:00.000Z"
_FINDINGS = "findings"


def write_form(file: PatchFile, path: Path) -> None:
    """Layers 图斑, 图斑点位 and table 无图形图斑, each with the form, and the tables of
    write_geopackage."""
    write_geopackage(file, path, _EPSG)
    with closing(sqlite3.connect(path)) as db:
        there = {str(name) for (name,) in db.execute("SELECT table_name FROM gpkg_contents")}
        layers = [name for name in (PATCHES, POINTS, UNLOCATED) if name in there]
        names = [field.name for field in file.fields]
        _constrain(db, layers)
        _style(db, layers, names)
        db.execute("UPDATE gpkg_contents SET last_change = ?", (_MOMENT,))
        db.commit()
        db.execute("VACUUM")


def _constrain(db: sqlite3.Connection, layers: list[str]) -> None:
    """The values of 核查结论, by OGC 12-128 (schema extension)."""
    db.execute(
        "CREATE TABLE IF NOT EXISTS gpkg_data_columns (table_name TEXT NOT NULL, "
        "column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT, mime_type TEXT, "
        "constraint_name TEXT, PRIMARY KEY (table_name, column_name))"
    )
    db.execute(
        "CREATE TABLE IF NOT EXISTS gpkg_data_column_constraints (constraint_name TEXT NOT NULL, "
        "constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN, "
        "max NUMERIC, max_is_inclusive BOOLEAN, description TEXT, "
        "UNIQUE (constraint_name, constraint_type, value))"
    )
    db.execute(
        "CREATE TABLE IF NOT EXISTS gpkg_extensions (table_name TEXT, column_name TEXT, "
        "extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL, "
        "UNIQUE (table_name, column_name, extension_name))"
    )
    db.executemany(
        "INSERT INTO gpkg_extensions VALUES (?, NULL, 'gpkg_schema', "
        "'http://www.geopackage.org/spec121/#extension_schema', 'read-write')",
        [("gpkg_data_columns",), ("gpkg_data_column_constraints",)],
    )
    db.executemany(
        "INSERT INTO gpkg_data_columns (table_name, column_name, constraint_name) VALUES (?, ?, ?)",
        [(layer, FINDING, _FINDINGS) for layer in layers],
    )
    db.executemany(
        "INSERT INTO gpkg_data_column_constraints (constraint_name, constraint_type, value, "
        "description) VALUES (?, 'enum', ?, ?)",
        [(_FINDINGS, finding.label, finding.label) for finding in CheckFinding],
    )


def _style(db: sqlite3.Connection, layers: list[str], fields: list[str]) -> None:
    """The table as QGIS makes it, with one default style a layer."""
    db.execute(
        "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "
        "f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256), "
        "f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT, "
        "useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME)"
    )
    db.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles', ?)",
        (_MOMENT,),
    )
    columns = db.execute("SELECT table_name, column_name FROM gpkg_geometry_columns")
    geometry = {str(table): str(column) for table, column in columns}
    db.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
        "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, "
        "update_time) VALUES ('', '', ?, ?, '外业核查', ?, '', 1, '外业核查', '', ?)",
        [
            (layer, geometry.get(layer, ""), qml(fields, layer, layer in geometry), _MOMENT)
            for layer in layers
        ],
    )


# ---- the style -----------------------------------------------------------------------------------


def qml(fields: list[str], layer: str, is_drawn: bool) -> str:
    """A layer's style as QGIS 3 writes it: what is not said is QGIS's own default."""
    drawn = _symbol(layer) + _labels() if is_drawn else ""
    widgets = "".join(
        f'<field name={quoteattr(name)} configurationFlags="None">'
        f"<editWidget type={quoteattr(kind)}><config>{_options(options)}</config></editWidget>"
        "</field>"
        for name in fields
        for kind, options in [_widget(name)]
    )
    editable = "".join(
        f'<field name={quoteattr(name)} editable="{int(name in TO_FILL)}"/>' for name in fields
    )
    aliases = "".join(
        f"<alias field={quoteattr(name)} index={quoteattr(str(at))} "
        f"name={quoteattr(_ALIASES.get(name, name))}/>"
        for at, name in enumerate(fields, start=1)
    )
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        '<qgis version="3.28.0" styleCategories="Symbology|Labeling|Fields|Forms" '
        f'labelsEnabled="{int(is_drawn)}">{drawn}'
        f"<fieldConfiguration>{widgets}</fieldConfiguration><aliases>{aliases}</aliases>"
        f"<editable>{editable}</editable>"
        f"<previewExpression>&quot;图斑编号&quot;</previewExpression>"
        "<editorlayout>generatedlayout</editorlayout></qgis>"
    )


_ALIASES = {
    "监测面积亩": "监测面积（亩）",
    "耕地亩": "占用耕地（亩）",
    "永久基本农田亩": "占用永久基本农田（亩）",
    "生态保护红线亩": "占用生态保护红线（亩）",
    "核查人": "核查人（至少两人，用顿号隔开）",
    PHOTOS: "照片（全景、近景各一张）",
    "备注": "核查情况",
}
_Options = dict[str, str | bool | dict[str, str]]


def _widget(name: str) -> tuple[str, _Options]:
    if name == FINDING:
        return "ValueMap", {"map": {f.label: f.label for f in CheckFinding}}
    if name == CHECKED_ON:
        return "DateTime", {
            "allow_null": True, "calendar_popup": True, "display_format": "yyyy-MM-dd",
            "field_format": "yyyy-MM-dd", "field_iso_format": False,
        }  # fmt: skip
    if name == PHOTOS:  # kept beside the file, with their path in the field
        return "ExternalResource", {
            "DocumentViewer": "1", "FileWidget": True, "FileWidgetButton": True,
            "RelativeStorage": "1", "StorageMode": "0",
        }  # fmt: skip
    return "TextEdit", {"IsMultiline": name == "备注", "UseHtml": False}


def _options(options: _Options) -> str:
    told = []
    for name, value in options.items():
        if isinstance(value, dict):
            inner = "".join(
                f'<Option type="Map"><Option type="QString" name={quoteattr(key)} '
                f"value={quoteattr(text)}/></Option>"
                for key, text in value.items()
            )
            told.append(f'<Option type="List" name={quoteattr(name)}>{inner}</Option>')
        else:
            kind = "bool" if isinstance(value, bool) else "QString"
            text = str(value).lower() if isinstance(value, bool) else value
            told.append(f'<Option type="{kind}" name={quoteattr(name)} value={quoteattr(text)}/>')
    return f'<Option type="Map">{"".join(told)}</Option>'


def _rgba(token: str, alpha: int) -> str:
    digits = tokens()[token].removeprefix("#")
    return ",".join(str(int(digits[at : at + 2], 16)) for at in (0, 2, 4)) + f",{alpha}"


def _symbol(layer: str) -> str:
    """Outlines that let the picture below be seen."""
    if layer == POINTS:
        kind, style = "marker", "SimpleMarker"
        options: _Options = {
            "name": "circle", "size": "4", "color": _rgba("accent", 90),
            "outline_color": _rgba("accent", 255), "outline_width": "0.6",
        }  # fmt: skip
    else:
        kind, style = "fill", "SimpleFill"
        options = {
            "color": _rgba("accent", 40), "outline_color": _rgba("accent", 255),
            "outline_width": "0.8", "outline_style": "solid", "style": "solid",
        }  # fmt: skip
    return (
        '<renderer-v2 type="singleSymbol" symbollevels="0" enableorderby="0" forceraster="0">'
        f'<symbols><symbol type="{kind}" name="0" alpha="1" clip_to_extent="1" '
        f'force_rhr="0"><layer class="{style}" enabled="1" locked="0" pass="0">'
        f"{_options(options)}</layer></symbol></symbols></renderer-v2>"
    )


def _labels() -> str:
    return (
        '<labeling type="simple"><settings calloutType="simple">'
        '<text-style fieldName="图斑编号" isExpression="0" fontSize="9" fontSizeUnit="Point" '
        f'textColor="{_rgba("ink", 255)}"><text-buffer bufferDraw="1" bufferSize="1" '
        'bufferColor="255,255,255,220"/></text-style></settings></labeling>'
    )
