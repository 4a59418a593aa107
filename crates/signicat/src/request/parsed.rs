//! A parsed request: what the flow carries.

use alloc::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};

use idvkit_core::{ImageSlot, Reject, RejectCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    CaptureFlow, CaptureParameters, CaptureProvider, CaptureSdk, DocumentVerification, Eid, ImageSource,
    NotificationTarget, Request, Required,
};
use crate::{
    account::Account,
    catalog::{self, REDACT_FIELDS, SLOTS, slots_for},
    values::{Id, same_provider},
};

const MAX_TEXT: usize = 255;

/// A parsed request: what a session stores of it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ParsedRequest {
    /// A dossier that the caller had already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) dossier: Option<Id>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) external_reference: Option<String>,
    /// `None`: no callbacks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) notification_url: Option<String>,
    /// One provider, or two in a capture flow.
    pub(crate) targets: Vec<Target>,
    pub(crate) plan: Plan,
}

/// A provider and what it is asked to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Target {
    pub(crate) provider: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) process_type: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) redact: Vec<String>,
}

/// What one of the three flows needs besides.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Plan {
    Document {
        source: ImageSource,
        slots: Vec<ImageSlot>,
        #[serde(default)]
        parameters: Option<Map<String, Value>>,
    },
    Capture {
        need: Required,
        redirect_url: String,
        sdk: Option<CaptureSdk>,
        parameters: CaptureParameters,
        request_domain: Option<String>,
    },
    Eid {
        redirect_url: String,
        #[serde(default)]
        parameters: Option<Map<String, Value>>,
    },
}

impl Plan {
    pub(crate) fn redirect_url(&self) -> Option<&str> {
        match self {
            Self::Document { .. } => None,
            Self::Capture { redirect_url, .. } | Self::Eid { redirect_url, .. } => Some(redirect_url),
        }
    }
}

impl ParsedRequest {
    pub(crate) fn parse(account: &Account, request: Request) -> Result<Self, Reject> {
        match request {
            Request::DocumentVerification(request) => document(account, request),
            Request::CaptureFlow(request) => capture(account, request),
            Request::Eid(request) => eid(account, request),
        }
    }
}

fn document(account: &Account, request: DocumentVerification) -> Result<ParsedRequest, Reject> {
    let target = target(account, request.provider, request.process_type, request.redact)?;
    if target.provider.starts_with("connect:") {
        return Err(Reject::at(RejectCode::ProviderFlow, "provider", "this is an eID; use the `eid` flow for it"));
    }
    check_source(account, request.images, &target, request.dossier.is_some())?;
    if request.images == ImageSource::DossierFiles && request.dossier.is_none() {
        let rule = "a new dossier has no files: name the dossier that has them";
        return Err(Reject::at(RejectCode::DossierFilesMissing, "dossier", rule));
    }
    let slots = match request.images {
        ImageSource::Upload if request.slots.is_empty() => slots_for(target.process_type.as_deref()),
        ImageSource::Upload => check_slots(request.slots)?,
        _ if request.slots.is_empty() => Vec::new(),
        _ => return Err(Reject::at(RejectCode::SlotsUnexpected, "slots", "slots belong to `images: upload` only")),
    };
    Ok(ParsedRequest {
        external_reference: external_reference(request.external_reference, request.dossier.is_some())?,
        dossier: request.dossier.as_deref().map(dossier).transpose()?,
        notification_url: notification_url(account, request.notification)?,
        targets: vec![target],
        plan: Plan::Document { source: request.images, slots, parameters: request.process_parameters },
    })
}

fn capture(account: &Account, request: CaptureFlow) -> Result<ParsedRequest, Reject> {
    let targets = capture_targets(account, request.providers)?;
    let native_only = targets.iter().any(|target| target.provider == "signicatvideoid");
    let sdk = match request.sdk {
        Some(CaptureSdk::Capture) if native_only => {
            let rule = "signicatvideoid is captured with `native` only; leave `sdk` out";
            return Err(Reject::at(RejectCode::CaptureSdk, "sdk", rule));
        }
        None if native_only => Some(CaptureSdk::Native),
        sdk => sdk,
    };
    check_parameters(&request.capture_parameters)?;
    plain_text("request_domain", request.request_domain.as_deref())?;
    Ok(ParsedRequest {
        dossier: None,
        external_reference: external_reference(request.external_reference, false)?,
        notification_url: notification_url(account, request.notification)?,
        targets,
        plan: Plan::Capture {
            need: request.need,
            redirect_url: redirect_url(account, request.redirect_url)?,
            sdk,
            parameters: request.capture_parameters,
            request_domain: request.request_domain,
        },
    })
}

