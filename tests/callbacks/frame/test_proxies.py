"""Forwarded headers count where they come from a named proxy, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import flask
import pytest

from callbacks.frame import proxies
from data.errors import SupervisionError
from data.settings import Settings

SAID = {"X-Forwarded-For": "203.0.113.9, 10.0.0.7", "X-Forwarded-Proto": "https"}


def _who(settings: Settings, peer: str) -> str:
    server = flask.Flask("any")
    proxies.believe(server, settings)

    @server.get("/")
    def who() -> str:
        return f"{flask.request.scheme} {flask.request.remote_addr}"

    environ = {"REMOTE_ADDR": peer}
    return server.test_client().get("/", headers=SAID, environ_base=environ).text


@pytest.mark.parametrize(
    ("named", "peer", "who"),
    [
        (("127.0.0.1", "::1"), "127.0.0.1", "https 10.0.0.7"),
        (("127.0.0.1", "::1"), "::1", "https 10.0.0.7"),
        (("127.0.0.1", "::1"), "10.1.2.3", "http 10.1.2.3"),
        (("10.1.2.0/24",), "10.1.2.3", "https 10.0.0.7"),
        (("10.1.2.0/24",), "127.0.0.1", "http 127.0.0.1"),
        (("10.1.2.0/24",), "", "http "),
    ],
)
def test_only_a_named_proxy_is_believed(
    settings: Settings, named: tuple[str, ...], peer: str, who: str
) -> None:
    assert _who(replace(settings, behind_tls=True, proxies=named), peer) == who


def test_without_a_proxy_nobody_is_believed(settings: Settings) -> None:
    assert _who(settings, "127.0.0.1") == "http 127.0.0.1"


def test_names_that_are_no_addresses_and_short_secrets_stop_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WEIPIAN_PROXIES", "10.1.2.3, nginx")
    with pytest.raises(SupervisionError, match=r"WEIPIAN_PROXIES.*应为地址或网段"):
        Settings.from_environment()
    monkeypatch.setenv("WEIPIAN_PROXIES", "10.1.2.3,10.2.0.0/16")
    assert Settings.from_environment().proxies == ("10.1.2.3", "10.2.0.0/16")
    monkeypatch.setenv("WEIPIAN_METRICS_TOKEN", "geheim")
    with pytest.raises(SupervisionError, match="WEIPIAN_METRICS_TOKEN 的值太短") as refusal:
        Settings.from_environment()
    assert "geheim" not in refusal.value.message
