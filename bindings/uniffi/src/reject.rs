//! `Reject` as an exception: one variant for each blame, so that a handler can catch the one it means.

use std::fmt;

use idvkit::{Blame, FaultCode, RejectCode};

/// Why a call was refused. Whatever was refused changed nothing.
///
/// The text is idvkit's own: it names the field, the rule and the fix, and never echoes a value.
#[derive(Debug, uniffi::Error)]
#[uniffi::export(Display)]
pub enum Reject {
    /// The calling program passed something wrong; fix the call.
    Caller {
        /// The stable code, the same in every language.
        code: RejectCode,
        /// The field it is about, with a dotted path where nested.
        field: Option<String>,
        /// The rule and the fix, for a developer.
        explanation: String,
    },
    /// The provider sent something that is not what it documents.
    Provider {
        /// The stable code, the same in every language.
        code: RejectCode,
        /// The field it is about, with a dotted path where nested.
        field: Option<String>,
        /// The rule and the fix, for a developer.
        explanation: String,
    },
    /// A signature, token or secret did not verify; treat the sender as unknown.
    Signature {
        /// The stable code, the same in every language.
        code: RejectCode,
        /// The field it is about, with a dotted path where nested.
        field: Option<String>,
        /// The rule and the fix, for a developer.
        explanation: String,
    },
    /// The stored snapshot cannot be used.
    Snapshot {
        /// The stable code, the same in every language.
        code: RejectCode,
        /// The field it is about, with a dotted path where nested.
        field: Option<String>,
        /// The rule and the fix, for a developer.
        explanation: String,
    },
}

impl From<idvkit::Reject> for Reject {
    fn from(reject: idvkit::Reject) -> Self {
        let code = reject.code();
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

/// Every code that a refusal can have, sorted by its word. New ones may be added; none is ever given another meaning.
#[uniffi::export]
pub fn reject_codes() -> Vec<RejectCode> {
    RejectCode::ALL.to_vec()
}

/// The stable word of a code, the same text in every language.
#[uniffi::export]
pub fn reject_code_word(code: RejectCode) -> String {
    code.as_str().to_owned()
}

/// Whose fault a code speaks of.
#[uniffi::export]
pub fn reject_code_blame(code: RejectCode) -> Blame {
    code.blame()
}

/// The stable word of a fault's code, the same text in every language.
#[uniffi::export]
pub fn fault_code_word(code: FaultCode) -> String {
    code.as_str().to_owned()
}