fn eid(account: &Account, request: Eid) -> Result<ParsedRequest, Reject> {
    let is_method = request.provider.strip_prefix("connect:").is_some_and(is_name);
    if !is_method && !account.allow_unknown_provider {
        let rule = "an eID is `connect:` and a method, as in `connect:idin`; `allow_unknown_provider` accepts others";
        return Err(Reject::at(RejectCode::ProviderUnknown, "provider", rule));
    }
    Ok(ParsedRequest {
        external_reference: external_reference(request.external_reference, request.dossier.is_some())?,
        dossier: request.dossier.as_deref().map(dossier).transpose()?,
        notification_url: notification_url(account, request.notification)?,
        targets: vec![target(account, request.provider, None, Vec::new())?],
        plan: Plan::Eid {
            redirect_url: redirect_url(account, request.redirect_url)?,
            parameters: request.process_parameters,
        },
    })
}

fn capture_targets(account: &Account, providers: Vec<CaptureProvider>) -> Result<Vec<Target>, Reject> {
    let read = |(index, one): (usize, CaptureProvider)| {
        let target = target(account, one.provider, one.process_type, one.redact);
        target.map_err(|reject| reject.within(&format!("providers[{index}]")))
    };
    let targets: Vec<Target> = providers.into_iter().enumerate().map(read).collect::<Result<_, _>>()?;
    match targets.as_slice() {
        // Their processes are told apart by provider (S-D5).
        [one, other] if same_provider(&one.provider, &other.provider) => {
            let rule = "the two providers must be different (`eid` is the older name of `signicatvideoid`)";
            Err(Reject::at(RejectCode::ProvidersAmbiguous, "providers", rule))
        }
        [_] | [_, _] => Ok(targets),
        _ => Err(Reject::at(RejectCode::ProvidersCount, "providers", "a capture flow has one or two providers")),
    }
}

/// Checks provider and process type against the table (S-F6).
fn target(
    account: &Account,
    provider: String,
    process_type: Option<String>,
    redact: Vec<String>,
) -> Result<Target, Reject> {
    if !provider.strip_prefix("connect:").is_some_and(is_name) {
        check_provider(account, &provider, process_type.as_deref())?;
    }
    if let Some(position) = redact.iter().position(|field| !REDACT_FIELDS.contains(&field.as_str())) {
        let rule = format!("use only these names: {}", REDACT_FIELDS.join(", "));
        return Err(Reject::at(RejectCode::RedactUnknown, format!("redact[{position}]"), rule));
    }
    Ok(Target { provider, process_type, redact })
}

fn check_provider(account: &Account, provider: &str, process_type: Option<&str>) -> Result<(), Reject> {
    let open = account.allow_unknown_provider;
    if !is_name(provider) || !process_type.is_none_or(is_name) {
        let rule = "providers and process types have 1 to 64 letters, digits, hyphens and underscores";
        return Err(Reject::at(RejectCode::ProviderUnknown, "provider", rule));
    }
    match (catalog::provider(provider), process_type) {
        _ if open => Ok(()),
        (None, _) => {
            let names: Vec<_> = catalog::PROVIDERS.iter().map(|entry| entry.name).collect();
            let rule = format!("use one of: {}; `allow_unknown_provider` accepts others", names.join(", "));
            Err(Reject::at(RejectCode::ProviderUnknown, "provider", rule))
        }
        (Some(entry), Some(wanted)) if !entry.process_types.contains(&wanted) => {
            let rule = match entry.process_types {
                [] => "this provider has no process types; leave it out".to_string(),
                types => format!("for this provider use one of: {}", types.join(", ")),
            };
            Err(Reject::at(RejectCode::ProcessTypeUnknown, "process_type", rule))
        }
        _ => Ok(()),
    }
}

