"""Tells other programs what happened (data/workflow/hooks.py), beside the jobs of a worker.

What is to be told is found when the store's content or the day changes, and written down before it
is sent; whoever sends it takes it for a while, so that of several workers one does. The first
look at a new hook writes down what is known already without telling it.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
import requests
from sqlalchemy import Connection, Row, insert, select, update

from data.errors import SupervisionError
from data.periods import utc_now
from data.rights import Account
from data.store.engine import Store
from data.store.meta import content_key
from data.store.models import Delivery, Hook
from data.store.queries.accounts import known_account
from data.workflow.hook_events import Happening, happenings
from data.workflow.hooks import HookEvent, KnownHook, check_url, hooks

EVERY_SECONDS = 5.0
#: What a receiver has for its answer in all, and for each part of it.
WHOLE_SECONDS, PART_SECONDS = 15.0, 10.0
#: After a failure it is tried again so much later; after the last it is given up.
AGAIN = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 720))
#: Longer than one try takes.
_TAKEN_FOR = timedelta(minutes=2)
#: The mark of a hook's first look.
_BEGUN = "begun"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    is_done: bool
    said: str


#: (address, body, heads) → how it went.
Post = Callable[[str, bytes, dict[str, str]], Outcome]


class Teller:
    """Call look() and send() now and then, or run() in a thread of its own."""

    def __init__(self, store: Store, post: Post | None = None) -> None:
        self._store, self._post = store, post or post_within
        self._seen: tuple[object, ...] = ()

    def run(self, stop: threading.Event) -> None:
        """Never raises: what cannot be told now is told later."""
        while not stop.wait(EVERY_SECONDS):
            try:
                self.look()
                self.send()
            except SupervisionError as error:
                log.warning("%s", error.message)
            except Exception:
                log.exception("hooks were not told")

    def look(self) -> None:
        """Write down what each hook is to be told."""
        today = self._store.settings.today()
        with self._store.read() as conn:
            live = [hook for hook in hooks(conn) if hook.ended_at is None]
            seen = (today, tuple(live), *content_key(conn)) if live else ()
            if seen == self._seen:
                return
            found = []
            for hook in live:
                known = known_account(conn, hook.account)
                if not known.is_disabled:
                    who = known.account
                    found.append((hook, who, happenings(conn, hook, who, today)))
        for hook, who, happened in found:
            if _is_new(self._store, hook, happened):
                with self._store.write() as conn:
                    _write_down(conn, hook, who, happened)
        self._seen = seen

    def send(self) -> None:
        """Send what is due, one after another."""
        while (taken := self._take()) is not None:
            row, hook = taken
            outcome = self._try(row, hook)
            with self._store.write() as conn:
                conn.execute(
                    update(Delivery).where(Delivery.id == row.id).values(**_after(row, outcome))
                )

    def _take(self) -> tuple[Row[tuple[object, ...]], KnownHook] | None:
        d = Delivery
        due = select(*d.__table__.c).where(d.next_at <= utc_now()).order_by(d.next_at).limit(1)
        with self._store.read() as conn:
            if conn.execute(due).first() is None:
                return None
        with self._store.write() as conn:
            row = conn.execute(due).first()
            if row is None:
                return None
            later = {"next_at": utc_now() + _TAKEN_FOR}
            conn.execute(update(d).where(d.id == row.id).values(**later))
            (hook,) = [one for one in hooks(conn) if one.id == row.hook_id]
            return row, hook

    def _try(self, row: Row[tuple[object, ...]], hook: KnownHook) -> Outcome | None:
        """None where it is not to be told any more."""
        with self._store.read_now() as conn:
            known = known_account(conn, hook.account)
        if hook.ended_at or known.is_disabled or _scope_of(known.account) != row.scope:
            return None
        try:
            check_url(self._store.settings, hook.url)
        except SupervisionError as refusal:
            return Outcome(False, refusal.message)
        body = row.body.encode()
        return self._post(hook.url, body, heads_of(hook.secret, row.kind, row.id, body))


def heads_of(secret: str, kind: str, number: int, body: bytes) -> dict[str, str]:
    """signature: HMAC-SHA256 of the body by the hook's secret, in hexadecimal digits."""
    seal = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "weipian-hook",
        "X-Weipian-Event": kind,
        "X-Weipian-Delivery": str(number),
        "X-Weipian-Signature": f"sha256={seal}",
    }


