"""/healthz, /readyz and /metrics."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from typing import Any

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from callcenter.web.errors import json_answer, not_allowed, not_signed_in
from callcenter.web.routing import SERVICES, current_session
from callcenter.web.ws import SOCKETS

log = structlog.get_logger("callcenter.web.health")
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
REGISTRY: web.AppKey[CollectorRegistry] = web.AppKey("registry", CollectorRegistry)


async def healthz(_request: web.Request) -> web.Response:
    """The process lives."""
    return json_answer({"status": "ok"})


async def readyz(request: web.Request) -> web.Response:
    """Calls can be taken: 200, or 503 with the reasons why not."""
    reasons = request.app[SERVICES].live.ready()
    return json_answer({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)


async def metrics(request: web.Request) -> web.Response:
    """For Prometheus on this machine, or a signed-in admin."""
    if not _from_this_machine(request):
        session = await current_session(request)
        if session is None:
            raise not_signed_in()
        if session[0]["role"] != "admin":
            raise not_allowed()
    body = generate_latest(request.app[REGISTRY])
    return web.Response(body=body, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})


def _from_this_machine(request: web.Request) -> bool:
    """Not when a proxy on this machine asks for somebody else."""
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.remote or "").is_loopback
    except ValueError:
        return False


class RoomsCollector:
    """Reads the rooms' numbers at the moment somebody asks."""

    def __init__(self, read: Callable[[], dict[str, Any]], app: web.Application) -> None:
        self._read = read
        self._app = app

    def collect(self) -> Iterable[Metric]:
        """One family a name. A room that can not tell its numbers does not hide the web server's."""
        sockets = self._app[SOCKETS]
        own: dict[str, Any] = {
            "callcenter_web_sockets": len(sockets),
            "callcenter_web_sockets_opened_total": sockets.opened,
            "callcenter_web_sockets_cut_off_total": sockets.cut_off,
            "callcenter_web_garbage_messages_total": sockets.garbage,
        }
        try:
            rooms = self._read()
        except Exception:
            log.exception("the rooms' numbers could not be read")
            rooms = {}
        for name, value in {**rooms, **own}.items():
            if _NAME.fullmatch(name):
                yield _family(name, value)

    def describe(self) -> Iterable[Metric]:
        """Names are known when they are read."""
        return ()


def _family(name: str, value: Any) -> Metric:
    samples: list[tuple[dict[str, str], float]] = value if isinstance(value, list) else [({}, value)]
    labels = list(samples[0][0]) if samples else []
    words = name.removeprefix("callcenter_").removesuffix("_total").replace("_", " ")
    counter = name.endswith("_total")
    family: CounterMetricFamily | GaugeMetricFamily = (
        CounterMetricFamily(name, words, labels=labels)
        if counter
        else GaugeMetricFamily(name, words, labels=labels)
    )
    for given, number in samples:
        family.add_metric([str(given.get(label, "")) for label in labels], float(number))
    return family
