//! `Reject` as an exception: one variant for each blame, so that a handler can catch the one it means.

use std::fmt;

use idvkit::{Blame, RejectCode};

/// The exception has one variant for each blame, and all of them hold the same.
macro_rules! by_blame {
    ($(#[$about:meta])* enum Reject { $($(#[$meaning:meta])* $Blame:ident,)+ }) => {
        $(#[$about])*
        #[derive(Debug, uniffi::Error)]
        #[uniffi::export(Display)]
        pub enum Reject {
            $(
                $(#[$meaning])*
                $Blame {
                    /// The stable code, the same in every language.
                    code: RejectCode,
                    /// The field it is about, with a dotted path where nested.
                    field: Option<String>,
                    /// The rule and the fix, for a developer.
                    explanation: String,
                },
            )+
        }

        impl From<idvkit::Reject> for Reject {
            fn from(reject: idvkit::Reject) -> Self {
                let code = reject.code();
                let field = reject.field().map(str::to_owned);
                let explanation = reject.message().to_owned();
                match reject.blame() { $(Blame::$Blame => Self::$Blame { code, field, explanation },)+ }
            }
        }

        impl fmt::Display for Reject {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let ($(Self::$Blame { code, field, explanation })|+) = self;
                match field {
                    Some(field) => write!(f, "{field}: {explanation} [{code}]"),
                    None => write!(f, "{explanation} [{code}]"),
                }
            }
        }
    };
}

by_blame! {
    /// Why a call was refused. Whatever was refused changed nothing.
    ///
    /// The text is idvkit's own: it names the field, the rule and the fix, and never echoes a value.
    enum Reject {
        /// The calling program passed something wrong; fix the call.
        Caller,
        /// The provider sent something that is not what it documents.
        Provider,
        /// A signature, token or secret did not verify; treat the sender as unknown.
        Signature,
        /// The stored snapshot cannot be used.
        Snapshot,
    }
}

impl std::error::Error for Reject {}

/// Every code that a refusal can have, sorted by its word. New ones may be added; none is ever given another meaning.
#[uniffi::export]
pub fn reject_codes() -> Vec<RejectCode> {
    RejectCode::ALL.to_vec()
}

/// Who causes what a code reports.
#[uniffi::export]
pub fn reject_code_blame(code: RejectCode) -> Blame {
    code.blame()
}

/// The HTTP status with which a server answers the request of a browser that led to a reject of this code.
#[uniffi::export]
pub fn reject_code_http_status(code: RejectCode) -> u16 {
    code.http_status()
}

/// The HTTP status with which a server answers a provider whose callback led to a reject of this code: 200 if the callback is
/// genuine and nothing follows from it, as the provider would send it again otherwise.
#[uniffi::export]
pub fn reject_code_callback_status(code: RejectCode) -> u16 {
    code.callback_status()
}
