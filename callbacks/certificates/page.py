"""复耕证明: the register on a day; issuing and revoking a certificate; is a number valid?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import dash
from dash import ALL, Dash, Input, Output, State, no_update
from dash.development.base_component import Component
from flask import Flask

from callbacks.certificates.workbook import EXPORT_PATH, TWICE, fits, workbook
from callbacks.frame.address import source_of_request
from callbacks.frame.content import fill_place
from callbacks.frame.context import PageContext, read_context
from callbacks.frame.downloads import serve_workbook
from callbacks.frame.guard import changes_state
from callbacks.frame.needs import needs
from components import ids, paths
from components.certificates import lookup, register_table, stages
from components.links import frame_part, href, read_search
from components.parts.card_menu import copy_link, export_link
from components.parts.cards import card, empty, headline, problem_notes
from components.parts.pager import pager
from components.shell import toast
from data.acting import acting
from data.definitions import DEFINITIONS
from data.errors import SupervisionError
from data.measures.kinds import MeasureKind
from data.measures.states import StepKind
from data.numbers import whole_number
from data.outlook.leading import NO_DATA
from data.periods import format_day
from data.rights import Right
from data.rules.worklists import step_due
from data.services import Services
from data.settings import Settings
from data.store.queries.measures import measures
from data.triggers.rulebook import Rulebook
from data.workflow.certifying import issue_certificate
from data.workflow.doubts import revoke_certificate
from data.worklists.certificates import Certificate, CertificateStage, certificates, is_valid

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: Lines of a page of the register.
PER_PAGE = 50
Key = tuple[int, str, int]
_S = CertificateStage
_OPEN = (_S.APPLIED, _S.VERIFIED, _S.FAILED)


def may_act(context: PageContext, today: date) -> bool:
    account = acting()
    is_now = context.as_of == today and context.known is None
    return is_now and account.may(Right.ISSUE) and not account.is_district


def due_days(rows: Sequence[Certificate], rules: Rulebook) -> dict[Key, date]:
    """By when those are to be issued that were accepted and have none (W5)."""
    rule = rules["W5"]
    return {
        (c.year, c.patch_no, c.parcel_no): step_due(
            "certify", c.accepted_on, **rule.on(c.accepted_on).parameters
        )
        for c in rows
        if c.accepted_on is not None and c.stage in _OPEN
    }


def sentences(context: PageContext, rows: Sequence[Certificate], late: int) -> list[str]:
    day, where = format_day(context.as_of, context.year), context.district_name
    if not rows and not context.stamp.years:
        return [f"截至{day}，{where}还没有拆除复耕的地块，{NO_DATA}"]
    count = Counter(c.stage for c in rows)
    waiting = sum(count[s] for s in _OPEN)
    said = [f"截至{day}，{where}{waiting:,}宗拆除复耕待出证，有效证明{count[_S.ISSUED]:,}份"]
    if late:
        said.insert(0, f"截至{day}，{where}{late:,}宗拆除复耕验收后逾期未出证")
        said[1] = f"{waiting:,}宗待出证，有效证明{count[_S.ISSUED]:,}份"
    if count[_S.FAILED]:
        said.append(f"{count[_S.FAILED]:,}宗核验不合格")
    if count[_S.REVOKED]:
        said.append(f"已撤销{count[_S.REVOKED]:,}份")
    twice = len({c.certificate_no for c in rows if c.twice})
    if twice:
        said.append(f"{twice:,}个编号重复")
    return said


def answer(conn: Connection, number: str, as_of: date) -> str:
    """Whether a number is valid: with patch and parcel and nothing else, to whoever asks."""
    found = is_valid(conn, number, as_of)
    if not found:
        return (
            f"截至{format_day(as_of)}，没有编号为“{number}”的有效证明。"
            "请核对编号，须与证明上的完全一致。"
        )
    where = "；".join(
        f"{year}年图斑{patch_no}{f'地块{parcel}' if parcel else ''}"
        for year, patch_no, parcel in found
    )
    twice = "编号重复，请向市局核实。" if len(found) > 1 else ""
    return f"截至{format_day(as_of)}，证明“{number}”有效：{where}。{twice}"


def printed(conn: Connection, context: PageContext) -> dict[str, int]:
    """Number → the measure by which the certificate was issued as a paper."""
    rows = measures(conn, context.scope, kinds=(MeasureKind.CERTIFICATE,))
    return {s.number: m.id for m in rows for s in m.steps
            if s.step == StepKind.ISSUE.value and s.number}  # fmt: skip


def render(conn: Connection, settings: Settings, search: str) -> list[Component]:
    """The whole page for an address."""
    context = read_context(conn, settings, search)
    query = frame_part(context.query)
    rows = certificates(conn, context.scope, context.as_of, context.district)
    due = due_days(rows, context.rules)
    late = sum(day < context.as_of for day in due.values())
    problems, stage = list(context.problems), context.query.get("stage", "")
    entries: Mapping[str, tuple[str, int]] = {
        "": ("全部", len(rows)),
        **{s.value: (s.label, sum(c.stage is s for c in rows)) for s in _S},
        TWICE: ("编号重复", sum(c.twice for c in rows)),
    }
    if stage not in entries:
        problems.append(f"没有状态“{stage[:20]}”，已列出全部。请从上方选择。")
        stage = ""
    number = context.query.get("no", "").strip()[:80]
    parts: list[Component] = [
        headline(sentences(context, rows, late)),
        *problem_notes(problems, href(paths.CERTIFICATES, query)),
        card("编号是否有效", lookup(number, answer(conn, number, context.as_of) if number else "")),
    ]
    if not rows:
        parts.append(
            empty(
                "还没有以拆除复耕消除违法状态的地块。",
                "去上传“查处整改”",
                href(paths.UPLOAD, query),
            )
        )
        return parts
    chosen = [c for c in rows if fits(c, stage)]
    pages = max(1, -(-len(chosen) // PER_PAGE))
    page = min(whole_number(context.query.get("page"), 1, 100_000) or 1, pages)
    acts = may_act(context, settings.today())
    table = register_table(
        chosen[(page - 1) * PER_PAGE : page * PER_PAGE],
        context.names_seen, query, context.stamp.years, due, printed(conn, context), acts,
    )  # fmt: skip
    own = {"stage": stage} if stage else {}
    who = "" if acts else "由有“签发”权限的市局账户在今天的基准日下出具和撤销。"
    parts += [
        stages(entries, stage, query),
        card(
            f"登记簿{len(chosen):,}宗",
            [table, pager(page, pages, paths.CERTIFICATES, query, own)],
            definition=DEFINITIONS["certificates_valid"],
            actions=[
                export_link(href(EXPORT_PATH, query, **own)),
                copy_link(context.permalink(paths.CERTIFICATES)),
            ],
            note="撤销的，地块当天重新列入整改台账。" + who,
            class_name="ledger-list",
        ),
    ]
    return parts


def key_of(text: str) -> Key:
    """Raises SupervisionError for what the page did not offer."""
    year, parcel, number = [*text.split("|", 2), "", ""][:3]
    work_year, parcel_no = whole_number(year, most=9999), whole_number(parcel, most=10**6)
    if work_year is None or parcel_no is None or not number:
        raise SupervisionError("页面已更新，请刷新后重试。")
    return work_year, number, parcel_no


def register(app: Dash, services: Services) -> None:
    i = ids.Certificates
    fill_place(app, services, i.CONTENT, render)

    @app.callback(
        Output(ids.Shell.LOCATION, "href", allow_duplicate=True),
        Input(i.NUMBER, "value"),
        State(ids.Shell.LOCATION, "search"),
        prevent_initial_call=True,
    )
    def look_up(number: str | None, search: str | None) -> Any:
        query = read_search(search or "")
        wanted = (number or "").strip()[:80]
        if wanted == query.get("no", ""):
            return no_update
        return href(paths.CERTIFICATES, query, no=wanted or None, stage=query.get("stage"))

    def parts(*names: str) -> list[dict[str, Any]]:
        return [{"type": f"certificate-{name}", "key": ALL} for name in names]

    issue, revoke, number, reason = parts("issue", "revoke", "number", "reason")

    @app.callback(
        Output(i.CONTENT, "children", allow_duplicate=True),
        Output(ids.Shell.TOASTS, "children", allow_duplicate=True),
        Input(issue, "n_clicks"),
        Input(revoke, "n_clicks"),
        State(number, "value"),
        State(number, "id"),
        State(reason, "value"),
        State(reason, "id"),
        State(ids.Shell.LOCATION, "search"),
        prevent_initial_call=True,
    )
    @changes_state
    @needs(Right.ISSUE)
    def act(
        issued: list[int | None],
        revoked: list[int | None],
        numbers: list[str | None],
        number_boxes: list[dict[str, str]],
        reasons: list[str | None],
        reason_boxes: list[dict[str, str]],
        search: str | None,
    ) -> Any:
        pressed = dash.ctx.triggered_id
        if not pressed or not any([*issued, *revoked]):
            return no_update, no_update
        boxes = [*zip(number_boxes, numbers, strict=True), *zip(reason_boxes, reasons, strict=True)]
        said = next((text or "" for box, text in boxes if box["key"] == pressed["key"]), "")
        words = take(services, pressed["type"], key_of(pressed["key"]), said)
        with services.store.read() as conn:
            return render(conn, services.settings, search or ""), toast(words)


def take(services: Services, pressed: str, key: Key, said: str) -> str:
    """Issue or revoke, as the button says; returns a sentence. Raises SupervisionError."""
    today, where = services.settings.today(), source_of_request()
    with services.store.write() as conn:
        if pressed == "certificate-issue":
            number = issue_certificate(conn, acting(), key, said[:80], today, where)
            return f"已出具：{number}。"
        revoke_certificate(conn, acting(), *key, said[:500], today, today, where)
        return f"已撤销图斑{key[1]}的证明，地块今天起重新列入整改台账。"


def register_routes(server: Flask, services: Services) -> None:
    serve_workbook(server, services, EXPORT_PATH, workbook)
