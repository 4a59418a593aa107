//! What the published mobile client asks for over HTTP beside its socket (A-F9.7): its texts and look, and the languages.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::errors::{Refusal, json as answer};
use super::forms;
use super::pages::language;
use super::settings::StageKind;
use crate::html::{Look, Texts};
use crate::log::{header_text, hinted};
use crate::world::{Handle, World};

const LOGO: &[u8] = include_bytes!("../../../assets/picture.png");

#[derive(Deserialize)]
pub(crate) struct Wanted {
    lc: Option<String>,
}

/// The languages that a launch without `lc` offers. Nothing about the user is in it, so nobody is asked who they are.
pub(crate) async fn languages(State(shared): State<Handle>, Path(_): Path<String>) -> Response {
    let world = shared.world();
    let named = |key: &String| json!({ "key": key, "value": Texts::of(key).say("language_name") });
    Json(world.config.attestr.languages.iter().map(named).collect::<Vec<_>>()).into_response()
}

/// Texts and look for a device whose socket is open: it shows the client key and what `HANDSHAKE_READY` gave it.
pub(crate) async fn meta(
    State(shared): State<Handle>,
    Path(_): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    let mut world = shared.world();
    let tracing_id = world.ids.uuid();
    let Some(digest) = digest(&world, &headers) else {
        let hint =
            "Authorization is Basic, and base64 of the client key, a colon and the signature of HANDSHAKE_READY.";
        return Refusal::new(4016, "Authorization", hint).response(&tracing_id);
    };
    let (language, remark) = language(&world, wanted.lc.as_deref());
    let texts = Texts::of(&language);
    let body = json!({
        "digest": digest,
        "config": {
            "title": texts.say("attestr_title"), "subtitle": texts.with("notice", &[("provider", "Attestr")]),
            "logo": STANDARD.encode(LOGO), "mime": "image/png", "theme": "#1F4E79", "text": "#FFFFFF",
        },
        "locale": locale(texts),
    });
    hinted(answer(StatusCode::OK, &tracing_id, body.to_string()), remark)
}

/// The digest of the run whose device this is.
fn digest(world: &World, headers: &HeaderMap) -> Option<String> {
    let (scheme, credential) = header_text(headers, "authorization")?.split_once(' ')?;
    let pair = STANDARD.decode(credential).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let pair = String::from_utf8(pair).ok()?;
    let (key, signature) = pair.split_once(':').filter(|(_, signature)| !signature.is_empty())?;
    let attestr = &world.states.attestr;
    let handshake =
        attestr.handshakes.values().find(|it| it.run.as_ref().is_some_and(|run| run.line.signature == signature))?;
    let own = world.config.attestr.accounts.get(handshake.account)?;
    (own.client_key == key).then(|| handshake.run.as_ref().map(|run| run.line.digest.clone())).flatten()
}

/// The names are the published client's, in part; the words are the sandbox's own. A group that lacks would end it.
fn locale(texts: Texts) -> Value {
    let look = Look::new(super::pages::PROVIDER, texts);
    let mut groups = Map::new();
    groups.insert(
        "COMMON".into(),
        json!({
            "BUTTON_RETRY": texts.say("send_again"), "REQ_INVALID": texts.say("error_not_valid"),
            "REQ_NOTPROCESSED": texts.say("error_later"), "REQ_TIMEOUT": texts.say("error_expired"),
            "SKIP_BUTTON_LABEL": texts.say("leave"), "ACCEPT_BUTTON_LABEL": texts.say("submit"),
        }),
    );
    for name in ["MODAL", "SUCCESS", "WAIT", "QUERY", "DL"] {
        groups.insert(name.into(), json!({ "TITLE": texts.say("attestr_title"), "DESC": texts.say("attestr_lead") }));
    }
    for kind in StageKind::ALL {
        groups.insert(format!("STAGE_{}", kind.name()), stage(&look, kind));
    }
    Value::Object(groups)
}

fn stage(look: &Look<'_>, kind: StageKind) -> Value {
    let texts = look.texts;
    let mut group = Map::new();
    group.insert("TITLE".into(), json!(forms::title(texts, kind)));
    for name in ["BUTTON_PROCEED", "BUTTON_SUBMIT", "BUTTON_GEN", "BUTTON_RESEND", "BUTTON_REGEN"] {
        group.insert(name.into(), json!(texts.say("submit")));
    }
    for field in kind.fields() {
        let name = field.name.to_ascii_uppercase();
        group.insert(format!("FIELD_{name}_LABEL"), json!(texts.say(&format!("field_{}", field.name))));
        group.insert(format!("FIELD_{name}_PLACEHOLDER"), json!(field.example));
        group.insert(format!("FIELD_{name}_DATAERROR"), json!(texts.say("error_not_valid")));
    }
    for document in kind.documents() {
        group.insert(format!("{document}_DOC_LABEL"), json!(document));
    }
    Value::Object(group)
}
