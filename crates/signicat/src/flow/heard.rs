//! Hints, redirects, callbacks and images.

use alloc::{string::String, vec::Vec};

use idvkit_core::{Base64Image, Header, Hint, HintKind, Image, Reject, RejectCode, machine::Heard};

use super::{SignicatFlow, State, StoredImage};
use crate::{
    account::Account,
    callback::{Callback, ReturnParameters, check_authorization},
    request::Plan,
    values::Id,
};

/// The user is done, and a look is worth it at once.
const RETURNED: Heard = Heard { done: true, look: true, authentic: false, settle: false };

impl SignicatFlow {
    pub(super) fn hinted(&mut self, hint: &Hint) -> Heard {
        let finished = matches!(hint.kind, HintKind::Success | HintKind::Finished);
        match (&mut self.state, hint.kind) {
            // The SDK has taken and uploaded the images.
            (State::Sdk { .. }, HintKind::Success) => {
                self.state = State::Starting { sent: false };
                Heard::DONE
            }
            (State::Away { returned, .. }, _) if finished => {
                *returned = true;
                let id = |name: &str| hint.member(name).map(Id::read);
                let ours = id("dossierId").is_none_or(|id| id == self.dossier);
                if let Some(process) = id("processId").flatten().filter(|_| ours) {
                    self.consider(&process);
                }
                RETURNED
            }
            (State::Away { .. }, HintKind::Error | HintKind::Skipped) => Heard::LOOK,
            _ => Heard::NOTHING,
        }
    }

    /// The ids are compared with the stored ones before anything is done with them (S-D4).
    pub(super) fn redirected(&mut self, url: &str) -> Result<Heard, Reject> {
        if self.is_bare_return(url) {
            return Ok(self.returned());
        }
        let back = ReturnParameters::parse(url)?;
        let place = self.whose(&back.dossier_id, back.process_id.as_ref());
        match place {
            Whose::Current => {}
            Whose::Earlier => return Ok(Heard::NOTHING),
            Whose::Foreign => {
                let fix = "find the session by `reference_of` and tell that one";
                return Err(Reject::at(RejectCode::RedirectOfOtherSession, "url", fix));
            }
        }
        if let Some(process) = &back.process_id {
            self.consider(process);
        }
        Ok(self.returned())
    }

    /// An eID's return without any id: inferred, as no document says that Signicat appends them there too.
    fn is_bare_return(&self, url: &str) -> bool {
        let path = |url: &str| String::from(url.split(['?', '#']).next().unwrap_or(""));
        let Plan::Eid { redirect_url, .. } = &self.request.plan else { return false };
        path(url) == path(redirect_url) && ReturnParameters::are_absent(url)
    }

    fn returned(&mut self) -> Heard {
        let State::Away { returned, .. } = &mut self.state else { return Heard::NOTHING };
        *returned = true;
        RETURNED
    }

    pub(super) fn called_back(&mut self, account: &Account, headers: &[Header], body: &[u8]) -> Result<Heard, Reject> {
        check_authorization(account, headers)?;
        let callback = Callback::parse(body)?;
        match self.whose(&callback.dossier_id, Some(&callback.process_id)) {
            Whose::Current => {
                self.consider_first(&callback.process_id);
                Ok(Heard::RESULT)
            }
            Whose::Earlier => Ok(Heard::NOTHING),
            Whose::Foreign => {
                let fix = "find the session by `reference_of` and tell that one";
                Err(Reject::at(RejectCode::CallbackOfOtherSession, "body", fix))
            }
        }
    }

    fn whose(&self, dossier: &Id, process: Option<&Id>) -> Whose {
        if self.dossier.as_ref() != Some(dossier) {
            let earlier = self.references.iter().take(self.dossiers).any(|known| known == dossier);
            return if earlier { Whose::Earlier } else { Whose::Foreign };
        }
        let Some(process) = process else { return Whose::Current };
        let current = self.index_of(process).is_some();
        let earlier = self.references.iter().skip(self.dossiers).any(|known| known == process);
        // A capture flow's processes are named by others first; and a callback may come before our own answer.
        let unknown_yet = self.slots.iter().any(|slot| slot.process.is_none())
            && (self.is_capture() || matches!(self.state, State::Creating));
        match () {
            () if current => Whose::Current,
            () if earlier => Whose::Earlier,
            () if unknown_yet || self.request.dossier.is_none() => Whose::Current,
            () => Whose::Foreign,
        }
    }

    /// Takes images until the verification is requested: new ones replace earlier ones (S-F3, S-V16).
    pub(super) fn take_images(&mut self, account: &Account, images: &[Image], sent: bool) -> Result<Heard, Reject> {
        let Plan::Document { slots, .. } = &self.request.plan else { return Err(unexpected()) };
        // `sent` may speak of the token that is to be fetched before.
        let in_doubt = sent && self.token.value().is_some();
        let earlier = match &self.state {
            State::Collecting { images } | State::Uploading { images } => images.clone(),
            State::Starting { sent: false } if !slots.is_empty() && !in_doubt => Vec::new(),
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
            let rule = "the images are uploaded already: hand in all required ones to replace them";
            return Err(Reject::at(RejectCode::ImagesIncomplete, missing.join(", "), rule));
        }
        self.state = State::Collecting { images: taken };
        Ok(Heard::NOTHING)
    }
}

/// How an id relates to this session.
enum Whose {
    Current,
    Earlier,
    Foreign,
}

fn parse(account: &Account, images: &[Image], known: &[String]) -> Result<Vec<StoredImage>, Reject> {
    if images.is_empty() {
        return Err(Reject::at(
            RejectCode::ImagesMissing,
            "images",
            "hand in at least one of the images that were asked for",
        ));
    }
    let mut parsed: Vec<StoredImage> = Vec::new();
    for (index, image) in images.iter().enumerate() {
        let field = alloc::format!("images[{index}]");
        let twice = parsed.iter().any(|earlier| earlier.slot == image.slot);
        if !known.contains(&image.slot) || twice {
            let rule = alloc::format!("slots are, each at most once: {}", known.join(", "));
            return Err(Reject::at(RejectCode::ImageSlot, field, rule));
        }
        let checked = Base64Image::from_bytes(&field, &image.bytes, &account.image_rules)?;
        parsed.push(StoredImage { slot: image.slot.clone(), data_url: checked.data_url() });
    }
    Ok(parsed)
}

fn merge(mut images: Vec<StoredImage>, newer: Vec<StoredImage>) -> Vec<StoredImage> {
    images.retain(|image| !newer.iter().any(|other| other.slot == image.slot));
    images.extend(newer);
    images
}

fn unexpected() -> Reject {
    Reject::at(RejectCode::ImagesUnexpected, "images", "no images are asked for now; only `Way::Upload` does")
}

fn too_late() -> Reject {
    let rule = "the verification is requested: no image may follow. Let it end; a `Retry` begins with new images";
    Reject::at(RejectCode::ImagesTooLate, "images", rule)
}
