//! The calls on the provider's values and documents, the same in every language.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use idvkit_core::{Body, LocaleEntry, Part, Person, Reason, UnixMillis, answers, args, values, words};

use crate::{
    answers::{FlowResult, Status},
    callback::Webhook,
    catalog::LOCALES,
    values::{
        BiometricKzPhoto, BiometricKzSkipCondition, Iin, Metadata, MetadataRules, Phone, Prefilled, Sex, Technology,
        supports_edocument_metadata, supports_face2face_metadata,
    },
};

args! {
    /// The arguments of [`metadata()`].
    pub struct MetadataArgs {
        /// The metadata of a session.
        pub metadata: Metadata,
        /// The codes of the flow's technologies, if you know them: metadata that they cannot use is refused.
        #[serde(default)]
        pub technologies: Option<Vec<String>>,
        /// Whether any 12 digits are accepted as an IIN, as with the account's `lenient_iin`.
        #[serde(default)]
        pub lenient_iin: bool,
    }

    /// The arguments of [`plan()`].
    pub struct PlanArgs {
        /// The metadata of a session.
        pub metadata: Metadata,
        /// The codes of the flow's technologies, if you know them.
        #[serde(default)]
        pub technologies: Option<Vec<String>>,
    }

    /// The arguments of [`iin()`].
    pub struct IinArgs {
        /// The number.
        pub text: String,
        /// Whether any 12 digits are accepted, as with the account's `lenient_iin`.
        #[serde(default)]
        pub lenient: bool,
    }

    /// The arguments of [`phone()`].
    pub struct PhoneArgs {
        /// The number, in one of the usual spellings.
        pub text: String,
    }

    /// The arguments of [`locale()`].
    pub struct LocaleArgs {
        /// The language tag.
        pub text: String,
    }

    /// The arguments of [`best_locale()`].
    pub struct BestLocaleArgs {
        /// The languages that the user prefers, best first.
        pub tags: Vec<String>,
    }

    /// The arguments of [`technologies()`].
    pub struct TechnologiesArgs {
        /// The codes, as the creation of a session returns them.
        pub codes: Vec<String>,
    }

    /// The arguments of [`webhook()`].
    pub struct WebhookArgs {
        /// The raw body of the webhook.
        pub body: Body,
    }

    /// The arguments of [`flow_result()`].
    pub struct FlowResultArgs {
        /// The answer with the session's result.
        pub body: Body,
        /// The IIN that the document should belong to, if you know it.
        #[serde(default)]
        pub iin: Option<String>,
    }
}

