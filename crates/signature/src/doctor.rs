//! The doctor: why a signature does not verify.
//!
//! It recomputes the tag for the mistakes that people really make, and names the smallest set of them that gives the tag at
//! hand. It is for a developer at a terminal or a log line beside a refusal; it is not in the path of any acceptance.

use alloc::{borrow::Cow, collections::BTreeMap, vec, vec::Vec};
use core::fmt;

use hmac::Mac;
use idvkit_core::Secret;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::cause::Cause;
use crate::compare::equal;
use crate::forms::{self, Claim, Key};
use crate::scheme::{DIGEST, Mismatch, Scheme};
use crate::slice::{SliceError, member};

/// More members than this are not tried one by one.
const MEMBERS: usize = 64;

/// What the doctor found about a signature. It holds no part of the content, the secrets or the tag, and may be logged.
///
/// **It is never an acceptance**, not even with [`Verdict::Verifies`]: it exists to be read by a person. Whoever wants to act on
/// a signature calls [`verify`](crate::Scheme::verify), which has one yes and no near misses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Diagnosis {
    /// The result in one word.
    pub verdict: Verdict,
    /// With [`Verdict::Explained`]: the differences that together give the tag at hand, as few as possible. Otherwise: what
    /// was noticed.
    pub findings: Vec<Finding>,
}

/// The result of a diagnosis in one word. New ones may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Verdict {
    /// There is nothing to explain: the content, a secret and the tag belong together as they are. Whatever refused it was
    /// given something else; look at what that was.
    Verifies,
    /// The tag belongs to a changed form of what was checked; the findings say which.
    Explained,
    /// No known mistake gives this tag: another secret, other content, or a forgery.
    Unexplained,
    /// There is no readable tag or no usable secret, so nothing could be tried.
    Untestable,
}

/// One difference, with what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Finding {
    /// Which difference.
    #[cfg_attr(feature = "schema", schemars(with = "alloc::string::String"))]
    pub cause: Cause,
    /// What it is, in one sentence.
    pub explanation: &'static str,
    /// What to do, in one sentence.
    pub fix: &'static str,
}

/// Explains why `tag` does not verify for `message`: one changed form of the message with one changed form of a secret and one
/// of the tag is tried at a time. If the message is a JSON object, the value of each member is tried too.
///
/// The work grows with the size of the message times several hundred; this is no function for a request handler.
pub fn diagnose(scheme: &Scheme, secrets: &[Secret], message: &[u8], tag: &str) -> Diagnosis {
    let mut contents = vec![Content { bytes: message, causes: &[] }];
    let members: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_slice(message).unwrap_or_default();
    contents.extend(
        members
            .values()
            .take(MEMBERS)
            .map(|value| Content { bytes: value.get().as_bytes(), causes: &[Cause::OneMember] }),
    );
    let noticed = if message.is_empty() { Some(Cause::EmptyContent) } else { None };
    examine(*scheme, secrets, &contents, tag, noticed)
}

/// Explains why `tag` does not verify for the member `name` of `body`: like [`diagnose`] for the member's slice, and for the
/// whole body.
pub fn diagnose_member(scheme: &Scheme, secrets: &[Secret], body: &[u8], name: &str, tag: &str) -> Diagnosis {
    let whole = Content { bytes: body, causes: &[Cause::WholeBody] };
    let (contents, noticed) = match member(body, name) {
        Ok(Some(slice)) => (vec![Content { bytes: slice, causes: &[] }, whole], None),
        Ok(None) => (vec![whole], Some(Cause::MemberMissing)),
        Err(SliceError::Duplicate) => (vec![whole], Some(Cause::MemberTwice)),
        Err(_) if body.is_empty() => (vec![whole], Some(Cause::EmptyContent)),
        Err(_) => (vec![whole], Some(Cause::NotJson)),
    };
    examine(*scheme, secrets, &contents, tag, noticed)
}

/// Bytes that may have been signed, and what that would mean.
struct Content<'a> {
    bytes: &'a [u8],
    causes: &'static [Cause],
}

