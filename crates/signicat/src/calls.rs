//! The calls on Signicat's values and documents, the same in every language.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use idvkit_core::{
    Body, ImageKind, Person, Reason, Reject, RejectCode, RestrictedUrl, Secret, answers, args, values, words,
};

use crate::{
    account::{Options, UrlPolicy, image_rules},
    answers::{AccessToken, Problem, ProblemShape, Process, ProcessStatus},
    callback::{Callback, Event, check_secret},
    catalog::slots_for,
    values::SignicatUrlPurpose,
};

args! {
    /// The arguments of [`url()`].
    pub struct UrlArgs {
        /// The URL.
        pub text: String,
        /// What the URL is for.
        pub purpose: SignicatUrlPurpose,
        /// Whether plain HTTP to a private host is allowed, as with the account's `development`.
        #[serde(default)]
        pub development: bool,
    }

    /// The arguments of [`images()`].
    pub struct ImagesArgs {
        /// The front of the document, as a file.
        #[serde(default)]
        pub front: Option<Body>,
        /// The back of the document, as a file.
        #[serde(default)]
        pub back: Option<Body>,
        /// The selfie, as a file.
        #[serde(default)]
        pub selfie: Option<Body>,
        /// The process type, such as `documentSelfie`.
        #[serde(default)]
        pub process_type: Option<String>,
    }

    /// The arguments of [`process()`].
    pub struct ProcessArgs {
        /// The answer with the process.
        pub body: Body,
    }

    /// The arguments of [`problem()`].
    pub struct ProblemArgs {
        /// The body of an error answer.
        pub body: Body,
    }

    /// The arguments of [`callback()`].
    pub struct CallbackArgs {
        /// The raw body of the callback.
        pub body: Body,
        /// The header `Authorization`.
        #[serde(default)]
        pub authorization: Option<String>,
        /// The values of `authorization_header` that you gave Signicat, for rotation. Without any, the header is not
        /// checked.
        #[serde(default)]
        pub secrets: Vec<String>,
    }

    /// The arguments of [`event()`].
    pub struct EventArgs {
        /// The raw body of the event.
        pub body: Body,
    }

    /// The arguments of [`token_answer()`].
    pub struct TokenAnswerArgs {
        /// The answer of the token endpoint.
        pub body: Body,
    }
}

