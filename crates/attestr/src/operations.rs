//! What Attestr's API is asked to do.

idvkit_core::operations! {
    /// The operations of Attestr's API.
    pub enum Operation {
        /// Creates the handshake.
        CreateHandshake = "attestr.create_handshake",
        /// Fetches the result.
        FetchResult = "attestr.fetch_result",
    }
}
