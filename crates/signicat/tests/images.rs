//! Images one after the other, as a page hands them in.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod common;

use common::{Host, P1, image, paper, process};
use idvkit_core::{Input, Next};
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
