//! What is sent when something is made.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use serde_json::{Map, Value, json};

use super::{CaptureParameters, ParsedRequest, Plan, Target};
use crate::{account::Account, operations::Operation};

impl ParsedRequest {
    /// The body of an operation that makes something.
    pub(crate) fn body(&self, account: &Account, op: &Operation) -> Option<Vec<u8>> {
        let members = match op {
            Operation::CreateDossier => self.dossier_members(),
            Operation::CreateProcess(_) | Operation::StartCapture(_) => self.process_members(account),
            _ => return None,
        };
        Some(Value::Object(members).to_string().into_bytes())
    }

    fn dossier_members(&self) -> Map<String, Value> {
        let reference = self.external_reference.as_deref();
        reference.map(|reference| ("externalReference".to_string(), reference.into())).into_iter().collect()
    }

    fn process_members(&self, account: &Account) -> Map<String, Value> {
        let mut members = match &self.plan {
            Plan::Document { parameters, .. } => self.one_process(parameters.as_ref()),
            Plan::Eid { parameters, redirect_url } => {
                let mut members = self.one_process(parameters.as_ref());
                members.insert("redirectUrl".into(), redirect_url.as_str().into());
                members
            }
            Plan::Capture { redirect_url, sdk, parameters, request_domain, .. } => {
                let parameters = wire_parameters(parameters);
                let members = [
                    // A list, also for one provider (S-D2).
                    ("providers", Some(self.targets.iter().map(target).collect())),
                    ("redirectUrl", Some(redirect_url.as_str().into())),
                    ("sdk", sdk.map(|sdk| json!(sdk))),
                    ("captureParameters", (!parameters.is_empty()).then_some(Value::Object(parameters))),
                    ("requestDomain", request_domain.as_deref().map(Value::from)),
                ];
                members.into_iter().filter_map(|(name, value)| Some((name.to_string(), value?))).collect()
            }
        };
        // Callbacks are asked for when a process is made, or never (S-F3).
        if let (Some(url), Some(notification)) = (&self.notification_url, &account.notification) {
            members.insert("notificationUrl".into(), url.as_str().into());
            members.insert("authorizationHeader".into(), notification.header.as_str().into());
        }
        members
    }

    fn one_process(&self, parameters: Option<&Map<String, Value>>) -> Map<String, Value> {
        let mut members: Map<String, Value> = self.targets.iter().flat_map(target).collect();
        if let Some(parameters) = parameters {
            members.insert("processParameters".into(), Value::Object(parameters.clone()));
        }
        members
    }
}

fn wire_parameters(parameters: &CaptureParameters) -> Map<String, Value> {
    let named = [
        ("uiProfile", &parameters.ui_profile),
        ("uiLanguage", &parameters.ui_language),
        ("smsSender", &parameters.sms_sender),
        ("smsMessage", &parameters.sms_message),
        ("defaultCountry", &parameters.default_country),
    ];
    let given = named.into_iter().filter_map(|(name, value)| Some((name.to_string(), value.as_deref()?.into())));
    given.collect()
}

fn target(target: &Target) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("provider".into(), target.provider.as_str().into());
    if let Some(process_type) = &target.process_type {
        body.insert("processType".into(), process_type.as_str().into());
    }
    if !target.redact.is_empty() {
        body.insert("redact".into(), json!(target.redact));
    }
    body
}
