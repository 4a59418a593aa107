//! The scenarios by hand: what the sandbox will do, what the person has to do, and what it comes to. A name may stand
//! here several times, for flows that differ in it.

use idvkit_sandbox::{
    CallbackMode, CallbackRule, Fault, FaultKind, PageScript, Script, Storage,
    attestr::{AttestrScript, Tamper},
    biometric_kz::{BiometricKzScript, Scenario},
    jumio::{JumioScript, Verdict},
    signicat::{SignicatOutcome, SignicatScript, UserInfoForm},
};
use serde::Serialize;
use serde_json::{Value, json};

use super::flows::Flow;
use crate::demo::scenarios::SCENARIOS;

/// One scenario.
pub(super) struct Scene {
    /// Its name, the same as in the played demo.
    pub(super) name: &'static str,
    /// What the person does.
    user: &'static str,
    /// What it comes to.
    outcome: &'static str,
    /// The flows that have it, as `provider` or `provider flow`.
    flows: &'static [&'static str],
    /// What the sandbox is told before the session begins.
    tell: fn(&Told<'_>) -> Vec<Call>,
}

/// What a scene may need to know.
pub(super) struct Told<'a> {
    /// The flow.
    pub(super) flow: &'a Flow,
    /// Jumio: the enrollment of this session.
    pub(super) enrollment: &'a str,
}

