//! Images: one after the other, as a page hands them in, and beside the snapshot until they are sent.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod common;

use common::{Host, P1, image, paper, process};
use idvkit_core::{Input, Next, UnixMillis, Why};
use idvkit_signicat::Session;
use serde_json::json;

#[test]
fn a_further_image_brings_no_look_at_what_has_only_just_begun() {
    let mut host = Host::open(&json!({}), &paper());
    host.prepare(&process(P1, "signicatpaper", "pending"));
    for slot in ["front", "back"] {
        host.tell(Input::Images { images: vec![image(slot, 10)] }).unwrap();
    }
    host.answer("set_images", 204, &json!(null));
    host.answer("start", 200, &process(P1, "signicatpaper", "processing"));
    assert!(matches!(host.next(), Next::Wait { .. }), "it looks at once");
}

#[test]
fn a_snapshot_holds_digests_and_a_restored_session_asks_for_the_bytes() {
    let mut host = Host::open(&json!({}), &paper());
    host.prepare(&process(P1, "signicatpaper", "pending"));
    let images = ["front", "back"].map(|slot| {
        let mut photo = image(slot, 10);
        photo.bytes.resize(3_900_000, slot.as_bytes()[0]);
        photo
    });
    host.tell(Input::Images { images: images.to_vec() }).unwrap();
    let text = host.session.snapshot();
    assert!(text.len() < 4_000, "{} bytes for two photos of 3.9 MB", text.len());
    let mut restored = Session::restore(host.account.clone(), &text).unwrap();
    let (digests, now) = (host.session.digests(), UnixMillis(host.now));
    assert_eq!(digests.len(), 2);
    // The access token needs none of them.
    let Next::Send { request } = restored.next(now) else { panic!() };
    let body = br#"{"access_token": "tok", "expires_in": 600}"#.to_vec();
    restored.handle(Input::HttpResponse { id: request.id, status: 200, headers: vec![], body }, now).unwrap();
    let Next::Wait { why: Why::Blobs { digests: missing }, .. } = restored.next(now) else { panic!() };
    assert_eq!((missing.len(), &restored.missing()), (2, &missing));
    assert!(!restored.supply(b"another image".to_vec()));
    let [front, back] = images.map(|image| image.bytes);
    assert!(restored.supply(front) && matches!(restored.next(now), Next::Wait { .. }), "no body has a hole");
    assert!(restored.supply(back) && restored.missing().is_empty());
    let Next::Send { request } = restored.next(now) else { panic!() };
    assert_eq!(request.operation, "signicat.set_images");
    assert!(request.body.unwrap().len() > 10_000_000);
    assert_eq!((restored.blobs().len(), restored.snapshot().len() < 4_000), (2, true));
}

#[test]
fn an_upload_is_answered_without_the_bytes_at_hand() {
    let mut host = Host::open(&json!({}), &paper());
    host.prepare(&process(P1, "signicatpaper", "pending"));
    host.tell(Input::Images { images: vec![image("front", 10)] }).unwrap();
    let sent = host.wanted();
    let now = UnixMillis(host.now);
    let mut other = Session::restore(host.account.clone(), &host.session.snapshot()).unwrap();
    other.handle(Input::Sending { id: sent.id.clone() }, now).unwrap();
    other.handle(Input::HttpResponse { id: sent.id, status: 204, headers: vec![], body: vec![] }, now).unwrap();
    assert_eq!((other.digests(), other.missing()), (vec![], vec![]));
    assert!(matches!(other.next(now), Next::Send { request } if request.operation == "signicat.start"));
}
