"""What is said of triggers as one thing: the months or the patches of one rule in one district.

The one place that says what is grave: which matter stands first (within a severity the larger
excess), how many there are, and in one sentence who stands gravest and why. Pages, wall and
workbooks count and list matters; the command line gives the triggers one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from data.rules.triggers import excess as how_far
from data.triggers.current import Trigger
from data.units import SMALL, format_count, format_mu, format_rate
from data.vocabulary import Severity

Names = Mapping[str, str]

#: The mark of a key that names all patches of a rule in a district.
PATCHES = "patches"
_LEVELS = tuple(Severity)
#: What leaders ask for first; the others follow by number.
_RULES = ("T11", "T3", "T4", "T8", "T10", "T1")
#: How matters are counted and set apart, gravest first.
SECTIONS = ("问责建议", "约谈", "已达约谈线", "预警", "提示")
#: Section → what is said of who stands in it, where a line has been crossed.
_CROSSED = {
    "问责建议": "达到问责建议条件",
    "约谈": "达到约谈条件",
    "已达约谈线": "已达约谈线",
}
#: Units named in a sentence.
_MOST_NAMED = 4


def level(trigger: Trigger) -> int:
    """Higher is graver; a line reached counts as its severity."""
    return _LEVELS.index(Severity(trigger["line"] or trigger["severity"]))


def excess(trigger: Trigger) -> float:
    """How far beyond its line (rules/triggers.py)."""
    value, threshold = float(trigger["value"]), float(trigger["threshold"])
    return how_far(value, threshold, str(trigger["unit"]))


def weight(trigger: Trigger) -> tuple[int, float]:
    return level(trigger), excess(trigger)


def section_of(trigger: Trigger) -> str:
    """During the year a district can only be warned, though it has reached the line of an
    interview: that is said, and not counted as an interview."""
    severity, line = trigger["severity"], trigger["line"]
    if line is not None and line != severity:
        return f"已达{Severity(line).label}线"
    return Severity(severity).label


def is_on_patch(trigger: Trigger) -> bool:
    """Whether it is about one patch, not about a district or the city."""
    return trigger["district"] not in (None, trigger["subject"])


@dataclass(frozen=True, slots=True)
class Matter:
    """unit: short name of the district, or of the city. triggers: the gravest first; of those on
    patches perhaps only the first few (triggers/first_patches.py), then count says how many."""

    unit: str
    triggers: tuple[Trigger, ...]

    @property
    def gravest(self) -> Trigger:
        return self.triggers[0]

    @property
    def count(self) -> int:
        """How many triggers it stands for."""
        return int(self.gravest.get("of") or len(self.triggers))

    @property
    def notes(self) -> tuple[str, ...]:
        """What its triggers note, each once, the gravest first."""
        told: tuple[str, ...] | None = self.gravest.get("notes")
        return told or tuple(dict.fromkeys(t["note"] for t in self.triggers if t["note"]))

    @property
    def rule(self) -> str:
        return str(self.gravest["rule"])

    @property
    def district(self) -> str | None:
        """None for the city."""
        code: str | None = self.gravest["district"]
        return code

    @property
    def section(self) -> str:
        return section_of(self.gravest)

    @property
    def of_patches(self) -> bool:
        return is_on_patch(self.gravest)

    @property
    def key(self) -> str:
        """Names it in an address (triggers/behind.py); a rule's patches of a district together."""
        first = self.gravest
        if not self.of_patches:
            return str(first["key"])
        return f"{self.rule}.{self.district}.{first['period']}.{PATCHES}"

    @property
    def words(self) -> str:
        """What holds, in one line: `11个月中10个月低于90%且未报完，欠14个`."""
        return _WORDS.get(self.rule, _in_general)(self)


def is_warned(matter: Matter) -> bool:
    """Whether it is more than a notice."""
    return level(matter.gravest) >= _LEVELS.index(Severity.EARLY_WARNING)


def matters(triggers: Sequence[Trigger], names: Names) -> list[Matter]:
    """In the one order: the gravest first, then by rule, the larger excess first, then in the
    bureau's order; what few patches or little land put there comes after what they did not.

    names: district → short name, in the bureau's order.
    """
    groups: dict[tuple[str, str | None, bool], list[Trigger]] = {}
    for trigger in triggers:
        key = trigger["rule"], trigger["district"], is_on_patch(trigger)
        groups.setdefault(key, []).append(trigger)
    position = {code: at for at, code in enumerate(names)}
    found = []
    for (_, district, _), own in groups.items():
        unit = str(own[0]["subject_name"]) if district is None else names.get(district, district)
        found.append(Matter(unit, tuple(sorted(own, key=weight, reverse=True))))

    def order(matter: Matter) -> tuple[int, int, bool, float, int]:
        first = matter.gravest
        place = position.get(matter.district or "", -1)
        few = bool(first["small_denominator"])
        return -level(first), _place_of(matter.rule), few, -excess(first), place

    return sorted(found, key=order)


def _place_of(rule: str) -> int:
    return _RULES.index(rule) if rule in _RULES else len(_RULES) + int(rule[1:])


