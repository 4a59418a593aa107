//! Images in base64.
#![allow(clippy::unwrap_used)]

use base64::{Engine, engine::general_purpose::STANDARD};
use idvkit_core::{Base64Image, Blame, ImageKind, ImageRules};
use proptest::prelude::*;

/// Signicat's limits (S-D12).
const STRICT: ImageRules = ImageRules {
    max_bytes: 4_000_000,
    kinds: &[ImageKind::Jpeg, ImageKind::Png],
    require_known_kind: true,
    max_pixels: Some(5000),
};
/// The reference photo of biometric.kz (B-Q6).
const LENIENT: ImageRules = ImageRules { max_bytes: 10_000_000, require_known_kind: false, max_pixels: None, ..STRICT };

#[test]
fn png_and_jpeg_are_known_by_their_bytes() {
    for (bytes, kind, size) in
        [(png(640, 480), ImageKind::Png, (640, 480)), (jpeg(0xC2, 5000, 1), ImageKind::Jpeg, (5000, 1))]
    {
        let image = Base64Image::from_bytes("photo", &bytes, &STRICT).unwrap();
        assert_eq!((image.kind(), image.dimensions(), image.byte_len()), (Some(kind), Some(size), bytes.len()));
        assert_eq!(image.as_base64(), STANDARD.encode(&bytes));
        assert_eq!(*image.to_bytes(), bytes);
        let again = Base64Image::parse("photo", image.as_base64(), &STRICT).unwrap();
        assert_eq!((again.as_base64(), again.dimensions()), (image.as_base64(), image.dimensions()));
    }
}

#[test]
fn only_strict_base64_is_taken() {
    let good = STANDARD.encode(png(1, 1));
    assert!(good.ends_with('='), "the cases about padding need some");
    let broken = [
        ("base64".to_owned(), "multiple of 4"), // the placeholder word of biometric.kz's samples
        (good.trim_end_matches('=').to_owned(), "multiple of 4"),
        (format!("{good}===="), "canonical"),
        (format!("{good}\n"), "white space"),
        (format!("{} {}", &good[..4], &good[4..]), "white space"),
        (format!("-{}", &good[1..]), "URL-safe"),
        (format!("_{}", &good[1..]), "URL-safe"),
        (format!("é{}", &good[2..]), "canonical"),
        ("AB==".to_owned(), "canonical"), // bits that no byte holds
        ("====".to_owned(), "canonical"),
    ];
    for (text, advice) in broken {
        let reject = Base64Image::parse("photo1", &text, &LENIENT).unwrap_err();
        assert_eq!(
            (reject.code().as_str(), reject.blame(), reject.field()),
            ("image_base64", Blame::Caller, Some("photo1")),
            "{text}"
        );
        assert!(reject.message().contains(advice), "{text}: {reject}");
    }
}

#[test]
fn a_data_url_is_refused_with_the_fix() {
    let url = format!("data:image/png;base64,{}", STANDARD.encode(png(1, 1)));
    for text in [url.clone(), url.replace("data", "DATA"), "data:".to_owned()] {
        let reject = Base64Image::parse("photo1", &text, &LENIENT).unwrap_err();
        assert_eq!(reject.code(), "image_data_url");
        assert!(reject.message().contains("after the comma") || reject.message().contains("follows the comma"));
    }
}

#[test]
fn nothing_is_no_image() {
    assert_eq!(parse_code("", &LENIENT), Some("image_empty"));
    assert_eq!(bytes_code(&[], &LENIENT), Some("image_empty"));
}

#[test]
fn the_limit_counts_decoded_bytes_to_the_byte() {
    for max_bytes in 1..=9 {
        let rules = ImageRules { max_bytes, ..LENIENT };
        for size in 1..=12 {
            let bytes = vec![7; size];
            let expected = (size > max_bytes).then_some("image_too_large");
            assert_eq!(bytes_code(&bytes, &rules), expected, "{size} of {max_bytes}");
            assert_eq!(parse_code(&STANDARD.encode(bytes), &rules), expected, "{size} of {max_bytes}");
        }
    }
}

#[test]
fn an_unknown_kind_passes_only_where_the_rules_let_it() {
    let gif = b"GIF89a\x01\0\x01\0";
    assert_eq!(bytes_code(gif, &STRICT), Some("image_kind"));
    let image = Base64Image::from_bytes("photo", gif, &LENIENT).unwrap();
    assert_eq!((image.kind(), image.dimensions()), (None, None));
    assert!(Base64Image::from_bytes("photo", gif, &ImageRules { max_pixels: Some(1), ..LENIENT }).is_ok());
}

#[test]
fn a_known_kind_outside_the_rules_is_refused() {
    let only_png = ImageRules { kinds: &[ImageKind::Png], ..LENIENT };
    let reject = Base64Image::from_bytes("photo", &jpeg(0xC0, 1, 1), &only_png).unwrap_err();
    assert_eq!(reject.code(), "image_kind");
    assert!(reject.message().contains("image/png") && !reject.message().contains("image/jpeg"));
    assert_eq!(bytes_code(&png(1, 1), &only_png), None);
}

