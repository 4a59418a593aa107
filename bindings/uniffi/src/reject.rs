//! `Reject` as an exception: one variant for each blame, so that a handler can catch the one it means.

use std::fmt;

use idvkit::{Blame, REJECT_CODES};

/// Why a call was refused. Whatever was refused changed nothing.
///
/// The text is idvkit's own: it names the field, the rule and the fix, and never echoes a value.
#[derive(Debug, uniffi::Error)]
#[uniffi::export(Display)]
pub enum Reject {
    /// The calling program passed something wrong; fix the call.
    Caller {
        /// The stable `snake_case` code, the same text in every language.
        code: String,
        /// The field it is about, with a dotted path where nested.
        field: Option<String>,
        /// The rule and the fix, for a developer.
        explanation: String,
    },
    /// The provider sent something that is not what it documents.
    Provider {
        /// The stable `snake_case` code, the same text in every language.
        code: String,
        /// The field it is about, with a dotted path where nested.
        field: Option<String>,
        /// The rule and the fix, for a developer.
        explanation: String,
    },
    /// A signature, token or secret did not verify; treat the sender as unknown.
    Signature {
        /// The stable `snake_case` code, the same text in every language.
        code: String,
        /// The field it is about, with a dotted path where nested.
        field: Option<String>,
        /// The rule and the fix, for a developer.
        explanation: String,
    },
    /// The stored snapshot cannot be used.
    Snapshot {
        /// The stable `snake_case` code, the same text in every language.
        code: String,
        /// The field it is about, with a dotted path where nested.
        field: Option<String>,
        /// The rule and the fix, for a developer.
        explanation: String,
    },
}

impl From<idvkit::Reject> for Reject {
    fn from(reject: idvkit::Reject) -> Self {
        let code = reject.code().to_owned();
        let field = reject.field().map(str::to_owned);
        let explanation = reject.message().to_owned();
        match reject.blame() {
            Blame::Caller => Self::Caller { code, field, explanation },
            Blame::Provider => Self::Provider { code, field, explanation },
            Blame::Signature => Self::Signature { code, field, explanation },
            Blame::Snapshot => Self::Snapshot { code, field, explanation },
        }
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Caller { code, field, explanation }
        | Self::Provider { code, field, explanation }
        | Self::Signature { code, field, explanation }
        | Self::Snapshot { code, field, explanation }) = self;
        match field {
            Some(field) => write!(f, "{field}: {explanation} [{code}]"),
            None => write!(f, "{explanation} [{code}]"),
        }
    }
}

impl std::error::Error for Reject {}

/// A code that a refusal can have.
#[derive(uniffi::Record)]
pub struct RejectCode {
    /// The stable `snake_case` code, the same text in every language.
    pub code: String,
    /// Whose fault it can be.
    pub blame: Vec<Blame>,
}

/// Every code that a refusal can have, sorted. New ones may be added; none is ever given another meaning.
#[uniffi::export]
pub fn reject_codes() -> Vec<RejectCode> {
    let known = |(code, blame): &(&str, &[Blame])| RejectCode { code: (*code).to_owned(), blame: blame.to_vec() };
    REJECT_CODES.iter().map(known).collect()
}
