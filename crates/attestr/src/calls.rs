//! The calls on Attestr's values and documents, the same in every language.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use idvkit_core::{
    Body, FaultClass, Flaw, FlawKind, Json, Operation as _, Reject, RejectCode, Secret, SignedForm, UnixMillis,
    answers, args, values, words,
};
use idvkit_signature::{Mismatch, same_tag};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, IntoDeserializer, MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::{
    account::{Checks, scheme_of},
    answers::{ExecutionResult, LaunchError},
    callback::{News, OF_A_FLOW, Webhook, unreadable},
    catalog::launch_error as known_error,
    operations::Outside,
    request::{ParsedRequest, Request},
    values::{ClaimedSignature, StageId},
    verdict::{slice, stages},
};

args! {
    /// The arguments of [`handshake_request()`].
    pub struct HandshakeRequestArgs {
        /// The request for a verification.
        pub request: HandshakeRequest,
        /// The time, in Unix milliseconds.
        pub now: UnixMillis,
    }

    /// The arguments of [`launch_error()`].
    pub struct LaunchErrorArgs {
        /// The object that the error handler received, as JSON.
        pub body: Body,
    }

    /// The arguments of [`skip_event()`].
    pub struct SkipEventArgs {
        /// The object that the skip handler received, as JSON.
        pub body: Body,
    }

    /// The arguments of [`result()`].
    pub struct ResultArgs {
        /// The answer with the result, byte for byte.
        pub body: Body,
        /// The app's client secrets, for rotation.
        pub secrets: Vec<String>,
        /// The signature that the user's device or a webhook claimed.
        #[serde(default)]
        pub claimed: Option<String>,
        /// Whether a signature counts only over the bytes as sent, as with the account's `as_sent_only`.
        #[serde(default)]
        pub as_sent_only: bool,
        /// Whether the key is what the secret's hex digits encode, as with the account's `hex_decoded_secret`.
        #[serde(default)]
        pub hex_decoded_secret: bool,
    }

    /// The arguments of [`webhook()`].
    pub struct WebhookArgs {
        /// The raw body of the webhook.
        pub body: Body,
        /// The header `Authorization`.
        pub authorization: Option<String>,
        /// The tokens from the dashboard, for rotation.
        pub tokens: Vec<String>,
    }
}

answers! {
    /// A request that can be sent.
    pub sealed(flow_id, snapshot, webhook, locale, expires) struct AttestrHandshakeRequest {
        /// The JSON body that creates the handshake.
        pub body: String,
        /// The id of the flow.
        pub flow_id: String,
        /// The published version of the flow; absent for the draft.
        pub snapshot: Option<String>,
        /// Your own reference.
        pub tag: String,
        /// Whether the provider sends webhooks.
        pub webhook: bool,
        /// The language, if one is asked for.
        pub locale: Option<String>,
        /// When the handshake expires.
        pub expires: UnixMillis,
    }

    /// The error that ended a flow on the user's device. It is a claim, and its texts are only for display.
    pub sealed(code, http_status, stage, class, retryable, meaning) struct AttestrLaunchError {
        /// The provider's code.
        pub code: Option<i64>,
        /// The HTTP status that classifies the error.
        pub http_status: Option<i64>,
        /// The provider's text, in the user's language.
        pub message: Option<String>,
        /// The stage that failed.
        pub stage: Option<String>,
        /// The class of the error.
        pub class: FaultClass,
        /// Whether the same call may succeed later.
        pub retryable: bool,
        /// What a documented code means.
        pub meaning: Option<String>,
        /// What to do about a documented code. This advice is written by idvkit.
        pub advice: Option<String>,
        /// The root cause, if there is one.
        pub cause: Option<AttestrLaunchCause>,
    }

    /// The root cause of an error on the user's device.
    pub sealed(code, http_status, meaning) struct AttestrLaunchCause {
        /// The provider's code.
        pub code: Option<i64>,
        /// The HTTP status of the cause.
        pub http_status: Option<i64>,
        /// The provider's text.
        pub message: Option<String>,
        /// What a documented code means.
        pub meaning: Option<String>,
        /// What to do about a documented code. This advice is written by idvkit.
        pub advice: Option<String>,
    }

    /// What the skip handler received. It is a claim.
    pub struct AttestrSkipEvent {
        /// The last stage that the user completed, if there is one.
        pub stage: Option<String>,
    }

    /// A result, and both checks of its signature.
    pub sealed(signature, form, claim, authentic, consumed, archived) struct AttestrResult {
        /// The handshake that the result belongs to.
        pub handshake: String,
        /// The handshake's human-readable number.
        pub number: Option<String>,
        /// Your own reference, from the request.
        pub tag: Option<String>,
        /// Whether the handshake was used on a device.
        pub consumed: Option<bool>,
        /// Whether the handshake was archived, so that its data are deleted.
        pub archived: bool,
        /// The ids of the stages, in their order.
        pub stages: Vec<String>,
        /// The signed text: the result as it was sent, or in the form that the signature covers. Absent if there is no
        /// result yet.
        pub signed: Option<String>,
        /// The first check: whether the signature is the client secret's.
        pub signature: AttestrSignature,
        /// The form of the result that the signature covers, if it is the client secret's.
        pub form: Option<SignedForm>,
        /// The second check: whether the signature is the claimed one; absent if none was claimed.
        pub claim: Option<bool>,
        /// Whether both checks hold, as the documents demand.
        pub authentic: bool,
    }

    /// A genuine webhook. What it says about the flow is a reason to fetch the result.
    pub sealed(event, handshake, updated, stage) struct AttestrWebhook {
        /// The event's name.
        pub event: String,
        /// The handshake; absent for an event of the platform.
        pub handshake: Option<String>,
        /// When the handshake changed, if the webhook says so, as sent.
        pub updated: Option<i64>,
        /// Your own reference.
        pub tag: Option<String>,
        /// The claimed signature of the result, if the event is `flowx.completed`.
        pub signature: Option<String>,
        /// The stage at which the user gave up or an error happened.
        pub stage: Option<String>,
        /// The error, if the event is `flowx.errored`.
        pub error: Option<AttestrLaunchError>,
    }
}

