//! What biometric.kz's API is asked to do.

use alloc::string::String;

/// The tag of its configurations, and the first part of every operation's name.
pub(crate) const ID: &str = "biometric_kz";

idvkit_core::operations! {
    /// The operations of biometric.kz's API.
    pub enum Operation {
        /// Makes a session.
        CreateSession = "biometric_kz.create_session",
        /// Fetches the result of the session with this id.
        FetchResult(String) = "biometric_kz.fetch_result",
    }
}
