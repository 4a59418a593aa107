//! Slicing and the ECMAScript form: no panic, and the form of a form is itself.
#![no_main]

use idvkit_signature::{ecmascript, member};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    if let Ok(Some(slice)) = member(body, "result") {
        assert!(body.windows(slice.len().max(1)).any(|window| window == slice) || slice.is_empty());
    }
    if let Ok(form) = ecmascript(body) {
        assert_eq!(ecmascript(&form).as_deref(), Ok(form.as_slice()));
    }
});
