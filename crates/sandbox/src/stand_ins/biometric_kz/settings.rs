//! The settings that a biometric.kz customer has in the dashboard, and what the documents leave open.

use serde::{Deserialize, Serialize};

use super::people::Person;
use super::script::Scenario;
use crate::config::DeliveryPolicy;

/// The biometric.kz side of the sandbox.
// Switches that are set by name in a file: enums would only hide that each is a yes or a no.
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BiometricKzSettings {
    /// The flows, as made in the dashboard, each with its own key.
    pub flows: Vec<BiometricKzFlow>,
    /// The citizen whose documents the flows read.
    pub person: Person,
    /// What happens in a flow if no script says otherwise.
    pub scenario: Scenario,
    /// Invention (B-Q1): the HTTP status of a successful creation, 200 or 201.
    pub create_status: u16,
    /// Invention (B-Q2): the HTTP status for an unknown key, and for the key of another flow.
    pub wrong_key_status: u16,
    /// Invention (B-Q3): whether `skip_input` without its preconditions is refused with 400. If not, it counts as
    /// false.
    pub strict_skip_input: bool,
    /// Invention (B-Q6): the largest decoded `photo1`, in bytes.
    pub photo_limit_bytes: usize,
    /// Whether the flow page redirects to `/finished` only with `web_view=true` (B-13).
    pub finished_needs_web_view: bool,
    /// Invention (B-Q9): how long a session can be used, in virtual milliseconds.
    pub session_ms: i64,
    /// Invention (B-Q10): how long after the end the results stay empty, in virtual milliseconds.
    pub pending_ms: i64,
    /// How a result reports a flow that was not passed (B-14).
    pub failure_form: FailureForm,
    /// How `flow_session_failure_reasons` are written (B-Q23).
    pub failure_reasons: ReasonForm,
    /// The API answers pages, as the guide's own samples need it: with CORS headers (B-Q22).
    pub cors: bool,
    /// What a plain iframe's page posts to the page around it at the end (B-Q24). None: nothing.
    pub frame_message: Option<String>,
    /// Invention: how long a code from 1414 is valid, in virtual milliseconds.
    pub code_life_ms: i64,
    /// Invention: after how many wrong codes the technology ends.
    pub code_attempts: u32,
    /// Invention: whether an IIN with a wrong check digit is refused when the user enters it.
    pub check_iin: bool,
    /// Invention: whether `flow.end` is sent while the results are still empty. If not, it is sent when they are
    /// available.
    pub early_flow_end: bool,
    /// Whether webhooks carry `metadata: null`, as in the older pages, instead of `{}` (B-15).
    pub null_metadata: bool,
    /// How webhooks are sent.
    pub webhooks: DeliveryPolicy,
}

impl Default for BiometricKzSettings {
    fn default() -> Self {
        let flow = |name: &str, api_key: &str, technologies: [&str; 3]| BiometricKzFlow {
            name: name.into(),
            api_key: api_key.into(),
            technologies: technologies.iter().filter(|code| !code.is_empty()).map(|&code| code.into()).collect(),
            webhooks: Vec::new(),
        };
        Self {
            flows: vec![
                flow("Flow for everyone", "TTpme201NiUMBA-sandbox-flow-key-for-everyone-000001", ["LDHP", "F2F", ""]),
                flow(
                    "Flow for individuals",
                    "Efy202XKbVAWRu-sandbox-flow-key-for-individuals-02",
                    ["LDHP", "ED", "F2F"],
                ),
                flow(
                    "Flow for legal entities",
                    "UuuH4V1XC-M9je-sandbox-flow-key-for-entities-00003",
                    ["LDHP", "DR", "F2F"],
                ),
            ],
            person: Person::default(),
            scenario: Scenario::Approved,
            create_status: 200,
            wrong_key_status: 403,
            strict_skip_input: false,
            photo_limit_bytes: 10 * 1024 * 1024,
            finished_needs_web_view: true,
            session_ms: 30 * 60_000,
            pending_ms: 3_000,
            failure_form: FailureForm::AsSeen,
            failure_reasons: ReasonForm::Objects,
            cors: true,
            frame_message: Some(r#"{"event":"finish"}"#.into()),
            code_life_ms: 2 * 60_000,
            code_attempts: 3,
            check_iin: true,
            early_flow_end: false,
            null_metadata: false,
            webhooks: DeliveryPolicy::default(),
        }
    }
}

impl BiometricKzSettings {
    pub(crate) fn check(&self) -> Result<(), String> {
        for flow in &self.flows {
            if flow.api_key.len() < 47 {
                return Err("biometric_kz.flows: an api_key has 47 characters or more".into());
            }
            if flow.technologies.is_empty() {
                return Err("biometric_kz.flows: a flow needs at least one technology".into());
            }
            if flow.webhooks.len() > 5 {
                return Err("biometric_kz.flows: a flow has at most 5 webhooks".into());
            }
        }
        Ok(())
    }
}

/// A flow as made in the dashboard. Its key is worth nothing outside the sandbox.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BiometricKzFlow {
    /// The flow's name, as in the dashboard and in webhooks.
    pub name: String,
    /// The flow's API key, 47 characters or more. It opens only this flow and its results.
    pub api_key: String,
    /// The codes of the technologies in the flow's order: `LD…`, `ED`, `DR` and `F2F`. Any other code is shown as one
    /// button.
    pub technologies: Vec<String>,
    /// The URLs of webhooks, at most 5.
    #[serde(default)]
    pub webhooks: Vec<String>,
}

impl BiometricKzFlow {
    /// Its technologies as the dashboard's list of flows has them, where every liveness is `LD` (B-F5.3).
    pub(crate) fn in_dashboard(&self) -> String {
        let short = |code: &String| if code.starts_with("LD") { "LD".to_owned() } else { code.clone() };
        self.technologies.iter().map(short).collect::<Vec<_>>().join(", ")
    }
}

/// How a flow that was not passed is written (B-14).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureForm {
    /// Webhooks say `FAILED`, as their documents do, and the result `FINISHED` with a false `flow_session_result`, as
    /// integrators have seen.
    AsSeen,
    /// `status` is `FAILED` everywhere.
    Failed,
    /// `status` is `FINISHED` everywhere, and only `flow_session_result` is false.
    FinishedFalse,
}

/// How the reasons of a whole flow are written: no document shows them (B-Q23).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonForm {
    /// As those of a part are: `type`, and sometimes `detail`.
    Objects,
    /// Only the detail, or the type where there is none, as a public client has them.
    Strings,
}