answers! {
    /// A URL that can be handed to Signicat.
    pub sealed(host, app, limit, reserved) struct SignicatUrl {
        /// The URL, with scheme and host in lower case.
        pub url: String,
        /// Its host name; absent where an app's own scheme has none.
        pub host: Option<String>,
        /// Whether the scheme is an app's own.
        pub app: bool,
        /// The longest URL, in characters.
        pub limit: i64,
        /// The query parameters that Signicat appends itself, so that the URL must not have them.
        pub reserved: Vec<String>,
    }

    /// Images of a document.
    pub struct SignicatImages {
        /// Each image.
        pub images: Vec<SignicatImage>,
        /// The slots of required images that are missing.
        pub missing: Vec<String>,
    }

    /// An image that can be handed in.
    pub struct SignicatImage {
        /// The slot: `front`, `back` or `selfie`.
        pub slot: String,
        /// The media type, judged by the first bytes.
        pub media_type: String,
        /// The size of the file in bytes.
        pub size: i64,
        /// The width in pixels.
        pub width: i64,
        /// The height in pixels.
        pub height: i64,
    }

    /// A process.
    pub sealed(provider, process_type, status, ended, accepted) struct SignicatProcess {
        /// The id of the process.
        pub process_id: String,
        /// The id of its dossier, if the answer names it.
        pub dossier_id: Option<String>,
        /// The verification provider behind Assure.
        pub provider: String,
        /// The process type, if the process has one.
        pub process_type: Option<String>,
        /// The status in Signicat's word.
        pub status: String,
        /// Whether the status is final.
        pub ended: bool,
        /// Whether the verification passed. No other status than `accepted` is a pass.
        pub accepted: bool,
        /// When the process was created, as sent.
        pub created_at: Option<String>,
        /// The person's data, if the answer has a result that can be read.
        pub person: Option<Person>,
        /// An encrypted result, a compact JWE.
        pub sealed: Option<String>,
        /// Why the process did not pass.
        pub fail_reasons: Vec<Reason>,
        /// The token for the provider's own SDK, which is a bearer value.
        pub authorization: Option<String>,
        /// The URL that the user is sent to for an eID, which is a bearer value.
        pub redirect_url: Option<String>,
    }

    /// The body of an error answer. It repeats none of its texts.
    pub struct SignicatProblem {
        /// Which of the three documented shapes the body has.
        pub shape: SignicatProblemShape,
        /// The error's code.
        pub code: String,
        /// The names of the fields that the error is about.
        pub fields: Vec<String>,
        /// Signicat's id of the request, for its support.
        pub trace_id: Option<String>,
        /// Whether the error is about the `Authorization` header or the token in it.
        pub authorization: bool,
    }

    /// A callback, as Signicat sent it. It is a reason to fetch the process, and decides nothing.
    pub struct SignicatCallback {
        /// The id of the dossier.
        pub dossier_id: String,
        /// The id of the process.
        pub process_id: String,
        /// The claimed status in Signicat's word.
        pub status: Option<String>,
    }

    /// The envelope of an event. Nothing in it proves that it is genuine.
    pub sealed(id, event_name) struct SignicatEvent {
        /// The id of the event, which stays the same when it is sent again.
        pub id: String,
        /// When the event happened, as sent.
        pub timestamp: String,
        /// The sender of the event.
        pub sender: String,
        /// The name of the event.
        pub event_name: String,
        /// The event's data as JSON text.
        pub event_data: String,
        /// The id of the account.
        pub account_id: Option<String>,
        /// The id of the organisation.
        pub organization_id: Option<String>,
        /// The time after which the event is not sent again.
        pub expires_at: Option<String>,
        /// The event's tags.
        pub tags: Vec<String>,
    }

    /// An access token.
    pub sealed(expires_in_s) struct SignicatTokenAnswer {
        /// The token, which is a bearer value.
        pub token: String,
        /// Its lifetime in seconds; 600 if the answer does not say.
        pub expires_in_s: i64,
    }
}

words! {
    /// The shape of an error body. Deliberately exhaustive: the documents have these three.
    pub enum SignicatProblemShape {
        /// With `type`, `title` and `traceId`.
        Assure,
        /// With `code` and `invalidParams`.
        Platform,
        /// With `error` and `error_description`.
        Token,
    }
}

