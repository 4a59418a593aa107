//! `verify` and `signed_member`, signatures without a session.

#![allow(clippy::unwrap_used, reason = "a test that meets one has failed")]

use idvkit::{Blame, KeyForm, Scheme, Secret, signed_member, verify};

#[test]
fn signatures() {
    let scheme = Scheme { key: KeyForm::HexDecoded, ..Scheme::HMAC_SHA256_HEX };
    let body = br#"{"result": {"a": 1.0}, "tag": "x"}"#;
    let message = signed_member(body, "result").unwrap().unwrap();
    assert_eq!(message, br#"{"a": 1.0}"#);
    assert_eq!(signed_member(body, "other").unwrap(), None);
    let secrets = [Secret::from("00"), Secret::from("0b0b")];
    let tag = scheme.sign(&secrets[1], &message).unwrap();
    verify(&message, &tag, &secrets, scheme).unwrap();
    let reject = verify(body, &tag, &secrets, scheme).unwrap_err();
    assert_eq!((reject.code().as_str(), reject.blame()), ("signature_wrong", Blame::Signature));
    assert_eq!(verify(body, &tag, &[], scheme).unwrap_err().code(), "secret_missing");
}
