"""What stands against the issue of a paper: each remark names its place and says what to do. What
blocks is wrong; what only warns must be seen by whoever issues (issue point 4)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from data.documents.agency import RULE, Agency, agency_on
from data.documents.families.common import OPEN
from data.documents.paper import (
    ADDRESSEE,
    CONSENT,
    LAYOUT,
    Form,
    Paper,
    Table,
    filled,
    from_texts,
    quoted_in,
)
from data.documents.quotes import day_text
from data.documents.typed import typed_in
from data.measures.frozen import Composed, Draft, Figure, Remark
from data.measures.kinds import Direction, Series
from data.periods import calendar_note, is_workday
from data.scope import Scope
from data.store.queries.moments import patch_ids
from data.store.queries.paper_facts import parcel_lines
from data.triggers.lines import lines_of
from data.triggers.rulebook import rulebook
from data.units import AREA_TOLERANCE_MU, meets
from data.vocabulary import Legality

#: What a bureau does not say to a government (documents.md §1.1).
COMMANDS = ("必须", "责令", "限你区", "限你市")
_GOVERNMENT = re.compile(r"政府|管理委员会|管委会")
_COORDINATE = re.compile(
    r"\b1[12]\d\.\d{3,}|\b3[5-9]\.\d{4,}|\d{1,3}°\s*\d{1,2}[′']|\b[34]\d{6,7}\.\d+"
)
_UNLAWFUL = re.compile(r"(?<!疑似)(?<!是否)违法")
_DAY = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日前")


def remarks(
    conn: Connection, draft: Draft, composed: Composed, due_on: date | None = None
) -> list[Remark]:
    """Every remark on the paper as it stands. due_on: the reply's deadline, where it is known."""
    if LAYOUT not in composed.texts:
        return [Remark("全文", "没有可以检查的正文，请重新起草。")]
    paper = from_texts(composed.texts)
    rules = rulebook(conn)
    agency = agency_on(conn, rules, draft.year, draft.as_of)
    told = {f.id: f.text for f in composed.figures}
    look = _Look(draft, composed, paper, agency, told)
    return [
        *look.addressees(),
        *look.settings(),
        *look.open_places(),
        *look.sums(),
        *look.roundings(lines_of(rules, draft.year, draft.as_of)),
        *look.commands(),
        *look.requests(),
        *look.typed_numbers(),
        *_days(paper, due_on),
        *_patches(conn, draft, composed, paper, told),
    ]


def changed_since(before: Sequence[Figure], now: Sequence[Figure]) -> list[Remark]:
    """A remark for each figure that the store gives otherwise now than when the draft was made."""
    known = {figure.id: figure for figure in now}
    found = []
    for figure in before:
        other = known.get(figure.id)
        if other is None:
            found.append(Remark(f"数字“{figure.name}”", "目前的数据中已没有这一项，请重新取数。"))
        elif other.text != figure.text or set(other.patches) != set(figure.patches):
            found.append(
                Remark(
                    f"数字“{figure.name}”",
                    f"起草时为{figure.text}，现为{other.text}，请重新取数后再签发。",
                )
            )
    return found


