//! The doctor explains why a signature does not verify.
//!
//! It recomputes the tag for the mistakes that people really make, and names the smallest set of them that gives the
//! tag. Its report is for a developer, at a terminal or in a log line beside a refusal. It never accepts a signature.

use alloc::{borrow::Cow, collections::BTreeMap, vec, vec::Vec};
use hmac::Mac;
use idvkit_core::{Diagnosis, Difference, Secret, Verdict};
use serde_json::value::RawValue;

use crate::compare::equal;
use crate::forms::{self, Claim, Key};
use crate::scheme::{DIGEST, Mismatch, Scheme};
use crate::slice::{SliceError, member};

/// More members than this are not tried one by one.
const MEMBERS: usize = 64;

/// Explains why `tag` does not verify for `message`: one changed form of the message with one changed form of a secret and one
/// of the tag is tried at a time. If the message is a JSON object, the value of each member is tried too.
///
/// It computes several hundred times as much as one verification: do not call it in a request handler.
pub fn diagnose(scheme: &Scheme, secrets: &[Secret], message: &[u8], tag: &str) -> Diagnosis {
    let mut contents = vec![Content { bytes: message, differences: &[] }];
    let members: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_slice(message).unwrap_or_default();
    contents.extend(
        members
            .values()
            .take(MEMBERS)
            .map(|value| Content { bytes: value.get().as_bytes(), differences: &[Difference::OneMember] }),
    );
    let noticed = if message.is_empty() { Some(Difference::EmptyContent) } else { None };
    examine(*scheme, secrets, &contents, tag, noticed)
}

/// Explains why `tag` does not verify for the member `name` of `body`. Like [`diagnose`], it tries the member's slice,
/// and also the whole body.
pub fn diagnose_member(scheme: &Scheme, secrets: &[Secret], body: &[u8], name: &str, tag: &str) -> Diagnosis {
    let whole = Content { bytes: body, differences: &[Difference::WholeBody] };
    let (contents, noticed) = match member(body, name) {
        Ok(Some(slice)) => (vec![Content { bytes: slice, differences: &[] }, whole], None),
        Ok(None) => (vec![whole], Some(Difference::MemberMissing)),
        Err(SliceError::Duplicate) => (vec![whole], Some(Difference::MemberTwice)),
        Err(_) if body.is_empty() => (vec![whole], Some(Difference::EmptyContent)),
        Err(_) => (vec![whole], Some(Difference::NotJson)),
    };
    examine(*scheme, secrets, &contents, tag, noticed)
}

/// Bytes that may have been signed, and what that would mean.
struct Content<'a> {
    bytes: &'a [u8],
    differences: &'static [Difference],
}

fn examine(
    scheme: Scheme,
    secrets: &[Secret],
    contents: &[Content<'_>],
    tag: &str,
    noticed: Option<Difference>,
) -> Diagnosis {
    let claims = forms::claims(scheme, tag);
    let keys = forms::keys(scheme, secrets);
    let broken = secret_trouble(scheme, secrets);
    if claims.is_empty() {
        let difference = if tag.trim().is_empty() { Difference::TagMissing } else { Difference::TagMalformed };
        return Diagnosis::new(Verdict::Untestable, [difference].into_iter().chain(broken).chain(noticed));
    }
    if keys.is_empty() {
        return Diagnosis::new(Verdict::Untestable, broken.into_iter().chain(noticed));
    }
    let mut search = Search { keys, claims, best: None };
    for content in contents {
        forms::each_content(content.bytes, |differences, bytes| {
            search.try_content(content.differences, differences, bytes);
        });
    }
    match search.best {
        Some(differences) if differences.is_empty() => Diagnosis::new(Verdict::Verifies, []),
        Some(differences) => Diagnosis::new(Verdict::Explained, differences),
        None => Diagnosis::new(Verdict::Unexplained, broken.into_iter().chain(noticed)),
    }
}

/// The trouble with the configured secrets, if one of them cannot be a key.
fn secret_trouble(scheme: Scheme, secrets: &[Secret]) -> Option<Difference> {
    let trouble = |mismatch| secrets.iter().any(|secret| scheme.check_secret(secret) == Err(mismatch));
    if trouble(Mismatch::BadSecret) {
        Some(Difference::SecretMalformed)
    } else if secrets.is_empty() || trouble(Mismatch::NoSecret) {
        Some(Difference::SecretMissing)
    } else {
        None
    }
}

/// Looks for the fewest differences that together give a claimed digest; among equals, the first tried.
struct Search {
    keys: Vec<Key>,
    claims: Vec<Claim>,
    best: Option<Vec<Difference>>,
}

impl Search {
    fn try_content(&mut self, whence: &[Difference], form: &[Difference], bytes: &[u8]) {
        for key in &self.keys {
            let content = [whence, form, &key.differences].concat();
            if self.best.as_ref().is_some_and(|best| best.len() <= content.len()) {
                continue;
            }
            let digest = key.mac.clone().chain_update(bytes).finalize().into_bytes();
            for claim in &self.claims {
                let length = claim.digest.len().min(DIGEST);
                if bool::from(equal(&digest[..length], &claim.digest)) {
                    let differences = [content.as_slice(), &claim.differences].concat();
                    if self.best.as_ref().is_none_or(|best| differences.len() < best.len()) {
                        self.best = Some(differences);
                    }
                }
            }
        }
    }
}