def counted(found: Sequence[Matter]) -> dict[str, int]:
    """Section → how many, those with any, the gravest first."""
    sections = [matter.section for matter in found]
    return {s: sections.count(s) for s in SECTIONS if s in sections}


def summary(found: Sequence[Matter]) -> str:
    """`2项已达约谈线，20项预警，3项提示`."""
    return "，".join(f"{count}项{section}" for section, count in counted(found).items())


def standings(found: Sequence[Matter], names: Names) -> dict[str, Matter | None]:
    """District → its gravest matter, the gravest district first; those without any come last, in
    the bureau's order."""
    result: dict[str, Matter | None] = {}
    for matter in found:
        if matter.district is not None and matter.district in names:
            result.setdefault(matter.district, matter)
    return result | {code: None for code in names if code not in result}


def crossed(found: Sequence[Matter]) -> str:
    """Who has crossed the line of an interview or is beyond it: `临港区、经区已达约谈线`; nothing
    for nobody. Of each only the gravest is said."""
    said: dict[str, str] = {}
    for matter in found:
        if matter.section in _CROSSED:
            said.setdefault(named(matter), matter.section)
    return "；".join(
        f"{_listed([unit for unit, own in said.items() if own == section])}{words}"
        for section, words in _CROSSED.items()
        if section in said.values()
    )


def crossed_sentence(found: Sequence[Matter]) -> str:
    """`临港区、经区已达约谈线，最严重的是临港区：…`; of one unit `临港区已达约谈线：…`."""
    said, units = crossed(found), {m.unit for m in found if m.section in _CROSSED}
    if not said:
        return ""
    if len(units) == 1:
        return f"{said}：{reason(found[0])}"
    return f"{said}，{gravest_sentence(found)}"


def _listed(names: Sequence[str]) -> str:
    more = f"等{len(names)}个单位" if len(names) > _MOST_NAMED else ""
    return "、".join(names[:_MOST_NAMED]) + more


def gravest_sentence(found: Sequence[Matter]) -> str:
    """Who stands gravest, and why: `最严重的是临港区：问责比例26.1%，超出15%线32.2亩`; nothing
    where nothing is worse than a notice."""
    worst = next((m for m in found if m.district is not None), None) or next(iter(found), None)
    if worst is None or not is_warned(worst):
        return ""
    return f"最严重的是{named(worst)}：{reason(worst)}"


def named(matter: Matter) -> str:
    """The unit, with the mark of a small denominator."""
    return f"{matter.unit}{SMALL}" if matter.gravest["small_denominator"] else matter.unit


def reason(matter: Matter) -> str:
    """What holds and how far beyond the line, for a sentence."""
    margin = "" if matter.of_patches else str(matter.gravest["margin"]).replace(" ", "")
    if matter.rule in _WORDS:  # said of its months: a margin would be that of one of them
        return matter.words
    return "，".join(filter(None, (matter.words, margin)))


# ---- what holds, in one line ---------------------------------------------------------------------


def _months_of(matter: Matter, threshold: float | None = None) -> int:
    """How many clearance months, of them those that met the threshold."""
    return len({t["period"] for t in matter.triggers if threshold in (None, t["threshold"])})


def _clearance(matter: Matter) -> str:
    open_ = sum({t["period"]: t["open"] for t in matter.triggers}.values())
    lines = sorted({float(t["threshold"]) for t in matter.triggers})
    said = [f"{_months_of(matter, line)}个月{'低于' + format_rate(line)}" for line in lines]
    judged = matter.gravest["judged_months"]
    return f"{judged}个月中{'、'.join(said)}且未报完，欠{format_count(open_)}个"


def _errors(matter: Matter) -> str:
    lines = sorted({float(t["threshold"]) for t in matter.triggers})
    worst = format_rate(matter.gravest["value"], tuple(lines))
    above = _months_of(matter, lines[-1])
    more = f"，其中{above}个月达{format_rate(lines[-1])}" if len(lines) > 1 else ""
    return (
        f"{matter.gravest['judged_months']}个月中{_months_of(matter)}个月差错率达"
        f"{format_rate(lines[0])}{more}，最高{worst}"
    )


def _in_general(matter: Matter) -> str:
    first = matter.gravest
    if matter.of_patches:
        several = matter.count > 1
        most = f"，最重的{first['formula']}" if several else f"：{first['formula']}"
        return f"{format_count(matter.count)}个图斑{first['rule_name']}{most}".replace(" ", "")
    if first["unit"] == "ratio":
        return f"问责比例{format_rate(first['value'], (first['threshold'],))}"
    if first["rule"] in ("T3", "T4"):
        land = next(name for about, name in _LAND if str(first["about"]).startswith(about))
        return f"{land}{format_mu(first['value'], (first['threshold'],))}亩"
    return str(first["formula"]).replace(" ", "")


#: What a trigger in 亩 is about → what it says.
_LAND = (
    ("basic_farmland", "未消除违法占用永久基本农田"),
    ("redline", "未消除违法占用生态保护红线"),
    ("ratio", "违法占用耕地"),
)
_WORDS: dict[str, Callable[[Matter], str]] = {"T1": _clearance, "T2": _errors}
