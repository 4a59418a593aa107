//! Images as providers take them: standard base64, checked before anything is sent.

use alloc::{format, string::String, vec::Vec};
use core::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{Reject, RejectCode};

/// An image file in standard base64, such as a reference photo or a page of a document.
///
/// It is personal data: `Debug` prints size and kind only, it has neither `Display` nor a serialised form, and the text
/// is wiped when dropped.
#[derive(Clone)]
pub struct Base64Image {
    text: Zeroizing<String>,
    byte_len: usize,
    kind: Option<ImageKind>,
    dimensions: Option<(u32, u32)>,
}

/// A provider's rules for images, as data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageRules {
    /// The largest file in bytes, after decoding (S-D12: that a provider counts the decoded bytes is inferred).
    pub max_bytes: usize,
    /// The file types that are accepted, judged by the first bytes of the file and never by a declared type (S-D12).
    pub kinds: &'static [ImageKind],
    /// Whether a file of an unknown type is refused. If not, it passes with [`Base64Image::kind`] `None`, and a warning
    /// is due (B-Q6).
    pub require_known_kind: bool,
    /// The largest number of pixels on the longer side; `None` for no limit. With a limit, a file whose size cannot be
    /// read is refused too.
    pub max_pixels: Option<u32>,
}

/// The file formats that providers take.
///
/// Deliberately exhaustive: a third format would be a change in a provider's documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImageKind {
    /// JPEG, `image/jpeg`.
    Jpeg,
    /// PNG, `image/png`.
    Png,
}

impl ImageKind {
    /// The media type.
    pub fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    /// The file type, judged by the first bytes.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(PNG_SIGNATURE) {
            Some(Self::Png)
        } else if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
            Some(Self::Jpeg)
        } else {
            None
        }
    }
}

impl ImageRules {
    /// Checks the bytes of a file.
    ///
    /// # Errors
    /// About `field`: `image_empty`, `image_too_large`, `image_kind`, `image_dimensions`.
    pub fn check(&self, field: &str, bytes: &[u8]) -> Result<(), Reject> {
        self.inspect(field, bytes).map(drop)
    }

    /// Checks the bytes of a file, and gives its kind, and its width and height, as far as its header shows them.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn inspect(&self, field: &str, bytes: &[u8]) -> Result<Inspected, Reject> {
        inspect(bytes, self).map_err(|reject| reject.about(field))
    }
}

impl Base64Image {
    /// Takes base64 text: the standard alphabet with padding, no white space, no `data:` prefix (B-Q6).
    ///
    /// # Errors
    /// About `field`: `image_empty`, `image_data_url`, `image_base64`, `image_too_large`, `image_kind`,
    /// `image_dimensions`. The text of none of them holds any part of the image.
    pub fn parse(field: &str, text: &str, rules: &ImageRules) -> Result<Self, Reject> {
        Self::read(text, rules).map_err(|reject| reject.about(field))
    }

    /// Takes the bytes of the file itself.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), without the codes about text.
    pub fn from_bytes(field: &str, bytes: &[u8], rules: &ImageRules) -> Result<Self, Reject> {
        Self::checked(bytes, || STANDARD.encode(bytes), rules).map_err(|reject| reject.about(field))
    }

    /// The base64 text as it is sent to the provider.
    pub fn as_base64(&self) -> &str {
        &self.text
    }

    /// The file itself.
    #[allow(clippy::missing_panics_doc, reason = "it cannot: see the text of the `expect`")]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(STANDARD.decode(self.as_base64()).expect("decoded once already, or was encoded here"))
    }

    /// Size of the file in bytes, after decoding; never 0.
    pub fn byte_len(&self) -> usize {
        self.byte_len
    }

    /// The file type, judged by the first bytes; `None` only where the rules accept an unknown type.
    pub fn kind(&self) -> Option<ImageKind> {
        self.kind
    }

    /// Width and height in pixels as the file's header declares them, if they can be read.
    pub fn dimensions(&self) -> Option<(u32, u32)> {
        self.dimensions
    }

    fn read(text: &str, rules: &ImageRules) -> Result<Self, Reject> {
        if text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("data:")) {
            return Err(refuse(RejectCode::ImageDataUrl, "pass only what follows the comma of the `data:` URL"));
        }
        // Before decoding, so that an absurd text costs no memory; padding can stand for at most 2 bytes.
        check_size((text.len() / 4 * 3).saturating_sub(2), rules)?;
        let bytes = STANDARD.decode(text).map_err(|_| refuse(RejectCode::ImageBase64, base64_advice(text)))?;
        let bytes = Zeroizing::new(bytes);
        Self::checked(&bytes, || text.into(), rules)
    }

    fn checked(bytes: &[u8], text: impl FnOnce() -> String, rules: &ImageRules) -> Result<Self, Reject> {
        let (kind, dimensions) = inspect(bytes, rules)?;
        Ok(Self { text: Zeroizing::new(text()), byte_len: bytes.len(), kind, dimensions })
    }
}

impl fmt::Debug for Base64Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Some(kind) => write!(f, "Base64Image({} bytes, {})", self.byte_len, kind.mime()),
            None => write!(f, "Base64Image({} bytes, unknown kind)", self.byte_len),
        }
    }
}