answers! {
    /// Metadata that can be sent.
    pub sealed(photo, skip_input, technologies, empty) struct BiometricKzCheckedMetadata {
        /// The reference photo, if there is one.
        pub photo: Option<BiometricKzPhoto>,
        /// The IIN, if it is given.
        pub iin: Option<String>,
        /// The phone number as it is sent, if it is given.
        pub phone: Option<String>,
        /// Whether the input step is skipped.
        pub skip_input: bool,
        /// The codes of `interchangeable_tech`.
        pub technologies: Vec<String>,
        /// Whether there is nothing to send.
        pub empty: bool,
    }

    /// What the user will see, and what of the metadata will be used.
    pub struct BiometricKzPlan {
        /// What becomes of the input step.
        pub input: BiometricKzInput,
        /// The field for the IIN.
        pub iin: BiometricKzField,
        /// The field for the phone number.
        pub phone: BiometricKzField,
        /// Each condition of `skip_input` that is not met. A session with such metadata is refused.
        pub unmet: Vec<BiometricKzSkipCondition>,
        /// The reference photo, if there is one.
        pub photo: Option<BiometricKzPhoto>,
        /// Whether the flow uses the reference photo; absent if there is none, or the technologies are not given.
        pub photo_used: Option<bool>,
        /// Whether a session takes this metadata.
        pub fit: bool,
    }

    /// A personal number.
    pub sealed() struct BiometricKzIin {
        /// The 12 digits.
        pub iin: String,
        /// The birth date that the digits hint at, `YYYY-MM-DD`. It is only a hint.
        pub birth_date: Option<String>,
        /// The sex that the digits hint at. It is only a hint.
        pub sex: Option<BiometricKzSex>,
    }

    /// A mobile number.
    pub sealed(as_given) struct BiometricKzPhone {
        /// The 11 digits, as they are sent.
        pub phone: String,
        /// Whether they were given like this.
        pub as_given: bool,
    }

    /// The technologies of a flow.
    pub struct BiometricKzTechnologies {
        /// Each technology, in the flow's order.
        pub technologies: Vec<BiometricKzTechnology>,
        /// Whether such a flow uses a reference photo.
        pub uses_photo: bool,
        /// Whether such a flow has the step in which the user enters IIN and phone.
        pub has_input: bool,
    }

    /// One technology of a flow.
    pub struct BiometricKzTechnology {
        /// The provider's code.
        pub code: String,
        /// What it does; absent for a code that no document has.
        pub name: Option<String>,
        /// Whether it belongs to the liveness family.
        pub liveness: bool,
    }

    /// A webhook, as it was sent. It is a reason to fetch the result, and decides nothing.
    pub sealed(event, success) struct BiometricKzWebhook {
        /// The event, such as `flow.end`.
        pub event: String,
        /// The id of the session.
        pub session_id: String,
        /// The id of the delivery.
        pub id: Option<String>,
        /// A key that is equal for every delivery of the same webhook.
        pub dedupe_key: String,
        /// When the event happened.
        pub created: Option<UnixMillis>,
        /// Whether the provider calls it a success. This is a claim.
        pub success: Option<bool>,
        /// The flow's name in the dashboard.
        pub flow_name: Option<String>,
        /// The codes of the flow's technologies, if the event is `flow.start`.
        pub technologies: Vec<String>,
        /// The code of the step that began, if the event is `technology.start`.
        pub technology: Option<String>,
    }

    /// The result of a session.
    pub sealed(status, passed, verdict, user_abort, parts) struct BiometricKzFlowResult {
        /// The session's id.
        pub session_id: String,
        /// The status of the session in the provider's word.
        pub status: String,
        /// Whether the session is over.
        pub ended: bool,
        /// The verdict on the whole flow, as the provider says it.
        pub verdict: Option<bool>,
        /// Whether it is a pass: finished, with a true verdict, and with no part that says otherwise.
        pub passed: bool,
        /// Whether a technology's result is still being filled in.
        pub open: bool,
        /// Whether the user's own abort is the only reason for a failure.
        pub user_abort: bool,
        /// Whether the document belongs to the person with the given IIN; absent if that cannot be said.
        pub about_iin: Option<bool>,
        /// The result of each technology.
        pub parts: Vec<Part>,
        /// The provider's reasons.
        pub reasons: Vec<Reason>,
        /// The person's data, if the result has any.
        pub person: Option<Person>,
    }
}

words! {
    /// What becomes of the step in which the user enters IIN and phone. Deliberately exhaustive.
    pub enum BiometricKzInput {
        /// The code from 1414 is sent at once.
        Skipped,
        /// The user sees the step.
        Shown,
        /// The flow has no such step: it has no E-Document.
        Absent,
    }

    /// A field of the input step. Deliberately exhaustive.
    pub enum BiometricKzField {
        /// The user fills it in.
        Open,
        /// It is filled in, and the user can change it.
        Prefilled,
        /// It is filled in, and the user cannot change it.
        Locked,
    }

    /// The sex that a personal number hints at. Deliberately exhaustive.
    pub enum BiometricKzSex {
        /// Female.
        Female,
        /// Male.
        Male,
    }
}

