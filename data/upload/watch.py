"""The drop folder: files placed there are uploaded by rules, and moved out of the way.

`weipian-watch.toml` in the folder says what a file is by its name; the first rule that fits counts:

    settle_seconds = 5            # a file counts as complete when it has not changed for so long

    [[rule]]
    pattern = "下发图斑*.zip"      # * and ? as in file names, upper and lower case alike
    kind = "下发图斑"              # or patches
    year = 2026                   # optional
    district = "环翠区"            # optional: fills the column 区市 where the file lacks it
    layer = "永久基本农田"          # for kind 参考图层
    crs = 4528                    # optional
    all_or_nothing = false        # optional
    set = { "图斑类型" = "新增非农建设类" }   # optional: other columns the file lacks

A file of which rows were taken goes to `done/`, any other to `rejected/`; the returned workbook and
a text with the reason lie beside it. Nothing is ever overwritten. When the program dies between
writing and moving, the file is uploaded again, which changes nothing.
"""

from __future__ import annotations

import fnmatch
import logging
import re
import shutil
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from data.errors import StoreRefused, SupervisionError
from data.faults import number_of
from data.periods import local_time
from data.settings import Settings
from data.store.engine import Store
from data.upload.prepare import columns_of
from data.upload.request import UploadOutcome, UploadRequest
from data.upload.service import upload_file
from data.vocabulary import ReferenceLayer, Term, UploadKind

RULES = "weipian-watch.toml"
DONE, REJECTED = "done", "rejected"
_LOOK_SECONDS = 2.0
#: Endings of files that another program is still writing, or that belong to one.
_UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".filepart")
_SHOWN = 20
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rule:
    pattern: str
    kind: UploadKind
    year: int | None = None
    layer: ReferenceLayer | None = None
    crs: int | None = None
    all_or_nothing: bool = False
    set_columns: dict[str, str] = field(default_factory=dict)

    def fits(self, name: str) -> bool:
        return fnmatch.fnmatchcase(name.lower(), self.pattern.lower())


@dataclass(frozen=True)
class Rules:
    rules: tuple[Rule, ...]
    settle_seconds: float = 5.0

    def for_name(self, name: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.fits(name)), None)


