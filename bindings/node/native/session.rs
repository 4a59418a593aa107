//! `Session`.

use idvkit::{Evidence, HttpRequest, Next, Request, Seed, UnixMillis};
use napi::bindgen_prelude::{Buffer, Result, Uint8Array};
use napi_derive::napi;

use crate::{
    Account,
    input::Given,
    reject::{json, thrown, word},
    told::Piece,
};

/// One user's way through one flow.
#[napi]
pub struct Session(idvkit::Session);

/// What to do now, or a request alone. Its body stands beside the text, so that it need not be written as text.
#[napi(object, object_from_js = false)]
pub struct Step {
    /// `Next` or `HttpRequest` as JSON, without the body.
    pub json: String,
    /// The request's body.
    pub body: Option<Buffer>,
}

/// What a decision rests on, its bytes beside the text.
#[napi(object, object_from_js = false)]
pub struct Proof {
    /// `Evidence` as JSON, without bytes.
    pub json: String,
    /// The bytes of the answer, or the signed part.
    pub raw: Buffer,
    /// A result that only the holder of a key can read.
    pub sealed: Option<Buffer>,
}

impl Step {
    pub(crate) fn of(mut next: Next) -> Result<Self> {
        let body = match &mut next {
            Next::Send { request } => request.body.take(),
            _ => None,
        };
        Ok(Self { json: json(&next)?, body: body.map(Buffer::from) })
    }

    pub(crate) fn of_request(mut request: HttpRequest) -> Result<Self> {
        let body = request.body.take().map(Buffer::from);
        Ok(Self { json: json(&request)?, body })
    }
}

impl Proof {
    pub(crate) fn of(mut evidence: Evidence) -> Result<Self> {
        let raw = core::mem::take(&mut evidence.raw).into();
        let sealed = evidence.sealed.take().map(Buffer::from);
        Ok(Self { json: json(&evidence)?, raw, sealed })
    }
}

#[napi]
impl Session {
    /// Opens a session.
    #[napi(factory)]
    pub fn open(account: &Account, request: String, seed: Uint8Array, now: i64) -> Result<Self> {
        let request = Request::from_json(&request).map_err(thrown)?;
        let seed = Seed::new(&seed).map_err(thrown)?;
        idvkit::Session::open(&account.0, request, seed, UnixMillis(now)).map(Self).map_err(thrown)
    }

    /// Continues a stored session.
    #[napi(factory)]
    pub fn restore(account: &Account, snapshot: String) -> Result<Self> {
        idvkit::Session::restore(&account.0, &snapshot).map(Self).map_err(thrown)
    }

    /// The provider of the session in a stored text.
    #[napi]
    pub fn provider_of(snapshot: String) -> Result<String> {
        word(&idvkit::Session::provider_of(&snapshot).map_err(thrown)?)
    }

    /// What to do now.
    #[napi]
    pub fn next(&self, now: i64) -> Result<Step> {
        Step::of(self.0.next(UnixMillis(now)))
    }

    /// Tells the session something.
    #[napi]
    pub fn handle(&mut self, input: Given, now: i64) -> Result<()> {
        self.0.handle(input.into_input()?, UnixMillis(now)).map_err(thrown)
    }

    /// The session as text.
    #[napi]
    pub fn snapshot(&self) -> String {
        self.0.snapshot()
    }

    /// The digests of what is stored beside it.
    #[napi]
    pub fn digests(&self) -> Vec<String> {
        self.0.digests()
    }

    /// What is stored beside it, as far as it is at hand.
    #[napi]
    pub fn blobs(&self) -> Vec<Piece> {
        self.0.blobs().into_iter().map(Piece::from).collect()
    }

    /// The digests of what the next request needs.
    #[napi]
    pub fn missing(&self) -> Vec<String> {
        self.0.missing()
    }

    /// Takes what was stored beside it.
    #[napi]
    pub fn supply(&mut self, bytes: Uint8Array) -> bool {
        self.0.supply(bytes.to_vec())
    }

    /// Rises with every change.
    #[napi]
    pub fn revision(&self) -> i64 {
        self.0.revision()
    }

    /// What the provider announced that the user goes through.
    #[napi]
    pub fn technologies(&self) -> Vec<String> {
        self.0.technologies()
    }

    /// The provider's ids, newest first.
    #[napi]
    pub fn references(&self) -> Vec<String> {
        self.0.references()
    }

    /// What the decision rests on.
    #[napi]
    pub fn evidence(&self) -> Result<Option<Proof>> {
        self.0.evidence().map(Proof::of).transpose()
    }

    /// The provider of the flow.
    #[napi]
    pub fn provider(&self) -> Result<String> {
        word(&self.0.provider())
    }
}
