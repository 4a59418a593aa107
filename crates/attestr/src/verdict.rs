//! A handshake that exists: what is claimed of its runs, and the proof that one of them completed.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use idvkit_core::{
    Basis, Decision, Evidence, Fault, FaultCode, Flaw, FlawKind, Json, Operation as _, Outcome, Part, PollPlan,
    Response, SignedForm, UnixMillis,
    machine::{Heard, Schedule, Step, UserStage},
};
use idvkit_signature::{Mismatch, SliceError, ecmascript, member, same_tag};
use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};

use crate::{
    account::{Account, Checks},
    answers::{ExecutionResult, LaunchError},
    callback::{News, Webhook},
    operations::{Operation, Outside},
    values::{ClaimedSignature, HandshakeId, StageId},
};

/// The name of the evidence's part that says whether the handshake was used on a device. Its status is `consumed` or
/// `not_consumed` (A-Q3: it does not say how the run ended).
pub const HANDSHAKE_PART: &str = "handshake";

/// Claims that are kept at a time (rule 2).
const MAX_CLAIMS: usize = 4;
/// Signatures of earlier runs that are remembered.
const MAX_DECIDED: usize = 32;

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Live {
    pub(crate) handshake: HandshakeId,
    /// When the handshake expires.
    pub(crate) ends: UnixMillis,
    /// Whether this is a further run of the same handshake (A-F11).
    pub(crate) retry: bool,
    /// Signatures that somebody says a completed run gave.
    pub(crate) claims: Vec<Claim>,
    /// How somebody says the run ended, if not completed.
    pub(crate) ended: Option<Ended>,
    /// The provider has a result whose signature does not verify, as with a wrong client secret: the user is done.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    unproven: bool,
    /// The signatures of earlier runs that were decided, newest last.
    decided: Vec<ClaimedSignature>,
    /// The newest change of the handshake that a webhook spoke of, in the provider's time.
    updated: Option<i64>,
    /// The same when this run began: webhooks up to then are of earlier runs.
    updated_before: Option<i64>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Claim {
    signature: ClaimedSignature,
    /// Since when verified results have carried another signature.
    missing_since: Option<UnixMillis>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ended {
    pub(crate) how: NonPass,
    /// Said by an authenticated webhook: a client's word does not replace it.
    authentic: bool,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NonPass {
    Skipped { stage: Option<StageId> },
    Errored { error: LaunchError },
}

impl Live {
    pub(crate) fn new(handshake: HandshakeId, ends: UnixMillis) -> Self {
        Self {
            handshake,
            ends,
            retry: false,
            claims: Vec::new(),
            ended: None,
            unproven: false,
            decided: Vec::new(),
            updated: None,
            updated_before: None,
        }
    }

    /// Begins a further run.
    pub(crate) fn again(&mut self) {
        self.claims.clear();
        self.ended = None;
        self.unproven = false;
        self.updated_before = self.updated;
        self.retry = true;
    }

    pub(crate) fn forget(&mut self) {
        self.claims.clear();
        self.decided.clear();
        self.ended = None;
    }

    /// Hears that a look went wrong: its result may be there, and not be proven.
    pub(crate) fn faulted(&mut self, fault: &Fault) {
        self.unproven |= matches!(
            fault.code,
            FaultCode::SignatureWrong
                | FaultCode::SignatureMissing
                | FaultCode::SignatureMalformed
                | FaultCode::SecretMissing
                | FaultCode::SecretMalformed
        );
    }

    /// When to look and how long to wait, for a handshake that lives so long.
    pub(crate) fn schedule(&self, account: &Account, lifetime_ms: i64) -> Schedule {
        let plan = &account.schedule;
        let errored = matches!(&self.ended, Some(Ended { how: NonPass::Errored { .. }, .. }));
        Schedule {
            // The user is done where there is a result: only its proof is waited for.
            user_timeout_ms: if self.unproven { 0 } else { account.user_timeout_ms(lifetime_ms) },
            // Once every claim was dropped there is nothing that a look could prove.
            verdict: if self.claims.is_empty() { PollPlan::never(2) } else { plan.verdict.clone() },
            // An error ends a run for good; only a success that is claimed as well may still be proven (A-Q14).
            grace_ms: if errored && self.claims.is_empty() { 0 } else { plan.grace_ms },
            ..plan.clone()
        }
    }

    /// Restored states are untrusted.
    pub(crate) fn is_plausible(&self) -> bool {
        let moments = self.claims.iter().filter_map(|claim| claim.missing_since).chain([self.ends]);
        self.claims.len() <= MAX_CLAIMS
            && self.decided.len() <= MAX_DECIDED
            && moments.into_iter().all(UnixMillis::is_plausible)
    }

    /// Hears an authentic webhook about this handshake.
    pub(crate) fn told(&mut self, webhook: Webhook) -> Heard {
        if self.is_old(&webhook) {
            return Heard::NOTHING;
        }
        self.updated = self.updated.max(webhook.key.updated);
        let how = match webhook.news {
            News::Completed { signature } => {
                self.claim(signature, true);
                return Heard::RESULT;
            }
            News::Skipped { stage } => NonPass::Skipped { stage },
            News::Errored { error } => NonPass::Errored { error },
            News::Other => return Heard::NOTHING,
        };
        let skipped = matches!(how, NonPass::Skipped { .. });
        self.end(how, true);
        Heard { look: skipped, authentic: true, ..Heard::SETTLE }
    }

    /// Whether it was sent for an earlier run: providers deliver late and more than once (A-Q9). That run's own signature
    /// counts again only where the page of this run names it, as it does when all stages are skipped (A-F11).
    fn is_old(&self, webhook: &Webhook) -> bool {
        let same =
            |signature: &ClaimedSignature| self.decided.iter().any(|old| same_tag(old.as_str(), signature.as_str()));
        let names_old = matches!(&webhook.news, News::Completed { signature } if same(signature));
        let updated_old = webhook.key.updated.is_some_and(|updated| Some(updated) <= self.updated_before);
        self.retry && (names_old || updated_old)
    }

    /// Takes in a fetched result: the only place that decides.
    pub(crate) fn fetched(
        &mut self,
        account: &Account,
        op: &Operation,
        tag: &str,
        response: &Response<'_>,
    ) -> Result<Step, Fault> {
        let unreadable = |flaw| Fault::unreadable(op.name(), response.status, flaw);
        let json = Json::read(response.body).map_err(unreadable)?;
        let answer = ExecutionResult::read(&json).map_err(unreadable)?;
        let foreign = |place: &str| Fault::foreign(op.name(), Flaw::new(FlawKind::OtherReference, place));
        if answer.handshake != self.handshake {
            return Err(foreign("_id"));
        }
        if answer.tag.as_deref().is_some_and(|theirs| theirs != tag) {
            return Err(foreign("tag"));
        }
        if answer.archived.is_some() {
            let fault = Fault::new(FaultCode::Archived, op.name(), false);
            return Ok(Step::End { outcome: Outcome::Failed { fault }, evidence: None });
        }
        let Some(result) = slice(response.body, &json).map_err(unreadable)? else {
            return Ok(Step::NotYet { user: UserStage::Unknown });
        };
        let stages = stages(result).ok_or_else(|| unreadable(Flaw::new(FlawKind::MemberType, "result")))?;
        let signature = answer.signature.as_deref().unwrap_or_default();
        let (form, raw) = account.checks().verified(result, signature).map_err(|mismatch| {
            let fault = Fault::new(mismatch.fault_code(), op.name(), true);
            Fault { status: Some(response.status), ..fault }
        })?;
        self.unproven = false;
        let Some(claim) = self.claims.iter().find(|claim| same_tag(claim.signature.as_str(), signature)) else {
            return Ok(Step::NotYet { user: self.missed(&account.schedule.verdict, response.at) });
        };
        let signature = claim.signature.clone();
        self.remember(signature);
        let evidence = Evidence {
            basis: Basis::Signed { form },
            at: response.at,
            raw,
            person: None,
            parts: parts(stages, answer.consumed),
            reasons: Vec::new(),
            sealed: None,
            source: account.source(op.name()),
        };
        Ok(Step::End { outcome: Outcome::Decided { decision: Decision::Completed }, evidence: Some(evidence) })
    }

    /// Keeps the signature of a decided run, the newest ones only.
    fn remember(&mut self, signature: ClaimedSignature) {
        if self.decided.contains(&signature) {
            return;
        }
        self.decided.push(signature);
        if self.decided.len() > MAX_DECIDED {
            self.decided.remove(0);
        }
    }

    /// Adds a claim, if it is new and there is room. One that the provider's own webhook makes finds room.
    pub(crate) fn claim(&mut self, signature: ClaimedSignature, authentic: bool) -> bool {
        if self.claims.iter().any(|claim| same_tag(claim.signature.as_str(), signature.as_str())) {
            return false;
        }
        if self.claims.len() >= MAX_CLAIMS {
            if !authentic {
                return false;
            }
            self.claims.remove(0);
        }
        self.claims.push(Claim { signature, missing_since: None });
        true
    }

    /// No claim is the signature of a verified result. That may be an older or partial result (A-Q4), above all after a
    /// retry: a claim is dropped only once it was looked for throughout the whole plan.
    fn missed(&mut self, plan: &PollPlan, at: UnixMillis) -> UserStage {
        let patience = searched_ms(plan);
        self.claims.retain_mut(|claim| at.since(*claim.missing_since.get_or_insert(at)) < patience);
        // Nothing is left that says the user is done: the page is theirs again, and the next claim begins the plan anew.
        if self.claims.is_empty() { UserStage::Away } else { UserStage::Unknown }
    }

    /// Takes in how the run is said to have ended; the newest word counts. `false`: it says nothing new.
    pub(crate) fn end(&mut self, how: NonPass, authentic: bool) -> bool {
        let is_new = match &self.ended {
            Some(ended) => authentic || (!ended.authentic && !ended.how.is_alike(&how)),
            None => true,
        };
        if is_new {
            self.ended = Some(Ended { how, authentic });
        }
        is_new
    }
}

/// From the first to the last look of a plan, in milliseconds. Half a pause less: answers do not come on the dot.
fn searched_ms(plan: &PollPlan) -> i64 {
    match plan.offsets_ms.as_slice() {
        [first, .., before, last] => (before + last) / 2 - first,
        [first, last] => (last - first) / 2,
        _ => 0,
    }
}

impl NonPass {
    /// Of one kind and code: a page that says the same again, in whatever words, says nothing new.
    fn is_alike(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Skipped { .. }, Self::Skipped { .. }) => true,
            (Self::Errored { error }, Self::Errored { error: other }) => error.code == other.code,
            _ => false,
        }
    }

    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Skipped { .. } => Outcome::Abandoned { stage: self.stage() },
            Self::Errored { error } => Outcome::Failed { fault: error.fault(Outside::Launch.name()) },
        }
    }

    pub(crate) fn stage(&self) -> Option<String> {
        let (Self::Skipped { stage } | Self::Errored { error: LaunchError { stage, .. } }) = self;
        stage.as_ref().map(|stage| stage.as_str().to_string())
    }
}

