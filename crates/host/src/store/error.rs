//! The error of a store.

/// Why a store failed. No text has a value of a row in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The URL names no database that this build knows.
    #[error("the URL begins with {expected}; this build has no other database")]
    UrlUnknown {
        /// How URLs begin that this build knows.
        expected: &'static str,
    },
    /// A newer version of idvkit made the tables.
    #[error("the tables are of version {found}, and this program knows {known}; update idvkit here")]
    SchemaNewer {
        /// The version of the tables.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// A key does not have the documented form.
    #[error("a key is 32 bytes, and its id 1 to 32 letters, digits, `-` and `_`; correct the key {0}")]
    KeyInvalid(String),
    /// A row is encrypted with a key that is not among the keys.
    #[error("a row is encrypted with a key that is not among the keys; add every key that is still in use")]
    KeyUnknown,
    /// A row cannot be decrypted: it was changed, or it is another row's.
    #[error("a row cannot be decrypted with its key; restore it from a backup")]
    Spoiled,
}
