//! Initiate, wait for the user, look for the verdict.

use crate::ID;
use crate::operations::Operation;
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use idvkit_core::{
    Basis, Decision, Evidence, Fault, Flaw, FlawKind, Header, Hint, HintKind, HttpRequest, Journey, Method, Outcome,
    Part, Reject, RejectCode, Response, Secret, Source, UnixMillis,
    machine::{self, Flow, Heard, Need, Own, Schedule, Step, UserStage},
    push_segment, settings,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    callback::{self, Callback},
    journey::{self, Link},
    types::{Initiated, ReturnParameters, ReturnStatus, Transaction, TransactionResult},
    validate::{Account, is_reference},
};

const INITIATE: &str = "jumio.initiate";
const RETRIEVE: &str = "jumio.retrieve";
const DELETE: &str = "jumio.delete";
const IMAGE: &str = "jumio.image";
const INITIATE_PATH: &str = "/api/authentication/v1/web/initiate";
const RETRIEVAL_PATH: &str = "/api/netverify/v2/authentications/";
/// A session that was begun anew so often gets no further attempt.
const MAX_ATTEMPTS: usize = 32;

/// A Jumio session's own state.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct JumioFlow {
    order: Order,
    state: State,
    /// Transactions, newest first.
    references: Vec<String>,
}

/// What was ordered: a parsed request.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) enrollment_reference: String,
    /// Without the secret segment; `None` leaves it to the portal.
    pub(crate) callback_url: Option<String>,
    pub(crate) success_url: Option<String>,
    pub(crate) error_url: Option<String>,
    pub(crate) user_reference: Option<String>,
    pub(crate) locale: Option<String>,
    /// Whether the lifetime goes into the request; otherwise it is the portal's setting.
    pub(crate) lifetime_given: bool,
    pub(crate) lifetime_minutes: i64,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum State {
    Initiating,
    Live {
        reference: String,
        /// A bearer value.
        redirect_url: String,
        expires: UnixMillis,
        /// The user says the images were taken for processing.
        submitted: bool,
    },
}

impl JumioFlow {
    pub(crate) fn new(order: Order) -> Self {
        Self { order, state: State::Initiating, references: Vec::new() }
    }
}

impl Flow for JumioFlow {
    type Account = Account;
    type Operation = Operation;
    const DELETES: bool = true;
    const TRACE_HEADER: Option<&'static str> = Some("x-trackingid");

    fn need(&self, _account: &Account) -> Need<Operation> {
        match &self.state {
            State::Initiating => Need::Answer(Operation::Initiate),
            State::Live { submitted: false, .. } => Need::User(Operation::Retrieve),
            State::Live { submitted: true, .. } => Need::Verdict(Operation::Retrieve),
        }
    }

    fn request(&self, account: &Account, op: &Operation, id: String, own: &Own<'_>) -> HttpRequest {
        match op {
            Operation::Initiate => self.initiate_request(account, id, own),
            Operation::Retrieve => retrieval(account, Method::Get, RETRIEVE, self.reference(0), id),
            Operation::Delete(index) => retrieval(account, Method::Delete, DELETE, self.reference(*index), id),
        }
    }

    fn answer(
        &mut self,
        account: &Account,
        op: &Operation,
        response: &Response<'_>,
        _own: &Own<'_>,
    ) -> Result<Step, Fault> {
        match op {
            Operation::Initiate => self.initiated(account, response),
            Operation::Retrieve => self.retrieved(account, response),
            // What is gone already is deleted as well (J-V16).
            Operation::Delete(_) if response.is_success() || response.status == 404 => Ok(Step::Deleted),
            Operation::Delete(_) => Err(Fault::status(DELETE, response.status)),
        }
    }

    fn journey(&self, account: &Account, own: &Own<'_>) -> Journey {
        let (reference, url, expires) = match &self.state {
            State::Live { reference, redirect_url, expires, .. } => {
                (reference.as_str(), redirect_url.as_str(), *expires)
            }
            State::Initiating => ("", "", own.opened),
        };
        journey::journey(account, &self.order, &Link { reference, url, expires }, own)
    }

    fn hint(&mut self, _account: &Account, hint: &Hint) -> Heard {
        match hint.kind {
            HintKind::Success => self.submitted(),
            HintKind::Error => Heard::LOOK,
            HintKind::Finished => Heard::DONE,
            _ => Heard::NOTHING,
        }
    }

    fn redirect(&mut self, _account: &Account, url: &str) -> Result<Heard, Reject> {
        let back = ReturnParameters::parse(url)?;
        if !self.is_current(&back.reference, RejectCode::RedirectOfOtherSession, "url")? {
            return Ok(Heard::NOTHING);
        }
        Ok(match back.status {
            ReturnStatus::Success => self.submitted(),
            ReturnStatus::Error => Heard::LOOK,
            ReturnStatus::Other(_) => Heard::NOTHING,
        })
    }

