//! The codes for what goes wrong: one list for all languages.

/// Declares an enum of stable codes: each variant with its meaning and its `snake_case` word, and with one more value
/// if the enum names a function for it.
macro_rules! words {
    (
        $(#[$attr:meta])*
        pub enum $Name:ident { $(#[doc = $meaning:literal] $Variant:ident = $word:literal;)* }
    ) => {
        $(#[$attr])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[cfg_attr(feature = "uniffi", derive(uniffi::Enum), uniffi::export(Display))]
        #[non_exhaustive]
        pub enum $Name {
            $(#[doc = $meaning] #[serde(rename = $word)] $Variant,)*
        }

        impl $Name {
            /// All codes, sorted by their words.
            pub const ALL: &'static [Self] = &[$(Self::$Variant,)*];

            /// The code as a stable word, the same text in every language.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$Variant => $word,)*
                }
            }

            /// The code's meaning, as a sentence.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$Variant => $meaning.trim_ascii_start(),)*
                }
            }
        }

        impl core::fmt::Display for $Name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        /// Compares with the word, as it stands in a log or a vector.
        impl PartialEq<&str> for $Name {
            fn eq(&self, word: &&str) -> bool {
                self.as_str() == *word
            }
        }
    };
    (
        $(#[$attr:meta])*
        pub enum $Name:ident { $(#[doc = $meaning:literal] $Variant:ident = $word:literal, $value:ident;)* }
        $(#[doc = $about:literal])* fn $fact:ident -> $Fact:ident;
    ) => {
        words! {
            $(#[$attr])*
            pub enum $Name { $(#[doc = $meaning] $Variant = $word;)* }
        }

        impl $Name {
            $(#[doc = $about])*
            pub const fn $fact(self) -> $Fact {
                match self {
                    $(Self::$Variant => $Fact::$value,)*
                }
            }
        }
    };
}
pub(crate) use words;

use crate::{Blame, FaultClass};

words! {
    /// The reason why a call was refused. Later versions may add codes; no code ever changes its meaning.
    pub enum RejectCode {
        /// An account's name is blank or longer than 128 characters.
        AccountIdInvalid = "account_id_invalid", Caller;
        /// No account has this name, or the request fits none of the accounts.
        AccountUnknown = "account_unknown", Caller;
        /// The API version does not have the documented form.
        ApiVersionInvalid = "api_version_invalid", Caller;
        /// A base URL of the provider is not an https URL, or has user information, a query or a fragment.
        BaseUrlInvalid = "base_url_invalid", Caller;
        /// A callback's body or type was changed on its way through the host.
        BodySpoiled = "body_spoiled", Caller;
        /// A callback does not have the documented form.
        CallbackMalformed = "callback_malformed", Provider;
        /// A callback is genuine but reports on another product of the provider.
        CallbackOfOtherProduct = "callback_of_other_product", Provider;
        /// A callback belongs to another session.
        CallbackOfOtherSession = "callback_of_other_session", Caller;
        /// A callback carries no secret.
        CallbackSecretMissing = "callback_secret_missing", Signature;
        /// A callback carries a wrong secret.
        CallbackSecretWrong = "callback_secret_wrong", Signature;
        /// A callback came, but the account or the request configures none: nothing proves who sent it.
        CallbackUnexpected = "callback_unexpected", Signature;
        /// The capture flow was asked to use an SDK that its identity provider does not work with.
        CaptureSdk = "capture_sdk", Caller;
        /// Another worker is sending this request.
        Claimed = "claimed", Caller;
        /// The client key does not have the documented form.
        ClientKeyInvalid = "client_key_invalid", Caller;
        /// A configuration is not valid JSON, or does not have the documented form.
        ConfigMalformed = "config_malformed", Caller;
        /// A configuration is for another provider than the one expected.
        ConfigOfOtherProvider = "config_of_other_provider", Caller;
        /// Other workers changed the verification each time this one tried to store its change.
        Conflict = "conflict", Caller;
        /// The container is not a CSS id selector.
        ContainerInvalid = "container_invalid", Caller;
        /// A credential is too short, has white space around it, or has characters that no credential has.
        CredentialMalformed = "credential_malformed", Caller;
        /// A required credential is missing or blank.
        CredentialMissing = "credential_missing", Caller;
        /// The process does not take images by direct upload.
        DirectUploadUnsupported = "direct_upload_unsupported", Caller;
        /// A domain prefix does not have the documented form.
        DomainPrefixInvalid = "domain_prefix_invalid", Caller;
        /// A domain prefix was given for a region that does not use one.
        DomainPrefixRegion = "domain_prefix_region", Caller;
        /// The request uses files of a dossier but names no dossier.
        DossierFilesMissing = "dossier_files_missing", Caller;
        /// A dossier's id does not have the documented form.
        DossierInvalid = "dossier_invalid", Caller;
        /// A duration is outside the range of 1 second to 400 days.
        DurationOutOfRange = "duration_out_of_range", Caller;
        /// The result of an ID verification does not have the documented form.
        EnrollmentMalformed = "enrollment_malformed", Provider;
        /// An expiry is not a time in milliseconds, is not in the future, or is too far away.
        ExpiryInvalid = "expiry_invalid", Caller;
        /// An external reference was given, but the provider takes none here.
        ExternalReferenceUnexpected = "external_reference_unexpected", Caller;
        /// An additional member has a name that the request already uses.
        ExtraReserved = "extra_reserved", Caller;
        /// A flow's id does not have the documented form.
        FlowIdInvalid = "flow_id_invalid", Caller;
        /// A hint is not a text that `read` returned.
        HintMalformed = "hint_malformed", Caller;
        /// A hint belongs to another journey.
        HintStale = "hint_stale", Caller;
        /// A hint is longer than 4096 bytes.
        HintTooLong = "hint_too_long", Caller;
        /// The check digit of a personal number is wrong.
        IinChecksum = "iin_checksum", Caller;
        /// A personal number is not 12 digits with a real date of birth.
        IinFormat = "iin_format", Caller;
        /// The number is a company's (BIN), not a person's.
        IinIsBin = "iin_is_bin", Caller;
        /// An image's text is not standard Base64.
        ImageBase64 = "image_base64", Caller;
        /// An image's data URL does not have the documented form.
        ImageDataUrl = "image_data_url", Caller;
        /// An image has too few or too many pixels, or its size cannot be read.
        ImageDimensions = "image_dimensions", Caller;
        /// An image is empty.
        ImageEmpty = "image_empty", Caller;
        /// An image is not of a file type that is accepted here.
        ImageKind = "image_kind", Caller;
        /// A limit for images is outside its range.
        ImageLimitOutOfRange = "image_limit_out_of_range", Caller;
        /// An image names a slot that was not asked for, or names a slot a second time.
        ImageSlot = "image_slot", Caller;
        /// An image has too many bytes.
        ImageTooLarge = "image_too_large", Caller;
        /// An image's URL does not belong to the account's API.
        ImageUrlForeign = "image_url_foreign", Provider;
        /// A required image is missing.
        ImagesIncomplete = "images_incomplete", Caller;
        /// No image was given.
        ImagesMissing = "images_missing", Caller;
        /// The images were already sent to the provider, so they cannot be replaced.
        ImagesTooLate = "images_too_late", Caller;
        /// The flow does not ask for images.
        ImagesUnexpected = "images_unexpected", Caller;
        /// An input is not a JSON object, or does not have the documented form.
        InputMalformed = "input_malformed", Caller;
        /// The list of interchangeable technologies does not have the documented form.
        InterchangeableTechInvalid = "interchangeable_tech_invalid", Caller;
        /// A journey is not a text that this library returned.
        JourneyMalformed = "journey_malformed", Caller;
        /// An object has the same member twice, so it is ambiguous what was signed.
        JsonDuplicateMember = "json_duplicate_member", Provider;
        /// A body is not exactly one JSON text in UTF-8.
        JsonMalformed = "json_malformed", Provider;
        /// A body is JSON but not an object.
        JsonNotObject = "json_not_object", Provider;
        /// A body's JSON is nested deeper than 128 levels.
        JsonTooDeep = "json_too_deep", Provider;
        /// A host's key for a verification is blank or longer than 256 bytes.
        KeyInvalid = "key_invalid", Caller;
        /// The URL of the provider's script is neither an https URL nor relative to the page.
        LibrarySrcInvalid = "library_src_invalid", Caller;
        /// A lifetime is outside the documented range.
        LifetimeOutOfRange = "lifetime_out_of_range", Caller;
        /// A language tag does not have the form `ll` or `ll-CC`.
        LocaleMalformed = "locale_malformed", Caller;
        /// A field is locked but has no value.
        LockedWithoutValue = "locked_without_value", Caller;
        /// Metadata was given for a technology that is not documented to take it.
        MetadataUnsupported = "metadata_unsupported", Caller;
        /// A required member is missing or empty.
        Missing = "missing", Caller;
        /// An input of this kind carries no reference to a provider's session.
        NoReference = "no_reference", Caller;
        /// The provider does not sign its answers or callbacks.
        NothingSigned = "nothing_signed", Caller;
        /// This flow has no request at its beginning, so there is none to show.
        NothingToSend = "nothing_to_send", Caller;
        /// A time is not given in milliseconds, or is outside the years 2020 to 2199.
        NowOutOfRange = "now_out_of_range", Caller;
        /// An origin is not of the form scheme, host and port.
        OriginInvalid = "origin_invalid", Caller;
        /// A path does not begin with a slash, has characters that are not allowed, or leaves its base.
        PathInvalid = "path_invalid", Caller;
        /// A value looks like personal data, which the provider forbids there.
        PersonalData = "personal_data", Caller;
        /// A phone number does not have the documented form.
        PhoneInvalid = "phone_invalid", Caller;
        /// A limit for photos is outside its range.
        PhotoLimitOutOfRange = "photo_limit_out_of_range", Caller;
        /// A plan does not have the documented form, or is contradictory.
        PlanMalformed = "plan_malformed", Caller;
        /// The offsets of a poll plan do not rise, or are negative, or its gap is shorter than 1 second.
        PollPlanInvalid = "poll_plan_invalid", Caller;
        /// A process does not have the documented form.
        ProcessMalformed = "process_malformed", Provider;
        /// The provider has no process type of this name.
        ProcessTypeUnknown = "process_type_unknown", Caller;
        /// The identity provider does not belong to this flow.
        ProviderFlow = "provider_flow", Caller;
        /// No provider has this name.
        ProviderUnknown = "provider_unknown", Caller;
        /// Two processes use the same identity provider, so their results could not be told apart.
        ProvidersAmbiguous = "providers_ambiguous", Caller;
        /// The flow does not take this number of identity providers.
        ProvidersCount = "providers_count", Caller;
        /// The provider has no redaction of this name.
        RedactUnknown = "redact_unknown", Caller;
        /// A return URL belongs to another session.
        RedirectOfOtherSession = "redirect_of_other_session", Caller;
        /// This provider does not send users back to a return URL.
        RedirectUnexpected = "redirect_unexpected", Caller;
        /// A URL lacks the query parameters that the provider appends.
        RedirectWithoutReference = "redirect_without_reference", Caller;
        /// A reference does not have the documented form.
        ReferenceInvalid = "reference_invalid", Caller;
        /// A request is not valid JSON, or does not have the documented form.
        RequestMalformed = "request_malformed", Caller;
        /// A request is for another flow than the one expected.
        RequestOfOtherFlow = "request_of_other_flow", Caller;
        /// A request is for another provider than the account.
        RequestOfOtherProvider = "request_of_other_provider", Caller;
        /// A result does not have the documented form.
        ResultMalformed = "result_malformed", Provider;
        /// A result cannot be parsed.
        ResultUnreadable = "result_unreadable", Provider;
        /// A retrieved transaction does not have the documented form.
        RetrievalMalformed = "retrieval_malformed", Provider;
        /// A retry is not possible: the session is decided, still runs, or its provider allows no new attempt.
        RetryRefused = "retry_refused", Caller;
        /// A route does not have the documented name or parameters.
        RouteInvalid = "route_invalid", Caller;
        /// A scope is empty, or has characters that are not allowed in one.
        ScopeInvalid = "scope_invalid", Caller;
        /// An SDK flow was asked for in a dossier whose older files could stand in for the new ones.
        SdkInExistingDossier = "sdk_in_existing_dossier", Caller;
        /// A verification secret does not have its form, so nothing was verified.
        SecretMalformed = "secret_malformed", Signature;
        /// No verification secret is configured, so nothing was verified.
        SecretMissing = "secret_missing", Signature;
        /// A seed is not 32 random bytes.
        SeedInvalid = "seed_invalid", Caller;
        /// The answer to the creation of a session does not have the documented form.
        SessionMalformed = "session_malformed", Provider;
        /// The session has ended.
        SessionOver = "session_over", Caller;
        /// A signature does not have its form.
        SignatureMalformed = "signature_malformed", Signature;
        /// There is no signature.
        SignatureMissing = "signature_missing", Signature;
        /// A signature does not match the content.
        SignatureWrong = "signature_wrong", Signature;
        /// The request skips the input step, but does not meet a condition for that.
        SkipInputUnmet = "skip_input_unmet", Caller;
        /// The list of images to ask for is empty, too long, or names an image twice.
        SlotsInvalid = "slots_invalid", Caller;
        /// Slots were given, but no images are asked for.
        SlotsUnexpected = "slots_unexpected", Caller;
        /// The provider's snapshot id does not have the documented form.
        SnapshotInvalid = "snapshot_invalid", Caller;
        /// A stored session is not a text that `snapshot` returned.
        SnapshotMalformed = "snapshot_malformed", Snapshot;
        /// A newer version of idvkit wrote the stored session.
        SnapshotNewer = "snapshot_newer", Snapshot;
        /// The stored session belongs to another account.
        SnapshotOfOtherAccount = "snapshot_of_other_account", Snapshot;
        /// The stored session belongs to another provider.
        SnapshotOfOtherProvider = "snapshot_of_other_provider", Snapshot;
        /// The request is no longer awaited: it was already answered, has failed, or was given up.
        Stale = "stale", Caller;
        /// A tag does not have the documented form.
        TagInvalid = "tag_invalid", Caller;
        /// A text is blank, too long, or has control characters.
        TextInvalid = "text_invalid", Caller;
        /// A time-out is outside the range of 1000 to 300000 milliseconds.
        TimeoutOutOfRange = "timeout_out_of_range", Caller;
        /// A token's lifetime is outside the documented range.
        TokenLifetimeOutOfRange = "token_lifetime_out_of_range", Caller;
        /// The answer of a token endpoint does not have the documented form.
        TokenMalformed = "token_malformed", Provider;
        /// What a driver was told does not fit what it had asked for.
        ToldUnexpected = "told_unexpected", Caller;
        /// The provider does not support this language.
        UnknownLocale = "unknown_locale", Caller;
        /// A URL has a fragment.
        UrlFragment = "url_fragment", Caller;
        /// A URL has no public host name.
        UrlHost = "url_host", Caller;
        /// A URL has an IP address where a host name is required.
        UrlIpAddress = "url_ip_address", Caller;
        /// A text is not exactly one URL by RFC 3986.
        UrlMalformed = "url_malformed", Caller;
        /// A URL has non-ASCII characters.
        UrlNotAscii = "url_not_ascii", Caller;
        /// A URL appears to hold personal data.
        UrlPersonalData = "url_personal_data", Caller;
        /// A URL has a port.
        UrlPort = "url_port", Caller;
        /// A URL has a query.
        UrlQuery = "url_query", Caller;
        /// A URL has a query parameter that the provider appends itself.
        UrlReservedParameter = "url_reserved_parameter", Caller;
        /// A URL's scheme is not `https`.
        UrlScheme = "url_scheme", Caller;
        /// A URL is longer than the provider allows.
        UrlTooLong = "url_too_long", Caller;
        /// The provider does not use a URL for this.
        UrlUnused = "url_unused", Caller;
        /// A URL holds a user name or a password.
        UrlUserInfo = "url_user_info", Caller;
        /// The user agent does not have the form that the provider requires.
        UserAgentInvalid = "user_agent_invalid", Caller;
        /// A user reference is empty or too long.
        UserReferenceLength = "user_reference_length", Caller;
        /// A variable has no name.
        VariableUnnamed = "variable_unnamed", Caller;
        /// The store has no verification with this id.
        VerificationUnknown = "verification_unknown", Caller;
        /// No token for webhooks is configured.
        WebhookNotConfigured = "webhook_not_configured", Caller;
        /// A webhook's secret is not 16 to 128 characters of letters, digits, `-` and `_`.
        WebhookSecretInvalid = "webhook_secret_invalid", Caller;
        /// A webhook's Authorization header does not have the documented form.
        WebhookTokenMalformed = "webhook_token_malformed", Signature;
        /// A webhook has no Authorization header.
        WebhookTokenMissing = "webhook_token_missing", Signature;
        /// A webhook's token matches none of the configured tokens.
        WebhookTokenWrong = "webhook_token_wrong", Signature;
        /// A webhook's body is larger than any documented webhook.
        WebhookTooLarge = "webhook_too_large", Caller;
        /// A webhook does not have the documented form.
        WebhookUnreadable = "webhook_unreadable", Provider;
    }
    /// Whose fault the refusal is.
    fn blame -> Blame;
}

impl RejectCode {
    /// The HTTP status with which a host answers the request of a browser that led to this reject: 400 for a wrong
    /// request, 401 for an unknown sender, 404 for an unknown verification or account, 409 for what came at the wrong
    /// time, 413 for what is too large, 500 for a stored text that cannot be used, 503 for what may be tried again.
    pub const fn http_status(self) -> u16 {
        match self {
            Self::AccountUnknown | Self::VerificationUnknown => 404,
            Self::HintStale | Self::ImagesTooLate | Self::RetryRefused | Self::SessionOver | Self::Stale => 409,
            Self::HintTooLong | Self::ImageTooLarge | Self::WebhookTooLarge => 413,
            Self::ToldUnexpected | Self::NowOutOfRange => 500,
            Self::Claimed | Self::Conflict => 503,
            _ => match self.blame() {
                Blame::Caller | Blame::Provider => 400,
                Blame::Signature => 401,
                Blame::Snapshot => 500,
            },
        }
    }

    /// The HTTP status with which a host answers a provider whose callback led to this reject: 200 if the callback is
    /// genuine and nothing follows from it, as the provider would send it again otherwise; else the
    /// [`http_status`](Self::http_status).
    pub const fn callback_status(self) -> u16 {
        match self {
            Self::CallbackOfOtherProduct | Self::CallbackOfOtherSession | Self::SessionOver => 200,
            _ => self.http_status(),
        }
    }
}

words! {
    /// What went wrong with a request or a flow. Later versions may add codes; no code ever changes its meaning.
    pub enum FaultCode {
        /// A creation was sent but not answered: the provider may have made something whose id is unknown.
        AnswerLost = "answer_lost", Unavailable;
        /// The provider has archived the data and no longer returns it.
        Archived = "archived", Input;
        /// The provider created something, but its answer cannot be used. The creation is not sent again.
        CreationUnclear = "creation_unclear", Answer;
        /// The provider's page reported an error of the flow.
        FlowError = "flow_error", Unknown;
        /// An answer belongs to another session or transaction than the one asked for.
        ForeignAnswer = "foreign_answer", Answer;
        /// An answer has an HTTP error status.
        HttpStatus = "http_status", Unknown;
        /// The provider refused metadata for this flow.
        MetadataUnsupported = "metadata_unsupported", Configuration;
        /// No answer came: the connection was refused, was reset, or timed out.
        NoAnswer = "no_answer", Unavailable;
        /// The provider returned no authorization for its SDK.
        NoSdkAuthorization = "no_sdk_authorization", Answer;
        /// The provider returned no link for the user.
        NoUserLink = "no_user_link", Answer;
        /// The provider's process failed. That is no verdict about the user.
        ProcessFailed = "process_failed", Unknown;
        /// A verification secret does not have its form, so nothing was verified.
        SecretMalformed = "secret_malformed", Answer;
        /// No verification secret is configured, so nothing was verified.
        SecretMissing = "secret_missing", Answer;
        /// The signature of an answer does not have its form.
        SignatureMalformed = "signature_malformed", Answer;
        /// An answer has no signature.
        SignatureMissing = "signature_missing", Answer;
        /// The signature of an answer does not match its content.
        SignatureWrong = "signature_wrong", Answer;
        /// An answer does not have the documented form.
        Unreadable = "unreadable", Answer;
    }
    /// The class of a fault with this code, unless an HTTP status or the provider says something more exact.
    fn class -> FaultClass;
}
