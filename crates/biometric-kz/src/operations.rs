//! What biometric.kz's API is asked to do.

idvkit_core::operations! {
    /// The operations of biometric.kz's API.
    pub enum Operation {
        /// Makes a session.
        Create = "biometric_kz.create_session",
        /// Looks at the newest one.
        Result = "biometric_kz.fetch_result",
    }
}