words! {
    /// Whether a result's signature is the client secret's. Deliberately exhaustive.
    pub enum AttestrSignature {
        /// It is.
        Verified,
        /// There is none.
        Missing,
        /// It does not have 64 hex digits.
        Malformed,
        /// It is of another secret or text.
        Wrong,
    }
}

values! {
    /// Checks a request as a session does, and gives the body that creates its handshake (A-F4).
    ///
    /// ```
    /// use idvkit_attestr::{HandshakeRequestArgs, Request, handshake_request};
    /// use idvkit_core::UnixMillis;
    ///
    /// let request = Request { flow_id: "FX02zfeuvcj36knhn06us".into(), tag: "T-1".into(), ..Request::default() };
    /// let now = UnixMillis(1_767_225_600_000);
    /// let fit = handshake_request(HandshakeRequestArgs { request: request.into(), now }).unwrap();
    /// assert_eq!(fit.body, r#"{"flow":"FX02zfeuvcj36knhn06us","snapshot":null,"tag":"T-1"}"#);
    /// assert_eq!(fit.expires.since(now), 24 * 3_600_000);
    ///
    /// let request = Request { flow_id: "DS0000000000".into(), tag: "T-1".into(), ..Request::default() };
    /// let reject = handshake_request(HandshakeRequestArgs { request: request.into(), now }).unwrap_err();
    /// assert_eq!((reject.code().as_str(), reject.field()), ("flow_id_invalid", Some("request.flow_id")));
    /// ```
    ///
    /// # Errors
    /// `flow_id_invalid`, `snapshot_invalid`, `tag_invalid`, `expiry_invalid`, `locale_malformed`, `variable_unnamed`,
    /// `extra_reserved`, `now_out_of_range`.
    pub fn handshake_request(args: HandshakeRequestArgs) -> Result<AttestrHandshakeRequest, Reject> {
        let now = args.now.plausible()?;
        let parsed = ParsedRequest::parse(args.request.0, now).map_err(|reject| reject.within("request"))?;
        Ok(AttestrHandshakeRequest {
            body: String::from_utf8(parsed.body()).unwrap_or_default(),
            flow_id: parsed.flow.into(),
            snapshot: parsed.snapshot.map(String::from),
            tag: parsed.tag,
            webhook: parsed.webhook,
            locale: parsed.locale.map(String::from),
            expires: now.plus(parsed.lifetime_ms),
        })
    }

    /// Reads the error that ended a flow on the user's device. Numbers may be texts, and swapped members are corrected
    /// (A-F7, A-6, A-7). It is a claim, and decides nothing.
    ///
    /// ```
    /// use idvkit_attestr::{LaunchErrorArgs, launch_error};
    ///
    /// let body = br#"{"code": "4121", "httpStatusCode": 412, "message": "no camera"}"#;
    /// let error = launch_error(LaunchErrorArgs { body: body[..].into() }).unwrap();
    /// assert_eq!((error.code, error.retryable), (Some(4121), false));
    /// assert_eq!(error.meaning.as_deref(), Some("The camera is unavailable or was denied"));
    /// ```
    ///
    /// # Errors
    /// `input_malformed` if the body is no JSON object.
    pub fn launch_error(args: LaunchErrorArgs) -> Result<AttestrLaunchError, Reject> {
        let json = object(&args.body)?;
        Ok(json.root().value().map(LaunchError::from_value).unwrap_or_default().into())
    }

    /// Reads what the skip handler received. It is a claim, and decides nothing (A-F7).
    ///
    /// ```
    /// use idvkit_attestr::{SkipEventArgs, skip_event};
    ///
    /// let event = skip_event(SkipEventArgs { body: br#"{"stage": "FS02zfeuv3tcnkq2mond2"}"#[..].into() }).unwrap();
    /// assert_eq!(event.stage.as_deref(), Some("FS02zfeuv3tcnkq2mond2"));
    /// ```
    ///
    /// # Errors
    /// `input_malformed` if the body is no JSON object.
    pub fn skip_event(args: SkipEventArgs) -> Result<AttestrSkipEvent, Reject> {
        let json = object(&args.body)?;
        let stage = json.root().loose_text("stage");
        Ok(AttestrSkipEvent { stage: stage.as_deref().and_then(StageId::parse).map(String::from) })
    }

    /// Reads the answer with a result, cuts the signed text out of it, and makes both checks that the documents demand:
    /// the signature is the client secret's, and it is the one that was claimed (A-F6).
    ///
    /// ```
    /// use idvkit_attestr::{AttestrSignature, ResultArgs, result};
    ///
    /// let body = br#"{"_id": "DS02zfeuv3tcnkq2mond2", "result": {"FS1": {}}, "resultSignature": "00"}"#;
    /// let args = ResultArgs {
    ///     body: body[..].into(),
    ///     secrets: vec!["the-secret-of-the-app".into()],
    ///     claimed: None,
    ///     as_sent_only: false,
    ///     hex_decoded_secret: false,
    /// };
    /// let read = result(args).unwrap();
    /// assert_eq!(read.signed.as_deref(), Some(r#"{"FS1": {}}"#));
    /// assert_eq!((read.signature, read.authentic), (AttestrSignature::Malformed, false));
    /// ```
    ///
    /// # Errors
    /// `result_unreadable`; `secret_missing` or `secret_malformed` if no secret is usable.
    pub fn result(args: ResultArgs) -> Result<AttestrResult, Reject> {
        let unreadable = |flaw: Flaw| flaw.reject(RejectCode::ResultUnreadable);
        let json = Json::read(&args.body.0).map_err(unreadable)?;
        let answer = ExecutionResult::read(&json).map_err(unreadable)?;
        let sent = slice(&args.body.0, &json).map_err(unreadable)?;
        let stages = sent.map_or(Some(Vec::new()), stages);
        let stages = stages.ok_or_else(|| unreadable(Flaw::new(FlawKind::MemberType, "result")))?;
        let given = answer.signature.as_deref().unwrap_or_default();
        let secrets = args.secrets.into_iter().map(Secret::from).collect::<Vec<_>>();
        let checks = Checks {
            scheme: scheme_of(args.hex_decoded_secret),
            secrets: &secrets,
            ecmascript_form: !args.as_sent_only,
        };
        let (signature, form, raw) = match checks.verified(sent.unwrap_or_default(), given) {
            Err(mismatch @ (Mismatch::NoSecret | Mismatch::BadSecret)) => return Err(unusable(mismatch)),
            Ok((form, raw)) => (AttestrSignature::Verified, Some(form), Some(raw)),
            Err(Mismatch::Missing) => (AttestrSignature::Missing, None, None),
            Err(Mismatch::Malformed { .. }) => (AttestrSignature::Malformed, None, None),
            Err(_) => (AttestrSignature::Wrong, None, None),
        };
        let claim = args.claimed.map(|claimed| {
            ClaimedSignature::parse(&claimed).is_some_and(|claimed| same_tag(claimed.as_str(), given))
        });
        let verified = signature == AttestrSignature::Verified && sent.is_some();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(AttestrResult {
            handshake: answer.handshake.into(),
            number: answer.number,
            tag: answer.tag,
            consumed: answer.consumed,
            archived: answer.archived.is_some(),
            stages,
            signed: sent.map(|sent| text(raw.as_deref().unwrap_or(sent))),
            signature,
            form,
            claim,
            authentic: verified && claim == Some(true),
        })
    }

    /// Reads a webhook, after its token has been checked in constant time. What it says is a reason to fetch the result,
    /// and decides nothing (A-F12).
    ///
    /// ```
    /// use idvkit_attestr::{WebhookArgs, webhook};
    ///
    /// let body = br#"{"event": "flowx.skipped", "payload": {"_id": "DS02zfeuv3tcnkq2mond2", "stage": "FS1"}}"#;
    /// let authorization = Some("Basic dG9rZW4=".into());
    /// let args = WebhookArgs { body: body[..].into(), authorization, tokens: vec!["dG9rZW4=".into()] };
    /// assert_eq!(webhook(args.clone()).unwrap().stage.as_deref(), Some("FS1"));
    ///
    /// let reject = webhook(WebhookArgs { tokens: vec!["another".into()], ..args }).unwrap_err();
    /// assert_eq!(reject.code(), "webhook_token_wrong");
    /// ```
    ///
    /// # Errors
    /// `webhook_not_configured`, `webhook_token_missing`, `webhook_token_malformed`, `webhook_token_wrong`,
    /// `webhook_too_large`, `webhook_unreadable`; `body_spoiled` if a framework or gateway changed the body.
    pub fn webhook(args: WebhookArgs) -> Result<AttestrWebhook, Reject> {
        let tokens: Vec<Secret> = args.tokens.into_iter().map(Secret::from).collect();
        let spoiled = |reject: Reject| reject.of_callback(&[], &args.body.0);
        let envelope = Webhook::open(&tokens, args.authorization.as_deref(), &args.body.0).map_err(spoiled)?;
        if !envelope.event.starts_with(OF_A_FLOW) {
            let none = AttestrWebhook {
                event: envelope.event,
                handshake: None,
                updated: None,
                tag: None,
                signature: None,
                stage: None,
                error: None,
            };
            return Ok(none);
        }
        let webhook = Webhook::of_flow(envelope).ok_or_else(unreadable).map_err(spoiled)?;
        let (signature, stage, error) = match webhook.news {
            News::Completed { signature } => (Some(signature.into()), None, None),
            News::Skipped { stage } => (None, stage.map(String::from), None),
            News::Errored { error } => (None, error.stage.clone().map(String::from), Some(error.into())),
            News::Other => (None, None, None),
        };
        Ok(AttestrWebhook {
            event: webhook.key.event,
            handshake: Some(webhook.key.handshake.into()),
            updated: webhook.key.updated,
            tag: webhook.tag,
            signature,
            stage,
            error,
        })
    }
}

