"""The worker's post: every few minutes it sends what somebody is to be told of.

A server that is away or refuses delays nothing but the letter: that is tried again later, the
reason is an event and stands on 系统管理.
"""

from __future__ import annotations

import logging
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from data.numbers import whole_number
from data.settings import Settings
from data.store import meta
from data.store.engine import Store
from data.workflow.mailing import Letter, claim, give_back, letters

EVERY_SECONDS = 300
_WAITS_SECONDS = 10
_PORTS = {"starttls": 587, "tls": 465, "none": 25}
log = logging.getLogger(__name__)


class Mailer:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen: tuple[object, ...] | None = None

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set. Never raises: what could not be sent now is sent later."""
        while not problem(self._store.settings):
            try:
                self.look()
            except Exception:
                log.exception("mail could not be sent")
            if stop.wait(EVERY_SECONDS):
                return

    def look(self) -> None:
        """Nothing is looked for again until something is written, or another day comes."""
        today = self._store.settings.today()
        with self._store.read_now() as conn:
            seen = (today, *meta.content_key(conn))
        if seen != self._seen and send_letters(self._store, today):
            self._seen = seen


def problem(settings: Settings) -> str:
    """What is wrong with the settings, in a sentence; empty where nothing is."""
    if settings.mail_server is None:
        return ""
    host, _, port = settings.mail_server.partition(":")
    if not host or (port and whole_number(port, 1, 65_535) is None):
        return "WEIPIAN_MAIL_SERVER 应写作 mail.example.com 或 mail.example.com:587。"
    if "@" not in settings.mail_from:
        return "没有写发件地址，请设置 WEIPIAN_MAIL_FROM。"
    if (settings.mail_user is None) is not (settings.mail_password is None):
        return "WEIPIAN_MAIL_USER 和 WEIPIAN_MAIL_PASSWORD 要一起设置，或都不设置。"
    return ""


def send_letters(store: Store, today: date) -> bool:
    """Whether all that was due has gone out."""
    with store.read_now() as conn:
        due = letters(conn, today)
    mine = []
    for letter in due:
        with store.write() as conn:
            if claim(conn, letter) and letter.what != "begin":
                mine.append(letter)
    if not mine:
        return True
    left = {letter.account: "" for letter in mine}
    try:
        with connected(store.settings) as server:
            for letter in mine:
                left[letter.account] = _sent(server, store.settings, letter)
    except (OSError, smtplib.SMTPException) as error:
        left |= {letter.account: reason_of(error) for letter in mine if not left[letter.account]}
    failed = [letter for letter in mine if left[letter.account] != _SENT]
    for letter in failed:
        log.warning("mail to %s was not sent: %s", letter.account, left[letter.account])
        with store.write() as conn:
            give_back(conn, letter, left[letter.account])
    return not failed


_SENT = "sent"


def _sent(server: smtplib.SMTP, settings: Settings, letter: Letter) -> str:
    """_SENT, or why not."""
    try:
        server.send_message(message_of(settings, letter))
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as error:
        return reason_of(error)
    return _SENT


def message_of(settings: Settings, letter: Letter) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = settings.mail_from, letter.address
    message["Subject"], message["Date"] = letter.subject, formatdate(localtime=True)
    message["Message-ID"] = make_msgid(domain=settings.mail_from.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message


@contextmanager
def connected(settings: Settings) -> Iterator[smtplib.SMTP]:
    """Raises OSError, SMTPException."""
    host, _, port = (settings.mail_server or "").partition(":")
    at = int(port) if port else _PORTS[settings.mail_security]
    context = ssl.create_default_context()
    server: smtplib.SMTP
    if settings.mail_security == "tls":
        server = smtplib.SMTP_SSL(host, at, timeout=_WAITS_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, at, timeout=_WAITS_SECONDS)
    with server:
        if settings.mail_security == "starttls":
            server.starttls(context=context)
        if settings.mail_user is not None and settings.mail_password is not None:
            server.login(settings.mail_user, settings.mail_password)
        yield server


def reason_of(error: Exception) -> str:
    """In a sentence, without what the server says of itself."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return "邮件服务器不接受用户名或密码，请核对 WEIPIAN_MAIL_USER 和它的密码。"
        case smtplib.SMTPRecipientsRefused():
            return "邮件服务器不接受收件地址，请核对这个账户的邮件地址。"
        case smtplib.SMTPSenderRefused():
            return "邮件服务器不接受发件地址，请核对 WEIPIAN_MAIL_FROM。"
        case smtplib.SMTPNotSupportedError() | ssl.SSLError():
            return "邮件服务器的加密方式不同，请核对 WEIPIAN_MAIL_SECURITY 和端口。"
        case socket.gaierror():
            return "找不到邮件服务器，请核对 WEIPIAN_MAIL_SERVER。"
        case smtplib.SMTPException():
            return "邮件服务器没有收下，请稍后查看；仍不行请联系邮件管理员。"
    return "连不上邮件服务器，请核对 WEIPIAN_MAIL_SERVER 和网络。"
