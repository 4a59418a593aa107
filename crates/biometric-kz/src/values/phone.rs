//! The phone number of a person in the Mobile Citizens Database (B-F13).

use alloc::string::String;
use core::fmt;

use idvkit_core::{Reject, RejectCode};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::invisible;

/// A Kazakh mobile number in the provider's form `77*********`: 11 digits, no plus (B-F13, B-8).
///
/// It is personal data: `Debug` prints none of it, and it has neither `Display` nor a serialised form.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Phone(String);

impl Phone {
    /// Parses a number in one of the usual spellings: `77011234567`, `+7 (701) 123 45 67`, `8 701 123-45-67`. Spaces,
    /// hyphens and round brackets are dropped (inferred, B-8).
    ///
    /// # Errors
    /// `phone_invalid` about `field` for any other number. The text names a character that is not seen.
    pub fn parse(field: &str, value: &str) -> Result<Self, Reject> {
        let plain: String = value.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')')).collect();
        let national = match plain.strip_prefix('+') {
            Some(international) => international.strip_prefix("77"),
            None => plain.strip_prefix("77").or_else(|| plain.strip_prefix("87")),
        };
        match national {
            Some(rest) if rest.len() == 9 && rest.bytes().all(|byte| byte.is_ascii_digit()) => {
                Ok(Self(alloc::format!("77{rest}")))
            }
            _ => {
                let rule = "a Kazakh mobile number is 77 and 9 digits, as in 77011234567; +7 7.. and 8 7.. work too";
                let fix =
                    invisible::find(value).map(|found| alloc::format!("{found}, which is not seen: remove it; {rule}"));
                Err(Reject::at(RejectCode::PhoneInvalid, field, fix.unwrap_or_else(|| rule.into())))
            }
        }
    }

    /// The 11 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phone(..)")
    }
}
