//! The calls on Jumio's values and documents, the same in every language.

use alloc::{
    string::{String, ToString},
    vec,
    vec::Vec,
};

use idvkit_core::{Body, Header, LocaleEntry, UnixMillis, answers, args, values, words};

use crate::{
    account::UrlPolicy,
    answers::{EnrollmentCheck, Transaction},
    callback::{Callback, ReturnParameters, ReturnStatus},
    catalog::{API_LOCALES, ColourSource, colours_for},
    request::{self, MAX_USER_REFERENCE},
    values::{DomainPrefix, JumioUrlPurpose, TokenLifetime},
};

args! {
    /// The arguments of [`url()`].
    pub struct UrlArgs {
        /// The URL.
        pub text: String,
        /// What the URL is for.
        pub purpose: JumioUrlPurpose,
        /// Whether callbacks go to the URL as it is, as with the account's `plain_callback_url`.
        #[serde(default)]
        pub plain: bool,
        /// Whether plain HTTP to a private host is allowed, as with the account's `development`.
        #[serde(default)]
        pub development: bool,
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

    /// The arguments of [`domain_prefix()`].
    pub struct DomainPrefixArgs {
        /// The prefix.
        pub text: String,
    }

    /// The arguments of [`token_lifetime()`].
    pub struct TokenLifetimeArgs {
        /// The lifetime in minutes.
        pub minutes: i64,
    }

    /// The arguments of [`user_reference()`].
    pub struct UserReferenceArgs {
        /// The reference.
        pub text: String,
    }

    /// The arguments of [`enrollment_check()`].
    pub struct EnrollmentCheckArgs {
        /// The form of an ID verification's callback, or the verification as JSON.
        pub body: Body,
    }

    /// The arguments of [`return_parameters()`].
    pub struct ReturnParametersArgs {
        /// The whole URL that the user came back to.
        pub url: String,
    }

    /// The arguments of [`transaction()`].
    pub struct TransactionArgs {
        /// The answer to a retrieval.
        pub body: Body,
    }

    /// The arguments of [`callback()`].
    pub struct CallbackArgs {
        /// The raw body of the callback.
        pub body: Body,
        /// The header `Content-Type`, if you have it.
        #[serde(default)]
        pub content_type: Option<String>,
    }

    /// The arguments of [`colour()`].
    pub struct ColourArgs {
        /// The language of the page.
        pub locale: String,
        /// The languages for which the Customer Portal has colours.
        pub configured: Vec<String>,
        /// Whether the Customer Portal has default colours.
        #[serde(default)]
        pub account_default: bool,
    }
}

answers! {
    /// A URL that can be handed to Jumio.
    pub sealed(host, limit, reserved) struct JumioUrl {
        /// The URL, with scheme and host in lower case.
        pub url: String,
        /// Its host name.
        pub host: String,
        /// The longest URL that this purpose takes, in characters.
        pub limit: i64,
        /// The query parameters that Jumio appends itself, so that the URL must not have them.
        pub reserved: Vec<String>,
    }

    /// A domain prefix.
    pub struct JumioDomainPrefix {
        /// The prefix.
        pub prefix: String,
        /// The origin of the pages with this prefix.
        pub origin: String,
    }

    /// A lifetime of a link.
    pub struct JumioTokenLifetime {
        /// The lifetime in minutes.
        pub minutes: i64,
        /// The lifetime in milliseconds.
        pub millis: i64,
        /// Whether it is the lifetime that Jumio takes if the request does not say one.
        pub usual: bool,
    }

    /// A reference for a user.
    pub sealed(limit) struct JumioUserReference {
        /// The reference.
        pub reference: String,
        /// The longest reference, in characters.
        pub limit: i64,
    }

    /// Whether an ID verification can serve as an enrollment.
    pub struct JumioEnrollmentCheck {
        /// Whether all three conditions are met.
        pub eligible: bool,
        /// Whether `verificationStatus` is `APPROVED_VERIFIED`.
        pub verified: bool,
        /// Whether `similarity` is `MATCH`.
        pub similar: bool,
        /// Whether `validity` is `TRUE`.
        pub valid: bool,
        /// Each condition that is not met, as a sentence.
        pub unmet: Vec<String>,
    }

    /// What Jumio appends to the URL that the user returns to. Only display it: a user can forge it.
    pub struct JumioReturnParameters {
        /// The status that the URL claims. A success is no verdict.
        pub status: JumioReturnStatus,
        /// The reference of the transaction.
        pub reference: String,
        /// The error code, if there is one.
        pub error_code: Option<String>,
        /// What a documented error code means.
        pub meaning: Option<String>,
        /// What to do about a documented error. This advice is written by idvkit.
        pub advice: Option<String>,
        /// Whether the link can no longer be used, so that only a retry gives a new one.
        pub ends_transaction: bool,
    }

    /// A transaction, as Jumio's retrieval returns it.
    pub sealed(result, known) struct JumioTransaction {
        /// The transaction's reference.
        pub reference: String,
        /// The reference of the enrollment.
        pub enrollment_reference: String,
        /// The transaction's result in Jumio's word. Only `PASSED` is a pass.
        pub result: String,
        /// Whether the documents define this result.
        pub known: bool,
        /// When the transaction was created; absent if the time stamp cannot be read.
        pub date: Option<UnixMillis>,
        /// The URLs of the face image.
        pub images: Vec<String>,
        /// The URLs of the liveness images, in Jumio's order, which is not the order of time.
        pub liveness_images: Vec<String>,
    }

    /// A callback, as Jumio sent it. It is a reason to fetch the result, and decides nothing.
    pub sealed(result) struct JumioCallback {
        /// The reference of the transaction.
        pub reference: String,
        /// The reference of its enrollment.
        pub enrollment_reference: String,
        /// The claimed result in Jumio's word.
        pub result: String,
        /// Where the user took the selfie: `SDK` or `WEB`.
        pub scan_source: String,
        /// When the transaction was created; absent if the time stamp cannot be read.
        pub transaction_date: Option<UnixMillis>,
        /// When this callback was sent.
        pub callback_date: Option<UnixMillis>,
        /// Your own reference for the user.
        pub user_reference: Option<String>,
        /// The URLs of the face image.
        pub face_images: Vec<String>,
        /// The URLs of the liveness images.
        pub liveness_images: Vec<String>,
    }

    /// Which colours a page has.
    pub struct JumioColour {
        /// Where the colours come from.
        pub source: JumioColourSource,
        /// The language whose colours they are, if they are of a language.
        pub tag: Option<String>,
    }
}

words! {
    /// The status that a return URL claims.
    pub enum JumioReturnStatus {
        /// `SUCCESS`: the images were taken for processing.
        Success,
        /// `ERROR`: the user was sent back because of an error.
        Error,
        /// No status, or any other.
        Other,
    }

    /// Where the colours of a page come from. Deliberately exhaustive.
    pub enum JumioColourSource {
        /// From the colours of the language, or of its language without the country.
        Locale,
        /// From the account's default colours.
        AccountDefault,
        /// From Jumio's own colours.
        JumioDefault,
    }
}

values! {
    /// Checks a URL by Jumio's rules for its purpose: HTTPS, a public host name, no port, no fragment, no personal data.
    ///
    /// A callback URL has no query and at most 222 characters, because the SDK adds a slash and a secret of 32 characters
    /// to it; with `plain` it has at most 255. A success URL has at most 2047 characters, an error URL at most 255, and
    /// neither may have a parameter that Jumio appends itself (J-F3).
    ///
    /// ```
    /// use idvkit_jumio::{JumioUrlPurpose, UrlArgs, url};
    ///
    /// let given = |text: &str, purpose| UrlArgs { text: text.into(), purpose, plain: false, development: false };
    /// let fit = url(given("https://Shop.example/cb", JumioUrlPurpose::Callback)).unwrap();
    /// assert_eq!((fit.url.as_str(), fit.limit), ("https://shop.example/cb", 222));
    ///
    /// let reject = url(given("https://shop.example/done?errorCode=1", JumioUrlPurpose::Error)).unwrap_err();
    /// assert_eq!(reject.code(), "url_reserved_parameter");
    /// ```
    ///
    /// # Errors
    /// `url_not_ascii`, `url_too_long`, `url_malformed`, `url_scheme`, `url_user_info`, `url_ip_address`, `url_host`,
    /// `url_port`, `url_fragment`, `url_query`, `url_reserved_parameter`, `url_personal_data`.
    pub fn url(args: UrlArgs) -> Result<JumioUrl, Reject> {
        let policy =
            UrlPolicy { secret_callback: !args.plain, development: args.development, callback_query: false };
        let url = policy.parse(args.purpose, &args.text)?;
        let rules = policy.rules(args.purpose);
        Ok(JumioUrl {
            host: url.host().to_string(),
            url: url.into_string(),
            limit: count(rules.max_len),
            reserved: rules.reserved.iter().map(ToString::to_string).collect(),
        })
    }

    /// Finds the language that a tag means to Jumio, in any case, with `-` or `_`: one of the 32 that its API takes.
    ///
    /// ```
    /// use idvkit_jumio::{LocaleArgs, locale};
    ///
    /// assert_eq!(locale(LocaleArgs { text: "EN_gb".into() }).unwrap().tag, "en-GB");
    /// assert_eq!(locale(LocaleArgs { text: "nb-NO".into() }).unwrap_err().code(), "unknown_locale");
    /// ```
    ///
    /// # Errors
    /// `unknown_locale`, which offers the nearest ones.
    pub fn locale(args: LocaleArgs) -> Result<LocaleEntry, Reject> {
        Ok(API_LOCALES.parse("locale", &args.text)?.into())
    }

    /// The first of the languages that a user prefers which Jumio takes, looked up by RFC 4647: `nb-NO` gives `no`. There
    /// may be none: then leave `locale` out.
    ///
    /// ```
    /// use idvkit_jumio::{BestLocaleArgs, best_locale};
    ///
    /// let tags = vec!["fy-NL".into(), "fr-FR".into()];
    /// assert_eq!(best_locale(BestLocaleArgs { tags }).unwrap().as_deref(), Some("fr"));
    /// ```
    ///
    /// # Errors
    /// None.
    pub fn best_locale(args: BestLocaleArgs) -> Result<Option<String>, Reject> {
        Ok(API_LOCALES.best(args.tags.iter().map(String::as_str)).map(|locale| locale.tag.into()))
    }

    /// Checks a domain name prefix: `a` to `z`, digits and inner hyphens, at most 63 characters. Only the US data centre
    /// has them (J-F6).
    ///
    /// ```
    /// use idvkit_jumio::{DomainPrefixArgs, domain_prefix};
    ///
    /// let prefix = domain_prefix(DomainPrefixArgs { text: "my-shop".into() }).unwrap();
    /// assert_eq!(prefix.origin, "https://my-shop.netverify.com");
    /// ```
    ///
    /// # Errors
    /// `domain_prefix_invalid`.
    pub fn domain_prefix(args: DomainPrefixArgs) -> Result<JumioDomainPrefix, Reject> {
        let prefix = DomainPrefix::parse("domain_prefix", &args.text)?;
        Ok(JumioDomainPrefix { origin: prefix.origin(), prefix: prefix.as_str().to_string() })
    }

    /// Checks how long a link stays valid: 5 to 86400 minutes (J-F1).
    ///
    /// ```
    /// use idvkit_jumio::{TokenLifetimeArgs, token_lifetime};
    ///
    /// assert_eq!(token_lifetime(TokenLifetimeArgs { minutes: 60 }).unwrap().millis, 3_600_000);
    /// assert!(token_lifetime(TokenLifetimeArgs { minutes: 4 }).is_err());
    /// ```
    ///
    /// # Errors
    /// `lifetime_out_of_range`.
    pub fn token_lifetime(args: TokenLifetimeArgs) -> Result<JumioTokenLifetime, Reject> {
        let lifetime = TokenLifetime::parse("token_lifetime_minutes", args.minutes)?;
        let usual = lifetime == TokenLifetime::DEFAULT;
        Ok(JumioTokenLifetime { minutes: lifetime.minutes(), millis: lifetime.millis(), usual })
    }

    /// Checks your reference for a user: 1 to 100 characters, and no personal data (J-F1).
    ///
    /// ```
    /// use idvkit_jumio::{UserReferenceArgs, user_reference};
    ///
    /// assert!(user_reference(UserReferenceArgs { text: "customer-4711".into() }).is_ok());
    /// let reject = user_reference(UserReferenceArgs { text: "ann@example.com".into() }).unwrap_err();
    /// assert_eq!(reject.code(), "personal_data");
    /// ```
    ///
    /// # Errors
    /// `user_reference_length`, `personal_data`.
    pub fn user_reference(args: UserReferenceArgs) -> Result<JumioUserReference, Reject> {
        let reference = request::user_reference(args.text)?;
        Ok(JumioUserReference { reference, limit: count(MAX_USER_REFERENCE) })
    }

    /// Checks whether an ID verification can serve as an enrollment: the three values that Jumio asks for (J-F1).
    ///
    /// The body is the verification's callback, a form as it arrives, or the verification's result as JSON. A part that is
    /// missing counts as a condition that is not met (J-D30).
    ///
    /// ```
    /// use idvkit_jumio::{EnrollmentCheckArgs, enrollment_check};
    ///
    /// let form = b"verificationStatus=APPROVED_VERIFIED&identityVerification=%7B%22similarity%22%3A%22MATCH%22%7D";
    /// let check = enrollment_check(EnrollmentCheckArgs { body: form[..].into() }).unwrap();
    /// assert_eq!(check.unmet, ["validity must be TRUE"]);
    /// ```
    ///
    /// # Errors
    /// `enrollment_malformed` if the body is neither a form nor a JSON object.
    pub fn enrollment_check(args: EnrollmentCheckArgs) -> Result<JumioEnrollmentCheck, Reject> {
        let check = EnrollmentCheck::from_body(&args.body.0)?;
        Ok(JumioEnrollmentCheck {
            eligible: check.is_eligible(),
            verified: check.verified,
            similar: check.similar,
            valid: check.valid,
            unmet: check.unmet().into_iter().map(String::from).collect(),
        })
    }

    /// Reads what Jumio appended to the URL that the user returned to, with meaning and advice for an error. It decides
    /// nothing (J-F4).
    ///
    /// ```
    /// use idvkit_jumio::{JumioReturnStatus, ReturnParametersArgs, return_parameters};
    ///
    /// let url = "https://shop.example/back?transactionReference=r-1&transactionStatus=ERROR&errorCode=9836";
    /// let back = return_parameters(ReturnParametersArgs { url: url.into() }).unwrap();
    /// assert_eq!(back.status, JumioReturnStatus::Error);
    /// assert_eq!(back.meaning.as_deref(), Some("three submissions, none acceptable"));
    /// assert!(back.ends_transaction);
    /// ```
    ///
    /// # Errors
    /// `redirect_without_reference` if the URL has no parameters of Jumio.
    pub fn return_parameters(args: ReturnParametersArgs) -> Result<JumioReturnParameters, Reject> {
        let back = ReturnParameters::parse(&args.url)?;
        Ok(JumioReturnParameters {
            status: match back.status {
                ReturnStatus::Success => JumioReturnStatus::Success,
                ReturnStatus::Error => JumioReturnStatus::Error,
                ReturnStatus::Other(_) => JumioReturnStatus::Other,
            },
            reference: back.reference.into(),
            meaning: back.error.as_ref().and_then(|error| error.meaning).map(String::from),
            advice: back.error.as_ref().and_then(|error| error.advice).map(String::from),
            ends_transaction: back.error.as_ref().is_some_and(crate::callback::ReturnError::ends_transaction),
            error_code: back.error.map(|error| error.code),
        })
    }

    /// Reads a transaction, as Jumio's retrieval returns it (J-F8).
    ///
    /// ```
    /// use idvkit_jumio::{TransactionArgs, transaction};
    ///
    /// let body = br#"{"transactionReference": "t-1", "enrollmentTransactionReference": "e-1",
    ///     "transactionResult": "PASSED", "transactionDate": "2026-01-02T03:04:05Z"}"#;
    /// let read = transaction(TransactionArgs { body: body[..].into() }).unwrap();
    /// assert_eq!((read.reference.as_str(), read.result.as_str(), read.known), ("t-1", "PASSED", true));
    /// ```
    ///
    /// # Errors
    /// `retrieval_malformed`.
    pub fn transaction(args: TransactionArgs) -> Result<JumioTransaction, Reject> {
        let read = Transaction::parse(&args.body.0)?;
        Ok(JumioTransaction {
            reference: read.reference.into(),
            enrollment_reference: read.enrollment_reference.into(),
            known: read.result.is_known(),
            result: read.result.as_str().to_string(),
            date: read.date,
            images: read.images,
            liveness_images: read.liveness_images,
        })
    }

    /// Reads a callback, whose body is a form. It is a reason to fetch the result, and decides nothing (J-F7).
    ///
    /// ```
    /// use idvkit_jumio::{CallbackArgs, callback};
    ///
    /// let body = "callBackType=NETVERIFY_AUTHENTICATION&transactionReference=t-1&enrollmentTransactionReference=e-1\
    ///     &transactionResult=PASSED&scanSource=WEB&transactionDate=2026-01-02T03:04:05Z\
    ///     &callbackDate=2026-01-02T03:04:06Z";
    /// let read = callback(CallbackArgs { body: body.as_bytes().into(), content_type: None }).unwrap();
    /// assert_eq!(read.result, "PASSED");
    /// ```
    ///
    /// # Errors
    /// `callback_malformed`; `callback_of_other_product`; `body_spoiled` if a framework or gateway changed the body.
    pub fn callback(args: CallbackArgs) -> Result<JumioCallback, Reject> {
        let headers: Vec<Header> = args.content_type.map(|value| vec![Header::new("content-type", value)]).unwrap_or_default();
        let read = Callback::parse(&headers, &args.body.0).map_err(|reject| reject.of_callback(&headers, &args.body.0))?;
        Ok(JumioCallback {
            reference: read.reference.into(),
            enrollment_reference: read.enrollment_reference,
            result: read.result.as_str().to_string(),
            scan_source: read.scan_source,
            transaction_date: read.transaction_date,
            callback_date: read.callback_date,
            user_reference: read.user_reference,
            face_images: read.face_images,
            liveness_images: read.liveness_images,
        })
    }

    /// Which colours a page in this language has: those of the language itself, else of the language without its country,
    /// else the account's default, else Jumio's (J-F6).
    ///
    /// ```
    /// use idvkit_jumio::{ColourArgs, JumioColourSource, colour};
    ///
    /// let args = ColourArgs { locale: "en-GB".into(), configured: vec!["en".into()], account_default: true };
    /// let colour = colour(args).unwrap();
    /// assert_eq!((colour.source, colour.tag.as_deref()), (JumioColourSource::Locale, Some("en")));
    /// ```
    ///
    /// # Errors
    /// None.
    pub fn colour(args: ColourArgs) -> Result<JumioColour, Reject> {
        let configured: Vec<&str> = args.configured.iter().map(String::as_str).collect();
        let (source, tag) = match colours_for(&args.locale, &configured, args.account_default) {
            ColourSource::Locale(tag) => (JumioColourSource::Locale, Some(tag)),
            ColourSource::AccountDefault => (JumioColourSource::AccountDefault, None),
            ColourSource::JumioDefault => (JumioColourSource::JumioDefault, None),
        };
        Ok(JumioColour { source, tag })
    }
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