values! {
    /// Checks a URL by Signicat's rules. Both purposes take HTTPS with or without a port; a redirect URL may also have an
    /// app's own scheme, and must not have a parameter that Signicat appends itself (S-D26).
    ///
    /// ```
    /// use idvkit_signicat::{SignicatUrlPurpose, UrlArgs, url};
    ///
    /// let given = |text: &str, purpose| UrlArgs { text: text.into(), purpose, development: false };
    /// assert!(url(given("https://shop.example:8443/back", SignicatUrlPurpose::Redirect)).is_ok());
    /// assert!(url(given("com.example.shop:/back", SignicatUrlPurpose::Redirect)).unwrap().app);
    /// let reject = url(given("com.example.shop:/back", SignicatUrlPurpose::Callback)).unwrap_err();
    /// assert_eq!(reject.code(), "url_scheme");
    /// ```
    ///
    /// # Errors
    /// `url_not_ascii`, `url_too_long`, `url_malformed`, `url_scheme`, `url_user_info`, `url_ip_address`, `url_host`,
    /// `url_port`, `url_fragment`, `url_reserved_parameter`, `url_personal_data`.
    pub fn url(args: UrlArgs) -> Result<SignicatUrl, Reject> {
        let rules = UrlPolicy { development: args.development }.rules(args.purpose);
        let field = match args.purpose {
            SignicatUrlPurpose::Redirect => "redirect_url",
            SignicatUrlPurpose::Callback => "notification.url",
        };
        let url = RestrictedUrl::parse(field, &args.text, &rules)?;
        let host = Some(url.host().to_string()).filter(|host| !host.is_empty());
        let url = url.into_string();
        Ok(SignicatUrl {
            host,
            app: !url.starts_with("https:") && !url.starts_with("http:"),
            url,
            limit: count(rules.max_len),
            reserved: rules.reserved.iter().map(ToString::to_string).collect(),
        })
    }

    /// Checks images of a document before they are handed in: JPEG or PNG by their first bytes, at most 4 000 000 bytes,
    /// and at most 5000 pixels on the longer side. Names the required ones that are missing (S-F3, S-D12).
    ///
    /// ```
    /// use idvkit_signicat::{ImagesArgs, images};
    ///
    /// let gif = Some(b"GIF89a"[..].into());
    /// let args = ImagesArgs { front: gif, back: None, selfie: None, process_type: None };
    /// assert_eq!(images(args).unwrap_err().code(), "image_kind");
    ///
    /// let none = ImagesArgs { front: None, back: None, selfie: None, process_type: Some("documentSelfie".into()) };
    /// assert_eq!(images(none).unwrap().missing, ["front", "selfie"]);
    /// ```
    ///
    /// # Errors
    /// `image_empty`, `image_too_large`, `image_kind`, `image_dimensions`; `image_slot` for a selfie that this process
    /// type does not take.
    pub fn images(args: ImagesArgs) -> Result<SignicatImages, Reject> {
        let rules = image_rules(&Options::default())?;
        let slots = slots_for(args.process_type.as_deref());
        let given = [("front", args.front), ("back", args.back), ("selfie", args.selfie)];
        let mut images: Vec<SignicatImage> = Vec::new();
        for (slot, Body(bytes)) in given.into_iter().filter_map(|(slot, file)| Some((slot, file?))) {
            if !slots.iter().any(|known| known.slot == slot) {
                let names: Vec<&str> = slots.iter().map(|known| known.slot.as_str()).collect();
                let rule = format!("this process type takes these images: {}", names.join(", "));
                return Err(Reject::at(RejectCode::ImageSlot, slot, rule));
            }
            let (kind, dimensions) = rules.inspect(slot, &bytes)?;
            let (width, height) = dimensions.unwrap_or_default();
            images.push(SignicatImage {
                slot: slot.into(),
                media_type: kind.map_or("", ImageKind::mime).into(),
                size: count(bytes.len()),
                width: width.into(),
                height: height.into(),
            });
        }
        let given = |slot: &str| images.iter().any(|image| image.slot == slot);
        let missing = slots.into_iter().filter(|slot| slot.required && !given(&slot.slot)).map(|slot| slot.slot);
        Ok(SignicatImages { missing: missing.collect(), images })
    }

    /// Reads a process, as created or fetched (S-F5).
    ///
    /// ```
    /// use idvkit_signicat::{ProcessArgs, process};
    ///
    /// let body = br#"{"processId": "p-1", "provider": "onfido", "status": "accepted",
    ///     "finalResult": {"firstName": "Ann", "lastName": "Lee"}}"#;
    /// let read = process(ProcessArgs { body: body[..].into() }).unwrap();
    /// assert!(read.accepted && read.ended);
    /// assert_eq!(read.person.unwrap().family_name.as_deref(), Some("Lee"));
    /// ```
    ///
    /// # Errors
    /// `process_malformed`.
    pub fn process(args: ProcessArgs) -> Result<SignicatProcess, Reject> {
        let process = Process::parse(&args.body.0)?;
        Ok(SignicatProcess {
            process_id: process.process_id.into(),
            dossier_id: process.dossier_id.map(String::from),
            provider: process.provider,
            process_type: process.process_type,
            ended: process.status.is_final(),
            accepted: process.status == ProcessStatus::Accepted,
            status: process.status.into(),
            created_at: process.created_at,
            person: process.person,
            sealed: process.sealed,
            fail_reasons: process.fail_reasons,
            authorization: process.authorization,
            redirect_url: process.redirect_url,
        })
    }

    /// Reads the body of an error answer, in any of the three documented shapes (S-F9). There is no answer for a body that
    /// has none of them, such as a proxy's page.
    ///
    /// ```
    /// use idvkit_signicat::{ProblemArgs, problem};
    ///
    /// let body = br#"{"code": "invalid_request", "invalidParams": [{"name": "provider"}]}"#;
    /// let read = problem(ProblemArgs { body: body[..].into() }).unwrap().unwrap();
    /// assert_eq!((read.code.as_str(), read.fields), ("invalid_request", vec!["provider".to_string()]));
    /// assert!(problem(ProblemArgs { body: b"<html>"[..].into() }).unwrap().is_none());
    /// ```
    ///
    /// # Errors
    /// None.
    pub fn problem(args: ProblemArgs) -> Result<Option<SignicatProblem>, Reject> {
        Ok(Problem::parse(&args.body.0).map(|problem| SignicatProblem {
            authorization: problem.is_about_authorization(),
            shape: match problem.shape {
                ProblemShape::Assure => SignicatProblemShape::Assure,
                ProblemShape::Platform => SignicatProblemShape::Platform,
                ProblemShape::Token => SignicatProblemShape::Token,
            },
            code: problem.code,
            fields: problem.fields,
            trace_id: problem.trace_id,
        }))
    }

    /// Reads a callback. It is a reason to fetch the process, and decides nothing (S-F7). With `secrets`, its
    /// `Authorization` header is checked first, in constant time.
    ///
    /// ```
    /// use idvkit_signicat::{CallbackArgs, callback};
    ///
    /// let body = br#"{"dossierId": "d-1", "processId": "p-1", "status": "accepted"}"#;
    /// let authorization = Some("Bearer mine".into());
    /// let args = CallbackArgs { body: body[..].into(), authorization, secrets: vec!["Bearer mine".into()] };
    /// assert_eq!(callback(args.clone()).unwrap().process_id, "p-1");
    ///
    /// let reject = callback(CallbackArgs { authorization: None, ..args }).unwrap_err();
    /// assert_eq!(reject.code(), "callback_secret_missing");
    /// ```
    ///
    /// # Errors
    /// `callback_secret_missing`, `callback_secret_wrong`, `callback_malformed`; `body_spoiled` if a framework or gateway
    /// changed the body.
    pub fn callback(args: CallbackArgs) -> Result<SignicatCallback, Reject> {
        if !args.secrets.is_empty() {
            let secrets: Vec<Secret> = args.secrets.into_iter().map(Secret::from).collect();
            check_secret(&secrets, args.authorization.as_deref())?;
        }
        let read = Callback::parse(&args.body.0).map_err(|reject| reject.of_callback(&[], &args.body.0))?;
        Ok(SignicatCallback {
            dossier_id: read.dossier_id.into(),
            process_id: read.process_id.into(),
            status: read.status.map(String::from),
        })
    }

    /// Reads the envelope of an event of Signicat's Events API. Nothing in it proves that it is genuine (S-D10).
    ///
    /// ```
    /// use idvkit_signicat::{EventArgs, event};
    ///
    /// let body = br#"{"id": "e-1", "timestamp": "2026-01-02T03:04:05Z", "sender": "assure",
    ///     "eventName": "assure.process.completed", "eventData": {"a": 1}}"#;
    /// let read = event(EventArgs { body: body[..].into() }).unwrap();
    /// assert_eq!((read.event_name.as_str(), read.event_data.as_str()), ("assure.process.completed", r#"{"a":1}"#));
    /// ```
    ///
    /// # Errors
    /// `callback_malformed`; `body_spoiled` if a framework or gateway changed the body.
    pub fn event(args: EventArgs) -> Result<SignicatEvent, Reject> {
        let event = Event::parse(&args.body.0).map_err(|reject| reject.of_callback(&[], &args.body.0))?;
        Ok(SignicatEvent {
            id: event.id,
            timestamp: event.timestamp,
            sender: event.sender,
            event_name: event.event_name,
            event_data: event.event_data,
            account_id: event.account_id,
            organization_id: event.organization_id,
            expires_at: event.expires_at,
            tags: event.tags,
        })
    }

    /// Reads the answer of the token endpoint (S-F1).
    ///
    /// ```
    /// use idvkit_signicat::{TokenAnswerArgs, token_answer};
    ///
    /// let body = br#"{"access_token": "t", "expires_in": "3600"}"#;
    /// assert_eq!(token_answer(TokenAnswerArgs { body: body[..].into() }).unwrap().expires_in_s, 3600);
    /// ```
    ///
    /// # Errors
    /// `token_malformed`.
    pub fn token_answer(args: TokenAnswerArgs) -> Result<SignicatTokenAnswer, Reject> {
        let token = AccessToken::parse(&args.body.0)?;
        Ok(SignicatTokenAnswer { token: token.value.expose_str().unwrap_or_default().into(), expires_in_s: token.expires_in_s })
    }
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
