//! The Kazakh individual identification number, IIN (B-F12).

use alloc::{
    format,
    string::{String, ToString},
};
use core::fmt;

use idvkit_core::{Reject, RejectCode};
use jiff::civil::Date;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::invisible;

/// An individual identification number: 12 ASCII digits, the last of them a check digit.
///
/// It is personal data: `Debug` prints none of it, and it has neither `Display` nor a serialised form.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Iin(String);

/// The sex that the seventh digit of an IIN hints at. Deliberately exhaustive: the digit hints at no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sex {
    /// Female: the digit is even.
    Female,
    /// Male: the digit is odd.
    Male,
}

impl Iin {
    /// Parses an IIN. The form and the two-pass check digit are checked; birth date and sex are not (B-Q5).
    ///
    /// # Errors
    /// About `field`: `iin_format`, `iin_checksum`, or `iin_is_bin` for a company's number, whose fifth digit is 4 to
    /// 6. Use [`lenient`](Self::lenient) for a number that the state issued against these rules.
    pub fn parse(field: &str, value: &str) -> Result<Self, Reject> {
        let iin = Self::lenient(field, value)?;
        let digits = iin.digits();
        if check_digit(&digits) != Some(digits[11]) {
            let fix = "the check digit does not fit; a digit is mistyped, or two are swapped";
            return Err(Reject::at(RejectCode::IinChecksum, field, fix));
        }
        if (4..=6).contains(&digits[4]) {
            let fix = "this is a company's number (BIN): its fifth digit is 4, 5 or 6; pass the person's IIN";
            return Err(Reject::at(RejectCode::IinIsBin, field, fix));
        }
        Ok(iin)
    }

    /// Parses any 12 ASCII digits, without a look at the check digit (B-Q5).
    ///
    /// # Errors
    /// `iin_format` about `field`.
    pub fn lenient(field: &str, value: &str) -> Result<Self, Reject> {
        let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        match value.len() {
            12 if digits => Ok(Self(value.to_string())),
            1..12 if digits => {
                let fix = "an IIN has 12 digits; if it was stored as a number, its leading zeros may be lost";
                Err(Reject::at(RejectCode::IinFormat, field, fix))
            }
            _ => {
                let rule = "an IIN is a text of exactly 12 digits 0-9";
                let fix = invisible::find(value).map(|found| format!("{found}, which is not seen: remove it; {rule}"));
                Err(Reject::at(RejectCode::IinFormat, field, fix.unwrap_or_else(|| rule.into())))
            }
        }
    }

    /// The 12 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a provider's text is the same number. Leading zeros may be missing, because the value may have been
    /// stored as a number (B-Q15).
    pub fn is(&self, other: &str) -> bool {
        !other.is_empty() && other.len() <= 12 && format!("{other:0>12}") == self.0
    }

    /// The birth date that the digits hint at, `YYYY-MM-DD`; `None` for a date that does not exist. It is only a hint:
    /// since 2013 the digits are not tied to a person's data (B-F12).
    pub fn birth_date(&self) -> Option<String> {
        let digits = self.digits();
        let two = |at: usize| digits[at] * 10 + digits[at + 1];
        let century = match digits[6] {
            1 | 2 => 1800,
            3 | 4 => 1900,
            5 | 6 => 2000,
            _ => return None,
        };
        let year = i16::try_from(century + two(0)).ok()?;
        let month_day = |at| i8::try_from(two(at)).ok();
        Date::new(year, month_day(2)?, month_day(4)?).ok().map(|date| date.to_string())
    }

    /// The sex that the seventh digit hints at; `None` for 0 and 7 to 9, on which no source agrees (B-F12).
    pub fn sex(&self) -> Option<Sex> {
        match self.digits()[6] {
            1 | 3 | 5 => Some(Sex::Male),
            2 | 4 | 6 => Some(Sex::Female),
            _ => None,
        }
    }

    fn digits(&self) -> [u32; 12] {
        let mut digits = [0; 12];
        for (digit, byte) in digits.iter_mut().zip(self.0.bytes()) {
            *digit = u32::from(byte - b'0');
        }
        digits
    }
}

impl fmt::Debug for Iin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Iin(..)")
    }
}

/// The check digit of the first eleven. `None`: both passes give 10, and such a number is never issued (B-F12).
fn check_digit(digits: &[u32; 12]) -> Option<u32> {
    const FIRST: [u32; 11] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
    const SECOND: [u32; 11] = [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2];
    let pass = |weights: &[u32; 11]| digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum::<u32>() % 11;
    [FIRST, SECOND].iter().map(pass).find(|digit| *digit < 10)
}