/// What the header of a file says: its kind, width and height.
pub type Inspected = (Option<ImageKind>, Option<(u32, u32)>);

/// What a file is, if the rules take it.
fn inspect(bytes: &[u8], rules: &ImageRules) -> Result<Inspected, Reject> {
    if bytes.is_empty() {
        return Err(refuse(RejectCode::ImageEmpty, "holds no image; pass the file's content"));
    }
    check_size(bytes.len(), rules)?;
    let kind = ImageKind::of(bytes);
    check_kind(kind, rules)?;
    let dimensions = kind.and_then(|kind| dimensions(kind, bytes));
    if kind.is_some() {
        check_dimensions(dimensions, rules)?;
    }
    Ok((kind, dimensions))
}

const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The caller of the caller adds the field.
fn refuse(code: RejectCode, message: impl Into<String>) -> Reject {
    Reject::at(code, "", message)
}

fn check_size(bytes: usize, rules: &ImageRules) -> Result<(), Reject> {
    if bytes > rules.max_bytes {
        let rule = format!("the file may have at most {} bytes; scale it down or compress it more", rules.max_bytes);
        return Err(refuse(RejectCode::ImageTooLarge, rule));
    }
    Ok(())
}

fn base64_advice(text: &str) -> &'static str {
    if text.contains(|c: char| c.is_whitespace()) {
        "must be base64 on one line; remove all white space and line breaks"
    } else if text.contains(['-', '_']) {
        "must be base64 with the standard alphabet (`+` and `/`); this is the URL-safe one"
    } else if text.len() % 4 != 0 {
        "must be base64 with padding: its length must be a multiple of 4"
    } else {
        "must be canonical base64 with the standard alphabet and padding"
    }
}

fn check_kind(kind: Option<ImageKind>, rules: &ImageRules) -> Result<(), Reject> {
    let accepted = match kind {
        Some(kind) => rules.kinds.contains(&kind),
        None => !rules.require_known_kind,
    };
    if accepted {
        return Ok(());
    }
    let kinds: Vec<_> = rules.kinds.iter().map(|kind| kind.mime()).collect();
    Err(refuse(RejectCode::ImageKind, format!("the file's first bytes must be those of: {}", kinds.join(", "))))
}

fn check_dimensions(dimensions: Option<(u32, u32)>, rules: &ImageRules) -> Result<(), Reject> {
    let Some(limit) = rules.max_pixels else { return Ok(()) };
    match dimensions {
        Some((width, height)) if width.max(height) <= limit => Ok(()),
        Some(_) => {
            let rule = format!("the longer side may have at most {limit} pixels; scale the image down");
            Err(refuse(RejectCode::ImageDimensions, rule))
        }
        None => {
            Err(refuse(RejectCode::ImageDimensions, "the file's header gives no width and height; save the image anew"))
        }
    }
}

fn dimensions(kind: ImageKind, bytes: &[u8]) -> Option<(u32, u32)> {
    let (width, height) = match kind {
        ImageKind::Png => png_dimensions(bytes)?,
        ImageKind::Jpeg => jpeg_dimensions(bytes)?,
    };
    (width > 0 && height > 0).then_some((width, height))
}

/// IHDR is always the first chunk: length, name, width, height.
fn png_dimensions(bytes: &[u8]) -> Option<(u32, u32)> {
    let chunk = bytes.get(PNG_SIGNATURE.len()..)?;
    let header = chunk.strip_prefix(b"\0\0\0\x0DIHDR")?;
    let (width, rest) = header.split_first_chunk()?;
    let (height, _) = rest.split_first_chunk()?;
    Some((u32::from_be_bytes(*width), u32::from_be_bytes(*height)))
}

/// Walks the segments to the frame header (SOF), which holds precision, height and width.
fn jpeg_dimensions(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut rest = bytes.get(2..)?;
    loop {
        let (marker, after) = next_marker(rest)?;
        match marker {
            // Markers without a segment.
            0x01 | 0xD0..=0xD7 => rest = after,
            // The picture data or the end has come without a frame header.
            0xD9 | 0xDA => return None,
            // C4, C8 and CC lie in the range of the frame headers but are tables and extensions.
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                let [height_1, height_2, width_1, width_2] = *after.get(3..)?.first_chunk()?;
                let side = |one, two| u32::from(u16::from_be_bytes([one, two]));
                return Some((side(width_1, width_2), side(height_1, height_2)));
            }
            _ => rest = skip_segment(after)?,
        }
    }
}

/// A segment begins with its length, in which the two bytes of the length itself count.
fn skip_segment(bytes: &[u8]) -> Option<&[u8]> {
    let length = usize::from(u16::from_be_bytes(*bytes.first_chunk()?));
    bytes.get(length..).filter(|_| length >= 2)
}

/// The marker's second byte and what follows it; a marker may be preceded by any number of 0xFF.
fn next_marker(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let fill = bytes.iter().take_while(|byte| **byte == 0xFF).count();
    if fill == 0 {
        return None;
    }
    let (marker, after) = bytes.get(fill..)?.split_first()?;
    Some((*marker, after))
}