    fn callback(
        &mut self,
        account: &Account,
        url: &str,
        headers: &[Header],
        body: &[u8],
        own: &Own<'_>,
    ) -> Result<Heard, Reject> {
        let secret = account.secret_callback && self.order.callback_url.is_some();
        if secret {
            callback::check_segment(url, own)?;
        }
        let callback = Callback::parse(headers, body)?;
        if !self.is_current(&callback.reference, RejectCode::CallbackOfOtherSession, "body")? {
            return Ok(Heard::NOTHING);
        }
        Ok(Heard { authentic: secret, ..Heard::RESULT })
    }

    fn schedule(&self, account: &Account) -> Schedule {
        account.schedule(self.order.lifetime_minutes, self.order.callback_url.is_some())
    }

    fn at_deadline(&self) -> Outcome {
        Outcome::Expired
    }

    /// A new transaction for the same enrollment: it supersedes the old one (J-F1).
    fn retry(&mut self, outcome: &Outcome) -> bool {
        let again = !matches!(outcome, Outcome::Decided { .. }) && self.references.len() < MAX_ATTEMPTS;
        if again {
            self.state = State::Initiating;
        }
        again
    }

    fn references(&self) -> Vec<String> {
        self.references.clone()
    }

    fn erase(&self, index: u32) -> Option<Operation> {
        let known = usize::try_from(index).is_ok_and(|index| index < self.references.len());
        known.then_some(Operation::Delete(index))
    }

    fn wipe(&mut self) {
        let order = &mut self.order;
        (order.user_reference, order.callback_url, order.success_url, order.error_url) = (None, None, None, None);
        if let State::Live { redirect_url, .. } = &mut self.state {
            redirect_url.clear();
        }
    }

    fn check(&self) -> Result<(), Reject> {
        let newest_is_live = match &self.state {
            State::Live { reference, .. } => self.references.first() == Some(reference),
            State::Initiating => true,
        };
        let sane = self.references.len() <= MAX_ATTEMPTS + 1
            && self.references.iter().all(|reference| is_reference(reference))
            && is_reference(&self.order.enrollment_reference)
            && (5..=86_400).contains(&self.order.lifetime_minutes);
        if newest_is_live && sane {
            return Ok(());
        }
        Err(machine::malformed("a Jumio reference or lifetime in it cannot be"))
    }
}

impl JumioFlow {
    fn initiate_request(&self, account: &Account, id: String, own: &Own<'_>) -> HttpRequest {
        let order = &self.order;
        let secret = account.secret_callback.then(|| callback::secret_segment(own, own.attempt));
        let callback_url = order.callback_url.as_ref().map(|url| match &secret {
            Some(segment) => push_segment(url, segment),
            None => url.clone(),
        });
        let mut body = Map::new();
        let mut put = |name: &str, value: Option<&String>| {
            value.and_then(|value| body.insert(name.into(), Value::String(value.clone())));
        };
        put("enrollmentTransactionReference", Some(&order.enrollment_reference));
        put("callbackUrl", callback_url.as_ref());
        put("successUrl", order.success_url.as_ref());
        put("errorUrl", order.error_url.as_ref());
        put("userReference", order.user_reference.as_ref());
        put("locale", order.locale.as_ref());
        if order.lifetime_given {
            body.insert("tokenLifetimeInMinutes".into(), order.lifetime_minutes.into());
        }
        let mut headers = headers(account, &account.authorization, "application/json");
        headers.push(Header::new("Content-Type", "application/json"));
        HttpRequest {
            id,
            operation: INITIATE.into(),
            method: Method::Post,
            url: format!("{}{INITIATE_PATH}", account.api_base),
            headers,
            body: Some(Value::Object(body).to_string().into_bytes()),
            timeout_ms: account.timeout_ms,
            // A second transaction kills the link of the first.
            idempotent: false,
            cache: None,
        }
    }

    fn initiated(&mut self, account: &Account, response: &Response<'_>) -> Result<Step, Fault> {
        if !response.is_success() {
            return Err(Fault::status(INITIATE, response.status).with_provider_code(error_status(response.body)));
        }
        let unreadable = |flaw| Fault::unreadable(INITIATE, response.status, flaw);
        let wrong = |member: &str| unreadable(Flaw::new(FlawKind::MemberValue, member));
        let initiated = Initiated::read(response.body).map_err(unreadable)?;
        if !is_reference(&initiated.transaction_reference) {
            return Err(wrong("transactionReference"));
        }
        if !settings::is_link(&initiated.redirect_url, account.development) {
            return Err(wrong("redirectUrl"));
        }
        self.references.insert(0, initiated.transaction_reference.clone());
        self.state = State::Live {
            reference: initiated.transaction_reference,
            redirect_url: initiated.redirect_url,
            expires: response.at.plus(self.order.lifetime_minutes * 60_000),
            submitted: false,
        };
        Ok(Step::Go)
    }

