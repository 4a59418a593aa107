//! What a decision rests on, as a session keeps it: a long answer is stored beside the snapshot, once, as images are.

use alloc::{string::String, vec::Vec};
use core::mem;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Blobs, Digest};
use crate::{Basis, Document, Evidence, Part, Person, Reason, Source, UnixMillis};

/// An answer of up to so many bytes is part of the snapshot.
const MAX_INLINE: usize = 16 * 1024;

/// Evidence, whose bytes may be elsewhere. The public type has no stored form, so that it is not serialised by accident.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub(super) struct Kept {
    /// Without its bytes, if they are elsewhere.
    evidence: Evidence,
    beside: Option<Digest>,
}

impl Kept {
    pub(super) fn of(mut evidence: Evidence, blobs: &mut Blobs) -> Self {
        let beside = (evidence.raw.len() > MAX_INLINE).then(|| blobs.add(mem::take(&mut evidence.raw)));
        Self { evidence, beside }
    }

    /// The same of a snapshot of an earlier version, which holds all bytes itself.
    pub(super) fn put_beside(self, blobs: &mut Blobs) -> Self {
        if self.beside.is_some() { self } else { Self::of(self.evidence, blobs) }
    }

    /// The name of its bytes, if they are elsewhere.
    pub(super) fn digest(&self) -> Option<&Digest> {
        self.beside.as_ref()
    }

    /// All of it, if its bytes are at hand.
    pub(super) fn whole(&self, blobs: &Blobs) -> Option<Evidence> {
        let raw = match &self.beside {
            Some(digest) => blobs.bytes(digest)?.to_vec(),
            None => self.evidence.raw.clone(),
        };
        Some(Evidence { raw, ..self.evidence.clone() })
    }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    basis: Basis,
    at: UnixMillis,
    /// The bytes in base64, or nothing where the next member names them.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    raw: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    raw_digest: Option<Digest>,
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

impl From<Kept> for Stored {
    fn from(Kept { evidence, beside }: Kept) -> Self {
        Self {
            basis: evidence.basis,
            at: evidence.at,
            raw: STANDARD.encode(&evidence.raw),
            raw_digest: beside,
            person: evidence.person.map(StoredPerson::from),
            parts: evidence.parts,
            reasons: evidence.reasons,
            sealed: evidence.sealed.map(|sealed| STANDARD.encode(sealed)),
            source: evidence.source,
        }
    }
}

impl TryFrom<Stored> for Kept {
    type Error = &'static str;

    fn try_from(stored: Stored) -> Result<Self, &'static str> {
        let decode = |text: String| STANDARD.decode(text).map_err(|_| "evidence");
        if stored.raw_digest.is_some() && !stored.raw.is_empty() {
            return Err("evidence");
        }
        let evidence = Evidence {
            basis: stored.basis,
            at: stored.at,
            raw: decode(stored.raw)?,
            person: stored.person.map(Person::from),
            parts: stored.parts,
            reasons: stored.reasons,
            sealed: stored.sealed.map(decode).transpose()?,
            source: stored.source,
        };
        Ok(Self { evidence, beside: stored.raw_digest })
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
