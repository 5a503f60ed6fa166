"""Who is believed when he says that somebody else asks (docs/deployment.md)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

import flask
from werkzeug.middleware.proxy_fix import ProxyFix

from data.settings import Settings


def believe(server: flask.Flask, settings: Settings) -> None:
    """Behind TLS the named proxies say address and scheme of who asked; what anybody else writes
    into these headers is not read."""
    if not settings.behind_tls:
        return
    networks = [ipaddress.ip_network(name, strict=False) for name in settings.proxies]
    plain = server.wsgi_app
    told = ProxyFix(plain, x_for=1, x_proto=1)

    def answer(environ: Any, start_response: Any) -> Iterable[bytes]:
        is_proxy = _is_within(environ.get("REMOTE_ADDR", ""), networks)
        return (told if is_proxy else plain)(environ, start_response)

    server.wsgi_app = answer  # type: ignore[method-assign]


def _is_within(
    address: str, networks: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]
) -> bool:
    try:
        asked = ipaddress.ip_address(address)
    except ValueError:  # a socket without addresses
        return False
    return any(asked in network for network in networks)
