//! What each stage asks for, how it checks that before sending, and what it puts into the result.

use std::collections::HashMap;

use regex_lite::Regex;
use serde_json::{Value, json};

use super::result::{object, text};
use super::settings::StageKind;

/// One field of a stage's form.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    /// The keyboard that a phone shows.
    pub(crate) keyboard: &'static str,
    pattern: &'static str,
    pub(crate) example: &'static str,
}

const fn field(name: &'static str, keyboard: &'static str, pattern: &'static str, example: &'static str) -> Field {
    Field { name, keyboard, pattern, example }
}

// The patterns are those of the provider's published client (A-F10).
const PAN: &[Field] = &[field("pan", "text", "^[A-Z]{3}[ABCFGHLJPTE][A-Z][0-9]{4}[A-Z]$", "ABCPE1234F")];
const MOBILE: &[Field] = &[field("mobile", "tel", "^[1-9][0-9]{9}$", "9876543210")];
const EMAIL: &[Field] = &[field("email", "email", r"^[^@\s]+@[^@\s]+\.[^@\s]+$", "user@mail.example")];
const VPA: &[Field] = &[field("vpa", "email", r"^[a-zA-Z0-9.\-_]+@[a-zA-Z0-9.\-_]+$", "user@bank")];
const BANK: &[Field] = &[
    field("acc", "text", "^[A-Z0-9a-z]{9,18}$", "123456789012"),
    field("ifsc", "text", "^[A-Za-z]{4}0[A-Z0-9a-z]{6}$", "ABCD0123456"),
];
const GSTIN: &[Field] = &[field("gstin", "text", r"^[A-Z\d]{15}$", "22AAAAA0000A1Z5")];
const EPIC: &[Field] = &[field("epic", "text", r"^[A-Za-z0-9/\\ ]{1,17}$", "ABC1234567")];
const DL: &[Field] = &[
    field("dl", "text", "^[A-Z0-9]{2,}$", "DL0120200001234"),
    field("dob", "text", r"^\d{2}-\d{2}-\d{4}$", "02-01-1990"),
];
const FSSAI: &[Field] = &[field("fssai", "numeric", r"^\d{14}$", "10012011000001")];

impl StageKind {
    pub(crate) const ALL: [Self; 10] = [
        Self::Pan,
        Self::MobileOtp,
        Self::EmailOtp,
        Self::FaceMatch,
        Self::Vpa,
        Self::BankAcc,
        Self::Gstin,
        Self::Epic,
        Self::Dl,
        Self::Fssai,
    ];

    /// As the provider names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pan => "PAN",
            Self::MobileOtp => "MOBILE_OTP",
            Self::EmailOtp => "EMAIL_OTP",
            Self::FaceMatch => "FACE_MATCH",
            Self::Vpa => "VPA",
            Self::BankAcc => "BANK_ACC",
            Self::Gstin => "GSTIN",
            Self::Epic => "EPIC",
            Self::Dl => "DL",
            Self::Fssai => "FSSAI",
        }
    }

    pub(crate) fn fields(self) -> &'static [Field] {
        match self {
            Self::Pan => PAN,
            Self::MobileOtp => MOBILE,
            Self::EmailOtp => EMAIL,
            Self::FaceMatch => &[],
            Self::Vpa => VPA,
            Self::BankAcc => BANK,
            Self::Gstin => GSTIN,
            Self::Epic => EPIC,
            Self::Dl => DL,
            Self::Fssai => FSSAI,
        }
    }

    /// Whether a code is sent first and then typed in.
    pub(crate) fn has_code(self) -> bool {
        matches!(self, Self::MobileOtp | Self::EmailOtp)
    }

    /// The documents that a face may be compared with, by the names of the published client (A-F9.8).
    pub(crate) fn documents(self) -> &'static [&'static str] {
        if self == Self::FaceMatch { &["PAN", "PASSPORT"] } else { &[] }
    }

    /// What the published client reads of the options of a stage, beside `retryAttempts` (A-F9.8).
    pub(crate) fn options(self) -> Value {
        match self {
            Self::Pan => json!({ "extended": false }),
            // A number in a text, as the client parses it.
            Self::FaceMatch => json!({ "docOptions": self.documents(), "threshold": "0.8" }),
            kind if kind.has_code() => json!({ "allowUpdate": true }),
            _ => json!({}),
        }
    }

    /// The name of the first field that does not have its form.
    pub(crate) fn malformed(self, form: &HashMap<String, String>) -> Option<&'static str> {
        let good = |field: &Field| {
            let given = form.get(field.name).map_or("", String::as_str);
            Regex::new(field.pattern).is_ok_and(|pattern| pattern.is_match(given))
        };
        self.fields().iter().find(|field| !good(field)).map(|field| field.name)
    }

    /// `{"input":{…},"output":{…}}`. What stands in the output beyond `valid` is an invention.
    pub(crate) fn entry(self, input: &[(&'static str, String)], valid: bool, name: Option<&str>) -> String {
        let input = object(input.iter().map(|(name, value)| (*name, text(value))));
        let mut output = vec![("valid", valid.to_string())];
        match self {
            Self::Pan if valid => output.push(("name", text(name.unwrap_or("TEST USER")))),
            Self::FaceMatch => output.push(("match", valid.to_string())),
            _ => {}
        }
        object([("input", input), ("output", object(output))])
    }
}

#[cfg(test)]
mod tests {
    use super::StageKind;
    use std::collections::HashMap;

    #[test]
    fn the_fields_own_examples_pass_and_others_do_not() {
        let kinds = [StageKind::Pan, StageKind::MobileOtp, StageKind::EmailOtp, StageKind::Vpa, StageKind::BankAcc];
        let more = [StageKind::Gstin, StageKind::Epic, StageKind::Dl, StageKind::Fssai];
        for kind in kinds.into_iter().chain(more) {
            let good: HashMap<_, _> =
                kind.fields().iter().map(|it| (it.name.to_owned(), it.example.to_owned())).collect();
            assert_eq!(kind.malformed(&good), None, "{}", kind.name());
            assert!(kind.malformed(&HashMap::new()).is_some(), "{}", kind.name());
        }
        let wrong = HashMap::from([("pan".to_owned(), "ABCXE1234F".to_owned())]);
        assert_eq!(StageKind::Pan.malformed(&wrong), Some("pan"));
    }
}
