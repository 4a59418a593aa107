//! The native part of idvkit for Kotlin and Swift on a server: it converts, calls the facade, and decides nothing.
//!
//! The types are declared once, in `idvkit-core`; here are the calls. Apps take the library in `client/` instead.
#![forbid(unsafe_code)]

mod account;
mod accounts;
#[rustfmt::skip]
mod calls;
mod driver;
mod reject;
mod requests;
mod session;
mod signed;
mod tokens;
mod values;
mod verification;

pub use account::{Account, best_locale, catalog, catalog_to_json, diagnose, providers};
pub use accounts::Accounts;
pub use calls::*;
pub use driver::Driver;
pub use reject::{Reject, reject_code_blame, reject_code_callback_status, reject_code_http_status, reject_codes};
pub use requests::{jumio_image_request, signicat_download_request, signicat_token_request};
pub use session::{Session, provider_of};
pub use signed::{signed_member, verify, verify_with_keys};
pub use tokens::Tokens;
pub use values::{journey_from_json, journey_to_json, outcome_to_json, read};
pub use verification::Verification;

uniffi::setup_scaffolding!("idvkit");
