//! eID methods (`connect:<method>`): the page, and the user's data in one of three forms, not normalised (S-15).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::settings::{SignicatPerson, UserInfoForm};
use super::state::{self, Process};
use crate::world::World;

/// Gives a new process its page.
pub(crate) fn open(world: &mut World, id: &str) {
    let page = world.ids.token(32);
    if let Some(process) = world.states.signicat.processes.get_mut(id) {
        process.eid = Some(page);
    }
}

/// The user has authenticated: the verdict is there at once, before the redirect (S-F4).
pub(crate) fn authenticate(world: &mut World, id: &str) {
    let Some(process) = world.states.signicat.processes.get(id) else { return };
    let (form, outcome) = (process.userinfo, process.outcome);
    let secret = world.config.signicat.clients.get(process.client).map(|client| client.client_secret.clone());
    let jwt = match form {
        UserInfoForm::Json => None,
        UserInfoForm::SignedJwt => Some(signed(&claims(&world.config.signicat.person), &secret.unwrap_or_default())),
        UserInfoForm::EncryptedJwt => Some(sealed(world)),
    };
    if let Some(process) = world.states.signicat.processes.get_mut(id) {
        process.jwt = jwt;
    }
    state::conclude(world, id, outcome);
}

/// Adds the user's data to an accepted process.
pub(crate) fn finish(value: &mut Value, process: &Process, person: &SignicatPerson) {
    let user_info = process.jwt.as_ref().map_or_else(|| claims(person), |jwt| json!(jwt));
    value["providerSpecific"] = json!({ "userInfo": user_info });
    if process.userinfo != UserInfoForm::EncryptedJwt {
        value["finalResult"] = claims(person);
    }
}

/// As an eID method names them; the date in its own form, because nothing is normalised here.
fn claims(person: &SignicatPerson) -> Value {
    json!({
        "sub": "sandbox-eid-0001",
        "given_name": person.first_name,
        "family_name": person.last_name,
        "birthdate": person.date_of_birth.replace('-', ""),
        "national_identity_number": person.personal_identification_number,
    })
}

fn signed(claims: &Value, secret: &str) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", encode(&json!({ "alg": "HS256", "typ": "JWT" })), encode(claims));
    let tag = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map(|mut mac| {
        mac.update(message.as_bytes());
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    });
    // HMAC takes keys of every length; the type cannot say so.
    format!("{message}.{}", tag.unwrap_or_default())
}

/// Only the outside of an encrypted token: header, key, nonce, text, tag. There is nothing to decrypt.
fn sealed(world: &mut World) -> String {
    let header = URL_SAFE_NO_PAD.encode(json!({ "alg": "RSA-OAEP-256", "enc": "A256GCM" }).to_string());
    let mut part = |length: usize| URL_SAFE_NO_PAD.encode(world.ids.word(length));
    [header, part(256), part(12), part(180), part(16)].join(".")
}
