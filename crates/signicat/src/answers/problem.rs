//! The three shapes of an error body, read by one tolerant parser (S-D14, S-11).

use alloc::string::String;

use idvkit_core::{Fault, FaultClass, Json, Operation as _, Response};

use crate::{
    operations::Operation,
    values::{code_of, cut},
};

/// The body of an error answer. Its texts are written for developers: they are kept for your records and never repeated
/// in errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which of the three shapes the body has.
    pub shape: ProblemShape,
    /// The error's code: the first of `code`, `error`, `type` and `title` that the body has; at most 64 characters.
    pub code: String,
    /// The names of the fields that the error is about (`invalidParams`).
    pub fields: alloc::vec::Vec<String>,
    /// The provider's id of the request, for its support.
    pub trace_id: Option<String>,
    about_authorization: bool,
}

/// The shape of an error body. Deliberately exhaustive: S-F9 has these three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemShape {
    /// The shape with `instance`, `method`, `status`, `type`, `title`, `detail` and `traceId`.
    Assure,
    /// The shape with `type`, `title`, `detail`, `code` and `invalidParams`.
    Platform,
    /// The shape with `error` and `error_description`.
    Token,
}

impl Problem {
    /// Parses an error body; `None` if it has none of the three shapes. A `status` in it is ignored: the HTTP status
    /// counts.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let json = Json::read(body).ok()?;
        let root = json.root();
        let text = |name: &str| root.value()?.get(name)?.as_str();
        let shape = match () {
            () if text("error").is_some() => ProblemShape::Token,
            () if text("code").is_some() || root.at("invalidParams").value().is_some() => ProblemShape::Platform,
            () if text("title").or(text("type")).is_some() => ProblemShape::Assure,
            () => return None,
        };
        let code = ["code", "error", "type", "title"].into_iter().find_map(text).unwrap_or("");
        let says = |name: &str| {
            text(name).is_some_and(|text| {
                // A complaint about the field `authorizationHeader` is about the request's body.
                let text = text.to_ascii_lowercase().replace("authorizationheader", "");
                ["authorization", "unauthorized", "access token", "bearer"].iter().any(|word| text.contains(word))
            })
        };
        Some(Self {
            shape,
            code: cut(code),
            fields: root.loose_list("invalidParams").iter().filter_map(|one| one.text("name").ok()).map(cut).collect(),
            trace_id: text("traceId").map(cut),
            about_authorization: code == "invalid_token" || says("title") || says("detail"),
        })
    }

    /// Whether the error is about the `Authorization` header or the token in it (S-10).
    pub fn is_about_authorization(&self) -> bool {
        self.about_authorization
    }
}

/// The fault that an error answer stands for.
pub(crate) fn fault_of(operation: &Operation, response: &Response<'_>) -> Fault {
    let code = Problem::parse(response.body).map(|problem| code_of(&problem.code));
    let mut fault = Fault::status(operation.name(), response.status).with_provider_code(code);
    // OAuth lets a token endpoint refuse a client with 400 as well.
    let refused_client = matches!(fault.provider_code.as_deref(), Some("invalid_client" | "unauthorized_client"));
    if refused_client || is_refusal(response) {
        fault.class = FaultClass::Authorization;
    }
    fault
}

/// Whether the answer complains about the authorization: 401, or a 400 that says so (S-10).
pub(crate) fn is_refusal(response: &Response<'_>) -> bool {
    match response.status {
        401 => true,
        400 => Problem::parse(response.body).is_some_and(|problem| problem.is_about_authorization()),
        _ => false,
    }
}
