//! What Jumio's API is asked to do.

idvkit_core::operations! {
    /// The operations of Jumio's API.
    pub enum Operation {
        /// Makes a transaction.
        Initiate = "jumio.initiate",
        /// Looks at the newest one.
        Retrieve = "jumio.retrieve",
        /// Deletes the one with this place among the references.
        Delete(u32) = "jumio.delete",
    }
}