    fn retrieved(&mut self, account: &Account, response: &Response<'_>) -> Result<Step, Fault> {
        if !response.is_success() {
            return Err(Fault::status(RETRIEVE, response.status).with_provider_code(error_status(response.body)));
        }
        let transaction =
            Transaction::read(response.body).map_err(|flaw| Fault::unreadable(RETRIEVE, response.status, flaw))?;
        let foreign = |place: &str| Fault::foreign(RETRIEVE, Flaw::new(FlawKind::OtherReference, place));
        if transaction.reference != self.reference(0) {
            return Err(foreign("transactionReference"));
        }
        if transaction.enrollment_reference != self.order.enrollment_reference {
            return Err(foreign("enrollmentTransactionReference"));
        }
        let decision = match transaction.result {
            TransactionResult::Passed => Decision::Approved,
            TransactionResult::Failed => Decision::Declined,
            TransactionResult::Invalid => Decision::Inconclusive,
            TransactionResult::Expired => return Ok(Step::End { outcome: Outcome::Expired, evidence: None }),
            TransactionResult::Created => {
                // The page was never opened, so a claim of success was not true: show it again.
                self.claim_submitted(false);
                return Ok(Step::NotYet { user: UserStage::Away });
            }
            TransactionResult::Started | TransactionResult::Other(_) => {
                return Ok(Step::NotYet { user: UserStage::Unknown });
            }
        };
        let evidence = Some(evidence(account, &transaction, response));
        Ok(Step::End { outcome: Outcome::Decided { decision }, evidence })
    }

    /// Whether what was heard is about the live transaction; an older one of this session is of no interest.
    fn is_current(&self, reference: &str, code: RejectCode, field: &str) -> Result<bool, Reject> {
        if !self.references.iter().any(|known| known == reference) {
            let fix = "find the session by `reference_of` and tell that one";
            return Err(Reject::at(code, field, fix));
        }
        Ok(matches!(&self.state, State::Live { reference: live, .. } if live == reference))
    }

    fn submitted(&mut self) -> Heard {
        self.claim_submitted(true);
        Heard::DONE
    }

    fn claim_submitted(&mut self, claimed: bool) {
        if let State::Live { submitted, .. } = &mut self.state {
            *submitted = claimed;
        }
    }

    fn reference(&self, index: u32) -> &str {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        self.references.get(index).map_or("", String::as_str)
    }
}

/// The request for an image that a callback or a retrieval named. Credentials go only to the account's own host and
/// only to the documented path (J-D20); the host must not follow redirects, and should check size and magic bytes.
///
/// # Errors
/// `image_url_foreign` for any other URL.
pub fn image_request(account: &Account, url: &str, id: String) -> Result<HttpRequest, Reject> {
    let path = url.strip_prefix(account.api_base.as_str()).and_then(|rest| rest.strip_prefix(RETRIEVAL_PATH));
    let segments: Vec<&str> = path.map(|path| path.split('/').collect()).unwrap_or_default();
    let known = match segments.as_slice() {
        [reference, "images", "face"] => is_reference(reference),
        [reference, "images", "liveness", number] => is_reference(reference) && number.parse::<u16>().is_ok(),
        _ => false,
    };
    if !known {
        let rule = "credentials are sent only to the account's own host and the documented image paths";
        return Err(Reject::new(RejectCode::ImageUrlForeign, rule).about("url"));
    }
    Ok(HttpRequest {
        id,
        operation: IMAGE.into(),
        method: Method::Get,
        url: url.to_string(),
        headers: headers(account, &account.administration, "image/jpeg, image/png"),
        body: None,
        timeout_ms: account.timeout_ms,
        idempotent: true,
        cache: None,
    })
}

fn retrieval(account: &Account, method: Method, operation: &str, reference: &str, id: String) -> HttpRequest {
    HttpRequest {
        id,
        operation: operation.into(),
        method,
        url: format!("{}{RETRIEVAL_PATH}{reference}", account.api_base),
        headers: headers(account, &account.administration, "application/json"),
        body: None,
        timeout_ms: account.timeout_ms,
        idempotent: true,
        cache: None,
    }
}

fn headers(account: &Account, authorization: &Secret, accept: &str) -> Vec<Header> {
    alloc::vec![
        Header::new("Accept", accept),
        Header::new("Authorization", authorization.expose_str().unwrap_or("")),
        Header::new("User-Agent", account.user_agent.as_str()),
    ]
}

/// The observed error body names the status as text (J-D4); anything else is left alone.
fn error_status(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let status = value.get("httpStatus")?.as_str()?;
    Some(status.chars().take(16).collect())
}

fn evidence(account: &Account, transaction: &Transaction, response: &Response<'_>) -> Evidence {
    let host = settings::host_of(&account.api_base);
    Evidence {
        basis: Basis::Fetched,
        at: response.at,
        raw: response.body.to_vec(),
        person: None,
        parts: alloc::vec![Part {
            name: "authentication".into(),
            passed: Some(transaction.result == TransactionResult::Passed),
            status: Some(transaction.result.as_str().to_string()),
            score: None,
        }],
        reasons: Vec::new(),
        sealed: None,
        source: Source {
            provider: ID.into(),
            operation: RETRIEVE.into(),
            host: host.to_string(),
            production: host == account.region.host(),
        },
    }
}