/// Images are taken directly, and dossier files fallen back to, for direct-upload providers only (S-13, S-V17).
fn check_source(account: &Account, source: ImageSource, target: &Target, existing: bool) -> Result<(), Reject> {
    let process_type = target.process_type.as_deref().unwrap_or("");
    let direct = match catalog::provider(&target.provider) {
        Some(entry) => entry.direct_upload.contains(&process_type),
        None => true,
    };
    // Whether the SDK took anything is only claimed: nothing older may stand in for it.
    if source == ImageSource::Sdk && existing && direct && !account.allow_sdk_in_existing_dossier {
        let rule = "with this provider Assure falls back to the files that your dossier has already: leave `dossier` \
                    out, or use `upload`; `allow_sdk_in_existing_dossier` takes it as it is";
        return Err(Reject::at(RejectCode::SdkInExistingDossier, "images", rule));
    }
    if source == ImageSource::Sdk || direct || account.allow_unknown_provider {
        return Ok(());
    }
    let rule = "this provider and process type take no images through the API: use `sdk`, or a capture flow";
    Err(Reject::at(RejectCode::DirectUploadUnsupported, "images", rule))
}

fn notification_url(account: &Account, target: Option<NotificationTarget>) -> Result<Option<String>, Reject> {
    match (target, &account.notification) {
        (Some(NotificationTarget::Off), _) | (None, None) => Ok(None),
        (None, Some(notification)) => Ok(Some(notification.url.clone())),
        (Some(NotificationTarget::Url(url)), Some(_)) => account.urls.notification("notification", &url).map(Some),
        (Some(NotificationTarget::Url(_)), None) => {
            let rule = "callbacks are recognised by the account's `notification.authorization_header`; configure it";
            Err(Reject::at(RejectCode::Missing, "notification", rule))
        }
    }
}

fn redirect_url(account: &Account, given: Option<String>) -> Result<String, Reject> {
    let url = given.or_else(|| account.redirect_url.clone()).ok_or_else(|| {
        Reject::at(RejectCode::Missing, "redirect_url", "give the URL that the user returns to, here or in the account")
    })?;
    account.urls.redirect("redirect_url", &url)
}

fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn dossier(id: &str) -> Result<Id, Reject> {
    Id::read(id).ok_or_else(|| {
        let rule =
            "a dossier id has 1 to 64 letters, digits, hyphens and underscores; pass it exactly as Signicat gave it";
        Reject::at(RejectCode::DossierInvalid, "dossier", rule)
    })
}

fn external_reference(value: Option<String>, existing: bool) -> Result<Option<String>, Reject> {
    if value.is_some() && existing {
        let rule = "only a new dossier takes a reference; leave it out for an existing dossier";
        return Err(Reject::at(RejectCode::ExternalReferenceUnexpected, "external_reference", rule));
    }
    plain_text("external_reference", value.as_deref())?;
    Ok(value)
}

fn plain_text(field: &str, value: Option<&str>) -> Result<(), Reject> {
    let Some(value) = value else { return Ok(()) };
    if value.is_empty() || value.chars().count() > MAX_TEXT || value.chars().any(char::is_control) {
        let rule = "1 to 255 characters without line breaks; leave it out if there is none";
        return Err(Reject::at(RejectCode::TextInvalid, field, rule));
    }
    Ok(())
}

fn check_parameters(parameters: &CaptureParameters) -> Result<(), Reject> {
    let named = [
        ("ui_profile", &parameters.ui_profile),
        ("ui_language", &parameters.ui_language),
        ("sms_sender", &parameters.sms_sender),
        ("sms_message", &parameters.sms_message),
        ("default_country", &parameters.default_country),
    ];
    for (field, value) in named {
        plain_text(field, value.as_deref()).map_err(|reject| reject.within("capture_parameters"))?;
    }
    Ok(())
}

fn check_slots(slots: Vec<ImageSlot>) -> Result<Vec<ImageSlot>, Reject> {
    let known = slots.iter().all(|slot| SLOTS.contains(&slot.slot.as_str()));
    let twice = slots.iter().enumerate().any(|(at, slot)| slots[..at].iter().any(|other| other.slot == slot.slot));
    if known && !twice && slots.iter().any(|slot| slot.required) {
        return Ok(slots);
    }
    let rule = "slots are `front`, `back` and `selfie`, each once, and at least one is required";
    Err(Reject::at(RejectCode::SlotsInvalid, "slots", rule))
}