@dataclass(frozen=True)
class _Look:
    """Checks that need nothing but the paper itself."""

    draft: Draft
    composed: Composed
    paper: Paper
    agency: Agency
    told: Mapping[str, str]

    def _texts(self) -> Iterator[tuple[str, str]]:
        for place, text in self.paper.paragraphs():
            yield place, filled(text, self.told)

    def addressees(self) -> Iterator[Remark]:
        public = self.draft.kind.about.direction in (Direction.PUBLIC, Direction.INTERNAL)
        if self.paper.form is Form.SHEET or public:
            return
        if not self.composed.texts.get(ADDRESSEE, "").strip():
            yield Remark("主送机关", "没有主送机关，请补充后再签发。")

    def settings(self) -> Iterator[Remark]:
        missing = {
            "head": ("签发人", self.draft.kind.about.direction is Direction.UPWARD),
            "telephone": ("联系电话", self.paper.form is Form.LETTER),
            "name": ("发文机关署名", True),
        }
        for name in self.agency.missing:
            label, needed = missing.get(name, ("", False))
            if needed:
                yield Remark(
                    "设定", f"“{label}”尚未设定，请管理员在规则口径的 {RULE} 中设定。",
                    blocks=name == "name",
                )  # fmt: skip

    def open_places(self) -> Iterator[Remark]:
        for place, text in self._texts():
            if OPEN in text:
                yield Remark(place, f"有“{OPEN}”，请填写后再签发。", blocks=False)

    # ---- numbers ---------------------------------------------------------------------------------

    def _values(self, row: Sequence[str]) -> list[Figure | None]:
        """The single figure that each cell of a row is."""
        known = {figure.id: figure for figure in self.composed.figures}
        found = []
        for cell in row:
            ids = quoted_in(cell)
            found.append(known.get(ids[0]) if len(ids) == 1 and cell == f"{{{ids[0]}}}" else None)
        return found

    def _tables(self) -> Iterator[Table]:
        blocks = [*self.paper.blocks, *(b for annex in self.paper.annexes for b in annex.blocks)]
        return (block for block in blocks if isinstance(block, Table))

    def sums(self) -> Iterator[Remark]:
        """Counts and areas of a table that do not add up to its last row."""
        for table in self._tables():
            if table.total is None:
                continue
            totals = self._values(table.total)
            rows = [self._values(row) for row in table.rows]
            for at, total in enumerate(totals):
                column = [row[at] for row in rows]
                if total is None or total.value is None or total.text.endswith("%"):
                    continue
                values = [f.value for f in column if f is not None]
                if len(values) < len(rows) or None in values:
                    continue
                whole = sum(value for value in values if value is not None)
                if abs(whole - total.value) > AREA_TOLERANCE_MU:
                    yield Remark(
                        f"表“{table.caption}”合计行{table.columns[at].header}",
                        f"各行相加为{whole:.4f}，与合计{total.text}不符，请核对。",
                    )

    def roundings(self, lines: Mapping[str, tuple[float, ...]]) -> Iterator[Remark]:
        """Values that read on the other side of a line than they are."""
        for figure in self.composed.figures:
            said = _number(figure.text)
            if said is None or figure.value is None:
                continue
            shown = said / 100 if figure.text.endswith("%") else said
            for line in lines.get(figure.name, ()):
                if meets(shown, line) != meets(figure.value, line):
                    yield Remark(
                        f"数字“{figure.name}”",
                        f"“{figure.text}”因四舍五入越过了{line * 100:g}%线，请多保留小数。",
                    )

    def typed_numbers(self) -> Iterator[Remark]:
        """Numbers in the text that no figure stands behind."""
        for place, text in self.paper.paragraphs():
            if place.startswith(("表", "图")) or place == "标题":
                continue
            for number in typed_in(text, self.told):
                yield Remark(
                    place, f"数字“{number}”是手工输入的，没有依据；请引用系统指标或删去。",
                    blocks=False,
                )  # fmt: skip

    # ---- words -----------------------------------------------------------------------------------

    def commands(self) -> Iterator[Remark]:
        """Commands to a government in a letter, without the consent recorded."""
        is_letter = self.draft.kind.about.series is Series.LETTER
        to_government = any(_GOVERNMENT.search(name) for name in self.paper.addressees)
        if not (is_letter and to_government):
            return
        consent = self.composed.texts.get(CONSENT, "").strip() or self.agency.consent
        for place, text in self._texts():
            said = next((word for word in COMMANDS if word in text), None)
            if said and not consent:
                yield Remark(
                    place,
                    f"函中对政府使用了“{said}”，须经市政府同意：请登记同意的文号或日期，或改用商请语气。",
                )
            if "经市政府同意" in text and not consent:
                yield Remark(
                    place,
                    "写有“经市政府同意”，但未登记同意的文号或日期，请先登记。",
                    blocks=False,
                )

    def requests(self) -> Iterator[Remark]:
        """A 请示 has one addressee and one subject; a 报告 asks for nothing."""
        about = self.draft.kind.about
        if about.direction is not Direction.UPWARD:
            return
        if len(self.paper.addressees) > 1:
            yield Remark("主送机关", "上行文只能有一个主送机关，请保留一个，其余改为抄送。")
        if self.paper.copies and about.direction is Direction.UPWARD:
            yield Remark("抄送机关", "上行文不得抄送下级机关，请去掉抄送。")
        closings = [
            place
            for place, text in self._texts()
            if re.search(r"请批示|请批准|请审批|请示如下", text) and not place.startswith("附件")
        ]
        if about.series is Series.REPORT:
            for place in closings:
                yield Remark(place, "报告中不得夹带请示事项，请改为请示或删去。")
        own = [(place, text) for place, text in self._texts() if not place.startswith("附件")]
        asked = [place for place, text in own if re.search(r"[当妥]否，请批[示复准]", text)]
        if about.series is Series.REQUEST and len(asked) > 1:
            yield Remark(asked[1], "一份请示只能有一个事项，请拆分成两份。")
        subject = self.paper.title.rpartition("关于")[2]
        if about.series is Series.REQUEST and re.search(r"[、和及]", _without_names(subject)):
            yield Remark("标题", "标题像有两个事项，请示应当一文一事，请核对。", blocks=False)


