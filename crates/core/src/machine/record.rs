//! What a session stores, and the form in which it is stored.

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use super::{Digest, call::Call, evidence::Kept, watch::Watch};
use crate::{AtProvider, Erasure, Fault, Outcome, Reject, RejectCode, Seed, UnixMillis};

/// The newest snapshot format this version writes and reads.
pub const SNAPSHOT_FORMAT: u32 = 1;

/// No session comes near so many changes; the number is exact in every language.
pub(super) const MAX_REVISION: i64 = 1 << 53;
/// So often a session is begun anew, whatever its flow allows.
pub(super) const MAX_ATTEMPTS: u32 = 1000;
/// So many pieces of news are followed after an end.
const MAX_NEWS: usize = 8;

/// The envelope of every stored session.
#[derive(Serialize, Deserialize)]
pub(super) struct Envelope<T> {
    pub(super) format: u32,
    pub(super) provider: String,
    pub(super) session: T,
}

#[derive(Deserialize)]
struct Head {
    format: u32,
    provider: Option<String>,
}

/// The provider of the session that a stored text holds.
///
/// # Errors
/// `snapshot_malformed` if the text is no snapshot, `snapshot_newer` if a newer version wrote it.
pub fn snapshot_provider(text: &str) -> Result<String, Reject> {
    let head: Head =
        serde_json::from_str(text).map_err(|_| malformed("this is not a text that `snapshot` returned"))?;
    if head.format > SNAPSHOT_FORMAT {
        let message = "a newer version of idvkit wrote this; update every worker before sessions are shared";
        return Err(Reject::new(RejectCode::SnapshotNewer, message).about("format"));
    }
    match head.provider {
        Some(provider) if head.format == SNAPSHOT_FORMAT => Ok(provider),
        _ => Err(malformed("this is not a text that `snapshot` returned")),
    }
}

/// A reject for a snapshot that this library cannot have written, or that was changed since.
pub fn malformed(why: &str) -> Reject {
    Reject::new(RejectCode::SnapshotMalformed, why)
}

/// Everything about one session.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Record<F> {
    /// Which account it belongs to.
    pub(super) account: String,
    pub(super) seed: Seed,
    pub(super) opened: UnixMillis,
    /// The time of the last change: `now` never runs back behind it.
    pub(super) clock: UnixMillis,
    pub(super) revision: i64,
    pub(super) attempt: u32,
    pub(super) call: Call,
    pub(super) phase: Phase,
    /// The provider's own state.
    pub(super) flow: F,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) evidence: Option<Kept>,
}

/// Where a session stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Phase {
    /// Under way; the watch begins with the first journey.
    Running { watch: Option<Watch> },
    /// Over.
    Ended {
        outcome: Outcome,
        /// Set if a failed request ended it: the watch to resume with.
        resume: Option<Resume>,
        erasure: Option<Erasure>,
        /// What came after an end without a verdict.
        #[serde(default, skip_serializing_if = "News::is_none")]
        news: News,
    },
    /// Over, and the attempts are being deleted at the provider, one after the other.
    Erasing {
        outcome: Outcome,
        index: u32,
        /// Set if something may have been made at the provider that nobody can name.
        lost: Option<Fault>,
    },
}

/// What to go on with after a failed request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Resume {
    pub(super) watch: Option<Watch>,
}

/// Authentic news after an end without a verdict: each piece earns one more look (rule 24).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct News {
    /// That look is due.
    pub(super) look: bool,
    /// The pieces that earned one.
    followed: Vec<Digest>,
}

impl News {
    /// Takes in a piece of news: whether it is new. A session follows only so many.
    pub(super) fn follow(&mut self, piece: &[u8]) -> Result<bool, Reject> {
        let piece = Digest::of(piece);
        if self.followed.contains(&piece) {
            return Ok(false);
        }
        if self.followed.len() >= MAX_NEWS {
            let why = "the session has ended without a verdict, and can follow no more news; open a new one";
            return Err(Reject::at(RejectCode::SessionOver, "input", why));
        }
        self.followed.push(piece);
        self.look = true;
        Ok(true)
    }

    /// The look could not be had. The same news earns another one, if the provider sends it again.
    pub(super) fn give_up(&mut self) {
        self.look = false;
        self.followed.pop();
    }

    fn is_none(&self) -> bool {
        *self == Self::default()
    }

    fn is_plausible(&self) -> bool {
        self.followed.len() <= MAX_NEWS && !(self.look && self.followed.is_empty())
    }
}

impl Phase {
    pub(super) fn ended(outcome: Outcome) -> Self {
        Self::Ended { outcome, resume: None, erasure: None, news: News::default() }
    }

    /// Ended by a failed request, at which it may go on.
    pub(super) fn failed(fault: Fault, watch: Option<Watch>) -> Self {
        let (outcome, resume) = (Outcome::Failed { fault }, Some(Resume { watch }));
        Self::Ended { outcome, resume, erasure: None, news: News::default() }
    }

    pub(super) fn erased(outcome: Outcome, at_provider: AtProvider) -> Self {
        let erasure = Some(Erasure { at_provider });
        Self::Ended { outcome, resume: None, erasure, news: News::default() }
    }
}

impl<F> Record<F> {
    /// Restored input is untrusted: refuses what no session can have stored.
    pub(super) fn check(&self) -> Result<(), Reject> {
        let in_range = self.opened.is_plausible() && self.clock.is_plausible() && self.opened <= self.clock;
        let watch_in_range = match &self.phase {
            Phase::Running { watch } | Phase::Ended { resume: Some(Resume { watch }), .. } => {
                watch.as_ref().is_none_or(Watch::is_plausible)
            }
            _ => true,
        };
        let news_in_range = match &self.phase {
            Phase::Ended { news, erasure, .. } => news.is_plausible() && !(news.look && erasure.is_some()),
            _ => true,
        };
        let counts = (0..=MAX_REVISION).contains(&self.revision) && self.attempt <= MAX_ATTEMPTS;
        if !counts || !in_range || !watch_in_range || !news_in_range || !self.call.is_plausible(self.clock) {
            return Err(malformed("a time or number in the snapshot is out of range"));
        }
        Ok(())
    }
}
