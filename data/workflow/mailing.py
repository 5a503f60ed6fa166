"""E-mail about what waits: which address an account has, and which letters are due.

A letter tells counts and days of what its reader may see, and no more: mail leaves the house. That
something was sent, or why not, is an event (kind `mail`); what an account has been told of is read
from its latest one, so that nothing is told twice.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, select

from data.acting import acting, acting_as
from data.documents.group_text import week_lines
from data.errors import SupervisionError
from data.periods import format_day
from data.rights import Account, Right
from data.store import events, meta
from data.store.facts import ACCOUNT, keep_value, tell_row
from data.store.models import Event
from data.store.queries.accounts import all_accounts, known_account
from data.store.queries.stamp import work_years
from data.workflow.todo import Asking, Todo, todo

MAIL = "mail"
#: A letter that failed so often is given up; what it told stands in 待办 anyway.
MOST_TRIES = 5
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,180}")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """weekly: whether the 周报 comes too, each Monday."""

    address: str
    weekly: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """what: begin (nothing is sent), new, week. told, week: what the account knows once it is sent
    (keys of items, the week of its last 周报); before: the same until then. tries: how often it has
    failed. since: number of the event that it follows."""

    account: str
    address: str
    what: str
    subject: str
    text: str
    told: tuple[str, ...]
    week: str
    before: tuple[tuple[str, ...], str] = ((), "")
    tries: int = 0
    since: int = 0


# ---- addresses -----------------------------------------------------------------------------------


def mailbox_of(conn: Connection, account: Account) -> Mailbox | None:
    held = meta.get(conn, f"{MAIL}:{account.id}")
    return Mailbox(**orjson.loads(held)) if held else None


def set_mailbox(conn: Connection, name: str, address: str, weekly: bool, where: str = "cli") -> str:
    """An empty address: no mail. → a sentence. Call inside Store.write(). Raises SupervisionError
    for what is no address."""
    acting().require(Right.ACCOUNTS)
    account, address = known_account(conn, name).account, address.strip()
    if address and not _ADDRESS.fullmatch(address):
        raise SupervisionError("邮件地址无法识别，请写作 name@example.com，一个账户一个地址。")
    held = orjson.dumps(asdict(Mailbox(address, weekly))).decode() if address else ""
    keep_value(conn, f"{MAIL}:{account.id}", held)
    assert account.id is not None
    about = {"what": MAIL, "account": account.name}
    tell_row(conn, ACCOUNT, account.id, acting().name, where, about)
    return f"账户“{name}”的邮件地址已{'保存' if address else '删除'}。"


# ---- letters -------------------------------------------------------------------------------------


def letters(conn: Connection, today: date) -> list[Letter]:
    """What is to be sent now. An account is told of what came since it was last told, from the day
    on which it got an address."""
    found: list[Letter] = []
    for known in all_accounts(conn):
        box = None if known.is_disabled else mailbox_of(conn, known.account)
        if box is not None:
            found += _letters_to(conn, known.account, box, today)
    return found


def _letters_to(conn: Connection, who: Account, box: Mailbox, today: date) -> list[Letter]:
    last = last_told(conn, who.name)
    with acting_as(who):
        waiting = todo(Asking(conn, who, today))
    keys = tuple(sorted({key_of(item) for item in waiting}))
    week = f"{today:%G-W%V}"
    if last is None:  # from now on
        return [Letter(who.name, "", "begin", "", "", keys, week)]
    seq, told = last
    known, was = set(told["told"]), str(told["week"])
    before, tries = (tuple(told["told"]), was), int(told["tries"])
    new = [item for item in waiting if key_of(item) not in known]
    if new:
        said = f"卫片执法：新到待办{len(new)}件", new_text(new, today)
        return [Letter(who.name, box.address, "new", *said, keys, was, before, tries, seq)]
    if box.weekly and was != week and (years := work_years(conn)):
        said = "卫片执法周报", week_text(week_lines(conn, who.scope, years[0], today), today)
        return [Letter(who.name, box.address, "week", *said, keys, week, before, tries, seq)]
    return []


def key_of(item: Todo) -> str:
    """Tells items apart in an event, without what they say."""
    said = orjson.dumps([item.kind.value, item.subject, item.page])
    return hashlib.sha256(said).hexdigest()[:12]


def new_text(new: list[Todo], today: date) -> str:
    counts = Counter(item.kind.label for item in new)
    days = [item.due_on for item in new if item.due_on is not None]
    due = f"最早{format_day(min(days), today.year)}到期。\n" if days else ""
    lines = "\n".join(f"· {label}：{count}件" for label, count in counts.items())
    return f"新到待办{len(new)}件：\n{lines}\n{due}{_FOOT}"


def week_text(lines: Mapping[str, list[str]], today: date) -> str:
    parts = [f"截至{format_day(today)}："]
    for heading, found in lines.items():
        parts.append(f"\n{heading}（{len(found)}项）")
        parts += [f"{n}. {line}" for n, line in enumerate(found, start=1)] or ["无。"]
    return "\n".join([*parts, "", _FOOT])


_FOOT = "请登录卫片执法监管系统，在“待办”中办理。本邮件由系统发出，请勿回复。"


# ---- what was sent -------------------------------------------------------------------------------


def last_told(conn: Connection, name: str) -> tuple[int, dict[str, Any]] | None:
    """(number, what it tells) of an account's latest event."""
    e = Event
    query = select(e.seq, e.told).where(e.kind == MAIL, e.who == name)
    row = conn.execute(query.order_by(e.seq.desc()).limit(1)).first()
    return None if row is None else (row.seq, orjson.loads(row.told))


def claim(conn: Connection, letter: Letter) -> bool:
    """Note that it goes out, before it does: False where another worker was first. Call inside
    Store.write()."""
    last = last_told(conn, letter.account)
    if (last[0] if last is not None else 0) != letter.since:
        return False
    _note(conn, letter, "sent", letter.told, letter.week, tries=0)
    return True


def give_back(conn: Connection, letter: Letter, reason: str) -> None:
    """It could not be sent: what it told is new again, until it has failed too often. Call inside
    Store.write()."""
    tries = (letter.tries + 1) % MOST_TRIES
    told, week = letter.before if tries else (letter.told, letter.week)
    _note(conn, letter, "failed", told, week, tries=tries, reason=reason)


def _note(
    conn: Connection, letter: Letter, state: str, told: tuple[str, ...], week: str, **more: Any
) -> None:
    about = {"what": letter.what, "state": state, "told": list(told), "week": week, **more}
    events.note(conn, MAIL, letter.account, "mail", about)


def last_outcome(conn: Connection) -> tuple[datetime, str] | None:
    """(when, why not; empty where it was sent) of the latest letter of all."""
    for event in events.events(conn, MAIL, limit=50):
        if event.told["what"] != "begin":
            return event.at, str(event.told.get("reason", ""))
    return None
