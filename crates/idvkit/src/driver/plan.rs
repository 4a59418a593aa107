//! The plan of a verification: one request, or several to try one after another.

use alloc::{boxed::Box, format, string::String, vec, vec::Vec};

use idvkit_core::{Decision, Outcome, Reject, RejectCode};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::Request;

/// The most steps of a plan.
pub(super) const MAX_STEPS: usize = 8;

/// The plan of a verification: the requests to try. Usually it is one request, and a [`Request`] converts into such a
/// plan.
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
    /// The steps, in the order in which they are tried.
    pub steps: Vec<Step>,
    /// Whether the outcome is delivered by `Ask::Deliver` until the host says that it has acted on it. If not, read the
    /// outcome from the row or from `Next::Done`.
    pub deliver: bool,
}

/// One step of a plan: a request and when to try it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Step {
    /// The name of the account. It is needed only if several accounts have the request's provider.
    #[serde(default)]
    pub account: Option<String>,
    /// The request of this step.
    pub request: Request,
    /// The ends of the step before after which this step is tried. The first step is always tried.
    #[serde(default)]
    pub when: Vec<When>,
}

/// An end of a step after which another step may help. A verdict of no and the user's own choice to stop are not among
/// them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum When {
    /// The step failed, without a verdict about the user.
    Failed,
    /// The step's time ran out.
    Expired,
    /// The provider could not decide.
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
    /// Parses a plan from JSON: one request, or a list of steps.
    ///
    /// # Errors
    /// `request_malformed` or `plan_malformed`, which name the member, the rule and the fix, and never a value.
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

    /// The same plan, whose outcome is delivered by `Ask::Deliver`.
    #[must_use]
    pub fn delivered(self) -> Self {
        Self { deliver: true, ..self }
    }

    /// Refuses contradictory plans.
    pub(super) fn checked(self) -> Result<Self, Reject> {
        let [first, rest @ ..] = self.steps.as_slice() else { return Err(refuse("a plan has at least one step")) };
        if self.steps.len() > MAX_STEPS {
            return Err(refuse("a plan has at most eight steps"));
        }
        if !first.when.is_empty() || rest.iter().any(|step| step.when.is_empty()) {
            return Err(refuse("every step but the first needs `when`: the ends after which it is tried"));
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