/// The result as it was sent, if there is one. A flaw beside it costs nothing (rule 25); one that is in it costs the signature.
pub(crate) fn slice<'a>(body: &'a [u8], json: &'a Json) -> Result<Option<&'a [u8]>, Flaw> {
    let found = match (member(body, "result"), json.mended()) {
        (Err(SliceError::NotJson), Some(mended)) => member(mended.as_bytes(), "result"),
        (found, _) => found,
    };
    let kind = |error| if error == SliceError::Duplicate { FlawKind::MemberTwice } else { FlawKind::JsonSyntax };
    let result = found.map_err(|error| Flaw::new(kind(error), "result"))?;
    Ok(result.filter(|result| *result != b"null"))
}

impl Checks<'_> {
    /// The form of the result that its signature covers, and those bytes: as sent, or else as ECMAScript writes them
    /// (A-Q1).
    pub(crate) fn verified(&self, result: &[u8], signature: &str) -> Result<(SignedForm, Vec<u8>), Mismatch> {
        let verify = |bytes: &[u8]| self.scheme.verify(self.secrets, bytes, signature);
        let wrong = match verify(result) {
            Ok(()) => return Ok((SignedForm::AsSent, result.to_vec())),
            Err(Mismatch::Wrong) if self.ecmascript_form => Mismatch::Wrong,
            Err(other) => return Err(other),
        };
        let printed = ecmascript(result).map_err(|_| wrong)?;
        verify(&printed)?;
        Ok((SignedForm::Ecmascript, printed))
    }
}

/// The stages, and what the provider says of the handshake itself. A stage's part has a name only.
fn parts(stages: Vec<String>, consumed: Option<bool>) -> Vec<Part> {
    let part = |name: String, status: Option<&str>| Part {
        name,
        passed: None,
        status: status.map(ToString::to_string),
        score: None,
    };
    let word = |consumed| if consumed { "consumed" } else { "not_consumed" };
    let handshake = consumed.map(|consumed| part(HANDSHAKE_PART.into(), Some(word(consumed))));
    stages.into_iter().map(|stage| part(stage, None)).chain(handshake).collect()
}

/// The names of the stages in order, or `None` if it is not an object.
pub(crate) fn stages(result: &[u8]) -> Option<Vec<String>> {
    struct Names;

    impl<'de> serde::de::Visitor<'de> for Names {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Vec<String>, A::Error> {
            let mut names = Vec::new();
            while let Some((name, _)) = map.next_entry::<String, IgnoredAny>()? {
                names.push(name);
            }
            Ok(names)
        }
    }

    serde_json::Deserializer::from_slice(result).deserialize_map(Names).ok()
}
