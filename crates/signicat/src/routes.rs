//! One table of paths. What no document states can be overridden by name (S-D7).

use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
};

use idvkit_core::{Method, Reject, RejectCode};

/// One row of the route table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteEntry {
    /// Its name: the key of an override.
    pub name: &'static str,
    /// Method and path below the API's base.
    pub route: &'static str,
    /// Whether no document states method and path in full.
    pub inferred: bool,
    /// Where it comes from.
    pub source: &'static str,
}

/// Every request of this crate to the API (S-F2).
pub static ROUTES: [RouteEntry; 10] = [
    row("create_dossier", "POST /dossiers", false, "S-API, S-PHP, S-TOOL, S-JAVA"),
    row("delete_dossier", "DELETE /dossiers/{dossier}", false, "S-API, S-TOOL"),
    row("create_process", "POST /dossiers/{dossier}/processes", false, "S-API, S-PROCESS, S-JAVA"),
    row("get_process", "GET /dossiers/{dossier}/processes/{process}", false, "S-PROCESS, S-PHP, S-TOOL, S-JAVA"),
    row("delete_process", "DELETE /dossiers/{dossier}/processes/{process}", false, "S-API"),
    row("start_capture", "POST /dossiers/{dossier}/capture", false, "S-FLOWS, S-PHP, S-TOOL"),
    row("download", "GET /dossiers/{dossier}/processes/{process}/download", false, "S-DOWNLOAD, S-PHP"),
    // The collection that processes are created in; an override to `GET /dossiers/{dossier}` is understood as well.
    row("list_processes", "GET /dossiers/{dossier}/processes", true, "S-D5"),
    // "Set images" replaces what was there, hence PUT.
    row("set_images", "PUT /dossiers/{dossier}/processes/{process}/images", true, "S-IMAGES, S-FILES"),
    row("start", "POST /dossiers/{dossier}/processes/{process}", true, "S-FLOWS, S-JAVA"),
];

const fn row(name: &'static str, route: &'static str, inferred: bool, source: &'static str) -> RouteEntry {
    RouteEntry { name, route, inferred, source }
}

/// The routes of one account.
#[derive(Clone, Debug)]
pub(crate) struct Routes {
    base: String,
    overrides: BTreeMap<String, String>,
}

impl Routes {
    pub(crate) fn new(base: String, overrides: BTreeMap<String, String>) -> Result<Self, Reject> {
        for (name, route) in &overrides {
            check(name, route).map_err(|reject| reject.within("options.routes"))?;
        }
        Ok(Self { base, overrides })
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Method and URL. Ids are checked where they enter the session, so that they fit into a path.
    pub(crate) fn url(&self, name: &str, dossier: &str, process: &str) -> (Method, String) {
        let route = match self.overrides.get(name) {
            Some(route) => route.as_str(),
            None => ROUTES.iter().find(|entry| entry.name == name).map_or("GET /", |entry| entry.route),
        };
        let (method, path) = split(route).unwrap_or((Method::Get, "/"));
        let path = path.replace("{dossier}", dossier).replace("{process}", process);
        (method, format!("{}{path}", self.base))
    }
}

fn check(name: &str, route: &str) -> Result<(), Reject> {
    let refuse = |why: &str| Err(Reject::at(RejectCode::RouteInvalid, name.to_string(), why));
    let Some(entry) = ROUTES.iter().find(|entry| entry.name == name) else {
        return Err(Reject::at(RejectCode::RouteInvalid, "", "no route has this name; see the table `ROUTES`"));
    };
    let Some((_, path)) = split(route) else {
        return refuse("a route is `METHOD /path` with GET, POST, PUT or DELETE");
    };
    let plain = path.replace("{dossier}", "").replace("{process}", "");
    if !plain.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-._~".contains(&b)) {
        return refuse("a path has letters, digits, `/-._~`, and the placeholders {dossier} and {process}");
    }
    // A flat path names the process only (S-12).
    let names = |placeholder: &str| path.contains(placeholder);
    let loses_process = entry.route.contains("{process}") && !names("{process}");
    let loses_dossier = entry.route.contains("{dossier}") && !names("{dossier}") && !names("{process}");
    if loses_process || loses_dossier {
        return refuse("the path must name what it is about: {process}, or {dossier} where there is none");
    }
    Ok(())
}

fn split(route: &str) -> Option<(Method, &str)> {
    let (method, path) = route.split_once(' ')?;
    let method = [Method::Get, Method::Post, Method::Put, Method::Delete].into_iter().find(|m| m.as_str() == method)?;
    path.starts_with('/').then_some((method, path))
}
