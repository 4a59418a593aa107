//! Images: stored once beside the row, loaded for the one request that sends them, and dropped when it was answered. And a long
//! answer: stored once, and read by whoever wants the evidence.

use base64::{Engine, engine::general_purpose::STANDARD};
use idvkit::{
    Account, Config, HttpRequest, Image, Input, Next, Why,
    driver::{Accounts, Ask, Driver, Plan},
};
use serde_json::json;

use super::host::{Host, KZ, T0, request};

const PAPER: &str = r#"{"flow": "signicat_document_verification", "provider": "signicatpaper"}"#;
/// More than a row should ever carry.
const SIZE: usize = 1_000_000;

fn host() -> Host {
    let config = json!({ "provider": "signicat", "client_id": "planted-client", "client_secret": "planted-secret" });
    let account = Account::new(Config::from_json(&config.to_string()).unwrap()).unwrap();
    Host { accounts: Accounts::from(account), answers, ..Host::new() }
}

#[expect(clippy::unnecessary_wraps, reason = "the host of these tests takes answers that may be lost")]
fn answers(request: &HttpRequest) -> Option<(u16, String)> {
    let process = |status| json!({ "processId": "p-1", "provider": "signicatpaper", "status": status, "createdAt": "2026-01-01T00:00:00Z" });
    let body = match request.operation.as_str() {
        "signicat.token" => json!({ "access_token": "planted-token", "expires_in": 600 }),
        "signicat.create_dossier" => json!({ "dossierId": "d-1" }),
        "signicat.create_process" => process("pending"),
        "signicat.get_process" => process("accepted"),
        "signicat.set_images" => {
            assert!(request.body.as_ref().unwrap().len() > SIZE, "no body goes out with a hole");
            json!({})
        }
        _ => json!({}),
    };
    Some((200, body.to_string()))
}

fn png(fill: u8) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0DIHDR\0\0\0\x10\0\0\0\x10\x08\x02\0\0\0".to_vec();
    bytes.resize(SIZE, fill);
    bytes
}

fn images(fill: u8) -> Input {
    Input::Images { images: vec![Image { slot: "front".into(), bytes: png(fill) }] }
}

/// A verification that waits for its images.
fn collecting() -> (Host, String) {
    let mut host = host();
    let id = host.begin(request(PAPER), "order-7");
    let Next::Present { .. } = host.advance(&id) else { panic!() };
    host.stored.clear();
    (host, id)
}

#[test]
fn images_are_stored_once_and_dropped_when_they_were_sent() {
    let (mut host, id) = collecting();
    host.tell(&id, images(7)).unwrap();
    let row = host.row().clone();
    assert!(row.snapshot.len() < 8_000 && row.blobs.len() == 1, "{} bytes", row.snapshot.len());
    assert_eq!(host.stored, std::slice::from_ref(&row.blobs));
    assert_eq!(host.shelf.blobs[&row.blobs[0]].bytes, png(7));
    assert_eq!(row.due, Some(T0), "a worker is to send them at once");
    // Another worker has only what the store has.
    let done = host.work(&id);
    assert!(matches!(&done, Next::Done { outcome, .. } if outcome.is_approved()), "{done:?}");
    assert_eq!(host.count("signicat.set_images"), 1);
    assert!(host.stored[1..].iter().all(Vec::is_empty), "the store has them already: {:?}", host.stored);
    assert!(host.row().blobs.is_empty() && host.shelf.blobs.is_empty(), "images go as soon as they were sent");
}

#[test]
fn other_images_take_the_place_of_the_first_in_the_store_as_well() {
    let (mut host, id) = collecting();
    host.tell(&id, images(1)).unwrap();
    let first = host.row().blobs.clone();
    host.tell(&id, images(2)).unwrap();
    assert_ne!(host.row().blobs, first);
    assert_eq!(host.shelf.blobs.keys().collect::<Vec<_>>(), host.row().blobs.iter().collect::<Vec<_>>());
}

#[test]
fn lost_images_are_waited_for_and_can_be_handed_in_anew() {
    let (mut host, id) = collecting();
    host.tell(&id, images(1)).unwrap();
    host.shelf.blobs.clear();
    let Next::Wait { until, why: Why::Blobs { digests } } = host.advance(&id) else { panic!() };
    assert_eq!((until.since(host.now), digests), (1_000, host.row().blobs.clone()));
    assert_eq!(host.count("signicat.set_images"), 0);
    host.tell(&id, images(1)).unwrap();
    host.work(&id);
    assert_eq!(host.count("signicat.set_images"), 1);
}

#[test]
fn bytes_that_are_not_those_of_the_digest_are_no_image_of_ours() {
    let (mut host, id) = collecting();
    host.tell(&id, images(1)).unwrap();
    host.shelf.blobs.values_mut().for_each(|blob| blob.bytes = png(2));
    assert!(matches!(host.advance(&id), Next::Wait { why: Why::Blobs { .. }, .. }));
}

