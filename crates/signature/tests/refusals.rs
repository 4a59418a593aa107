//! What must never be accepted, and what must never be printed.

use idvkit_core::Secret;
use idvkit_signature::{
    Difference, KeyForm, Mismatch, Scheme, SliceError, TagEncoding, Verdict, diagnose, ecmascript, member,
};

const HEX: Scheme = Scheme::HMAC_SHA256_HEX;
const BASE64: Scheme = Scheme { encoding: TagEncoding::Base64, ..HEX };
const HEX_KEY: Scheme = Scheme { key: KeyForm::HexDecoded, ..HEX };
const MESSAGE: &[u8] = br#"{"a":1}"#;

fn secret() -> Secret {
    Secret::from("0123456789abcdef")
}

#[test]
fn every_flipped_bit_is_wrong() {
    let tag = base16ct::mixed::decode_vec(HEX.sign(&secret(), MESSAGE).unwrap()).unwrap();
    for bit in 0..256 {
        let mut forged = tag.clone();
        forged[bit / 8] ^= 1 << (bit % 8);
        let forged = base16ct::lower::encode_string(&forged);
        assert_eq!(HEX.verify(&[secret()], MESSAGE, &forged), Err(Mismatch::Wrong), "bit {bit}");
    }
}

#[test]
fn every_flipped_bit_of_the_message_is_wrong() {
    let tag = HEX.sign(&secret(), MESSAGE).unwrap();
    for bit in 0..MESSAGE.len() * 8 {
        let mut forged = MESSAGE.to_vec();
        forged[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(HEX.verify(&[secret()], &forged, &tag), Err(Mismatch::Wrong), "bit {bit}");
    }
}

#[test]
fn every_truncation_is_malformed() {
    for scheme in [HEX, BASE64] {
        let tag = scheme.sign(&secret(), MESSAGE).unwrap();
        assert_eq!(scheme.verify(&[secret()], MESSAGE, ""), Err(Mismatch::Missing));
        for length in 1..tag.len() {
            for cut in [&tag[..length], &tag[tag.len() - length..]] {
                let result = scheme.verify(&[secret()], MESSAGE, cut);
                assert!(matches!(result, Err(Mismatch::Malformed { .. })), "{length}: {result:?}");
            }
        }
    }
}

#[test]
fn a_tag_of_one_encoding_is_malformed_in_the_other() {
    let (hex, base64) = (HEX.sign(&secret(), MESSAGE).unwrap(), BASE64.sign(&secret(), MESSAGE).unwrap());
    assert!(matches!(HEX.verify(&[secret()], MESSAGE, &base64), Err(Mismatch::Malformed { .. })));
    assert!(matches!(BASE64.verify(&[secret()], MESSAGE, &hex), Err(Mismatch::Malformed { .. })));
    assert_eq!(HEX.verify(&[secret()], MESSAGE, &hex.to_uppercase()), Ok(()));
    assert_eq!(BASE64.verify(&[secret()], MESSAGE, &base64), Ok(()));
}

#[test]
fn an_empty_secret_accepts_nothing() {
    // HMAC takes an empty key, so anyone could compute this tag.
    let tag = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad";
    for secrets in [vec![], vec![Secret::from("")], vec![Secret::from(""), Secret::from("")]] {
        assert_eq!(HEX.verify(&secrets, b"", tag), Err(Mismatch::NoSecret));
        assert_eq!(diagnose(&HEX, &secrets, b"", tag).verdict, Verdict::Untestable);
    }
    assert_eq!(HEX.sign(&Secret::from(""), b""), Err(Mismatch::NoSecret));
}

#[test]
fn bytes_are_the_key_as_it_is_in_either_form() {
    let tag = HEX_KEY.sign(&Secret::from("00ff41"), MESSAGE).unwrap();
    for scheme in [HEX, HEX_KEY] {
        assert_eq!(scheme.verify(&[scheme.key.secret([0x00, 0xff, 0x41])], MESSAGE, &tag), Ok(()));
        assert_eq!(scheme.verify(&[scheme.key.secret(*b"00ff41")], MESSAGE, &tag), Err(Mismatch::Wrong));
        assert_eq!(scheme.verify(&[scheme.key.secret([])], MESSAGE, &tag), Err(Mismatch::NoSecret));
    }
}

#[test]
fn an_unusable_secret_is_told_apart() {
    let tag = HEX_KEY.sign(&secret(), MESSAGE).unwrap();
    for bad in ["0123456789abcde", "0123456789abcdeg", " 0123456789abcdef", "0x0123"] {
        assert_eq!(HEX_KEY.check_secret(&Secret::from(bad)), Err(Mismatch::BadSecret), "{bad}");
        assert_eq!(HEX_KEY.verify(&[Secret::from(bad)], MESSAGE, &tag), Err(Mismatch::BadSecret), "{bad}");
        // A bad entry beside a good one neither accepts nor hides anything.
        for secrets in [[Secret::from(bad), secret()], [secret(), Secret::from(bad)]] {
            assert_eq!(HEX_KEY.verify(&secrets, MESSAGE, &tag), Ok(()));
            assert_eq!(HEX_KEY.verify(&secrets, b"other", &tag), Err(Mismatch::Wrong));
        }
    }
    assert_eq!(HEX_KEY.check_secret(&secret()), Ok(()));
    assert_eq!(HEX.check_secret(&Secret::from("any text")), Ok(()));
}

#[test]
fn nesting_is_bounded_and_does_not_overflow_the_stack() {
    for (unit, end) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
        let bomb = unit.repeat(200_000);
        assert_eq!(ecmascript(bomb.as_bytes()), Err(SliceError::NotJson), "it has no end");
        let whole = |levels: usize| format!("{}0{}", unit.repeat(levels), end.repeat(levels));
        let most = 128 / end.len();
        assert_eq!(ecmascript(whole(most).as_bytes()), Ok(whole(most).into_bytes()));
        for levels in [most + 1, 200_000] {
            assert_eq!(ecmascript(whole(levels).as_bytes()), Err(SliceError::TooDeep));
        }
        assert_eq!(member(format!("{{\"result\":{bomb}").as_bytes(), "result"), Err(SliceError::NotJson));
        let diagnosis = diagnose(&HEX, &[secret()], bomb.as_bytes(), &"0".repeat(64));
        assert_eq!(diagnosis.verdict, Verdict::Unexplained);
    }
    let deep = format!("{{\"result\":{}{}}}", "[".repeat(200_000), "]".repeat(200_000));
    assert_eq!(member(deep.as_bytes(), "result").unwrap().map(<[u8]>::len), Some(400_000));
}

