//! The citizen behind every flow, and what makes an IIN or a phone number well-formed (B-F12, B-F13).

use serde::{Deserialize, Serialize};

/// The data in the documents of the made-up citizen. The IIN and phone of a result are those that are left in the
/// fields.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Person {
    /// The IIN, 12 digits. It is typed into the field if nothing was prefilled.
    pub iin: String,
    /// The phone number: `77` and 9 digits.
    pub phone: String,
    /// The given name.
    pub first_name: String,
    /// The family name.
    pub last_name: String,
    /// The father's name.
    pub middle_name: String,
    /// The gender: `male` or `female`.
    pub gender: String,
    /// The date of birth, `YYYY-MM-DD`.
    pub date_of_birth: String,
    /// The number of the identity card.
    pub document_number: String,
}

impl Default for Person {
    fn default() -> Self {
        Self {
            iin: "000101500001".into(),
            phone: "77011234567".into(),
            first_name: "ТЕСТ".into(),
            last_name: "АДАМОВ".into(),
            middle_name: "ПЕСОЧНИЦАҰЛЫ".into(),
            gender: "male".into(),
            date_of_birth: "2000-01-01".into(),
            document_number: "000000001".into(),
        }
    }
}

/// 12 ASCII digits whose last follows from the others. The date in it is no rule (B-F12).
pub(crate) fn is_iin(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter(char::is_ascii).filter_map(|c| c.to_digit(10)).collect();
    if digits.len() != 12 || text.len() != 12 {
        return false;
    }
    let sum = |shift: usize| -> u32 {
        let weights = (0..11_u32).map(|place| (place + u32::try_from(shift).unwrap_or(0)) % 11 + 1);
        digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum::<u32>() % 11
    };
    match sum(0) {
        10 => sum(2) == digits[11],
        check => check == digits[11],
    }
}

/// `77` and 9 digits, from the usual spellings; `None` when it is no such number.
pub(crate) fn phone(text: &str) -> Option<String> {
    let plain: String = text.chars().filter(|c| !" ()-".contains(*c)).collect();
    let plain = plain.strip_prefix('+').unwrap_or(&plain);
    let national = plain.strip_prefix('8').map_or_else(|| plain.to_owned(), |rest| format!("7{rest}"));
    let well_formed =
        national.len() == 11 && national.starts_with("77") && national.bytes().all(|b| b.is_ascii_digit());
    well_formed.then_some(national)
}

#[cfg(test)]
mod tests {
    use super::{is_iin, phone};

    #[test]
    fn iins_of_the_notes() {
        for good in ["000101500001", "000101600018", "991231300003", "850229400008", "000101500206"] {
            assert!(is_iin(good), "{good}");
        }
        for bad in ["000101500002", "123456789012", "00010150000", "0001015000011", "00010150000x", "٠٠٠١٠١٥٠٠٠٠١"]
        {
            assert!(!is_iin(bad), "{bad}");
        }
    }

    #[test]
    fn phones_of_the_notes() {
        for good in ["77011234567", "+77011234567", "8 701 123-45-67", "+7 (701) 123 45 67"] {
            assert_eq!(phone(good).as_deref(), Some("77011234567"), "{good}");
        }
        for bad in ["+1234567890", "7011234567", "79011234567", ""] {
            assert_eq!(phone(bad), None, "{bad}");
        }
    }
}
