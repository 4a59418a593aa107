//! What is heard beside answers: hints, returns, callbacks and images. It brings a look, and never decides.

use alloc::vec::Vec;
use core::mem;

use super::{Flow, Heard, Machine, Need, record::Phase, watch::Watch};
use crate::{Header, Hint, Image, Outcome, Reject, RejectCode, Response, UnixMillis};

impl<F: Flow> Machine<F> {
    pub(super) fn hint(&mut self, hint: &Hint, now: UnixMillis) {
        if matches!(self.record.phase, Phase::Running { .. }) {
            let heard = self.record.flow.hint(&self.account, hint);
            self.heard(heard, now);
        }
    }

    pub(super) fn redirect(&mut self, url: &str, now: UnixMillis) -> Result<(), Reject> {
        let mut flow = self.record.flow.clone();
        let heard = flow.redirect(&self.account, url)?;
        if matches!(self.record.phase, Phase::Running { .. }) {
            self.record.flow = flow;
            self.heard(heard, now);
        }
        Ok(())
    }

    pub(super) fn callback(
        &mut self,
        url: &str,
        headers: &[Header],
        body: &[u8],
        now: UnixMillis,
    ) -> Result<(), Reject> {
        let mut flow = self.record.flow.clone();
        let heard = flow.callback(&self.account, url, headers, body, &self.own());
        let heard = heard.map_err(|reject| reject.of_callback(headers, body))?;
        match &self.record.phase {
            Phase::Running { .. } => {
                self.record.flow = flow;
                self.heard(heard, now);
                Ok(())
            }
            // A decision stands, and what says no more than that something happened asks for nothing.
            Phase::Ended { outcome: Outcome::Decided { .. }, erasure: None, .. } => Ok(()),
            _ if !heard.look => Ok(()),
            Phase::Ended { erasure: None, .. } if !heard.authentic => Err(too_late(
                "the session has ended without a verdict, and now follows only authenticated callbacks; set up a secret for them",
            )),
            Phase::Ended { erasure: None, .. } => {
                let before = mem::replace(&mut self.record.flow, flow);
                if !self.follow(body)? {
                    self.record.flow = before;
                }
                Ok(())
            }
            Phase::Ended { .. } | Phase::Erasing { .. } => {
                Err(too_late("the session was erased; it takes no further inputs"))
            }
        }
    }

    /// Whether this is the provider's answer to a request of this session that ended meanwhile without a verdict, as where
    /// another worker's answer to the same look came first.
    pub(super) fn is_late_news(&self, id: &str, response: &Response<'_>) -> bool {
        let undecided = match &self.record.phase {
            Phase::Ended { outcome, erasure: None, .. } => !matches!(outcome, Outcome::Decided { .. }),
            _ => false,
        };
        undecided && response.is_success() && self.can_look() && self.record.call.was_sent(id, &self.record.seed)
    }

    /// News after an end without a verdict: a look is due, once for each piece (rule 24). `false`: this one is known.
    pub(super) fn follow(&mut self, piece: &[u8]) -> Result<bool, Reject> {
        if !self.can_look() {
            return Err(too_late(
                "the session ended before there was anything that could be looked at; open a new one",
            ));
        }
        let Phase::Ended { news, .. } = &mut self.record.phase else { return Ok(false) };
        let is_new = news.follow(piece)?;
        if is_new {
            self.record.call.renew();
        }
        Ok(is_new)
    }

    fn can_look(&self) -> bool {
        matches!(self.record.flow.need(&self.account), Need::User(_) | Need::Verdict(_))
    }

    fn heard(&mut self, heard: Heard, now: UnixMillis) {
        let schedule = self.record.flow.schedule(&self.account);
        let Phase::Running { watch } = &mut self.record.phase else { return };
        // A callback can come before the answer that begins the watch.
        if heard.authentic && watch.is_none() {
            *watch = Some(Watch::new(now));
        }
        if let Some(watch) = watch {
            watch.heard(heard, &schedule, now);
        }
    }

    pub(super) fn images(&mut self, images: Vec<Image>, now: UnixMillis) -> Result<(), Reject> {
        if !matches!(self.record.phase, Phase::Running { .. }) {
            let why = "the session has ended; images are no longer taken";
            return Err(Reject::at(RejectCode::SessionOver, "images", why));
        }
        let heard = self.record.flow.images(&self.account, &images, self.record.call.may_be_sent())?;
        for image in images {
            self.blobs.add(image.bytes);
        }
        // An answer to a request with the images before these would be taken for an answer to these.
        self.record.call.renew();
        self.heard(heard, now);
        Ok(())
    }
}

fn too_late(why: &str) -> Reject {
    Reject::at(RejectCode::SessionOver, "input", why)
}
