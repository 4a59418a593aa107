//! Comparison in constant time. Nothing else in idvkit compares a MAC or a shared secret.

use idvkit_core::Secret;
use subtle::{Choice, ConstantTimeEq};

use crate::scheme::TagEncoding;

/// Whether `given` is exactly the expected secret: a header, a URL segment or a token that a sender must know.
///
/// The time depends on the two lengths, not on the content. An empty expected secret matches nothing, not even an empty
/// value: a secret that was never configured must not let anybody in.
pub fn same(expected: &Secret, given: &[u8]) -> bool {
    matches(expected, given).into()
}

/// Whether `given` is one of the expected secrets. All of them are compared, so the time does not tell which it was.
///
/// A list is for rotation: pass the new secret and the old one as long as both may arrive.
pub fn any_same(expected: &[Secret], given: &[u8]) -> bool {
    expected.iter().fold(Choice::from(0), |found, secret| found | matches(secret, given)).into()
}

/// Whether two SHA-256 tags in hex, claimed for the same thing, are the same 32 bytes (Attestr: the client's claim
/// against `resultSignature`, A-F6). Letter case does not matter. False when either is not exactly 64 hex digits.
///
/// This says only that two parties name the same tag. [`Scheme::verify`](crate::Scheme::verify) says whether the tag is
/// genuine.
pub fn same_tag(a: &str, b: &str) -> bool {
    match (TagEncoding::Hex.decode(a), TagEncoding::Hex.decode(b)) {
        (Some(a), Some(b)) => equal(&a, &b).into(),
        _ => false,
    }
}

/// Equality of content in constant time; different lengths are different.
pub(crate) fn equal(a: &[u8], b: &[u8]) -> Choice {
    a.ct_eq(b)
}

fn matches(expected: &Secret, given: &[u8]) -> Choice {
    equal(expected.expose(), given) & Choice::from(u8::from(!expected.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_secret_matches() {
        let secret = Secret::from("s3cret");
        assert!(same(&secret, b"s3cret"));
        for wrong in ["", "s3cre", "s3cret ", "s3creT", "S3cret", "s3crets3cret"] {
            assert!(!same(&secret, wrong.as_bytes()), "{wrong:?}");
        }
    }

    #[test]
    fn an_empty_secret_matches_nothing() {
        assert!(!same(&Secret::from(""), b""));
        assert!(!any_same(&[Secret::from(""), Secret::from("x")], b""));
        assert!(!any_same(&[], b""));
    }

    #[test]
    fn any_of_a_rotation_matches() {
        let secrets = [Secret::from("new"), Secret::from("old")];
        assert!(any_same(&secrets, b"new") && any_same(&secrets, b"old"));
        assert!(!any_same(&secrets, b"newold"));
        // While a rotation is set up, both may be the same.
        assert!(any_same(&[Secret::from("old"), Secret::from("old")], b"old"));
    }

    #[test]
    fn tags_are_compared_as_bytes() {
        let tag = "bf28662c9af57b01a1041dab828a4ffaae0686af93da6e5c638a164eddb80731";
        assert!(same_tag(tag, tag));
        assert!(same_tag(tag, &tag.to_ascii_uppercase()));
        assert!(!same_tag(tag, &tag.replace("0731", "0732")));
        for bad in ["", "zz", &tag[..62], &tag[..63]] {
            assert!(!same_tag(tag, bad) && !same_tag(bad, tag) && !same_tag(bad, bad), "{bad:?}");
        }
        assert!(!same_tag(&alloc::format!("{tag}00"), &alloc::format!("{tag}00")));
    }
}