#[test]
fn a_row_of_the_first_form_holds_its_images_itself() {
    let (mut host, id) = collecting();
    host.tell(&id, images(1)).unwrap();
    let (digest, text) = (host.row().blobs[0].clone(), host.row().snapshot.clone());
    let whole = format!("\"data_url\":\"data:image/png;base64,{}\"", STANDARD.encode(png(1)));
    host.shelf.spoil(&text.replace(&format!("\"digest\":\"{digest}\""), &whole));
    host.shelf.blobs.clear();
    host.stored.clear();
    let before = host.row().snapshot.len();
    let mut driver = Driver::advance(&host.accounts, &id);
    while !matches!(driver.ask(), Ask::Store { .. }) {
        let told = host.perform(&driver.ask().clone()).unwrap();
        driver.told(told, host.now).unwrap();
    }
    let Ask::Store { row, blobs, .. } = driver.ask() else { unreachable!() };
    assert!(row.snapshot.len() < before / 100 && blobs.len() == 1 && blobs[0].digest == digest);
    host.work(&id);
    assert_eq!(host.count("signicat.set_images"), 1);
}

/// What biometric.kz gives back may hold files.
fn answering_with_files() -> Host {
    let answers = |request: &HttpRequest| {
        let body = super::host::body_for(request, "PASSED");
        let files = format!(r#","edocument_result":{{"result":true,"file":"{}"}}}}"#, "A".repeat(SIZE));
        let fetched = request.operation == "biometric_kz.fetch_result";
        Some((200, if fetched { body[..body.len() - 1].to_owned() + &files } else { body }))
    };
    Host { answers, ..Host::new() }
}

#[test]
fn a_long_answer_is_stored_once_and_read_only_for_the_evidence() {
    let mut host = answering_with_files();
    let id = host.begin(Plan::from(request(KZ)).delivered(), "order-7");
    let done = host.work(&id);
    assert!(matches!(&done, Next::Done { outcome, .. } if outcome.is_approved()), "{done:?}");
    let row = host.row().clone();
    assert!(row.snapshot.len() < 8_000 && row.blobs.len() == 1, "{} bytes", row.snapshot.len());
    assert_eq!(host.stored.concat(), row.blobs, "stored once");
    let mut driver = Driver::advance(&host.accounts, &id);
    assert!(matches!(driver.ask(), Ask::Load { blobs, .. } if blobs.is_empty()));
    driver.told(host.perform(&driver.ask().clone()).unwrap(), host.now).unwrap();
    assert!(matches!(driver.ask(), Ask::Rest { .. }), "no step reads it");

    let mut verification = host.verification();
    assert_eq!(verification.evidence(), None);
    verification.supply(&host.shelf.blobs.values().cloned().collect::<Vec<_>>());
    assert!(verification.evidence().unwrap().raw.len() > SIZE);
    host.tell(&id, Input::Erase { at_provider: true }).unwrap();
    assert!(host.row().blobs.is_empty() && host.shelf.blobs.is_empty(), "an erasure forgets it");
}

/// Also in another process, long after the answer.
#[test]
fn whoever_acts_on_a_long_answer_or_looks_at_it_has_the_evidence() {
    let mut host = answering_with_files();
    host.acts = false;
    let id = host.begin(Plan::from(request(KZ)).delivered(), "order-7");
    while host.acted.is_empty() {
        host.advance(&id);
        host.now = host.row().due.unwrap().max(host.now);
    }
    let mut driver = Driver::advance(&host.accounts, &id);
    while !matches!(driver.ask(), Ask::Deliver { .. }) {
        driver.told(host.perform(&driver.ask().clone()).unwrap(), host.now).unwrap();
    }
    assert!(driver.verification().unwrap().evidence().unwrap().raw.len() > SIZE);

    let inspect = |id: &str| {
        let mut driver = Driver::inspect(&host.accounts, id);
        while let Ask::Load { by, blobs } = driver.ask().clone() {
            driver.told(host.shelf.load(&by, &blobs), host.now).unwrap();
        }
        driver
    };
    let found = inspect(&id);
    assert_eq!(found.ask(), &Ask::Heard { id: Some(id) });
    assert!(found.verification().unwrap().evidence().unwrap().raw.len() > SIZE);
    let unknown = inspect("nobody");
    assert_eq!(unknown.ask(), &Ask::Heard { id: None });
    assert!(unknown.verification().is_none());
    // A store that has lost the bytes is asked for them once.
    host.shelf.blobs.clear();
    let mut driver = Driver::inspect(&host.accounts, host.row().id.clone().as_str());
    let mut loads = 0;
    while let Ask::Load { by, blobs } = driver.ask().clone() {
        driver.told(host.shelf.load(&by, &blobs), host.now).unwrap();
        loads += 1;
    }
    assert_eq!((loads, driver.verification().unwrap().evidence()), (2, None));
}
