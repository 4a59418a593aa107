//! biometric.kz: what the user types in the data-entry step, or need not type.

use anyhow::{Context, Result};
use idvkit::{Outcome, Way};
use idvkit_sandbox::biometric_kz::Scenario as Happens;
use serde_json::{Value, json};

use super::scenarios::{IIN, MINUTE, PHONE, check_reason, is_about, script, set_technologies};
use crate::demo::{
    browser::User,
    common::pass,
    stage::{Case, Stage},
    timeline::next_name,
};

const OTHER_IIN: &str = "000101600018";
/// A picture of nothing, in base64.
const PHOTO: &str = "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAA=";

/// IIN and phone with their flags; what is `None` is left out.
pub(super) fn metadata(iin_changeable: Option<bool>, phone_changeable: Option<bool>, skip: Option<bool>) -> Value {
    let field = |value: &str, changeable: Option<bool>| match changeable {
        Some(changeable) => json!({ "value": value, "changeable": changeable }),
        None => json!({ "value": value }),
    };
    let mut edocument = json!({ "iin": field(IIN, iin_changeable), "phone": field(PHONE, phone_changeable) });
    if let Some(skip) = skip {
        edocument["skip_input"] = json!(skip);
    }
    json!({ "edocument": edocument })
}

/// Case 1 of the documents: straight to the code.
pub(super) async fn skipped(stage: Stage) -> Result<Outcome> {
    let case = open(&stage, &metadata(Some(false), Some(false), Some(true))).await?;
    let mut user = past_liveness(&case).await?;
    stage.check("the step after liveness", "code".to_owned(), user.step());
    user.enter_code().await?;
    let outcome = case.wait_for_outcome().await?;
    stage.check("the document is the expected person's", true, is_about(&case, &outcome, IIN)?);
    Ok(outcome)
}

/// Case 2: the IIN is fixed, the phone may be changed.
pub(super) async fn locked(stage: Stage) -> Result<Outcome> {
    entry_shows(&stage, &metadata(Some(false), None, None), 1).await
}

/// Case 3: both are filled in, both may be changed.
pub(super) async fn editable(stage: Stage) -> Result<Outcome> {
    entry_shows(&stage, &metadata(None, None, None), 0).await
}

/// Each condition that is not met is refused here by name; the provider would only show the step after all.
pub(super) async fn skip_unmet(stage: Stage) -> Result<Outcome> {
    let whole = metadata(Some(false), Some(false), Some(true));
    for (field, member, rule) in [
        ("iin", "value", "iin.value has to be given"),
        ("iin", "changeable", "iin.changeable has to be false"),
        ("phone", "value", "phone.value has to be given"),
        ("phone", "changeable", "phone.changeable has to be false"),
    ] {
        let mut unmet = whole.clone();
        unmet["edocument"][field][member] = if member == "value" { json!("") } else { json!(true) };
        let (code, named) = stage.refusal(&json!({ "metadata": unmet }), &[rule]).await?;
        stage.check("refused before anything is sent", "skip_input_unmet".to_owned(), code);
        stage.check(rule, true, named);
        stage.check("the provider shows the step", "entry".to_owned(), step_without_sdk(&stage, &unmet).await?);
    }
    stage.check("requests of the SDK so far", 4, stage.requests("biometric_kz.create_session"));
    pass(&open(&stage, &metadata(Some(false), Some(false), None)).await?).await
}

/// With a photo in the metadata the user needs to take none.
pub(super) async fn reference_photo(stage: Stage) -> Result<Outcome> {
    set_technologies(&stage, &["LDHP", "F2F"]);
    let without = stage.open_with(&json!({ "metadata": {} })).await?;
    let user = past_liveness(&without).await?;
    stage.check("without a photo, the step after liveness", "photo".to_owned(), user.step());
    let case = open(&stage, &json!({ "face2face": { "photo1": PHOTO } })).await?;
    let user = case.present().await?;
    stage.check("the photo is given up once it is sent", false, case.session()?.snapshot().contains(PHOTO));
    let mut user = (stage.cast().enter)(user).await?;
    user.pass_liveness().await?;
    stage.check("with a photo, the flow is over", "Finished".to_owned(), user.page()?.title());
    case.wait_for_outcome().await
}

