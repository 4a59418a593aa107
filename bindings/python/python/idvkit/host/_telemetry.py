"""Spans and metrics by `opentelemetry-api`, where the host switched them on."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Callable, Dict, Generator, Optional

from .. import Answer, HttpRequest
from ._events import Event, provider_of

__all__ = ["Telemetry"]


class Telemetry:
    """The names are in the kit's documentation."""

    def __init__(self) -> None:
        from opentelemetry import metrics, trace

        self._tracer = trace.get_tracer("idvkit")
        self._client = trace.SpanKind.CLIENT
        meter = metrics.get_meter("idvkit")
        self._exchanges = meter.create_counter("idvkit.exchanges", description="Requests to providers")
        self._outcomes = meter.create_counter("idvkit.outcomes", description="Verifications that ended")
        self._deliveries = meter.create_counter("idvkit.deliveries", description="Attempts to deliver an outcome")
        self._duration = meter.create_histogram("idvkit.exchange.duration", unit="s", description="Time of a request")

    @contextmanager
    def exchange(self, request: HttpRequest) -> Generator[Callable[[Optional[Answer]], None], None, None]:
        """A span around a request; it is told the answer."""
        about = {"idvkit.provider": provider_of(request), "idvkit.operation": request.operation}
        with self._tracer.start_as_current_span("idvkit.exchange", kind=self._client, attributes=about) as span:

            def answered(answer: Optional[Answer]) -> None:
                if answer is not None:
                    span.set_attribute("http.response.status_code", answer.status)

            yield answered

    def count(self, event: Event) -> None:
        """Counts an event."""
        kind = event["kind"]
        if kind == "exchange":
            about: Dict[str, str] = {"idvkit.provider": str(event["provider"]), "idvkit.operation": str(event["operation"])}
            more = {"http.response.status_code": int(str(event["status"]))} if "status" in event else {}
            self._exchanges.add(1, {**about, **more})
            self._duration.record(int(str(event["duration"])) / 1000, {**about, **more})
        elif kind == "outcome":
            self._outcomes.add(1, {"idvkit.outcome": str(event["outcome"])})
        elif kind == "delivered":
            self._deliveries.add(1, {"idvkit.done": bool(event["done"])})
