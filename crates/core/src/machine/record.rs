//! What a session stores, and the form in which it is stored.

use alloc::{string::String, vec::Vec};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::{Digest, call::Call, watch::Watch};
use crate::{
    AtProvider, Basis, Document, Erasure, Evidence, Fault, Outcome, Part, Person, Reason, Reject, RejectCode, Seed,
    Source, UnixMillis,
};

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
    let head: Head = serde_json::from_str(text).map_err(|_| malformed("this is not the text that `snapshot` gave"))?;
    if head.format > SNAPSHOT_FORMAT {
        let message = "a newer version of idvkit wrote this; update every worker before sessions are shared";
        return Err(Reject::new(RejectCode::SnapshotNewer, message).about("format"));
    }
    match head.provider {
        Some(provider) if head.format == SNAPSHOT_FORMAT => Ok(provider),
        _ => Err(malformed("this is not the text that `snapshot` gave")),
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
    #[serde(default, skip_serializing_if = "Option::is_none", with = "stored_evidence")]
    pub(super) evidence: Option<Evidence>,
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
            let why = "the session has ended without a verdict, and has followed as much news since as it can; open a new one";
            return Err(Reject::at(RejectCode::SessionOver, "input", why));
        }
        self.followed.push(piece);
        self.look = true;
        Ok(true)
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
            return Err(malformed("a time or number in it is out of range"));
        }
        Ok(())
    }
}

/// The stored form of evidence. The public type has none, so that it is not serialised by accident.
#[expect(clippy::ref_option, reason = "serde calls with this signature")]
mod stored_evidence {
    use super::{Deserialize, Deserializer, Error, Evidence, Serialize, Serializer, StoredEvidence};

    pub(super) fn serialize<S: Serializer>(evidence: &Option<Evidence>, serializer: S) -> Result<S::Ok, S::Error> {
        evidence.as_ref().map(StoredEvidence::of).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Evidence>, D::Error> {
        Option::<StoredEvidence>::deserialize(deserializer)?
            .map(|stored| stored.restore().ok_or_else(|| D::Error::custom("evidence")))
            .transpose()
    }
}

#[derive(Serialize, Deserialize)]
struct StoredEvidence {
    basis: Basis,
    at: UnixMillis,
    raw: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    person: Option<StoredPerson>,
    #[serde(default)]
    parts: Vec<Part>,
    #[serde(default)]
    reasons: Vec<Reason>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<String>,
    source: Source,
}

impl StoredEvidence {
    fn of(evidence: &Evidence) -> Self {
        Self {
            basis: evidence.basis,
            at: evidence.at,
            raw: STANDARD.encode(&evidence.raw),
            person: evidence.person.clone().map(StoredPerson::from),
            parts: evidence.parts.clone(),
            reasons: evidence.reasons.clone(),
            sealed: evidence.sealed.as_ref().map(|sealed| STANDARD.encode(sealed)),
            source: evidence.source.clone(),
        }
    }

    fn restore(self) -> Option<Evidence> {
        let sealed = match self.sealed {
            Some(sealed) => Some(STANDARD.decode(sealed).ok()?),
            None => None,
        };
        Some(Evidence {
            basis: self.basis,
            at: self.at,
            raw: STANDARD.decode(self.raw).ok()?,
            person: self.person.map(Person::from),
            parts: self.parts,
            reasons: self.reasons,
            sealed,
            source: self.source,
        })
    }
}

/// A person as stored; the same members as [`Person`], which has no serialised form of its own.
#[derive(Serialize, Deserialize)]
struct StoredPerson {
    #[serde(flatten, with = "PersonForm")]
    person: Person,
}

impl From<Person> for StoredPerson {
    fn from(person: Person) -> Self {
        Self { person }
    }
}

impl From<StoredPerson> for Person {
    fn from(stored: StoredPerson) -> Self {
        stored.person
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Person")]
struct PersonForm {
    given_name: Option<String>,
    family_name: Option<String>,
    middle_name: Option<String>,
    birthdate: Option<String>,
    gender: Option<String>,
    nationalities: Vec<String>,
    place_of_birth: Option<String>,
    personal_number: Option<String>,
    phone_number: Option<String>,
    #[serde(with = "stored_document")]
    document: Option<Document>,
}

#[expect(clippy::ref_option, reason = "serde calls with this signature")]
mod stored_document {
    use super::{Deserialize, Deserializer, Document, DocumentForm, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Stored(#[serde(with = "DocumentForm")] Document);

    pub(super) fn serialize<S: Serializer>(document: &Option<Document>, serializer: S) -> Result<S::Ok, S::Error> {
        document.clone().map(Stored).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Document>, D::Error> {
        Ok(Option::<Stored>::deserialize(deserializer)?.map(|stored| stored.0))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Document")]
struct DocumentForm {
    kind: Option<String>,
    document_number: Option<String>,
    date_of_issuance: Option<String>,
    date_of_expiry: Option<String>,
    issuer_country: Option<String>,
    issuer_name: Option<String>,
}