values! {
    /// Checks the metadata of a session as a session does: the photo, the IIN, the phone number, and the conditions of
    /// `skip_input` (B-F3).
    ///
    /// ```
    /// use idvkit_biometric_kz::{EdocumentMetadata, Metadata, MetadataArgs, PrefilledField, metadata};
    ///
    /// let phone = PrefilledField { value: Some("+7 701 123 45 67".into()), changeable: None };
    /// let edocument = EdocumentMetadata { phone: Some(phone), ..EdocumentMetadata::default() };
    /// let given = Metadata { edocument: Some(edocument), ..Metadata::default() };
    /// let checked = metadata(MetadataArgs { metadata: given, technologies: None, lenient_iin: false }).unwrap();
    /// assert_eq!(checked.phone.as_deref(), Some("77011234567"));
    /// ```
    ///
    /// # Errors
    /// `skip_input_unmet`, `locked_without_value`, `metadata_unsupported`, `interchangeable_tech_invalid`, `iin_format`,
    /// `iin_checksum`, `iin_is_bin`, `phone_invalid`, `image_empty`, `image_data_url`, `image_base64`, `image_too_large`.
    pub fn metadata(args: MetadataArgs) -> Result<BiometricKzCheckedMetadata, Reject> {
        let rules = MetadataRules {
            lenient_iin: args.lenient_iin,
            technologies: args.technologies.as_deref().map(parsed),
            ..MetadataRules::default()
        };
        let checked = args.metadata.check(&rules).map_err(|reject| reject.within("metadata"))?;
        Ok(BiometricKzCheckedMetadata {
            photo: checked.photo1.as_ref().map(BiometricKzPhoto::from),
            iin: checked.iin.as_ref().map(|iin| iin.value.as_str().to_string()),
            phone: checked.phone.as_ref().map(|phone| phone.value.as_str().to_string()),
            skip_input: checked.skip_input == Some(true),
            empty: checked.is_empty(),
            technologies: checked.interchangeable_tech.unwrap_or_default(),
        })
    }

    /// What a user will see with this metadata: whether the input step is skipped, which of its fields are filled in or
    /// locked, and whether the reference photo is used (B-F3).
    ///
    /// A condition of `skip_input` that is not met, and metadata that the technologies cannot use, are told and not
    /// refused here; everything else is refused as by a session. Without technologies, a flow with E-Document is assumed.
    ///
    /// ```
    /// use idvkit_biometric_kz::{
    ///     BiometricKzField, BiometricKzInput, BiometricKzSkipCondition, EdocumentMetadata, Metadata, PlanArgs,
    ///     PrefilledField, plan,
    /// };
    ///
    /// let iin = PrefilledField { value: Some("000101500001".into()), changeable: Some(false) };
    /// let edocument = EdocumentMetadata { iin: Some(iin), skip_input: Some(true), ..EdocumentMetadata::default() };
    /// let given = Metadata { edocument: Some(edocument), ..Metadata::default() };
    /// let seen = plan(PlanArgs { metadata: given, technologies: Some(vec!["ED".into()]) }).unwrap();
    /// assert_eq!((seen.input, seen.iin), (BiometricKzInput::Shown, BiometricKzField::Locked));
    /// assert_eq!(seen.unmet, [BiometricKzSkipCondition::PhoneGiven, BiometricKzSkipCondition::PhoneFixed]);
    /// ```
    ///
    /// # Errors
    /// As [`metadata()`], without `skip_input_unmet` and `metadata_unsupported`.
    pub fn plan(args: PlanArgs) -> Result<BiometricKzPlan, Reject> {
        let PlanArgs { mut metadata, technologies } = args;
        let unmet = metadata.edocument.as_ref().map(crate::EdocumentMetadata::unmet_for_skip).unwrap_or_default();
        let skip_input = metadata.edocument.as_mut().and_then(|edocument| edocument.skip_input.take());
        let checked = metadata.check(&MetadataRules::default()).map_err(|reject| reject.within("metadata"))?;
        let flow = technologies.as_deref().map(parsed);
        let has_input = flow.as_deref().is_none_or(supports_edocument_metadata);
        let photo = checked.photo1.as_ref().map(BiometricKzPhoto::from);
        let asks = checked.iin.is_some() || checked.phone.is_some() || skip_input.is_some();
        let photo_used = photo.as_ref().and(flow.as_deref()).map(supports_face2face_metadata);
        Ok(BiometricKzPlan {
            input: match has_input {
                false => BiometricKzInput::Absent,
                true if skip_input == Some(true) && unmet.is_empty() => BiometricKzInput::Skipped,
                true => BiometricKzInput::Shown,
            },
            iin: field(checked.iin.as_ref()),
            phone: field(checked.phone.as_ref()),
            fit: unmet.is_empty() && photo_used != Some(false) && (has_input || !asks),
            unmet,
            photo,
            photo_used,
        })
    }

    /// Checks a Kazakh personal number: 12 digits, of which the last is a check digit, and not a company's (B-F12).
    ///
    /// ```
    /// use idvkit_biometric_kz::{BiometricKzSex, IinArgs, iin};
    ///
    /// let read = iin(IinArgs { text: "000101500001".into(), lenient: false }).unwrap();
    /// assert_eq!((read.birth_date.as_deref(), read.sex), (Some("2000-01-01"), Some(BiometricKzSex::Male)));
    /// let reject = iin(IinArgs { text: "000101500002".into(), lenient: false }).unwrap_err();
    /// assert_eq!(reject.code(), "iin_checksum");
    /// ```
    ///
    /// # Errors
    /// `iin_format`, `iin_checksum`, `iin_is_bin`.
    pub fn iin(args: IinArgs) -> Result<BiometricKzIin, Reject> {
        let read = if args.lenient { Iin::lenient } else { Iin::parse };
        let iin = read("iin", &args.text)?;
        let sex = iin.sex().map(|sex| if sex == Sex::Female { BiometricKzSex::Female } else { BiometricKzSex::Male });
        Ok(BiometricKzIin { birth_date: iin.birth_date(), sex, iin: iin.as_str().to_string() })
    }

    /// Checks a Kazakh mobile number, and gives it as it is sent: 77 and 9 digits (B-F13). The refusal names a character
    /// that is not seen, as it comes along when a number is pasted.
    ///
    /// ```
    /// use idvkit_biometric_kz::{PhoneArgs, phone};
    ///
    /// assert_eq!(phone(PhoneArgs { text: "8 (701) 123-45-67".into() }).unwrap().phone, "77011234567");
    /// let reject = phone(PhoneArgs { text: "\u{202a}+77011234567".into() }).unwrap_err();
    /// assert!(reject.message().contains("U+202A"));
    /// ```
    ///
    /// # Errors
    /// `phone_invalid`.
    pub fn phone(args: PhoneArgs) -> Result<BiometricKzPhone, Reject> {
        let phone = Phone::parse("phone", &args.text)?;
        Ok(BiometricKzPhone { as_given: phone.as_str() == args.text, phone: phone.as_str().to_string() })
    }

    /// Finds the language that a tag means to the provider: Russian, English or Kazakh, which it calls `kz` (B-9).
    ///
    /// ```
    /// use idvkit_biometric_kz::{LocaleArgs, locale};
    ///
    /// assert_eq!(locale(LocaleArgs { text: "kk-KZ".into() }).unwrap().tag, "kz");
    /// ```
    ///
    /// # Errors
    /// `unknown_locale`.
    pub fn locale(args: LocaleArgs) -> Result<LocaleEntry, Reject> {
        Ok(LOCALES.parse("locale", &args.text)?.into())
    }

    /// The first of the languages that a user prefers which the provider takes, looked up by RFC 4647. There may be none:
    /// then leave `locale` out.
    ///
    /// ```
    /// use idvkit_biometric_kz::{BestLocaleArgs, best_locale};
    ///
    /// let tags = vec!["de".into(), "kk".into()];
    /// assert_eq!(best_locale(BestLocaleArgs { tags }).unwrap().as_deref(), Some("kz"));
    /// ```
    ///
    /// # Errors
    /// None.
    pub fn best_locale(args: BestLocaleArgs) -> Result<Option<String>, Reject> {
        Ok(LOCALES.best(args.tags.iter().map(String::as_str)).map(|locale| locale.tag.into()))
    }

    /// What the technologies of a flow are, and which metadata such a flow uses (B-F3, B-F5).
    ///
    /// ```
    /// use idvkit_biometric_kz::{TechnologiesArgs, technologies};
    ///
    /// let flow = technologies(TechnologiesArgs { codes: vec!["LDHP".into(), "F2F".into()] }).unwrap();
    /// assert!(flow.uses_photo && !flow.has_input && flow.technologies[0].liveness);
    /// ```
    ///
    /// # Errors
    /// None.
    pub fn technologies(args: TechnologiesArgs) -> Result<BiometricKzTechnologies, Reject> {
        let flow = parsed(&args.codes);
        Ok(BiometricKzTechnologies {
            uses_photo: supports_face2face_metadata(&flow),
            has_input: supports_edocument_metadata(&flow),
            technologies: flow.iter().map(technology).collect(),
        })
    }

    /// Reads a webhook. It is a reason to fetch the result, and decides nothing: the provider signs none (B-F10).
    ///
    /// ```
    /// use idvkit_biometric_kz::{WebhookArgs, webhook};
    ///
    /// let body = br#"{"event": "flow.end", "session_id": "s-1", "created": 1767225600}"#;
    /// let read = webhook(WebhookArgs { body: body[..].into() }).unwrap();
    /// assert_eq!(read.dedupe_key, "s-1/flow.end/1767225600000");
    /// ```
    ///
    /// # Errors
    /// `callback_malformed`; `body_spoiled` if a framework or gateway changed the body.
    pub fn webhook(args: WebhookArgs) -> Result<BiometricKzWebhook, Reject> {
        let webhook = Webhook::parse(&args.body.0).map_err(|reject| reject.of_callback(&[], &args.body.0))?;
        Ok(BiometricKzWebhook {
            event: webhook.event.as_str().to_string(),
            dedupe_key: webhook.dedupe_key(),
            technologies: webhook.technologies().into_iter().map(String::from).collect(),
            technology: webhook.technology().map(String::from),
            session_id: webhook.session_id.into(),
            id: webhook.id,
            created: webhook.created,
            success: webhook.success,
            flow_name: webhook.flow_name,
        })
    }

    /// Reads the result of a session, and says whether it is a pass (B-F4). With an IIN it also says whether the document
    /// belongs to that person.
    ///
    /// ```
    /// use idvkit_biometric_kz::{FlowResultArgs, flow_result};
    ///
    /// let body = br#"{"session_id": "s-1", "status": "FINISHED", "flow_session_result": true,
    ///     "liveness_result": {"result": true, "prediction": 0.99}}"#;
    /// let result = flow_result(FlowResultArgs { body: body[..].into(), iin: None }).unwrap();
    /// assert!(result.passed && result.parts[0].passed == Some(true));
    /// ```
    ///
    /// # Errors
    /// `result_malformed`; `iin_format` for the IIN.
    pub fn flow_result(args: FlowResultArgs) -> Result<BiometricKzFlowResult, Reject> {
        let iin = args.iin.as_deref().map(|iin| Iin::lenient("iin", iin)).transpose()?;
        let result = FlowResult::parse(&args.body.0)?;
        Ok(BiometricKzFlowResult {
            verdict: result.verdict,
            passed: result.is_passed(),
            open: result.has_open_parts(),
            user_abort: result.is_user_abort(),
            about_iin: iin.and_then(|iin| result.is_about(&iin)),
            parts: result.evidence_parts(&[]),
            reasons: result.evidence_reasons(&[]),
            person: result.person(),
            session_id: result.session_id.into(),
            ended: !matches!(result.status, Status::Other(_)),
            status: match result.status {
                Status::Finished => "FINISHED".into(),
                Status::Failed => "FAILED".into(),
                Status::Other(word) => word,
            },
        })
    }
}

fn parsed(codes: &[impl AsRef<str>]) -> Vec<Technology> {
    codes.iter().map(|code| Technology::parse(code.as_ref())).collect()
}

fn field<T>(prefilled: Option<&Prefilled<T>>) -> BiometricKzField {
    match prefilled {
        None => BiometricKzField::Open,
        Some(field) if field.is_changeable() => BiometricKzField::Prefilled,
        Some(_) => BiometricKzField::Locked,
    }
}

fn technology(one: &Technology) -> BiometricKzTechnology {
    let name = match one {
        Technology::Liveness => Some("liveness"),
        Technology::LivenessHeadPosition => Some("liveness by head position"),
        Technology::LivenessDistance => Some("liveness by distance"),
        Technology::Face2Face => Some("comparison of two photos of a face"),
        Technology::EDocument => Some("document from the state's database"),
        Technology::DocumentRecognition => Some("document read from its photo"),
        Technology::Other(_) => None,
    };
    BiometricKzTechnology { code: one.as_str().to_string(), name: name.map(String::from), liveness: one.is_liveness() }
}
