//! The body of a callback, before anything is read of it.

use base64::{
    Engine,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use crate::{Reject, RejectCode};

/// A body as it was received. What gateways and frameworks make of it before it is passed on would be read as the provider's
/// fault.
///
/// ```
/// use idvkit_core::raw_body;
///
/// assert_eq!(raw_body(b"a=1&b=2"), Ok(&b"a=1&b=2"[..]));
/// assert_eq!(raw_body(b"YT0xJmI9Mg==").unwrap_err().code(), "callback_not_raw");
/// assert_eq!(raw_body(b"").unwrap_err().code(), "callback_not_raw");
/// ```
///
/// # Errors
/// `callback_not_raw` if it is empty, or base64 of a text.
pub fn raw_body(body: &[u8]) -> Result<&[u8], Reject> {
    let refuse = |why| Err(Reject::at(RejectCode::CallbackNotRaw, "body", why));
    match body.trim_ascii() {
        [] => refuse("the body is empty; pass the bytes as they were received, before a framework reads them"),
        text if is_base64_of_text(text) => {
            refuse("the body looks like base64, as some gateways hand it over; decode it and pass the raw bytes")
        }
        _ => Ok(body),
    }
}

/// A form and JSON have characters that base64 has not; bare words that decode to something are no text then.
fn is_base64_of_text(text: &[u8]) -> bool {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let decoded =
        [STANDARD, URL_SAFE].iter().find_map(|alphabet| GeneralPurpose::new(alphabet, config).decode(text).ok());
    decoded.is_some_and(|bytes| core::str::from_utf8(&bytes).is_ok_and(|text| text.contains(['{', '='])))
}
