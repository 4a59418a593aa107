//! Session metadata: what it may hold, and what of it counts for a flow (B-F3).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::people::{is_iin, phone};
use super::settings::{BiometricKzFlow, BiometricKzSettings};

/// Metadata that counts. A value that does not is dropped when the session is made, with a remark.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Metadata {
    /// A reference photo was given and this flow uses one.
    pub(crate) photo: bool,
    pub(crate) iin: Prefill,
    pub(crate) phone: Prefill,
    /// All of its preconditions are met.
    pub(crate) skip_input: bool,
}

/// A field of the data entry step.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Prefill {
    pub(crate) value: Option<String>,
    pub(crate) changeable: bool,
}

impl Default for Prefill {
    fn default() -> Self {
        Self { value: None, changeable: true }
    }
}

/// Reads `metadata`; remarks come back beside it. The error is one sentence for a 400.
pub(crate) fn read(
    value: &Value,
    flow: &BiometricKzFlow,
    settings: &BiometricKzSettings,
) -> Result<(Metadata, Vec<String>), String> {
    let mut remarks = Vec::new();
    let root = object(Some(value), "metadata")?;
    unknown(&root, &["face2face", "edocument", "general"], "metadata", &mut remarks);
    let mut metadata = Metadata { photo: photo(&root, flow, settings, &mut remarks)?, ..Metadata::default() };
    let general = object(root.get("general"), "metadata.general")?;
    if general.get("interchangeable_tech").is_some_and(|list| !list.is_array()) {
        return Err("metadata.general.interchangeable_tech must be an array.".into());
    }
    let edocument = object(root.get("edocument"), "metadata.edocument")?;
    unknown(&edocument, &["iin", "phone", "skip_input"], "metadata.edocument", &mut remarks);
    metadata.iin = prefill(&edocument, "iin", &mut remarks)?;
    metadata.phone = prefill(&edocument, "phone", &mut remarks)?;
    let skip_input = boolean(&edocument, "skip_input", false, "metadata.edocument")?;
    if !edocument.is_empty() && !flow.technologies.iter().any(|code| code == "ED") {
        remarks.push("metadata.edocument has no effect: the flow has no E-Document.".into());
    }
    let unmet = if skip_input { unmet(&metadata) } else { Vec::new() };
    metadata.skip_input = skip_input && unmet.is_empty();
    if !unmet.is_empty() {
        let why = format!("skip_input has no effect until also: {}.", unmet.join("; "));
        if settings.strict_skip_input {
            return Err(why);
        }
        remarks.push(why);
    }
    doubt(&metadata, &mut remarks);
    Ok((metadata, remarks))
}

/// Face to face after one of liveness, e-document and document recognition: the three flows that B-F3 names.
fn takes_photo(flow: &BiometricKzFlow) -> bool {
    let other = |code: &String| code.starts_with("LD") || code == "ED" || code == "DR";
    flow.technologies.len() == 2
        && flow.technologies.iter().any(|code| code == "F2F")
        && flow.technologies.iter().any(other)
}

fn photo(
    root: &Map<String, Value>,
    flow: &BiometricKzFlow,
    settings: &BiometricKzSettings,
    remarks: &mut Vec<String>,
) -> Result<bool, String> {
    const NAME: &str = "metadata.face2face.photo1";
    let face2face = object(root.get("face2face"), "metadata.face2face")?;
    unknown(&face2face, &["photo1"], "metadata.face2face", remarks);
    let text = match face2face.get("photo1") {
        None | Some(Value::Null) => return Ok(false),
        Some(Value::String(text)) => text,
        Some(_) => return Err(format!("{NAME} must be a string.")),
    };
    if text.starts_with("data:") {
        return Err(format!("{NAME} must be the plain base64 of the file; remove the data: prefix."));
    }
    let Ok(bytes) = STANDARD.decode(text) else {
        return Err(format!("{NAME} must be standard base64 with padding and without line breaks."));
    };
    if bytes.is_empty() || bytes.len() > settings.photo_limit_bytes {
        return Err(format!("{NAME} must hold 1 to {} bytes.", settings.photo_limit_bytes));
    }
    if !bytes.starts_with(&[0xff, 0xd8, 0xff]) && !bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        remarks.push(format!("{NAME} is neither a JPEG nor a PNG file."));
    }
    let counts = takes_photo(flow);
    if !counts {
        remarks.push(format!(
            "{NAME} has no effect: it works only in flows of Face2Face with one of Liveness, E-Document, Document Recognition."
        ));
    }
    Ok(counts)
}

fn prefill(edocument: &Map<String, Value>, name: &str, remarks: &mut Vec<String>) -> Result<Prefill, String> {
    let path = format!("metadata.edocument.{name}");
    if edocument.get(name).is_some_and(|field| !field.is_object() && !field.is_null()) {
        return Err(format!("{path} must be an object with value and changeable."));
    }
    let field = object(edocument.get(name), &path)?;
    unknown(&field, &["value", "changeable"], &path, remarks);
    let value = match field.get("value") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) if text.is_empty() => {
            remarks.push(format!("{path}.value is empty; that counts as not given."));
            None
        }
        Some(Value::String(text)) => Some(text.clone()),
        Some(_) => return Err(format!("{path}.value must be a string; as a number it would lose leading zeros.")),
    };
    Ok(Prefill { value, changeable: boolean(&field, "changeable", true, &path)? })
}

/// The documented conditions of `skip_input` that are not met.
fn unmet(metadata: &Metadata) -> Vec<String> {
    let mut unmet = Vec::new();
    for (name, field) in [("iin", &metadata.iin), ("phone", &metadata.phone)] {
        if field.value.is_none() {
            unmet.push(format!("{name}.value is given"));
        }
        if field.changeable {
            unmet.push(format!("{name}.changeable is false"));
        }
    }
    unmet
}

/// Values that the flow will not get far with.
fn doubt(metadata: &Metadata, remarks: &mut Vec<String>) {
    if metadata.iin.value.as_deref().is_some_and(|iin| !is_iin(iin)) {
        remarks.push("iin.value is no IIN: 12 digits, the last of which is a check digit.".into());
    }
    if metadata.phone.value.as_deref().is_some_and(|number| phone(number).is_none()) {
        remarks.push("phone.value is no Kazakh mobile number: 77 and 9 digits.".into());
    }
}

fn object(value: Option<&Value>, path: &str) -> Result<Map<String, Value>, String> {
    match value {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(members)) => Ok(members.clone()),
        Some(_) => Err(format!("{path} must be an object.")),
    }
}

fn boolean(members: &Map<String, Value>, name: &str, default: bool, path: &str) -> Result<bool, String> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(default),
        Some(Value::Bool(value)) => Ok(*value),
        Some(_) => Err(format!("{path}.{name} must be true or false.")),
    }
}

fn unknown(members: &Map<String, Value>, known: &[&str], path: &str, remarks: &mut Vec<String>) {
    if members.keys().any(|name| !known.contains(&name.as_str())) {
        remarks.push(format!("{path} has other members than {}; they were ignored.", known.join(", ")));
    }
}