def _without_names(subject: str) -> str:
    """The subject without names that carry an 和 of their own."""
    return re.sub(r"自然资源和规划|农业农村和|住房和城乡", "", subject)


def _number(text: str) -> float | None:
    try:
        return float(text.rstrip("%").replace(",", ""))
    except ValueError:
        return None


def _days(paper: Paper, due_on: date | None) -> Iterator[Remark]:
    """Deadlines that fall on a day off."""
    days = {("答复期限", due_on)} if due_on else set()
    for place, text in paper.paragraphs():
        for match in _DAY.finditer(text):
            try:
                days.add((place, date(*(int(part) for part in match.groups()))))
            except ValueError:
                yield Remark(place, f"“{match[0]}”不是有效的日期，请改正。")
    for place, day in sorted(days, key=lambda pair: (pair[1] or date.min, pair[0])):
        if day is None or is_workday(day):
            note = calendar_note(day.year) if day else None
            if note:
                yield Remark(place, note, blocks=False)
            continue
        following = day
        while not is_workday(following):
            following += timedelta(days=1)
        yield Remark(place, f"{day_text(day)}是休息日，请改为{day_text(following)}。")


def _patches(
    conn: Connection, draft: Draft, composed: Composed, paper: Paper, told: Mapping[str, str]
) -> Iterator[Remark]:
    """What is said of single patches, and what the public must not read."""
    scope = Scope.all().narrowed_to(draft.district)
    texts = [(place, filled(text, told)) for place, text in paper.paragraphs()]
    mentioned = {no for _, text in texts for no in re.findall(r"\d{12,20}", text)}
    mentioned |= {draft.subject} if re.fullmatch(r"[0-9]{10,}", draft.subject) else set()
    named = sorted(mentioned | set(draft.patch_nos))
    parcels = (
        parcel_lines(conn, scope, draft.year, draft.as_of, named, unlawful_only=False)
        if named
        else []
    )
    judged = {p.patch_no for p in parcels if p.unlawful}
    known = patch_ids(conn, draft.year, named)
    for place, text in texts:
        for number in re.findall(r"\d{12,20}", text):
            if number in judged or number not in known:
                continue
            if _UNLAWFUL.search(text.replace("直接判定违法", "").replace("判定违法", "")):
                yield Remark(
                    place,
                    f"{number}号图斑未经判定为违法，不得称其违法，请改为“疑似违法”或“待判定”。",
                )
    if not paper.public:
        return
    yield from _public(conn, scope, draft, composed, texts)


def _public(
    conn: Connection,
    scope: Scope,
    draft: Draft,
    composed: Composed,
    texts: Sequence[tuple[str, str]],
) -> Iterator[Remark]:
    quoted = sorted({no for f in composed.figures for no in f.patches} | set(draft.patch_nos))
    parcels = (
        parcel_lines(conn, scope, draft.year, draft.as_of, quoted, unlawful_only=False)
        if quoted
        else []
    )
    # whoever is named in the text, whether the paper rests on his parcel or not
    others = parcel_lines(conn, scope, draft.year, draft.as_of)
    owners = {p.land_user for p in (*parcels, *others) if p.land_user and len(p.land_user) > 1}
    for place, text in texts:
        for owner in sorted(owners):
            if owner in text:
                yield Remark(place, "公开文稿出现了当事人名称，请匿名（某公司、李某）。")
        if _COORDINATE.search(text):
            yield Remark(place, "公开文稿出现了坐标，请删去，位置写到村。")
        if re.search(r"\d{12,20}", text):
            yield Remark(place, "公开文稿出现了图斑编号，请删去。")
    pending = {p.patch_no for p in parcels if p.legality is Legality.PENDING}
    pending |= patch_ids(conn, draft.year, quoted).keys() - {p.patch_no for p in parcels}
    for number in sorted(pending):
        yield Remark("所依据的图斑", f"{number}号图斑尚未核实判定，不得公开。")
    open_ = [p for p in parcels if p.unlawful and not (p.penalty_on and p.accepted_on)]
    if open_:
        yield Remark(
            "所依据的图斑",
            f"有{len(open_)}宗案件尚未办理到位；公开未办结案件须局领导签字。",
            blocks=False,
        )
