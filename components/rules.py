"""规则口径 as a text: rules with citations and parameters, and the figures' definitions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from components.prose import Node, node
from data.definitions import DEFINITIONS
from data.periods import format_day

#: Part of the page: anchor → what it is called.
PARTS = {
    "deadlines": "期限",
    "checks": "外业核查",
    "ratio-part": "问责比例",
    "triggers": "预警与措施",
    "measures": "措施与公文",
    "worklists": "日常清单",
    "confirmation": "待确认",
    "lists": "固定词表",
    "figures": "指标口径",
}


@dataclass(frozen=True, slots=True)
class ParameterLine:
    """A parameter as it is shown. local: 本市设定. allowed: its bounds, empty where only
    a new plan changes it.
    """

    label: str
    value: str
    local: bool
    allowed: str


@dataclass(frozen=True, slots=True)
class VersionLine:
    """Another version: from when, and which values differ, `预警线10%` → then what it was or will
    be. reason: of an administrator's change.
    """

    valid_from: date
    clause: str
    differences: tuple[tuple[str, str, str], ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RuleEntry:
    """A rule as it stands on the day. condition: in a sentence. formula: (name, line)."""

    id: str
    name: str
    part: str
    measure: str
    clause: str
    condition: str
    quotations: tuple[str, ...]
    sources: tuple[str, ...]
    formula: tuple[tuple[str, str], ...]
    parameters: tuple[ParameterLine, ...]
    valid_from: date
    reviewed: str
    changes: tuple[str, ...] = ()
    earlier: tuple[VersionLine, ...] = ()
    later: tuple[VersionLine, ...] = ()

    @property
    def locals(self) -> list[ParameterLine]:
        return [p for p in self.parameters if p.local]


@dataclass(frozen=True, slots=True)
class WordList:
    """Words that alone a column may carry. former: those of earlier versions, still readable."""

    id: str
    name: str
    words: tuple[str, ...]
    former: tuple[str, ...]
    clause: str
    sources: tuple[str, ...]
    local: bool
    valid_from: date


def full_day(day: date) -> str:
    return format_day(day)


def contents(entries: Sequence[RuleEntry], lists: Sequence[WordList] = ()) -> Node:
    """The way to each part, rule and list."""
    groups: list[Node] = []
    for part, title in PARTS.items():
        own = [(label(e), e.id) for e in entries if e.part == part]
        own += [(words.name, words.id) for words in lists if part == "lists"]
        links: list[Node] = [node("li", node("a", name, href=f"#{at}")) for name, at in own]
        groups.append(
            node(
                "div",
                node("h2", node("a", title, href=f"#{part}")),
                node("ul", *links) if links else None,
            )
        )
    return node("nav", *groups, cls="rule-contents")


def label(entry: RuleEntry) -> str:
    return entry.name if entry.id == "ratio" else f"{entry.id} {entry.name}"


def rule_text(entry: RuleEntry) -> Node:
    """One rule: what it says, the plan's words, its parameters, where it comes from."""
    facts = [f"依据：工作方案 {entry.clause}"]
    if entry.measure:
        facts.append(f"措施：{entry.measure}")
    facts.append(f"自{full_day(entry.valid_from)}起")
    quoted: list[Node] = [node("blockquote", q) for q in entry.quotations]
    quoted += [node("p", f"另据：{s}", cls="rule-source") for s in entry.sources]
    return node(
        "article",
        node("h3", node("a", label(entry), href=f"#{entry.id}")),
        node("p", "　".join(facts), cls="rule-facts"),
        node("p", entry.condition, cls="rule-condition") if entry.condition else None,
        _formula(entry),
        _parameters(entry),
        *[node("p", change, cls="rule-change") for change in entry.changes],
        *quoted,
        _versions("历次版本", entry.earlier),
        _versions("以后的版本", entry.later),
        node("p", entry.reviewed, cls="rule-reviewed"),
        cls="rule",
        anchor=entry.id,
    )


def _formula(entry: RuleEntry) -> Node | None:
    if not entry.formula:
        return None
    lines: list[Node] = []
    for name, line in entry.formula:
        lines += [node("dt", name), node("dd", line)]
    return node("dl", *lines, cls="rule-formula")


def _parameters(entry: RuleEntry) -> Node | None:
    if not entry.parameters:
        return None
    with_range = any(p.allowed for p in entry.parameters)
    rows: list[Node] = [
        node(
            "tr",
            node("th", p.label),
            node("td", p.value, cls="rule-value"),
            node("td", origin(p.local)),
            node("td", p.allowed, cls="rule-allowed") if with_range else None,
        )
        for p in entry.parameters
    ]
    names = ("参数", "现值", "来源", *(("可设范围",) if with_range else ()))
    head = node(
        "tr",
        *(node("th", name, cls="rule-allowed" if name == "可设范围" else "") for name in names),
    )
    return node(
        "table",
        node("caption", f"{entry.name}的参数", cls="visually-hidden"),
        node("thead", head),
        node("tbody", *rows),
        cls="rule-parameters",
    )