#[test]
fn bytes_that_are_not_utf8_are_not_json() {
    for bytes in [b"{\"result\":\"\xff\"}".as_slice(), b"{\"\xc3\":1}", b"{\"x\":\"\xed\xa0\x80\"}", b"\xff\xfe{\0}\0"]
    {
        assert_eq!(member(bytes, "result"), Err(SliceError::NotJson));
        assert_eq!(ecmascript(bytes), Err(SliceError::NotJson));
    }
}

#[test]
fn nothing_of_the_input_is_printed() {
    let message = br#"{"passport": "X1234567"}"#;
    let signed = br#"{"passport":"X1234567"}"#;
    let padded = Secret::from("topsecretvalue ");
    let tag = HEX.sign(&Secret::from("topsecretvalue"), signed).unwrap();
    let diagnosis = diagnose(&HEX, &[padded], message, &format!("sha256={tag}"));
    let differences: Vec<Difference> = diagnosis.findings.iter().map(|finding| finding.difference).collect();
    assert_eq!(differences, [Difference::Compact, Difference::SecretWhiteSpace, Difference::TagPrefix]);

    let mismatch = HEX.verify(&[secret()], message, "tampered-tag").unwrap_err();
    let printed = format!(
        "{diagnosis} {diagnosis:?} {} {mismatch} {mismatch:?} {:?}",
        serde_json::to_string(&diagnosis).unwrap(),
        idvkit_core::Reject::from(mismatch),
    );
    for private in ["X1234567", "passport", "topsecret", "tampered", &tag[..8]] {
        assert!(!printed.contains(private), "{private} in {printed}");
    }
}

#[test]
fn codes_are_stable_and_unique() {
    let mut codes: Vec<&str> = Difference::ALL.iter().map(|difference| difference.as_str()).collect();
    assert!(
        codes
            .iter()
            .all(|code| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'))
    );
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Difference::ALL.len());
}