/// One call of the sandbox's control API: its name and body.
pub(super) type Call = (&'static str, Value);

impl Scene {
    /// What the sandbox has to be told before the session begins.
    pub(super) fn calls(&self, told: &Told<'_>) -> Vec<Call> {
        (self.tell)(told)
    }

    /// Whether the person of an earlier session is meant, whose link a newer one ends.
    pub(super) fn shares_enrollment(&self) -> bool {
        self.name == "superseded"
    }

    pub(super) fn entry(&self, flow: &Flow) -> Value {
        let about =
            SCENARIOS.iter().chain(IN_BROWSERS).find(|(name, _)| *name == self.name).map_or("", |(_, about)| *about);
        let user = match (self.user, flow.name) {
            (YES, "sdk") => "Press “Play the SDK”.",
            (YES, "document") => "Choose or take two pictures and send them.",
            (LATER, "sdk") => "Press “Play the SDK”, then advance the clock by some minutes.",
            (LATER, "document") => "Send two pictures, then advance the clock by some minutes.",
            (user, _) => user,
        };
        // Attestr gives no verdict.
        let passes = if flow.cast.provider == "attestr" { "completed" } else { "approved" };
        let outcome = if self.outcome == PASS { passes } else { self.outcome };
        json!({ "scenario": self.name, "about": about, "user": user, "outcome": outcome })
    }

    fn fits(&self, flow: &Flow) -> bool {
        let provider = flow.cast.provider;
        let one = format!("{provider} {}", flow.name);
        self.flows.is_empty() || self.flows.iter().any(|name| *name == provider || *name == one)
    }
}

/// The scenes of a flow, the usual one first.
pub(super) fn of(flow: &Flow) -> impl Iterator<Item = &'static Scene> + '_ {
    SCENES.iter().filter(|scene| scene.fits(flow))
}

/// Scenes that only a real browser can show: name, and what it shows.
const IN_BROWSERS: &[(&str, &str)] = &[
    ("slow-network", "the provider’s pages take their time"),
    ("storage-blocked", "the browser gives framed pages no storage, as private windows do"),
];

const YES: &str = "Go through the pages and do everything right.";
const LATER: &str = "Go through the pages, then advance the clock by some minutes.";
const PASS: &str = "the usual outcome";
/// The flows with pages of the provider's.
const PAGES: &[&str] = &["jumio", "attestr", "biometric_kz", "signicat capture", "signicat eid"];
const JUDGES: &[&str] = &["jumio", "biometric_kz", "signicat"];

static SCENES: &[Scene] = &[
    Scene { name: "approved", user: YES, outcome: "approved", flows: JUDGES, tell: |_| vec![] },
    Scene { name: "completed", user: YES, outcome: "completed", flows: &["attestr"], tell: |_| vec![] },
    Scene { name: "declined", user: YES, outcome: "declined", flows: JUDGES, tell: declined },
    Scene {
        name: "inconclusive",
        user: YES,
        outcome: "inconclusive",
        flows: &["jumio", "signicat"],
        tell: inconclusive,
    },
    Scene {
        name: "abandoned",
        user: "Leave on the way: the provider says so.",
        outcome: "abandoned; another try is allowed",
        flows: &["attestr", "biometric_kz", "signicat capture", "signicat eid"],
        tell: |_| vec![],
    },
    Scene {
        name: "expired",
        user: "Do nothing, and advance the clock by a day.",
        outcome: "expired; another try is allowed",
        flows: &["jumio"],
        tell: |_| vec![],
    },
    Scene {
        name: "expired",
        user: "Do nothing, and advance the clock by two days.",
        outcome: "expired; another try is allowed",
        flows: &["signicat"],
        tell: |_| vec![],
    },
    Scene {
        name: "expired",
        user: "Do nothing, and advance the clock by 31 days: in a second tab, because the provider’s window covers this page.",
        outcome: "failed (flow_error), because the open window ends with an error; never opened, expired",
        flows: &["attestr"],
        tell: |_| vec![],
    },
    Scene {
        name: "expired",
        user: "Open the page, do nothing more, and advance the clock by two days.",
        outcome: "declined, because the first step ran into its time limit; without the page opened, expired",
        flows: &["biometric_kz"],
        tell: |_| vec![],
    },
    Scene {
        name: "superseded",
        user: "Start it twice: both are for the same person. Then open the older one, in the list of sessions.",
        outcome: "the older one expired, and the newer goes on",
        flows: &["jumio"],
        tell: |_| vec![],
    },
    Scene {
        name: "camera-denied",
        user: "Press “Deny the camera”; or refuse it in the browser, and then “Continue anyway”.",
        outcome: "no end yet: the link works until it expires, so reload this page and go on",
        flows: &["jumio"],
        tell: |_| vec![],
    },
    Scene {
        name: "camera-denied",
        user: "Press “Deny the camera” where a picture is wanted.",
        outcome: "failed (flow_error); another try is allowed",
        flows: &["attestr"],
        tell: |_| vec![],
    },
    Scene {
        name: "camera-denied",
        user: "Press “Deny the camera”; or refuse it in the browser, and then “Continue anyway”.",
        outcome: "declined: this provider counts it as a failed step",
        flows: &["biometric_kz"],
        tell: |_| vec![],
    },
    Scene {
        name: "camera-denied",
        user: "Press “Deny the camera” on the provider’s page.",
        outcome: "failed (process_failed); another try is allowed",
        flows: &["signicat capture"],
        tell: |_| vec![],
    },
    Scene {
        name: "three-failed-attempts",
        user: "Submit an unacceptable selfie three times.",
        outcome: "failed (flow_error); another try is allowed",
        flows: &["jumio"],
        tell: |_| vec![],
    },
    Scene {
        name: "three-failed-attempts",
        user: "Enter a wrong PAN, such as “wrong”, three times.",
        outcome: "failed (flow_error); another try is allowed",
        flows: &["attestr"],
        tell: |_| vec![],
    },
    Scene {
        name: "three-failed-attempts",
        user: "Take the picture, have a code sent, and enter a wrong one three times.",
        outcome: "declined",
        flows: &["biometric_kz"],
        tell: |_| vec![],
    },
    Scene {
        name: "error-then-retry",
        user: "See it fail at once, and press “Try again”.",
        outcome: "failed (http_status), then approved",
        flows: &[],
        tell: |told| vec![fault(&Fault { status: Some(403), ..Fault::once(told.flow.cast.begin, FaultKind::Status) })],
    },
    Scene { name: "html-instead-of-json", user: YES, outcome: PASS, flows: &[], tell: maintenance },
    Scene {
        name: "connection-lost",
        user: YES,
        outcome: PASS,
        flows: &[],
        tell: |told| vec![fault(&Fault { times: 2, ..Fault::once(told.flow.cast.look, FaultKind::Drop) })],
    },
    Scene {
        name: "rate-limited",
        user: LATER,
        outcome: PASS,
        flows: &[],
        tell: |told| {
            let pause = Fault::once(told.flow.cast.look, FaultKind::Status);
            vec![fault(&Fault { status: Some(429), retry_after_s: Some(120), ..pause })]
        },
    },
    Scene {
        name: "late-callback",
        user: "Go through the pages, and advance the clock: the callback comes 20 minutes late and changes nothing.",
        outcome: PASS,
        flows: &[],
        tell: |told| vec![callbacks(told, CallbackMode::Late, 20 * 60_000)],
    },
    Scene {
        name: "lost-callback",
        user: LATER,
        outcome: PASS,
        flows: &[],
        tell: |told| vec![callbacks(told, CallbackMode::Lost, 0)],
    },
    Scene {
        name: "duplicate-callback",
        user: YES,
        outcome: PASS,
        flows: &[],
        tell: |told| vec![callbacks(told, CallbackMode::Duplicate, 1_000)],
    },
    Scene {
        name: "tampered-result",
        user: YES,
        outcome: "failed (signature_wrong), after some looks: advance the clock by a day",
        flows: &["attestr"],
        tell: |_| {
            let tampered = AttestrScript { tamper: Some(Tamper::Result), ..AttestrScript::default() };
            vec![script(&Script::Attestr(tampered))]
        },
    },
    Scene {
        name: "mask-attack",
        user: YES,
        outcome: "declined",
        flows: &["biometric_kz"],
        tell: |_| kz(Scenario::MaskAttack),
    },
    Scene {
        name: "closed-eyes",
        user: YES,
        outcome: "declined",
        flows: &["biometric_kz"],
        tell: |_| kz(Scenario::ClosedEyes),
    },
    Scene {
        name: "not-in-database",
        user: YES,
        outcome: "declined",
        flows: &["biometric_kz"],
        tell: |_| kz(Scenario::NotInDatabase),
    },
    Scene {
        name: "service-down",
        user: YES,
        outcome: "declined",
        flows: &["biometric_kz"],
        tell: |_| kz(Scenario::ServiceDown),
    },
    Scene {
        name: "slow-result",
        user: "Go through the pages, then advance the clock by a minute.",
        outcome: "approved",
        flows: &["biometric_kz"],
        tell: |_| {
            let slow = BiometricKzScript { pending_ms: Some(60_000), ..BiometricKzScript::default() };
            vec![script(&Script::BiometricKz(slow))]
        },
    },
    Scene {
        name: "slow-network",
        user: "Go through the pages: each answer takes 3 seconds, and some steps need several.",
        outcome: PASS,
        flows: PAGES,
        tell: |told| page(told, &PageScript { delay_ms: 3_000, ..PageScript::default() }),
    },
    Scene {
        name: "storage-blocked",
        user: "Follow the page’s link out of the frame, and go on there.",
        outcome: PASS,
        flows: &["jumio", "biometric_kz"],
        tell: |told| page(told, &PageScript { storage: Storage::Blocked, ..PageScript::default() }),
    },
    Scene {
        name: "storage-blocked",
        user: "See what the provider’s window says: it leads nowhere. Reload this page, and advance the clock by a minute.",
        outcome: "failed (flow_error); another try is allowed",
        flows: &["attestr"],
        tell: |told| page(told, &PageScript { storage: Storage::Blocked, ..PageScript::default() }),
    },
    Scene {
        name: "process-failed",
        user: "Go through the pages, see it fail, and press “Try again”.",
        outcome: "failed (process_failed), then approved",
        flows: &["signicat"],
        tell: |_| signicat(SignicatOutcome::Failed),
    },
    Scene {
        name: "unknown-status",
        user: "Go through the pages, then advance the clock by days.",
        outcome: "expired: what no document names is no verdict",
        flows: &["signicat"],
        tell: |_| signicat(SignicatOutcome::Unknown),
    },
    Scene {
        name: "sealed-result",
        user: YES,
        outcome: "approved; who it was, only the holder of a key can read",
        flows: &["signicat eid"],
        tell: |_| {
            let sealed = SignicatScript { userinfo: Some(UserInfoForm::EncryptedJwt), ..SignicatScript::default() };
            vec![script(&Script::Signicat(sealed))]
        },
    },
];

/// How the user's browser behaves on the provider's pages.
fn page(told: &Told<'_>, page: &PageScript) -> Vec<Call> {
    vec![("script", json!({ "provider": told.flow.cast.provider, "page": page }))]
}

fn declined(told: &Told<'_>) -> Vec<Call> {
    match told.flow.cast.provider {
        "jumio" => jumio(told, Verdict::Failed),
        "biometric_kz" => kz(Scenario::FaceMismatch),
        _ => signicat(SignicatOutcome::Rejected),
    }
}

fn inconclusive(told: &Told<'_>) -> Vec<Call> {
    match told.flow.cast.provider {
        "jumio" => jumio(told, Verdict::Invalid),
        _ => signicat(SignicatOutcome::Inconclusive),
    }
}

fn maintenance(told: &Told<'_>) -> Vec<Call> {
    let (begin, look) = (told.flow.cast.begin, told.flow.cast.look);
    vec![
        fault(&Fault { times: 2, ..Fault::once(begin, FaultKind::Html) }),
        fault(&Fault { times: 2, status: Some(200), ..Fault::once(look, FaultKind::Html) }),
    ]
}

fn jumio(told: &Told<'_>, outcome: Verdict) -> Vec<Call> {
    let enrollment = Some(told.enrollment.to_owned());
    vec![script(&Script::Jumio(JumioScript { enrollment, outcome: Some(outcome), ..JumioScript::default() }))]
}

fn kz(scenario: Scenario) -> Vec<Call> {
    let next = BiometricKzScript { scenario: Some(scenario), ..BiometricKzScript::default() };
    vec![script(&Script::BiometricKz(next))]
}

fn signicat(outcome: SignicatOutcome) -> Vec<Call> {
    let next = SignicatScript { outcome: Some(outcome), ..SignicatScript::default() };
    vec![script(&Script::Signicat(next))]
}

fn callbacks(told: &Told<'_>, mode: CallbackMode, ms: i64) -> Call {
    let (provider, times) = (told.flow.cast.provider, u32::try_from(told.flow.cast.callbacks).unwrap_or(1));
    ("callbacks", body(&CallbackRule { ms, times, ..CallbackRule::next(provider, mode) }))
}

fn script(script: &Script) -> Call {
    ("script", body(script))
}

fn fault(fault: &Fault) -> Call {
    ("faults", body(fault))
}

fn body<T: Serialize>(call: &T) -> Value {
    serde_json::to_value(call).expect("the control API's types have string keys only")
}
