//! The words for what goes wrong: one list for all languages.

/// Declares an enum of stable words: each variant with its meaning and its `snake_case` word; and, where a fact is named
/// behind the enum, with one value of that fact.
macro_rules! words {
    (
        $(#[$attr:meta])*
        pub enum $Name:ident { $(#[doc = $meaning:literal] $Variant:ident = $word:literal;)* }
    ) => {
        $(#[$attr])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
        #[non_exhaustive]
        pub enum $Name {
            $(#[doc = $meaning] #[serde(rename = $word)] $Variant,)*
        }

        impl $Name {
            /// All of them, sorted by their words.
            pub const ALL: &'static [Self] = &[$(Self::$Variant,)*];

            /// The stable word, the same text in every language.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$Variant => $word,)*
                }
            }

            /// What it says, as a sentence.
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
    /// Why a call was refused. New codes may be added; none is ever given another meaning.
    pub enum RejectCode {
        /// An account's name is blank or longer than 128 characters.
        AccountIdInvalid = "account_id_invalid", Caller;
        /// There is no account of this name, or none that the request could be for.
        AccountUnknown = "account_unknown", Caller;
        /// The API version is not of the documented form.
        ApiVersionInvalid = "api_version_invalid", Caller;
        /// A base URL of the provider is not an https URL without user, query and fragment.
        BaseUrlInvalid = "base_url_invalid", Caller;
        /// A callback is not in the documented form.
        CallbackMalformed = "callback_malformed", Provider;
        /// A callback's body is empty, or was encoded on its way to here.
        CallbackNotRaw = "callback_not_raw", Caller;
        /// A callback is genuine and about another product of the provider.
        CallbackOfOtherProduct = "callback_of_other_product", Provider;
        /// A callback is about another session.
        CallbackOfOtherSession = "callback_of_other_session", Caller;
        /// A callback carries no secret.
        CallbackSecretMissing = "callback_secret_missing", Signature;
        /// A callback carries a wrong secret.
        CallbackSecretWrong = "callback_secret_wrong", Signature;
        /// A callback came for an account or request that has none configured, so nothing proves its sender.
        CallbackUnexpected = "callback_unexpected", Signature;
        /// The capture flow was asked for images of a kind it cannot take.
        CaptureSdk = "capture_sdk", Caller;
        /// Another worker is sending this request.
        Claimed = "claimed", Caller;
        /// The client key is not of the documented form.
        ClientKeyInvalid = "client_key_invalid", Caller;
        /// A configuration is not valid JSON or not of the documented form.
        ConfigMalformed = "config_malformed", Caller;
        /// A configuration is for another provider than asked for.
        ConfigOfOtherProvider = "config_of_other_provider", Caller;
        /// Other workers kept changing the verification.
        Conflict = "conflict", Caller;
        /// The container is not a CSS id selector.
        ContainerInvalid = "container_invalid", Caller;
        /// A credential is not of its form: characters that none has, white space around it, or too short.
        CredentialMalformed = "credential_malformed", Caller;
        /// A needed credential is missing or blank.
        CredentialMissing = "credential_missing", Caller;
        /// The process takes no direct upload of images.
        DirectUploadUnsupported = "direct_upload_unsupported", Caller;
        /// A value to be read lacks a member.
        DocumentMalformed = "document_malformed", Caller;
        /// A domain prefix is not of the documented form.
        DomainPrefixInvalid = "domain_prefix_invalid", Caller;
        /// A domain prefix was given for a region that has none.
        DomainPrefixRegion = "domain_prefix_region", Caller;
        /// Files of a dossier are to be used, and no dossier is named.
        DossierFilesMissing = "dossier_files_missing", Caller;
        /// A dossier's id is not of the documented form.
        DossierInvalid = "dossier_invalid", Caller;
        /// A duration is not one second to 400 days.
        DurationOutOfRange = "duration_out_of_range", Caller;
        /// The result of an ID verification is not in the documented form.
        EnrollmentMalformed = "enrollment_malformed", Provider;
        /// An expiry is not a future time in milliseconds, or too far away.
        ExpiryInvalid = "expiry_invalid", Caller;
        /// An external reference was given where the provider takes none.
        ExternalReferenceUnexpected = "external_reference_unexpected", Caller;
        /// An additional member has a name that the request itself uses.
        ExtraReserved = "extra_reserved", Caller;
        /// A flow's id is not of the documented form.
        FlowIdInvalid = "flow_id_invalid", Caller;
        /// A hint is not a text that `read` gave.
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
        /// An image's data URL is not of the documented form.
        ImageDataUrl = "image_data_url", Caller;
        /// An image has too few or too many pixels, or none that can be read.
        ImageDimensions = "image_dimensions", Caller;
        /// An image has no bytes.
        ImageEmpty = "image_empty", Caller;
        /// An image is of a kind that is not taken here.
        ImageKind = "image_kind", Caller;
        /// A limit for images is out of range.
        ImageLimitOutOfRange = "image_limit_out_of_range", Caller;
        /// An image is for a slot that was not asked for, or for one twice.
        ImageSlot = "image_slot", Caller;
        /// An image has too many bytes.
        ImageTooLarge = "image_too_large", Caller;
        /// An image's URL is not one of the account's API.
        ImageUrlForeign = "image_url_foreign", Provider;
        /// A required image is missing.
        ImagesIncomplete = "images_incomplete", Caller;
        /// No image was given.
        ImagesMissing = "images_missing", Caller;
        /// The images were sent already, so others come too late.
        ImagesTooLate = "images_too_late", Caller;
        /// The flow asks for no images.
        ImagesUnexpected = "images_unexpected", Caller;
        /// An input is not a JSON object of the documented form.
        InputMalformed = "input_malformed", Caller;
        /// The list of interchangeable technologies is not of the documented form.
        InterchangeableTechInvalid = "interchangeable_tech_invalid", Caller;
        /// A journey is not a text that this library gave.
        JourneyMalformed = "journey_malformed", Caller;
        /// An object has the same member twice, so what is signed is ambiguous.
        JsonDuplicateMember = "json_duplicate_member", Provider;
        /// A body is not one JSON text in UTF-8.
        JsonMalformed = "json_malformed", Provider;
        /// A body is JSON and not an object.
        JsonNotObject = "json_not_object", Provider;
        /// A body's JSON is nested deeper than 128 levels.
        JsonTooDeep = "json_too_deep", Provider;
        /// A host's key for a verification is blank or longer than 256 bytes.
        KeyInvalid = "key_invalid", Caller;
        /// The address of the provider's script is neither an https URL nor relative to the page.
        LibrarySrcInvalid = "library_src_invalid", Caller;
        /// A lifetime is out of the documented range.
        LifetimeOutOfRange = "lifetime_out_of_range", Caller;
        /// A language tag is not of the form of BCP 47.
        LocaleMalformed = "locale_malformed", Caller;
        /// A field is locked and has no value.
        LockedWithoutValue = "locked_without_value", Caller;
        /// Metadata is for technologies that the flow is not documented to take it for.
        MetadataUnsupported = "metadata_unsupported", Caller;
        /// A required member is missing or empty.
        Missing = "missing", Caller;
        /// An input of this kind carries no reference of the provider.
        NoReference = "no_reference", Caller;
        /// The provider signs nothing.
        NothingSigned = "nothing_signed", Caller;
        /// The flow begins without a request.
        NothingToSend = "nothing_to_send", Caller;
        /// A time is not in milliseconds between the years 2020 and 2200.
        NowOutOfRange = "now_out_of_range", Caller;
        /// An origin is not scheme, host and port.
        OriginInvalid = "origin_invalid", Caller;
        /// A path does not begin with a slash, or leaves its base.
        PathInvalid = "path_invalid", Caller;
        /// A value looks like personal data where the provider forbids it.
        PersonalData = "personal_data", Caller;
        /// A phone number is not of the documented form.
        PhoneInvalid = "phone_invalid", Caller;
        /// A limit for photos is out of range.
        PhotoLimitOutOfRange = "photo_limit_out_of_range", Caller;
        /// A plan is not of the documented form, or cannot be meant.
        PlanMalformed = "plan_malformed", Caller;
        /// A poll plan is not growing offsets with a sane gap.
        PollPlanInvalid = "poll_plan_invalid", Caller;
        /// An error body is not in a documented form.
        ProblemMalformed = "problem_malformed", Provider;
        /// A process is not in the documented form.
        ProcessMalformed = "process_malformed", Provider;
        /// The provider has no process of this type.
        ProcessTypeUnknown = "process_type_unknown", Caller;
        /// The identity provider belongs to another flow.
        ProviderFlow = "provider_flow", Caller;
        /// There is no provider of this name.
        ProviderUnknown = "provider_unknown", Caller;
        /// Two processes have the same provider, so their verdicts could not be told apart.
        ProvidersAmbiguous = "providers_ambiguous", Caller;
        /// The number of identity providers is not one the flow takes.
        ProvidersCount = "providers_count", Caller;
        /// The provider has no such redaction.
        RedactUnknown = "redact_unknown", Caller;
        /// A return URL is about another session.
        RedirectOfOtherSession = "redirect_of_other_session", Caller;
        /// The provider sends nobody back to a return URL.
        RedirectUnexpected = "redirect_unexpected", Caller;
        /// A URL lacks the parameters that the provider appends.
        RedirectWithoutReference = "redirect_without_reference", Caller;
        /// A reference is not of the documented form.
        ReferenceInvalid = "reference_invalid", Caller;
        /// A request is not valid JSON or not of the documented form.
        RequestMalformed = "request_malformed", Caller;
        /// A request is for another flow than asked for.
        RequestOfOtherFlow = "request_of_other_flow", Caller;
        /// A request is for another provider than the account's.
        RequestOfOtherProvider = "request_of_other_provider", Caller;
        /// A result is not in the documented form.
        ResultMalformed = "result_malformed", Provider;
        /// A result cannot be read.
        ResultUnreadable = "result_unreadable", Provider;
        /// A retrieved transaction is not in the documented form.
        RetrievalMalformed = "retrieval_malformed", Provider;
        /// The session decided, still runs, or may not be tried again.
        RetryRefused = "retry_refused", Caller;
        /// A route has another name or other parameters than the documented one.
        RouteInvalid = "route_invalid", Caller;
        /// A scope is empty or holds characters that no scope has.
        ScopeInvalid = "scope_invalid", Caller;
        /// An SDK flow in an existing dossier was asked for, which no document covers.
        SdkInExistingDossier = "sdk_in_existing_dossier", Caller;
        /// A secret for verifying is not of its form, so nothing was verified.
        SecretMalformed = "secret_malformed", Signature;
        /// There is no secret to verify with, so nothing was verified.
        SecretMissing = "secret_missing", Signature;
        /// A seed is not 32 random bytes.
        SeedInvalid = "seed_invalid", Caller;
        /// The answer that creates a session is not in the documented form.
        SessionMalformed = "session_malformed", Provider;
        /// The session has ended.
        SessionOver = "session_over", Caller;
        /// A signature is not of its form.
        SignatureMalformed = "signature_malformed", Signature;
        /// There is no signature.
        SignatureMissing = "signature_missing", Signature;
        /// A signature does not belong to the content.
        SignatureWrong = "signature_wrong", Signature;
        /// The input step is to be skipped, and a condition for it is not met.
        SkipInputUnmet = "skip_input_unmet", Caller;
        /// The list of images to ask for is empty, too long or holds one twice.
        SlotsInvalid = "slots_invalid", Caller;
        /// Slots were given where no images are asked for.
        SlotsUnexpected = "slots_unexpected", Caller;
        /// The provider's snapshot id is not of the documented form.
        SnapshotInvalid = "snapshot_invalid", Caller;
        /// A stored session is not a text that `snapshot` gave.
        SnapshotMalformed = "snapshot_malformed", Snapshot;
        /// A newer version wrote the stored session.
        SnapshotNewer = "snapshot_newer", Snapshot;
        /// The stored session belongs to another account.
        SnapshotOfOtherAccount = "snapshot_of_other_account", Snapshot;
        /// The stored session belongs to another provider.
        SnapshotOfOtherProvider = "snapshot_of_other_provider", Snapshot;
        /// The request is no longer awaited: it was answered, failed or given up.
        Stale = "stale", Caller;
        /// A tag is not of the documented form.
        TagInvalid = "tag_invalid", Caller;
        /// A text is blank, too long or holds control characters.
        TextInvalid = "text_invalid", Caller;
        /// A time-out is not 1000 to 300000 milliseconds.
        TimeoutOutOfRange = "timeout_out_of_range", Caller;
        /// A token's lifetime is out of the documented range.
        TokenLifetimeOutOfRange = "token_lifetime_out_of_range", Caller;
        /// The answer of a token endpoint is not in the documented form.
        TokenMalformed = "token_malformed", Provider;
        /// A driver was told something else than what came of its ask.
        ToldUnexpected = "told_unexpected", Caller;
        /// The provider has no such language.
        UnknownLocale = "unknown_locale", Caller;
        /// A URL has a fragment.
        UrlFragment = "url_fragment", Caller;
        /// A URL has no public host name.
        UrlHost = "url_host", Caller;
        /// A URL has an IP address instead of a host name.
        UrlIpAddress = "url_ip_address", Caller;
        /// A text is not one whole URL by RFC 3986.
        UrlMalformed = "url_malformed", Caller;
        /// A URL has characters beyond ASCII.
        UrlNotAscii = "url_not_ascii", Caller;
        /// A URL looks as if it held personal data.
        UrlPersonalData = "url_personal_data", Caller;
        /// A URL has a port.
        UrlPort = "url_port", Caller;
        /// A URL has a query.
        UrlQuery = "url_query", Caller;
        /// A URL has a parameter that the provider itself appends.
        UrlReservedParameter = "url_reserved_parameter", Caller;
        /// A URL's scheme is not `https`.
        UrlScheme = "url_scheme", Caller;
        /// A URL is longer than the provider takes.
        UrlTooLong = "url_too_long", Caller;
        /// The provider takes no URL for this.
        UrlUnused = "url_unused", Caller;
        /// A URL has a user name or password.
        UrlUserInfo = "url_user_info", Caller;
        /// The user agent is not of the form that the provider demands.
        UserAgentInvalid = "user_agent_invalid", Caller;
        /// A user reference is empty or too long.
        UserReferenceLength = "user_reference_length", Caller;
        /// A variable has no name.
        VariableUnnamed = "variable_unnamed", Caller;
        /// The store has no verification of this id.
        VerificationUnknown = "verification_unknown", Caller;
        /// No token for webhooks is configured.
        WebhookNotConfigured = "webhook_not_configured", Caller;
        /// A webhook's secret is not 16 to 128 letters, digits, `-` and `_`.
        WebhookSecretInvalid = "webhook_secret_invalid", Caller;
        /// A webhook's Authorization header is not of the documented form.
        WebhookTokenMalformed = "webhook_token_malformed", Signature;
        /// A webhook has no Authorization header.
        WebhookTokenMissing = "webhook_token_missing", Signature;
        /// A webhook's token is none of those configured.
        WebhookTokenWrong = "webhook_token_wrong", Signature;
        /// A webhook's body is larger than any documented one.
        WebhookTooLarge = "webhook_too_large", Caller;
        /// A webhook is not in the documented form.
        WebhookUnreadable = "webhook_unreadable", Provider;
    }
    /// Whose fault it is.
    fn blame -> Blame;
}

words! {
    /// What went wrong with a request or a flow. New codes may be added; none is ever given another meaning.
    pub enum FaultCode {
        /// A creation was sent and its answer never came: something may have been made that nobody can name.
        AnswerLost = "answer_lost", Unavailable;
        /// The provider has archived what was asked for, and gives it no more.
        Archived = "archived", Input;
        /// The provider says that it made something, in an answer that nothing can be made of. It is not asked to make it again.
        CreationUnclear = "creation_unclear", Answer;
        /// The provider's page reported an error of the flow.
        FlowError = "flow_error", Unknown;
        /// An answer is about something else than what was asked for.
        ForeignAnswer = "foreign_answer", Answer;
        /// An answer has an error status.
        HttpStatus = "http_status", Unknown;
        /// The provider refused the metadata for this flow.
        MetadataUnsupported = "metadata_unsupported", Configuration;
        /// No answer came: refused, reset or timed out.
        NoAnswer = "no_answer", Unavailable;
        /// The provider gave no authorization for its SDK.
        NoSdkAuthorization = "no_sdk_authorization", Answer;
        /// The provider gave no link for the user.
        NoUserLink = "no_user_link", Answer;
        /// The provider's process failed, which is no verdict about the user.
        ProcessFailed = "process_failed", Unknown;
        /// A secret for verifying is not of its form, so nothing was verified.
        SecretMalformed = "secret_malformed", Answer;
        /// There is no secret to verify with, so nothing was verified.
        SecretMissing = "secret_missing", Answer;
        /// The signature of an answer is not of its form.
        SignatureMalformed = "signature_malformed", Answer;
        /// An answer has no signature.
        SignatureMissing = "signature_missing", Answer;
        /// The signature of an answer does not belong to its content.
        SignatureWrong = "signature_wrong", Answer;
        /// An answer is not in the documented form.
        Unreadable = "unreadable", Answer;
    }
    /// The class of such a fault, unless a status or the provider says more.
    fn class -> FaultClass;
}