def post_within(
    url: str, body: bytes, heads: dict[str, str], seconds: float = WHOLE_SECONDS
) -> Outcome:
    """Post it; of the answer only the status counts. A receiver that drips its answer is left after
    so many seconds, whatever it still sends."""
    found: list[Outcome] = []
    thread = threading.Thread(target=lambda: found.append(_post(url, body, heads)), daemon=True)
    thread.start()
    thread.join(seconds)
    return found[0] if found else Outcome(False, f"{seconds:.0f}秒内没有应答")


def _post(url: str, body: bytes, heads: dict[str, str]) -> Outcome:
    with requests.Session() as session:
        session.trust_env = False  # no proxy, no stored passwords
        try:
            answer = session.post(
                url,
                data=body,
                headers=heads,
                timeout=PART_SECONDS,
                allow_redirects=False,
                stream=True,
            )
        except requests.Timeout:
            return Outcome(False, f"{PART_SECONDS:.0f}秒内没有应答")
        except requests.RequestException as error:
            return Outcome(False, f"不能连接：{type(error).__name__}")
        return Outcome(answer.ok and answer.status_code < 300, f"应答 {answer.status_code}")


def _after(row: Row[tuple[object, ...]], outcome: Outcome | None) -> dict[str, object]:
    if outcome is None:
        return {"next_at": None, "said": "通知地址或账户已停用，或账户范围已变"}
    tries = row.tries + 1
    if outcome.is_done:
        return {"tries": tries, "next_at": None, "done_at": utc_now(), "said": outcome.said}
    again = utc_now() + AGAIN[row.tries] if row.tries < len(AGAIN) else None
    return {"tries": tries, "next_at": again, "said": outcome.said[:200]}


def _scope_of(account: Account) -> str:
    return (account.district or "-") if account.is_district else ""


def _known_keys(conn: Connection, hook: KnownHook) -> dict[str, int]:
    d = Delivery
    rows = conn.execute(select(d.key, d.id).where(d.hook_id == hook.id))
    return {row.key: row.id for row in rows}


def _gone(known: dict[str, int], happened: list[Happening]) -> list[str]:
    """Triggers that ended: should they open again, they are told again."""
    held = {one.key for one in happened}
    begin = f"{HookEvent.TRIGGER.value}:"
    return [key for key in known if key.startswith(begin) and "#" not in key and key not in held]


def _is_new(store: Store, hook: KnownHook, happened: list[Happening]) -> bool:
    """Whether there is anything to write; most looks find nothing."""
    with store.read_now() as conn:
        known = _known_keys(conn, hook)
    fresh = any(one.key not in known for one in happened)
    return fresh or _BEGUN not in known or bool(_gone(known, happened))


def _write_down(conn: Connection, hook: KnownHook, who: Account, happened: list[Happening]) -> None:
    """Call inside Store.write(), which one worker at a time does."""
    if conn.scalar(select(Hook.ended_at).where(Hook.id == hook.id)) is not None:
        return
    known, now = _known_keys(conn, hook), utc_now()
    is_first = _BEGUN not in known
    for key in _gone(known, happened):
        number = known[key]
        conn.execute(
            update(Delivery).where(Delivery.id == number).values(key=f"{key[:180]}#{number}")
        )
    common = {"hook_id": hook.id, "scope": _scope_of(who), "made_at": now, "tries": 0, "said": ""}
    rows = [
        {**common, "kind": one.kind.value, "key": one.key[:200], **_first(one, now, is_first)}
        for one in happened
        if one.key not in known
    ]
    if is_first:
        mark = {"kind": _BEGUN, "key": _BEGUN, "body": "", "next_at": None, "done_at": now}
        rows.append({**common, **mark})
    if rows:
        conn.execute(insert(Delivery), rows)


def _first(one: Happening, now: datetime, is_known: bool) -> dict[str, object]:
    """is_known: it was so before there was a hook, and is not told."""
    if is_known:
        return {"body": "", "next_at": None, "done_at": now}
    said = {"event": one.kind.value, "key": one.key, "at": f"{now.isoformat()}Z", "data": one.told}
    return {"body": orjson.dumps(said).decode(), "next_at": now, "done_at": None}
