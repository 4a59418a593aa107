//! What a verification is to try: one request, or others after it.

use alloc::{boxed::Box, format, string::String, vec, vec::Vec};

use idvkit_core::{Decision, Outcome, Reject, RejectCode};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::Request;

/// More than anybody would ask of a user.
pub(super) const MAX_STEPS: usize = 8;

/// What a verification tries. A plan of one request is the plain case, and [`Request`] turns into it by itself.
///
/// ```
/// # fn main() -> Result<(), idvkit::Reject> {
/// use idvkit::driver::Plan;
///
/// let plan = Plan::from_json(
///     r#"[{"request": {"flow": "biometric_kz_flow"}},
///         {"request": {"flow": "signicat_eid", "provider": "connect:idin"}, "when": ["failed", "expired"]}]"#,
/// )?;
/// assert_eq!(plan.steps.len(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Plan {
    /// What to try, in this order.
    pub steps: Vec<Step>,
    /// Whether the outcome is handed over by `Ask::Deliver`, until the host says that it has acted on it. Otherwise it stands
    /// in the row, and `Next::Done` says it.
    pub deliver: bool,
}

/// One request of a plan.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Step {
    /// The name of the account; not needed where there is only one of the request's provider.
    #[serde(default)]
    pub account: Option<String>,
    /// The request.
    pub request: Request,
    /// After which ends of the step before it is tried; the first one is always.
    #[serde(default)]
    pub when: Vec<When>,
}

/// An end that another provider may mend. Not among them: what the user decided, and a verdict of no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum When {
    /// Something went wrong that is no verdict about the user.
    Failed,
    /// Time ran out.
    Expired,
    /// The provider cannot say.
    Inconclusive,
}

impl When {
    /// Whether this is such an end.
    pub(super) fn is(self, outcome: &Outcome) -> bool {
        match self {
            Self::Failed => matches!(outcome, Outcome::Failed { .. }),
            Self::Expired => matches!(outcome, Outcome::Expired),
            Self::Inconclusive => matches!(outcome, Outcome::Decided { decision: Decision::Inconclusive }),
        }
    }
}

impl Plan {
    /// Reads a plan from JSON: a request, or a list of steps.
    ///
    /// # Errors
    /// `request_malformed` or `plan_malformed`, with the member, the rule and the fix; never a value.
    pub fn from_json(text: &str) -> Result<Self, Reject> {
        if !text.trim_start().starts_with('[') {
            return Request::from_json(text).map(Self::from);
        }
        let steps: Vec<Form> = serde_json::from_str(text).map_err(|_| {
            refuse("a list of objects with the members `request`, `account` and `when` (failed, expired, inconclusive)")
        })?;
        let read = |(at, Form { account, request, when }): (usize, Form)| {
            let request = Request::from_json(request.get()).map_err(|reject| within(at, reject))?;
            Ok(Step { account, request, when })
        };
        let steps = steps.into_iter().enumerate().map(read).collect::<Result<_, Reject>>()?;
        Self { steps, deliver: false }.checked()
    }

    /// The same plan, which hands its outcome over by `Ask::Deliver`.
    #[must_use]
    pub fn delivered(self) -> Self {
        Self { deliver: true, ..self }
    }

    /// Refuses plans that cannot be meant.
    pub(super) fn checked(self) -> Result<Self, Reject> {
        let [first, rest @ ..] = self.steps.as_slice() else { return Err(refuse("a plan has at least one step")) };
        if self.steps.len() > MAX_STEPS {
            return Err(refuse("a plan has at most eight steps"));
        }
        if !first.when.is_empty() || rest.iter().any(|step| step.when.is_empty()) {
            return Err(refuse("every step but the first says with `when` after which ends it is tried"));
        }
        Ok(self)
    }
}

/// The step with its request as it stands, so that what is wrong with it can be explained.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default)]
    account: Option<String>,
    request: Box<RawValue>,
    #[serde(default)]
    when: Vec<When>,
}

impl From<Request> for Plan {
    fn from(request: Request) -> Self {
        Self { steps: vec![Step { account: None, request, when: Vec::new() }], deliver: false }
    }
}

/// Says which step a refusal is about.
pub(super) fn within(step: usize, reject: Reject) -> Reject {
    reject.within(&format!("plan[{step}]"))
}

fn refuse(rule: &str) -> Reject {
    Reject::at(RejectCode::PlanMalformed, "plan", rule)
}
