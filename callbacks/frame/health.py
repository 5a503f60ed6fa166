"""What machines ask that watch this one: /readyz and /metrics (docs/operations.md).

/healthz, which says only that this process answers, stands in app.py. None of them tells a name,
nor anything of the domain but how many records there are.
"""

from __future__ import annotations

import hmac
import os
import time
from collections.abc import Iterator
from typing import Any

import flask
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from callbacks.frame.gate import bearer_of
from data.jobs.standing import Standing, standing
from data.jobs.table import JobTable
from data.logs import requests as request_log
from data.services import Services

_METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"}
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
#: Of this process; with PROMETHEUS_MULTIPROC_DIR kept there and added up over all processes.
_own = CollectorRegistry()
_answered = Counter(
    "weipian_requests", "Answered requests", ("method", "route", "status"), registry=_own
)
_took = Histogram(
    "weipian_request_seconds", "Until an answer began", ("route",), registry=_own, buckets=_SECONDS
)
_WRONG = "需要监控令牌（WEIPIAN_METRICS_TOKEN）。"


class _Standing:
    """The present state as gauges, asked when it is read."""

    def __init__(self, now: Standing) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        now = self._now
        ready = GaugeMetricFamily("weipian_ready", "1 where it is so", labels=["check"])
        for name, is_so in now.checks.items():
            ready.add_metric([name], float(is_so))
        yield ready
        if now.jobs is not None:
            jobs = GaugeMetricFamily("weipian_jobs", "Jobs by their state", labels=["state"])
            for state in ("queued", "running", "waiting", "done", "failed", "cancelled"):
                jobs.add_metric([state], now.jobs.counts.get(state, 0))
            yield jobs
        single = (
            ("queue_wait_seconds", "How long the first queued job has waited",
             now.jobs.waits_seconds if now.jobs else None),
            ("disk_free_bytes", "Of the fullest disk that is written to", now.free_bytes),
            ("data_version", "Of the store", now.data_version),
            ("history_records", "Records of the history", now.records),
            ("anchor_age_seconds", "Since the last anchor", now.anchor_age_seconds),
            ("backup_age_seconds", "Since the last backup", now.backup_age_seconds),
        )  # fmt: skip
        for name, about, value in single:
            if value is not None:
                yield GaugeMetricFamily(f"weipian_{name}", about, value=value)


def register_routes(server: flask.Flask, services: Services) -> None:
    table = JobTable(services.settings)

    @server.before_request
    def begin() -> None:
        flask.g.began = time.perf_counter()

    @server.after_request
    def note(response: flask.Response) -> flask.Response:
        request = flask.request
        seconds = time.perf_counter() - flask.g.get("began", time.perf_counter())
        # the rule, not the path: there are as many as the program has
        route = request.url_rule.rule if request.url_rule is not None else "none"
        method = request.method if request.method in _METHODS else "other"
        _answered.labels(method, route, response.status_code).inc()
        _took.labels(route).observe(seconds)
        request_log.info(
            "answered",
            extra={
                "route": route,
                "status": response.status_code,
                "seconds": round(seconds, 4),
                "source": request.remote_addr,
            },
        )
        return response

    @server.get("/readyz")
    def ready() -> Any:
        """200 where this machine can do its work, else 503; by name what it lacks."""
        now = standing(services.store, table)
        return {"ready": now.is_ready, **now.checks}, 200 if now.is_ready else 503

    @server.get("/metrics")
    def metrics() -> Any:
        token = services.settings.metrics_token
        if token is None:
            flask.abort(404)
        shown = bearer_of(flask.request) or ""
        if not hmac.compare_digest(shown.encode(), token.encode()):
            return {"message": _WRONG}, 401
        registry = CollectorRegistry()
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        else:
            registry.register(_own)
        registry.register(_Standing(standing(services.store, table)))
        return flask.Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)
