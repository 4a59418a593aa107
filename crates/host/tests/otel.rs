//! What OpenTelemetry gets, with its own SDK. It is a program of its own, because the providers are global.
#![cfg(feature = "otel")]
#![allow(clippy::unwrap_used, reason = "a test that meets one has failed")]

use idvkit::{Account, Config, Request, UnixMillis};
use idvkit_host::{Database, Verifications};
use idvkit_sandbox::Sandbox;
use opentelemetry::global;
use opentelemetry_sdk::{
    metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider},
    trace::{InMemorySpanExporter, SdkTracerProvider},
};

#[tokio::test]
async fn exchanges_outcomes_and_deliveries_are_measured() {
    let (spans, metrics) = (InMemorySpanExporter::default(), InMemoryMetricExporter::default());
    let traced = SdkTracerProvider::builder().with_simple_exporter(spans.clone()).build();
    let measured = SdkMeterProvider::builder().with_reader(PeriodicReader::builder(metrics.clone()).build()).build();
    global::set_tracer_provider(traced);
    global::set_meter_provider(measured.clone());

    let sandbox = Sandbox::start().await.unwrap();
    let config = format!(
        r#"{{"provider": "jumio", "region": "us", "api_token": "sandbox-jumio-token", "api_secret": "sandbox-jumio-secret",
            "user_agent": "YourCompany YourApp/v1.0", "callback": {{"url": "https://merchant.example/callback"}},
            "options": {{"development": true, "api_base": "{}/jumio/us"}}}}"#,
        sandbox.base_url()
    );
    let account = Account::new(Config::from_json(&config).unwrap()).unwrap();
    let database = Database::open("sqlite::memory:").await.unwrap();
    let clock = sandbox.control().clone();
    let kit = Verifications::new(account, database, |_| async { Ok(()) }).unwrap();
    let kit =
        kit.with_http(idvkit_http::builder().no_proxy().build().unwrap()).with_clock(move || UnixMillis(clock.now()));
    let order = r#"{"flow": "jumio_authentication", "enrollment_transaction_reference": "22222222-2222-4222-8222-222222222222"}"#;
    let id = kit.begin(Request::from_json(order).unwrap(), "order-7", "user-7").await.unwrap();
    kit.state(&id).await.unwrap();
    kit.erase(&id, false).await.unwrap();
    kit.state(&id).await.unwrap();

    let spans = spans.get_finished_spans().unwrap();
    let attribute = |name: &str| {
        spans[0].attributes.iter().find(|one| one.key.as_str() == name).map(|one| one.value.to_string()).unwrap()
    };
    assert_eq!(spans[0].name, "idvkit.exchange");
    assert_eq!(attribute("idvkit.provider"), "jumio");
    assert_eq!(attribute("idvkit.operation"), "jumio.initiate");
    assert_eq!(attribute("http.response.status_code"), "200");
    assert!(spans[0].start_time <= spans[0].end_time);
    measured.force_flush().unwrap();
    let metrics = format!("{:?}", metrics.get_finished_metrics().unwrap());
    for name in ["idvkit.exchanges", "idvkit.exchange.duration", "idvkit.outcomes", "idvkit.deliveries"] {
        assert!(metrics.contains(name), "{name}: {metrics}");
    }
}
