//! Pictures of documents and faces: data URLs in, checked by their bytes and not by what they say they are.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::api::{Call, Reply};
use super::errors::Problem;
use super::providers;
use super::settings::SignicatSettings;
use super::state::Phase;
use crate::saved;

/// What can be uploaded; `portrait` only ever comes out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Side {
    Back,
    Front,
    Selfie,
}

impl Side {
    const ALL: [Self; 3] = [Self::Front, Self::Back, Self::Selfie];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Back => "back",
            Self::Front => "front",
            Self::Selfie => "selfie",
        }
    }

    fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|side| side.name() == name)
    }
}

/// A picture: what it is by its first bytes, not by what somebody declared.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Image {
    pub(crate) kind: Kind,
    #[serde(with = "saved::base64")]
    pub(crate) bytes: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Png,
    Jpeg,
}

impl Kind {
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }
}

/// In the order of their names.
pub(crate) type Images = BTreeMap<Side, Image>;

pub(crate) fn upload(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let fields = call.fields()?;
    let (name, phase, captured) = {
        let process = call.process()?;
        (process.order.provider.clone(), process.phase, process.capture.is_some())
    };
    if phase != Phase::Pending {
        return Err(Problem::conflict(
            "The verification has been started; discard this process and create another to change images.",
        ));
    }
    if captured {
        return Err(Problem::conflict("The capture page takes the pictures of this process itself."));
    }
    if !providers::find(&name).is_some_and(|provider| provider.direct_upload) {
        return Err(Problem::bad_request(
            "This provider takes no uploads; use its SDK with the authorization of the process, or Start capture flow.",
        ));
    }
    let (read, hint) = read(&fields, &call.world.config.signicat)?;
    let (all, now) = (call.world.config.signicat.upload_replaces_all, call.world.clock.now());
    let process = call.process()?;
    if all {
        process.images.clear();
    }
    process.images.extend(read);
    process.updated = now;
    Ok(Reply::empty().hint(hint))
}

pub(crate) fn show(call: &mut Call<'_>) -> Result<Reply, Problem> {
    let side = call.ids.get(2).cloned().unwrap_or_default();
    let process = call.process()?;
    // The portrait is cut from the document once it was accepted (inferred).
    let from = if side == "portrait" && process.status() == "accepted" { Some(Side::Front) } else { Side::of(&side) };
    let image = from.and_then(|side| process.images.get(&side)).cloned();
    let none = || Problem::not_found("This process has no such image; the names are front, back, selfie, portrait.");
    image.map(|image| Reply::file(image.kind.content_type(), image.bytes)).ok_or_else(none)
}

/// The images of a body, and remarks on them.
pub(crate) fn read(fields: &Map<String, Value>, settings: &SignicatSettings) -> Result<(Images, String), Problem> {
    let mut images = Images::new();
    let mut remarks = Vec::new();
    for side in Side::ALL {
        let name = side.name();
        let text = match fields.get(name) {
            None | Some(Value::Null) => continue,
            Some(Value::String(text)) => text,
            Some(_) => return Err(Problem::parameter(name, format!("{name} must be a data URL, a string."))),
        };
        let (image, named) = image(name, text, settings)?;
        if named != image.kind.content_type() {
            remarks.push(format!("{name} says it is {named} but is {}.", image.kind.content_type()));
        }
        images.insert(side, image);
    }
    if images.is_empty() {
        return Err(Problem::bad_request("The body must hold at least one of front, back and selfie."));
    }
    if fields.keys().any(|name| Side::of(name).is_none()) {
        remarks.push("Only front, back and selfie count; all else was ignored.".into());
    }
    Ok((images, remarks.join(" ")))
}

/// The image as a data URL again.
pub(crate) fn data_url(image: &Image) -> String {
    format!("data:{};base64,{}", image.kind.content_type(), STANDARD.encode(&image.bytes))
}

fn image<'a>(side: &'static str, text: &'a str, settings: &SignicatSettings) -> Result<(Image, &'a str), Problem> {
    let refuse = |why: &str| Err(Problem::parameter(side, format!("{side} {why}")));
    let Some((named, data)) = text.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,")) else {
        return refuse("must be a data URL: data:image/jpeg;base64, and the file in base64.");
    };
    let Ok(bytes) = STANDARD.decode(data) else {
        return refuse("must hold standard base64 with padding and without line breaks.");
    };
    if bytes.len() > settings.image_limit_bytes {
        return refuse(&format!("is larger than {} bytes after decoding.", settings.image_limit_bytes));
    }
    let Some((kind, pixels)) = kind(&bytes) else {
        return refuse("must be a PNG or JPEG file; its first bytes are neither.");
    };
    if pixels.is_some_and(|(width, height)| width.max(height) > settings.image_limit_px) {
        return refuse(&format!("is wider or higher than {} pixels.", settings.image_limit_px));
    }
    Ok((Image { kind, bytes }, named))
}

/// What a file is by its first bytes, and its width and height where they can be found.
fn kind(bytes: &[u8]) -> Option<(Kind, Option<(u32, u32)>)> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        return Some((Kind::Png, number(16).zip(number(20))));
    }
    bytes.starts_with(&[0xff, 0xd8, 0xff]).then(|| (Kind::Jpeg, jpeg_size(bytes)))
}

/// Walks the segments up to the start of a frame, which holds the size.
fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize| Some(u32::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    let mut at = 2;
    loop {
        if *bytes.get(at)? != 0xff {
            return None;
        }
        match *bytes.get(at + 1)? {
            0xff => at += 1,
            // Huffman tables, extensions and arithmetic coding share the range but are no frames.
            0xc4 | 0xc8 | 0xcc => at += 2 + number(at + 2)? as usize,
            0xc0..=0xcf => return number(at + 7).zip(number(at + 5)),
            _ => at += 2 + number(at + 2)? as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, kind};

    #[test]
    fn kinds_and_sizes_come_from_the_bytes() {
        let png = [b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".as_slice(), &[0, 0, 0x13, 0x89, 0, 0, 0, 1]].concat();
        assert_eq!(kind(&png), Some((Kind::Png, Some((5001, 1)))));
        let jpeg = [
            [0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2].as_slice(),
            &[0xff, 0xc4, 0, 3, 9, 0xff, 0xc2, 0, 11, 8, 0x01, 0x02, 0x03, 0x04],
        ];
        assert_eq!(kind(&jpeg.concat()), Some((Kind::Jpeg, Some((0x0304, 0x0102)))));
        assert_eq!(kind(&[0xff, 0xd8, 0xff]), Some((Kind::Jpeg, None)));
        assert_eq!(kind(b"GIF89a"), None);
    }
}
