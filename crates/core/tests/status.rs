//! With which HTTP status a host answers, by the code of a reject.

use idvkit_core::{Blame, RejectCode};

#[test]
fn every_code_has_an_error_status_and_a_signature_is_never_acknowledged() {
    for code in RejectCode::ALL {
        let (browser, provider) = (code.http_status(), code.callback_status());
        assert!((400..=503).contains(&browser), "{code}");
        assert!(provider == 200 || provider == browser, "{code}");
        if code.blame() == Blame::Signature {
            assert_eq!((browser, provider), (401, 401), "{code}");
        }
    }
}

#[test]
fn what_is_genuine_but_of_no_consequence_is_acknowledged() {
    for (code, browser, provider) in [
        (RejectCode::SessionOver, 409, 200),
        (RejectCode::CallbackOfOtherProduct, 400, 200),
        (RejectCode::CallbackMalformed, 400, 400),
        (RejectCode::BodySpoiled, 400, 400),
        (RejectCode::WebhookTooLarge, 413, 413),
        (RejectCode::VerificationUnknown, 404, 404),
        (RejectCode::RetryRefused, 409, 409),
        (RejectCode::SnapshotNewer, 500, 500),
        (RejectCode::Conflict, 503, 503),
    ] {
        assert_eq!((code.http_status(), code.callback_status()), (browser, provider), "{code}");
    }
}
