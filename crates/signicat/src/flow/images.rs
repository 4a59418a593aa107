//! Images: taken until the verification is requested, kept by digest, sent as data URLs.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use idvkit_core::{
    Image, ImageKind, Reject, RejectCode,
    machine::{Blobs, Digest, Heard},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{SignicatFlow, State};
use crate::{account::Account, request::Plan};

/// An image until it is sent. Its bytes are stored beside the snapshot.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub(super) struct TakenImage {
    pub(super) slot: String,
    pub(super) digest: Digest,
    /// Its bytes, where a snapshot of the first form held them.
    #[serde(skip)]
    bytes: Option<Vec<u8>>,
}

/// As snapshots have it: the first ones held the image itself.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Named { slot: String, digest: Digest },
    Whole { slot: String, data_url: String },
}

impl TryFrom<Stored> for TakenImage {
    type Error = &'static str;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        match stored {
            Stored::Named { slot, digest } => Ok(Self { slot, digest, bytes: None }),
            Stored::Whole { slot, data_url } => {
                let (_, text) = data_url.split_once(";base64,").ok_or("image")?;
                let bytes = STANDARD.decode(text).map_err(|_| "image")?;
                Ok(Self { slot, digest: Digest::of(&bytes), bytes: Some(bytes) })
            }
        }
    }
}

impl TakenImage {
    pub(super) fn take_bytes(&mut self) -> Option<Vec<u8>> {
        self.bytes.take()
    }
}

/// The body of an upload: data URLs by slot name (S-IMAGES, S-FILES). An image that is not at hand is left out; the
/// machine asks for no request that lacks one.
pub(super) fn body(images: &[TakenImage], blobs: &Blobs) -> Vec<u8> {
    let at_hand = images.iter().filter_map(|image| Some((image.slot.as_str(), blobs.bytes(&image.digest)?)));
    let members: Map<String, Value> = at_hand.map(|(slot, bytes)| (slot.into(), data_url(bytes).into())).collect();
    Value::Object(members).to_string().into_bytes()
}

fn data_url(bytes: &[u8]) -> String {
    let mut url = format!("data:{};base64,", ImageKind::of(bytes).map_or("application/octet-stream", ImageKind::mime));
    STANDARD.encode_string(bytes, &mut url);
    url
}

impl SignicatFlow {
    /// Takes images until the verification is requested: new ones replace earlier ones (S-F3, S-V16).
    pub(super) fn take_images(&mut self, account: &Account, images: &[Image], sent: bool) -> Result<Heard, Reject> {
        let Plan::Document { slots, .. } = &self.request.plan else { return Err(unexpected()) };
        // `sent` may speak of the token that is to be fetched before.
        let in_doubt = sent && self.token.value().is_some();
        let earlier = match &self.state {
            State::Collecting { images } | State::Uploading { images } => images.clone(),
            State::Starting { sent: false, .. } if !slots.is_empty() && !in_doubt => Vec::new(),
            State::Starting { .. } | State::Waiting if !slots.is_empty() => return Err(too_late()),
            _ => return Err(unexpected()),
        };
        let known: Vec<String> = slots.iter().map(|slot| slot.slot.clone()).collect();
        let taken = merge(earlier, parse(account, images, &known)?);
        let missing: Vec<&str> = slots
            .iter()
            .filter(|slot| slot.required && !taken.iter().any(|image| image.slot == slot.slot))
            .map(|slot| slot.slot.as_str())
            .collect();
        if missing.is_empty() {
            // The user is done once: saying it again asks for a look, and one at what is not yet started is in vain.
            let again = !matches!(self.state, State::Collecting { .. });
            self.state = State::Uploading { images: taken };
            return Ok(if again { Heard::NOTHING } else { Heard::DONE });
        }
        // What was uploaded before is not kept here, so a replacement has to be whole.
        if matches!(self.state, State::Starting { .. }) {
            let rule = "the images are already uploaded: hand in all required ones to replace them";
            return Err(Reject::at(RejectCode::ImagesIncomplete, missing.join(", "), rule));
        }
        self.state = State::Collecting { images: taken };
        Ok(Heard::NOTHING)
    }
}

fn parse(account: &Account, images: &[Image], known: &[String]) -> Result<Vec<TakenImage>, Reject> {
    if images.is_empty() {
        return Err(Reject::at(
            RejectCode::ImagesMissing,
            "images",
            "hand in at least one of the images that were asked for",
        ));
    }
    let mut parsed: Vec<TakenImage> = Vec::new();
    for (index, image) in images.iter().enumerate() {
        let field = format!("images[{index}]");
        let twice = parsed.iter().any(|earlier| earlier.slot == image.slot);
        if !known.contains(&image.slot) || twice {
            let rule = format!("use these slots, each at most once: {}", known.join(", "));
            return Err(Reject::at(RejectCode::ImageSlot, field, rule));
        }
        account.image_rules.check(&field, &image.bytes)?;
        parsed.push(TakenImage { slot: image.slot.clone(), digest: Digest::of(&image.bytes), bytes: None });
    }
    Ok(parsed)
}

fn merge(mut images: Vec<TakenImage>, newer: Vec<TakenImage>) -> Vec<TakenImage> {
    images.retain(|image| !newer.iter().any(|other| other.slot == image.slot));
    images.extend(newer);
    images
}

fn unexpected() -> Reject {
    Reject::at(RejectCode::ImagesUnexpected, "images", "no images are asked for now; only `Way::Upload` asks for them")
}

fn too_late() -> Reject {
    let rule = "the verification is already requested: it takes no further images. A `Retry` begins with new images";
    Reject::at(RejectCode::ImagesTooLate, "images", rule)
}