#[test]
fn the_longer_side_decides() {
    for (width, height, code) in
        [(5000, 5000, None), (5001, 1, Some("image_dimensions")), (1, 5001, Some("image_dimensions"))]
    {
        assert_eq!(bytes_code(&png(width.into(), height.into()), &STRICT), code, "{width}x{height}");
        assert_eq!(bytes_code(&jpeg(0xC0, width, height), &STRICT), code, "{width}x{height}");
    }
}

#[test]
fn a_header_without_a_size_is_refused_only_where_size_counts() {
    let png_start = png(9, 9)[..20].to_vec();
    let no_ihdr = [b"\x89PNG\r\n\x1a\n".as_slice(), b"\0\0\0\x0DIDAT\0\0\0\x01\0\0\0\x01"].concat();
    let no_frame = vec![0xFF, 0xD8, 0xFF, 0xDA, 0, 2, 0xFF, 0xC0, 0, 11, 8, 0, 9, 0, 9];
    let short_segment = vec![0xFF, 0xD8, 0xFF, 0xE0, 0, 1, 0xFF, 0xC0, 0, 11, 8, 0, 9, 0, 9];
    for bytes in [png_start, no_ihdr, png(0, 9), png(9, 0), no_frame, short_segment, jpeg(0xC4, 9, 9), jpeg(0xC0, 9, 0)]
    {
        assert_eq!(bytes_code(&bytes, &STRICT), Some("image_dimensions"), "{bytes:02x?}");
        assert_eq!(bytes_code(&bytes, &LENIENT), None, "{bytes:02x?}");
    }
}

#[test]
fn every_frame_header_of_jpeg_is_understood() {
    for marker in [0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF] {
        let image = Base64Image::from_bytes("photo", &jpeg(marker, 300, 200), &STRICT).unwrap();
        assert_eq!(image.dimensions(), Some((300, 200)), "{marker:02x}");
    }
}

#[test]
fn debug_shows_size_and_kind_and_nothing_else() {
    let image = Base64Image::from_bytes("photo", &png(1, 1), &STRICT).unwrap();
    assert_eq!(format!("{image:?}"), "Base64Image(25 bytes, image/png)");
    let image = Base64Image::from_bytes("photo", b"SECRET", &LENIENT).unwrap();
    assert_eq!(format!("{image:?}"), "Base64Image(6 bytes, unknown kind)");
}

proptest! {
    #[test]
    fn no_text_and_no_bytes_panic(text in any::<String>(), bytes in any::<Vec<u8>>(), kind in 0..3) {
        let start = [&b""[..], b"\x89PNG\r\n\x1a\n", b"\xFF\xD8\xFF"][usize::try_from(kind).unwrap()];
        let _ = Base64Image::parse("photo", &text, &STRICT);
        let _ = Base64Image::from_bytes("photo", &[start, &bytes].concat(), &STRICT);
    }

    #[test]
    fn all_bytes_survive(bytes in proptest::collection::vec(any::<u8>(), 1..99)) {
        let image = Base64Image::from_bytes("photo", &bytes, &LENIENT).unwrap();
        let image = Base64Image::parse("photo", image.as_base64(), &LENIENT).unwrap();
        prop_assert_eq!(&*image.to_bytes(), &bytes);
    }

    #[test]
    fn an_error_never_repeats_the_text(text in "[A-Za-z]{9}") {
        let reject = Base64Image::parse("photo", &text, &STRICT).unwrap_err();
        prop_assert!(!reject.to_string().contains(&text));
    }
}

fn parse_code(text: &str, rules: &ImageRules) -> Option<&'static str> {
    Base64Image::parse("photo", text, rules).err().map(|reject| reject.code().as_str())
}

fn bytes_code(bytes: &[u8], rules: &ImageRules) -> Option<&'static str> {
    let code = Base64Image::from_bytes("photo", bytes, rules).err().map(|reject| reject.code().as_str());
    let checked = rules.check("photo", bytes).err();
    assert_eq!(checked.map(|reject| reject.code().as_str()), code, "a check alone says the same");
    code
}

/// As much of a PNG as is looked at, and one byte more so that its base64 needs padding.
fn png(width: u32, height: u32) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n\0\0\0\x0DIHDR", &width.to_be_bytes()[..], &height.to_be_bytes(), b"\x08"].concat()
}

/// An APP0 segment with a misleading content, a restart marker, fill bytes, a table, then the frame header.
fn jpeg(frame_marker: u8, width: u16, height: u16) -> Vec<u8> {
    let before = [0xFF, 0xD8, 0xFF, 0xE0, 0, 8, 0xFF, 0xC0, 0, 1, 0, 1, 0xFF, 0xD0, 0xFF, 0xFF, 0xFF, 0xC4, 0, 3, 9];
    let frame = [0xFF, frame_marker, 0, 11, 8];
    [&before[..], &frame, &height.to_be_bytes(), &width.to_be_bytes(), &[1, 1, 0x11, 0], &[0xFF, 0xD9]].concat()
}
