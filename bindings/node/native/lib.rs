//! The native module of the npm package `idvkit`: it converts, calls the facade, and decides nothing.
//!
//! Records cross as JSON text, which `JSON.parse` turns into objects faster than any walk over them from here; bytes
//! cross as buffers beside it. The package's own JavaScript is the only caller: `src/index.ts` has the API.

mod driver;
mod input;
mod reject;
pub mod requests;
mod session;
mod told;
pub mod values;

use idvkit::{
    Algorithm, Config, Journey, KeyForm, ProviderId, RejectCode, Scheme, Secret, Seen, TagEncoding, UnixMillis,
};
use napi::bindgen_prelude::{Buffer, Either, Error, Result, Uint8Array};
use napi_derive::napi;

use crate::{
    input::Given,
    reject::{json, thrown, word},
};

pub use crate::requests::{jumio_image_request, signicat_download_request, signicat_token_request};
pub use crate::values::{value, value_of};

/// A parsed provider account. It holds the secrets.
#[napi]
pub struct Account(pub(crate) idvkit::Account);

#[napi]
impl Account {
    /// Parses a configuration.
    #[napi(factory)]
    pub fn from_json(config: String) -> Result<Self> {
        let config = Config::from_json(&config).map_err(thrown)?;
        idvkit::Account::new(config).map(Self).map_err(thrown)
    }

    /// The provider of the account.
    #[napi]
    pub fn provider(&self) -> Result<String> {
        word(&self.0.provider())
    }

    /// The provider's id that a callback or redirect names.
    #[napi]
    pub fn reference_of(&self, input: Given, now: i64) -> Result<Option<String>> {
        self.0.reference_of(&input.into_input()?, UnixMillis(now)).map_err(thrown)
    }
}

/// What a page or app saw, as the text of a hint. What was posted may be anything, and is then nothing.
#[napi]
pub fn read(journey: String, seen: String, posted: bool) -> Result<Option<String>> {
    let journey = Journey::from_json(&journey).map_err(thrown)?;
    match serde_json::from_str::<Seen>(&seen) {
        Ok(seen) => Ok(idvkit::read(&journey, &seen)),
        Err(_) if posted => Ok(None),
        // serde's own text echoes values.
        Err(_) => Err(Error::from_reason("seen must be a navigation, message, event or closed, as in the type `Seen`")),
    }
}

/// Reads the JSON of a journey, and gives it back as this version understands it.
#[napi]
pub fn journey(text: String) -> Result<String> {
    json(&Journey::from_json(&text).map_err(thrown)?)
}

/// A provider's tables.
#[napi]
pub fn catalog(provider: String) -> Result<String> {
    json(&idvkit::catalog(named(&provider)?))
}

/// The language to ask a provider for.
#[napi]
pub fn best_locale(provider: String, preferred: Vec<String>) -> Result<Option<String>> {
    Ok(idvkit::best_locale(named(&provider)?, preferred))
}

/// The HTTP status of a reject's code, for a browser and for a provider's callback.
#[napi]
pub fn http_status(code: String) -> Vec<u32> {
    let known = RejectCode::ALL.iter().find(|known| **known == code.as_str());
    known.map_or(vec![500, 500], |known| vec![known.http_status().into(), known.callback_status().into()])
}

pub(crate) fn named(provider: &str) -> Result<ProviderId> {
    ProviderId::parse(provider).ok_or_else(|| {
        let names: Vec<&str> = ProviderId::ALL.iter().map(|one| one.as_str()).collect();
        Error::from_reason(format!("provider is one of {}", names.join(", ")))
    })
}

/// The signature doctor.
#[napi]
pub fn diagnose(account: &Account, body: Uint8Array, tag: String) -> Result<String> {
    json(&idvkit::diagnose(&account.0, &body, &tag).map_err(thrown)?)
}

/// Accepts a tag for a message, or throws. Secrets that are bytes are keys as they are.
#[napi]
pub fn verify(
    message: &[u8],
    tag: String,
    secrets: Vec<Either<String, Uint8Array>>,
    base64: bool,
    hex_key: bool,
) -> Result<()> {
    let scheme = Scheme {
        algorithm: Algorithm::HmacSha256,
        encoding: if base64 { TagEncoding::Base64 } else { TagEncoding::Hex },
        key: if hex_key { KeyForm::HexDecoded } else { KeyForm::Text },
    };
    let secret = |given: Either<String, Uint8Array>| match given {
        Either::A(text) => Secret::from(text),
        Either::B(bytes) => scheme.key.secret(&*bytes),
    };
    let secrets: Vec<Secret> = secrets.into_iter().map(secret).collect();
    idvkit::verify(message, &tag, &secrets, scheme).map_err(thrown)
}

/// A member of a JSON object, exactly as it was sent.
#[napi]
pub fn signed_member(body: &[u8], name: String) -> Result<Option<Buffer>> {
    Ok(idvkit::signed_member(body, &name).map_err(thrown)?.map(Buffer::from))
}
