//! The files that pages load from their own origin, so that nothing on them has to be inline.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::stand_ins;

const FOLDER: &str = "/_sandbox/assets/";

const STYLES: &str = include_str!("../../assets/page.css");

/// The scripts of all pages; stand-ins have more.
const SCRIPTS: [(&str, &str); 2] =
    [("page.js", include_str!("../../assets/page.js")), ("capture.js", include_str!("../../assets/capture.js"))];

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// Where a page finds a file.
pub(crate) fn path(name: &str) -> String {
    format!("{FOLDER}{name}")
}

pub(crate) async fn serve(Path(name): Path<String>) -> Response {
    if name == "page.css" {
        return file("text/css; charset=utf-8", STYLES);
    }
    let mut scripts = SCRIPTS.iter().chain(stand_ins::ALL.iter().flat_map(|stand_in| stand_in.page_scripts()));
    match scripts.find(|(own, _)| *own == name) {
        Some((_, text)) => javascript(text),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A script that merchants' pages load from here.
pub(crate) fn javascript(text: &'static str) -> Response {
    file(JAVASCRIPT, text)
}

fn file(content_type: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-cache"),
        // The documents load the widget as a module, which browsers fetch with CORS; sandboxed frames fetch all modules so.
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text).into_response()
}