fn examine(
    scheme: Scheme,
    secrets: &[Secret],
    contents: &[Content<'_>],
    tag: &str,
    noticed: Option<Cause>,
) -> Diagnosis {
    let claims = forms::claims(scheme, tag);
    let keys = forms::keys(scheme, secrets);
    let broken = secret_trouble(scheme, secrets);
    if claims.is_empty() {
        let cause = if tag.trim().is_empty() { Cause::TagMissing } else { Cause::TagMalformed };
        return Diagnosis::new(Verdict::Untestable, [cause].into_iter().chain(broken).chain(noticed));
    }
    if keys.is_empty() {
        return Diagnosis::new(Verdict::Untestable, broken.into_iter().chain(noticed));
    }
    let mut search = Search { keys, claims, best: None };
    for content in contents {
        forms::each_content(content.bytes, |causes, bytes| search.try_content(content.causes, causes, bytes));
    }
    match search.best {
        Some(causes) if causes.is_empty() => Diagnosis::new(Verdict::Verifies, []),
        Some(causes) => Diagnosis::new(Verdict::Explained, causes),
        None => Diagnosis::new(Verdict::Unexplained, broken.into_iter().chain(noticed)),
    }
}

/// The trouble with the configured secrets, if one of them cannot be a key.
fn secret_trouble(scheme: Scheme, secrets: &[Secret]) -> Option<Cause> {
    let trouble = |mismatch| secrets.iter().any(|secret| scheme.check_secret(secret) == Err(mismatch));
    if trouble(Mismatch::BadSecret) {
        Some(Cause::SecretMalformed)
    } else if secrets.is_empty() || trouble(Mismatch::NoSecret) {
        Some(Cause::SecretMissing)
    } else {
        None
    }
}

/// Looks for the fewest differences that together give a claimed digest; among equals, the first tried.
struct Search {
    keys: Vec<Key>,
    claims: Vec<Claim>,
    best: Option<Vec<Cause>>,
}

impl Search {
    fn try_content(&mut self, whence: &[Cause], form: &[Cause], bytes: &[u8]) {
        for key in &self.keys {
            let content = [whence, form, &key.causes].concat();
            if self.best.as_ref().is_some_and(|best| best.len() <= content.len()) {
                continue;
            }
            let digest = key.mac.clone().chain_update(bytes).finalize().into_bytes();
            for claim in &self.claims {
                let length = claim.digest.len().min(DIGEST);
                if bool::from(equal(&digest[..length], &claim.digest)) {
                    let causes = [content.as_slice(), &claim.causes].concat();
                    if self.best.as_ref().is_none_or(|best| causes.len() < best.len()) {
                        self.best = Some(causes);
                    }
                }
            }
        }
    }
}

impl Diagnosis {
    fn new(verdict: Verdict, causes: impl IntoIterator<Item = Cause>) -> Self {
        Self { verdict, findings: causes.into_iter().map(Finding::from).collect() }
    }
}

impl From<Cause> for Finding {
    fn from(cause: Cause) -> Self {
        Self { cause, explanation: cause.explanation(), fix: cause.fix() }
    }
}

impl Verdict {
    /// The stable code: `verifies`, `explained`, `unexplained`, `untestable`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Verifies => "verifies",
            Self::Explained => "explained",
            Self::Unexplained => "unexplained",
            Self::Untestable => "untestable",
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::Verifies => {
                "The signature belongs to this content as it is; whatever refused it was given something else."
            }
            Self::Explained => "The signature does not verify. It would with all of these differences undone:",
            Self::Unexplained => {
                "The signature does not verify, and no known mistake explains it: another secret, other content, or a forgery."
            }
            Self::Untestable => "The signature does not verify, and nothing could be tried:",
        }
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.verdict.sentence())?;
        self.findings.iter().try_for_each(|finding| write!(f, "\n- {finding}"))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} [{}]", self.explanation, self.fix, self.cause)
    }
}