/// Where the IIN may be changed, the user decides who it is about; where it is fixed, not even a tampered form does.
pub(super) async fn iin_changed(stage: Stage) -> Result<Outcome> {
    script(&stage, Happens::IinChanged);
    let open_to_change = open(&stage, &metadata(None, None, None)).await?;
    let outcome = pass(&open_to_change).await?;
    stage.check("approved, and about somebody else", true, is_about(&open_to_change, &outcome, OTHER_IIN)?);

    let fixed = stage.open().await?;
    let mut user = past_liveness(&fixed).await?;
    user.fill_and_press(&[("iin", OTHER_IIN)], "send_code").await?;
    user.enter_code().await?;
    let outcome = fixed.wait_for_outcome().await?;
    stage.check("approved, and about the expected person", true, is_about(&fixed, &outcome, IIN)?);
    Ok(outcome)
}

/// The step ends the flow, whatever the user types.
pub(super) async fn entry_fails(stage: Stage, button: &str) -> Result<Outcome> {
    let (case, mut user) = stage.enter().await?;
    user.pass_liveness().await?;
    user.press(button).await?;
    let outcome = case.wait_for_outcome().await?;
    check_reason(&case, if button == "service_down" { "SERVICE_ERROR" } else { "REQUEST_ERROR" })?;
    Ok(outcome)
}

pub(super) async fn wrong_code(stage: Stage) -> Result<Outcome> {
    let (case, mut user) = stage.enter().await?;
    user.pass_liveness().await?;
    user.press("send_code").await?;
    user.fill_and_press(&[("otp", "wrong")], "submit").await?;
    stage.check("the code is asked for again", "code".to_owned(), user.step());
    stage.check("a wrong code is no end", "present", next_name(&case.advance().await?));
    user.enter_code().await?;
    case.wait_for_outcome().await
}

pub(super) async fn late_code(stage: Stage) -> Result<Outcome> {
    let (case, mut user) = stage.enter().await?;
    user.pass_liveness().await?;
    user.press("send_code").await?;
    stage.pass(3 * MINUTE).await;
    user.enter_code().await?;
    stage.check("the code has run out", "code".to_owned(), user.step());
    user.pass_entry().await?;
    case.wait_for_outcome().await
}

async fn entry_shows(stage: &Stage, metadata: &Value, read_only: usize) -> Result<Outcome> {
    let case = open(stage, metadata).await?;
    let mut user = past_liveness(&case).await?;
    stage.check("the step after liveness", "entry".to_owned(), user.step());
    let page = user.page()?;
    stage.check("IIN and phone are filled in", true, page.field("iin") == IIN && page.field("phone") == PHONE);
    stage.check("fields that cannot be changed", read_only, page.count("input[readonly]"));
    user.pass_entry().await?;
    case.wait_for_outcome().await
}

/// What the user of an integrator sees who posts the same metadata by hand.
async fn step_without_sdk(stage: &Stage, metadata: &Value) -> Result<String> {
    let key = &stage.control().settings().biometric_kz.flows[1].api_key;
    let base = format!("{}/biometric_kz", stage.sandbox_url());
    let browser = stage.browser();
    let create = format!("{base}/kyc/api/v1/flows/session/create/");
    let session = browser.post_json(&create, &json!({ "api_key": key, "metadata": metadata })).await?;
    let session = session["session_id"].as_str().context("no session")?;
    let page = browser.open(&format!("{base}/remote/flow/{session}"), false).await?;
    let page = browser.submit(&page, "submit", &[], false).await?;
    stage.settle().await;
    Ok(page.attribute("data-step").unwrap_or_default())
}

/// A user who has come past liveness.
async fn past_liveness(case: &Case) -> Result<User> {
    let mut user = (case.stage().cast().enter)(case.present().await?).await?;
    user.pass_liveness().await?;
    Ok(user)
}

async fn open(stage: &Stage, metadata: &Value) -> Result<Case> {
    stage.open_with(&json!({ "metadata": metadata })).await
}

/// The end page of the web view's way.
pub(super) fn end_page(ways: &[Way]) -> Option<String> {
    ways.iter().flat_map(Way::signals).find_map(|signal| match &signal.on {
        idvkit_core::Trigger::Navigation { url } => Some(url.clone()),
        _ => None,
    })
}