def read_rules(folder: Path) -> Rules:
    """Raises SupervisionError with what is wrong with the file, in which rule."""
    path = folder / RULES
    if not path.is_file():
        raise SupervisionError(f"文件夹“{folder}”里没有 {RULES}，请先写好投递规则。")
    try:
        document = tomllib.loads(path.read_text("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise SupervisionError(f"{RULES} 无法读取，请存为 UTF-8 编码。") from error
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        where = f"第{line.group(1)}行" if line else "末尾"
        raise SupervisionError(
            f"{RULES} 无法读取：{where}写法不对（文字和中文列名都要加英文引号）。"
        ) from error
    entries = document.get("rule", [])
    if not isinstance(entries, list) or not entries:
        raise SupervisionError(f"{RULES} 里没有 [[rule]]，请至少写一条规则。")
    seconds = document.get("settle_seconds", 5)
    if not isinstance(seconds, int | float) or seconds < 0:
        raise SupervisionError(f"{RULES} 的 settle_seconds 应为不小于 0 的秒数。")
    return Rules(tuple(_rule(i, e) for i, e in enumerate(entries, start=1)), float(seconds))


_KEYS = {"pattern", "kind", "year", "district", "layer", "crs", "all_or_nothing", "set"}


def _rule(number: int, entry: Any) -> Rule:
    where = f"{RULES} 第{number}条规则"
    if not isinstance(entry, dict) or not isinstance(entry.get("pattern"), str):
        raise SupervisionError(f"{where}缺少 pattern（文件名样式）。")
    unknown = sorted(set(entry) - _KEYS)
    if unknown:
        raise SupervisionError(f"{where}有不认识的项：{'、'.join(unknown)}。")
    kind = _term(where, "kind", UploadKind, entry.get("kind"))
    layer = _term(where, "layer", ReferenceLayer, entry["layer"]) if "layer" in entry else None
    if kind is UploadKind.REFERENCE and layer is None:
        raise SupervisionError(f"{where}是参考图层，须用 layer 写明是哪一层。")
    for name in ("year", "crs"):
        if name in entry and not isinstance(entry[name], int):
            raise SupervisionError(f"{where}的 {name} 应为数字。")
    columns = {str(k): str(v) for k, v in entry.get("set", {}).items()}
    if "district" in entry:
        if not any(c.field == "district_code" for c in columns_of(UploadKind(kind))):
            raise SupervisionError(f"{where}：“{kind.label}”没有“区市”列，请去掉 district。")
        columns.setdefault("区市", str(entry["district"]))
    return Rule(
        entry["pattern"],
        UploadKind(kind),
        entry.get("year"),
        ReferenceLayer(layer) if layer else None,
        entry.get("crs"),
        bool(entry.get("all_or_nothing", False)),
        columns,
    )


def _term(where: str, name: str, vocabulary: type[Term], text: Any) -> Term:
    for term in vocabulary:
        if text in (term.value, term.label):
            return term
    names = "、".join(term.label for term in vocabulary)
    raise SupervisionError(f"{where}的 {name} 应为：{names}。")


def watch(
    store: Store,
    settings: Settings,
    directory: Path,
    once: bool = False,
) -> None:
    """Take what lies in the folder, and go on until interrupted; `once`: what is there now.

    Raises SupervisionError where the folder or its rules cannot be used at the start.
    """
    if not directory.is_dir():
        raise SupervisionError(f"没有文件夹“{directory}”，请检查路径。")
    rules = read_rules(directory)
    for name in (DONE, REJECTED):
        (directory / name).mkdir(exist_ok=True)
    if once:
        before = _sizes(directory)
        if before and rules.settle_seconds:
            time.sleep(rules.settle_seconds)
        _take_all(store, directory, rules, before)
        return
    try:
        _go_on(store, directory, rules)
    except KeyboardInterrupt:
        return


def _go_on(store: Store, directory: Path, rules: Rules) -> None:
    seen: dict[Path, tuple[int, float]] = {}
    since: dict[Path, float] = {}
    while True:
        now = time.monotonic()
        sizes = _sizes(directory)
        for path, size in sizes.items():
            if seen.get(path) != size:
                since[path] = now
        seen = sizes
        due = {p: s for p, s in sizes.items() if now - since[p] >= rules.settle_seconds}
        if due:
            try:
                rules = read_rules(directory)
            except SupervisionError as error:
                log.warning("%s", error.message)
            else:
                _take_all(store, directory, rules, due)
        time.sleep(_LOOK_SECONDS)


def _sizes(directory: Path) -> dict[Path, tuple[int, float]]:
    """Files that wait, with size and time of change."""
    return {p: (p.stat().st_size, p.stat().st_mtime) for p in _waiting(directory)}


def _waiting(directory: Path) -> Iterator[Path]:
    for path in sorted(directory.iterdir()):
        name = path.name
        if name == RULES or name.startswith((".", "~$")) or name.lower().endswith(_UNFINISHED):
            continue
        if path.is_file() and not path.is_symlink():
            yield path


def _take_all(
    store: Store,
    directory: Path,
    rules: Rules,
    before: dict[Path, tuple[int, float]],
) -> None:
    """Upload the files that have not changed since `before`."""
    for path, size in before.items():
        if _sizes(directory).get(path) == size:
            try:
                take(store, directory, rules, path)
            except StoreRefused as error:  # the store, not the file: it stays and is tried again
                log.warning("%s: %s", path.name, error.message)
                return


def take(store: Store, directory: Path, rules: Rules, path: Path) -> Path:
    """Upload one file and move it; returns where it lies then. Raises StoreRefused."""
    rule = rules.for_name(path.name)
    try:
        if rule is None:
            raise SupervisionError(
                f"没有适合“{path.name}”的规则。请在 {RULES} 中添加，或改文件名后重新放入。"
            )
        outcome = upload_file(store, _request(rule, path))
    except StoreRefused:
        raise
    except SupervisionError as error:
        return _move(path, directory / REJECTED, error.message, None)
    except Exception as error:  # one file must not stop the folder
        number = number_of(error, f"with {path.name}")
        said = f"系统出错，库中没有写入任何数据。请把编号 {number} 告诉管理员。"
        return _move(path, directory / REJECTED, said, None)
    taken = outcome.batch is not None
    target = directory / (DONE if taken else REJECTED)
    why = _sentence(outcome) if outcome.rejected or not taken else None
    return _move(path, target, why, outcome.report)


def _request(rule: Rule, path: Path) -> UploadRequest:
    return UploadRequest(
        path=path,
        file_name=path.name,
        kind=rule.kind,
        year=rule.year,
        crs=rule.crs,
        set_columns=rule.set_columns,
        all_or_nothing=rule.all_or_nothing,
        layer=rule.layer,
        uploaded_by="投递文件夹",
        uploaded_from="watch",
    )


def _sentence(outcome: UploadOutcome) -> str:
    head = (
        f"批次{outcome.batch}：新增{outcome.inserted}行，变更{outcome.updated}行，"
        f"退回{outcome.rejected}行，改正退回表后重新放入即可。"
        if outcome.batch is not None
        else f"没有写入任何数据：共{outcome.rows}行，退回{outcome.rejected}行。"
    )
    lines = [
        f"第{issue.row}行" + (f"“{issue.column}”" if issue.column else "") + f"：{issue.message}"
        for issue in outcome.errors[:_SHOWN]
    ]
    more = len(outcome.errors) - len(lines)
    return "\n".join([head, *lines, *([f"……另有{more}条，见退回表。"] if more > 0 else [])])


def _move(path: Path, folder: Path, sentence: str | None, report: Path | None) -> Path:
    """Move a file with what goes beside it, under a name that is free there."""
    folder.mkdir(exist_ok=True)
    target = _free(folder, path.name)
    path.rename(target)
    if report is not None:
        shutil.copyfile(report, _free(folder, f"{target.stem}_退回.xlsx"))
    if sentence is not None:
        # 记事本 of older Windows needs the mark to see UTF-8
        _free(folder, f"{target.name}.txt").write_text(sentence + "\n", "utf-8-sig")
    return target


def _free(folder: Path, name: str) -> Path:
    """The name itself, or with the time and a number before its ending."""
    if not (folder / name).exists():
        return folder / name
    stem, suffix = Path(name).stem, Path(name).suffix
    moment = f"{local_time(datetime.now(UTC)):%Y%m%d-%H%M%S}"
    number = 1
    while True:
        extra = f"_{moment}" + (f"-{number}" if number > 1 else "")
        candidate = folder / f"{stem}{extra}{suffix}"
        if not candidate.exists():
            return candidate
        number += 1
