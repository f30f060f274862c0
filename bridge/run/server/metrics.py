"""What Prometheus reads at ``/metrics``. Labels are operations, models, codes and statuses: never a value of an order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bridge.findings.issues import Issue
from bridge.run.server.lanes import Lanes
from bridge.run.workers.versions import VERSION, mapping

__all__ = ["Metrics"]

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60)
_BYTES = tuple(1024 * 4**power for power in range(9))

disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """The counters of one service."""

    def __init__(self, lanes: Lanes) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counter("imgda_requests", "Requests answered.", ["route", "status"], registry=registry)
        self.conversions = Counter("imgda_conversions", "Inputs handled.", ["operation", "model", "result"], registry=registry)
        self.seconds = Histogram(
            "imgda_seconds", "Time of a request, by phase.", ["operation", "phase"], buckets=_SECONDS, registry=registry
        )
        self.bytes = Histogram("imgda_input_bytes", "Size of the inputs.", ["operation"], buckets=_BYTES, registry=registry)
        self.issues = Counter("imgda_issues", "Findings, by code.", ["code", "severity"], registry=registry)
        self.losses = Counter("imgda_losses", "Values that did not reach the output, by class.", ["loss"], registry=registry)
        registry.register(_Workers(lanes))

    def count(self, issues: Iterable[Issue]) -> None:
        """Count findings."""
        for found in issues:
            self.issues.labels(found.code, found.severity).inc()
            if found.loss:
                self.losses.labels(found.loss).inc()

    def text(self) -> bytes:
        """The exposition format, version 0.0.4."""
        return generate_latest(self.registry)


class _Workers(Collector):
    """The state of the lanes at the moment it is asked."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes

    def collect(self) -> Iterator[Metric]:
        waiting = GaugeMetricFamily("imgda_waiting", "Inputs that wait for a worker.", labels=["lane"])
        ready = GaugeMetricFamily("imgda_workers_ready", "Workers that are up.", labels=["lane"])
        busy = GaugeMetricFamily("imgda_workers_busy", "Workers that have an input.", labels=["lane"])
        replaced = CounterMetricFamily("imgda_workers_replaced", "Workers replaced, and why.", labels=["lane", "reason"])
        about = GaugeMetricFamily("imgda_build", "Versions of the program and of its mapping.", labels=["version", "mapping"])
        about.add_metric([VERSION, mapping()], 1)
        for lane, pool in self._lanes.pools.items():
            waiting.add_metric([lane], pool.depth)
            ready.add_metric([lane], pool.ready)
            busy.add_metric([lane], pool.busy)
            for reason, count in pool.replaced.items():
                replaced.add_metric([lane, reason], count)
        yield from (waiting, ready, busy, replaced, about)
