//! Sessions as the page sees them.

use anyhow::Result;
use idvkit::{Evidence, HintKind, Input, Journey, Next, Person, Session, Trigger, UnixMillis, Way, Why};
use serde_json::{Map, Value, json};

use super::{flows::flow_of, ledger::Row, shop::Shop};
use crate::{
    demo::timeline::{What, basis_text, erasure_text, outcome_text},
    providers::Provider,
};

/// The newest sessions, as a list shows them.
const LISTED: u32 = 30;

/// All that the page shows of one session.
///
/// # Errors
/// If it cannot be restored.
pub(super) fn state(shop: &Shop, row: &Row) -> Result<Value> {
    let session = shop.session(row)?;
    let now = shop.now();
    let next = session.next(now);
    let journey = match &next {
        Next::Present { journey, .. } => Some(journey),
        _ => None,
    };
    let mut state = summary(row, &next);
    state.extend([
        ("now".into(), json!(now)),
        ("revision".into(), json!(session.revision())),
        ("next".into(), next_json(&next, now)),
        ("evidence".into(), session.evidence().as_ref().map(evidence).into()),
        ("acted".into(), json!(row.acted)),
        ("can".into(), can(&session, journey, &next, now)),
        ("forge".into(), forgeries(shop, row, &session, journey)),
    ]);
    Ok(Value::Object(state))
}

/// The newest sessions, newest first.
///
/// # Errors
/// If the database fails.
pub(super) fn list(shop: &Shop) -> Result<Value> {
    let entry = |row: &Row| match shop.session(row) {
        Ok(session) => Value::Object(summary(row, &session.next(shop.now()))),
        Err(_) => json!({ "id": row.id, "created": row.created, "step": "unreadable" }),
    };
    Ok(json!({ "now": shop.now(), "sessions": shop.ledger().newest(LISTED)?.iter().map(entry).collect::<Vec<_>>() }))
}

fn summary(row: &Row, next: &Next) -> Map<String, Value> {
    let outcome = match next {
        Next::Done { outcome, .. } => Some(outcome_text(outcome)),
        _ => None,
    };
    let step = match next {
        Next::Send { .. } => "send",
        Next::Present { .. } => "present",
        Next::Wait { .. } => "wait",
        Next::Done { .. } => "done",
    };
    let mut all = Map::new();
    all.insert("id".into(), json!(row.id));
    all.extend(row.choice.to_json().as_object().cloned().unwrap_or_default());
    all.insert("created".into(), json!(row.created));
    all.insert("step".into(), json!(step));
    all.insert("outcome".into(), json!(outcome));
    all
}

fn next_json(next: &Next, now: UnixMillis) -> Value {
    let text = What::next(next, now).map(|what| what.to_string());
    match next {
        Next::Send { .. } => json!({ "type": "send", "text": "asks the provider" }),
        Next::Present { journey, until } => {
            json!({ "type": "present", "journey": journey, "until": until, "text": text })
        }
        Next::Wait { until, why } => {
            let name = match why {
                Why::InFlight => "in_flight",
                Why::Verdict => "verdict",
                Why::Backoff { .. } => "backoff",
                Why::Throttled { .. } => "throttled",
                Why::Blobs { .. } => "blobs",
            };
            json!({ "type": "wait", "until": until, "why": name, "text": text })
        }
        Next::Done { outcome, erasure } => {
            let erased = erasure.as_ref().map(erasure_text);
            json!({ "type": "done", "outcome": outcome, "erased": erased, "text": text })
        }
    }
}

/// What may be asked for now: the session itself says so, on a copy.
fn can(session: &Session, journey: Option<&Journey>, next: &Next, now: UnixMillis) -> Value {
    let allows = |input| session.clone().handle(input, now).is_ok();
    let erased = matches!(next, Next::Done { erasure: Some(_), .. });
    let is_native = |journey: &Journey| journey.ways.iter().all(|way| matches!(way, Way::Native { .. }));
    json!({
        "retry": allows(Input::Retry),
        "erase": !erased && allows(Input::Erase { at_provider: true }),
        "sdk": journey.is_some_and(is_native),
    })
}

