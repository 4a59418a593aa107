//! Spans and metrics by OpenTelemetry's global providers. Set these before the first verification is begun.

use std::{
    sync::OnceLock,
    time::{Duration, SystemTime},
};

use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Histogram},
    trace::{Span, SpanKind, Tracer},
};

use crate::event::What;

/// The name under which spans and metrics appear.
const SCOPE: &str = "idvkit";

struct Instruments {
    exchanges: Counter<u64>,
    duration: Histogram<f64>,
    outcomes: Counter<u64>,
    deliveries: Counter<u64>,
}

/// Measures an event.
pub(crate) fn measure(what: &What) {
    match what {
        What::Exchange { provider, operation, status, duration } => {
            let mut attributes = vec![
                KeyValue::new("idvkit.provider", provider.clone()),
                KeyValue::new("idvkit.operation", operation.clone()),
            ];
            attributes.extend(status.map(|status| KeyValue::new("http.response.status_code", i64::from(status))));
            let duration = Duration::from_millis(*duration);
            instruments().exchanges.add(1, &attributes);
            instruments().duration.record(duration.as_secs_f64(), &attributes);
            span(attributes, duration);
        }
        What::Outcome { outcome, .. } => {
            instruments().outcomes.add(1, &[KeyValue::new("idvkit.outcome", *outcome)]);
        }
        What::Delivered { done, .. } => {
            instruments().deliveries.add(1, &[KeyValue::new("idvkit.done", *done)]);
        }
        What::Begun { .. } | What::Told { .. } | What::Erased { .. } => {}
    }
}

/// The exchange is over: its span is made with both of its times.
fn span(attributes: Vec<KeyValue>, duration: Duration) {
    let (tracer, end) = (global::tracer(SCOPE), SystemTime::now());
    let begin = end.checked_sub(duration).unwrap_or(end);
    let span = tracer.span_builder("idvkit.exchange").with_kind(SpanKind::Client).with_start_time(begin);
    span.with_attributes(attributes).start(&tracer).end_with_timestamp(end);
}

fn instruments() -> &'static Instruments {
    static INSTRUMENTS: OnceLock<Instruments> = OnceLock::new();
    INSTRUMENTS.get_or_init(|| {
        let meter = global::meter(SCOPE);
        Instruments {
            exchanges: meter.u64_counter("idvkit.exchanges").build(),
            duration: meter.f64_histogram("idvkit.exchange.duration").with_unit("s").build(),
            outcomes: meter.u64_counter("idvkit.outcomes").build(),
            deliveries: meter.u64_counter("idvkit.deliveries").build(),
        }
    })
}