def origin(local: bool) -> Node:
    return node("span", "本市设定" if local else "方案规定", cls="origin" if local else "")


def _versions(title: str, versions: Sequence[VersionLine]) -> Node | None:
    if not versions:
        return None
    lines: list[Node] = []
    for v in versions:
        values = "；".join(f"{name}：{other}（现为{mine}）" for name, mine, other in v.differences)
        reason = f"（{v.reason}）" if v.reason else ""
        text = f"自{full_day(v.valid_from)}起，依据{v.clause}：{values or '文字调整'}{reason}"
        lines.append(node("li", text))
    return node("div", node("h4", title), node("ul", *lines), cls="rule-versions")


def definition_text(name: str) -> Node:
    """One figure: its definition, unit and clause; `#ratio_net` leads here."""
    d = DEFINITIONS[name]
    return node(
        "article",
        node("h3", node("a", d.label, href=f"#{name}"), node("small", f"（{d.unit}）")),
        node("p", d.text),
        node("p", f"依据：工作方案 {d.clause}", cls="rule-facts"),
        cls="figure-definition",
        anchor=name,
    )


def list_text(words: WordList) -> Node:
    """One closed list; `#return_reasons` leads here."""
    facts = f"依据：工作方案 {words.clause}　自{full_day(words.valid_from)}起　"
    gone = f"以前用过、仍可读取：{'、'.join(words.former)}" if words.former else ""
    return node(
        "article",
        node("h3", node("a", words.name, href=f"#{words.id}")),
        node("p", facts, origin(words.local), cls="rule-facts"),
        node("p", f"“{words.name}”列只能填这些：{'、'.join(words.words)}。", cls="rule-condition"),
        node("p", gone) if gone else None,
        *[node("p", f"另据：{source}", cls="rule-source") for source in words.sources],
        cls="rule",
        anchor=words.id,
    )


def local_table(entries: Sequence[RuleEntry]) -> Node:
    """All that the plan leaves open and the bureau set, in one table."""
    rows: list[Node] = [
        node(
            "tr",
            node("th", node("a", label(e), href=f"#{e.id}")),
            node("td", p.label),
            node("td", p.value, cls="rule-value"),
            node("td", e.clause),
        )
        for e in entries
        for p in e.locals
    ]
    head = node("tr", *(node("th", h) for h in ("规则", "参数", "现值", "依据")))
    return node(
        "details",
        node("summary", f"本市设定一览（{len(rows)}项）"),
        node(
            "p",
            "方案没有规定数值、由市局设定的参数。可以调整的由管理员设定，每次调整留有理由"
            "和日期；其余已用于入库数据的计算，只随新方案调整。",
        ),
        node(
            "table",
            node("caption", "本市设定的参数", cls="visually-hidden"),
            node("thead", head),
            node("tbody", *rows),
            cls="rule-parameters",
        ),
        cls="local-parameters",
    )


@dataclass(frozen=True, slots=True)
class FollowLine:
    """What may follow which measure, and only after what. local: 本市设定."""

    before: str
    after: str
    only: str
    local: bool
    clause: str


def follow_table(lines: Sequence[FollowLine]) -> Node:
    rows: list[Node] = [
        node(
            "tr",
            node("th", line.before),
            node("td", line.after),
            node("td", line.only),
            node("td", origin(line.local)),
            node("td", line.clause),
        )
        for line in lines
    ]
    head = node("tr", *(node("th", h) for h in ("措施", "其后可以", "条件", "来源", "依据")))
    return node(
        "article",
        node("h3", node("a", "措施的先后", href="#following")),
        node("p", "提交审核、审核和签发时逐条核对；条件不具备的不能往下办理。"),
        node(
            "table",
            node("caption", "措施的先后", cls="visually-hidden"),
            node("thead", head),
            node("tbody", *rows),
            cls="rule-parameters",
        ),
        cls="rule",
        anchor="following",
    )


def body(
    entries: Sequence[RuleEntry],
    lists: Sequence[WordList] = (),
    follows: Sequence[FollowLine] = (),
) -> list[Node]:
    """The whole text below the headline."""
    sections: list[Node] = []
    for part, title in PARTS.items():
        if part == "figures":
            texts = [definition_text(name) for name in DEFINITIONS]
            texts = [node("div", *texts, cls="figure-definitions")]
        elif part == "lists":
            texts = [list_text(words) for words in lists]
        else:
            texts = [rule_text(e) for e in entries if e.part == part]
            if part == "measures" and follows:
                texts.append(follow_table(follows))
        sections.append(node("section", node("h2", title), *texts, anchor=part))
    return [
        contents(entries, lists),
        node("div", local_table(entries), *sections, cls="rule-text"),
    ]