/// What a decision rests on. A person is only shown where it is certain to be nobody.
fn evidence(evidence: &Evidence) -> Value {
    let parts: Vec<Value> = evidence
        .parts
        .iter()
        .map(|part| json!({ "name": part.name, "passed": part.passed, "status": part.status, "score": part.score }))
        .collect();
    let reasons: Vec<Value> =
        evidence.reasons.iter().map(|reason| json!({ "code": reason.code, "part": reason.part })).collect();
    let synthetic = !evidence.source.production;
    json!({
        "basis": basis_text(evidence.basis),
        "at": evidence.at,
        "operation": evidence.source.operation,
        "host": evidence.source.host,
        "production": evidence.source.production,
        "bytes": evidence.raw.len(),
        "parts": parts,
        "reasons": reasons,
        "person": evidence.person.as_ref().filter(|_| synthetic).map(person),
        "sealed_bytes": evidence.sealed.as_ref().map(Vec::len),
    })
}

fn person(person: &Person) -> Value {
    let document = person.document.as_ref();
    let members = [
        ("given_name", person.given_name.as_ref()),
        ("middle_name", person.middle_name.as_ref()),
        ("family_name", person.family_name.as_ref()),
        ("birthdate", person.birthdate.as_ref()),
        ("gender", person.gender.as_ref()),
        ("place_of_birth", person.place_of_birth.as_ref()),
        ("personal_number", person.personal_number.as_ref()),
        ("phone_number", person.phone_number.as_ref()),
        ("document", document.and_then(|document| document.kind.as_ref())),
        ("document_number", document.and_then(|document| document.document_number.as_ref())),
        ("date_of_expiry", document.and_then(|document| document.date_of_expiry.as_ref())),
        ("issuer_country", document.and_then(|document| document.issuer_country.as_ref())),
    ];
    let known = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?))));
    let mut known: Map<String, Value> = known.collect();
    if !person.nationalities.is_empty() {
        known.insert("nationalities".into(), json!(person.nationalities));
    }
    Value::Object(known)
}

/// What somebody would send who wants to be let in without the provider.
fn forgeries(shop: &Shop, row: &Row, session: &Session, journey: Option<&Journey>) -> Value {
    let query = flow_of(&row.choice).map(|flow| Provider::of(flow.cast.provider).offer.forged_query);
    let query = query.map_or_else(String::new, |query| query(&session.references()));
    let redirect = format!("{}/return/{}?{query}", shop.base(), row.id);
    json!({ "redirect": redirect, "message": forged_message(journey) })
}

/// The journey's own rules say what a success looks like, and what it would carry.
fn forged_message(journey: Option<&Journey>) -> String {
    let id = journey.map_or("000000000000000000000000", |journey| journey.id.as_str());
    let signals = || journey.iter().flat_map(|journey| &journey.ways).flat_map(Way::signals);
    let mut best = [HintKind::Success, HintKind::Finished].into_iter();
    let signal = best.find_map(|means| signals().find(|signal| signal.means == means));
    let carried = signal.into_iter().flat_map(|signal| &signal.carry);
    let invented = |max: i32| "0".repeat(usize::try_from(max.clamp(0, 64)).unwrap_or(0));
    let data: Map<String, Value> = carried.map(|it| (it.name.clone(), json!(invented(it.max)))).collect();
    let kind = signal.map_or(HintKind::Success, |signal| signal.means);
    json!({ "journey": id, "kind": kind, "data": data }).to_string()
}

/// The name under which an app's SDK would call its handler of success.
pub(super) fn success_handler(journey: &Journey) -> Option<String> {
    let signals = journey.ways.iter().flat_map(Way::signals);
    let mut successes = signals.filter(|signal| signal.means == HintKind::Success);
    successes.find_map(|signal| match &signal.on {
        Trigger::Handler { names } => names.first().cloned(),
        _ => None,
    })
}