/// A request as a session takes it: in JSON it may name its flow.
#[derive(Clone, Debug)]
pub struct HandshakeRequest(pub Request);

impl From<Request> for HandshakeRequest {
    fn from(request: Request) -> Self {
        Self(request)
    }
}

impl<'de> Deserialize<'de> for HandshakeRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = HandshakeRequest;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<HandshakeRequest, A::Error> {
                Request::deserialize(MapAccessDeserializer::new(WithoutFlow(members))).map(HandshakeRequest)
            }
        }

        deserializer.deserialize_map(Members)
    }
}

/// Members without `flow`, read as they come, so that it is known which of them is wrong.
struct WithoutFlow<A>(A);

impl<'de, A: MapAccess<'de>> MapAccess<'de> for WithoutFlow<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(name) = self.0.next_key::<String>()? {
            if name != "flow" {
                return seed.deserialize(name.into_deserializer()).map(Some);
            }
            self.0.next_value::<IgnoredAny>()?;
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.0.next_value_seed(seed)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for HandshakeRequest {
    fn schema_name() -> alloc::borrow::Cow<'static, str> {
        Request::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Request::json_schema(generator)
    }
}

/// What a page posted, which some handlers get as a text of JSON (A-3). That it is an object is the caller's to see to, not
/// the provider's.
fn object(body: &Body) -> Result<Json, Reject> {
    let refuse = |flaw: Flaw| flaw.reject(RejectCode::InputMalformed);
    let mut json = Json::read(&body.0).map_err(refuse)?;
    let within = json.root().text("").ok().map(|text| Json::read(text.as_bytes()));
    if let Some(within) = within {
        json = within.map_err(refuse)?;
    }
    json.root().object("").map_err(refuse)?;
    Ok(json)
}

fn unusable(mismatch: Mismatch) -> Reject {
    Reject::at(mismatch.code(), "secrets", mismatch.to_string())
}

impl From<LaunchError> for AttestrLaunchError {
    fn from(error: LaunchError) -> Self {
        let fault = error.fault(Outside::Launch.name());
        let (meaning, advice) = words_of(error.code);
        Self {
            code: error.code,
            http_status: error.http_status.map(i64::from),
            message: error.message,
            stage: error.stage.map(String::from),
            class: fault.class,
            retryable: fault.retryable,
            meaning,
            advice,
            cause: error.original.map(|cause| {
                let (meaning, advice) = words_of(cause.code);
                AttestrLaunchCause {
                    code: cause.code,
                    http_status: cause.http_status.map(i64::from),
                    message: cause.message,
                    meaning,
                    advice,
                }
            }),
        }
    }
}

fn words_of(code: Option<i64>) -> (Option<String>, Option<String>) {
    code.and_then(known_error).map(|(meaning, advice)| (meaning.into(), advice.into())).unzip()
}
