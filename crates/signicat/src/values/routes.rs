//! The table of routes. An account can replace each route by its name (S-D7).

use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
};

use idvkit_core::{Method, Reject, RejectCode};

/// One row of the route table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteEntry {
    /// The route's name, which is the key of a replacement.
    pub name: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// The path below the API's base.
    pub path: &'static str,
    /// Whether no document states method and path in full, so that they are inferred.
    pub inferred: bool,
    /// The fact that documents the route.
    pub source: &'static str,
}

/// The routes of every request of this crate to the API (S-F2).
pub static ROUTES: [RouteEntry; 10] = [
    CREATE_DOSSIER,
    DELETE_DOSSIER,
    CREATE_PROCESS,
    GET_PROCESS,
    DELETE_PROCESS,
    START_CAPTURE,
    DOWNLOAD,
    LIST_PROCESSES,
    SET_IMAGES,
    START,
];

pub(crate) const CREATE_DOSSIER: RouteEntry =
    documented("create_dossier", Method::Post, "/dossiers", "S-API, S-PHP, S-TOOL, S-JAVA");
pub(crate) const DELETE_DOSSIER: RouteEntry =
    documented("delete_dossier", Method::Delete, "/dossiers/{dossier}", "S-API, S-TOOL");
pub(crate) const CREATE_PROCESS: RouteEntry =
    documented("create_process", Method::Post, "/dossiers/{dossier}/processes", "S-API, S-PROCESS, S-JAVA");
pub(crate) const GET_PROCESS: RouteEntry =
    documented("get_process", Method::Get, PROCESS, "S-PROCESS, S-PHP, S-TOOL, S-JAVA");
pub(crate) const DELETE_PROCESS: RouteEntry = documented("delete_process", Method::Delete, PROCESS, "S-API");
pub(crate) const START_CAPTURE: RouteEntry =
    documented("start_capture", Method::Post, "/dossiers/{dossier}/capture", "S-FLOWS, S-PHP, S-TOOL");
pub(crate) const DOWNLOAD: RouteEntry =
    documented("download", Method::Get, "/dossiers/{dossier}/processes/{process}/download", "S-DOWNLOAD, S-PHP");
/// The collection that processes are created in; an override to `GET /dossiers/{dossier}` is understood as well.
pub(crate) const LIST_PROCESSES: RouteEntry =
    inferred("list_processes", Method::Get, "/dossiers/{dossier}/processes", "S-D5");
/// "Set images" replaces what was there, hence PUT.
pub(crate) const SET_IMAGES: RouteEntry =
    inferred("set_images", Method::Put, "/dossiers/{dossier}/processes/{process}/images", "S-IMAGES, S-FILES");
pub(crate) const START: RouteEntry = inferred("start", Method::Post, PROCESS, "S-FLOWS, S-JAVA");

const PROCESS: &str = "/dossiers/{dossier}/processes/{process}";

const fn documented(name: &'static str, method: Method, path: &'static str, source: &'static str) -> RouteEntry {
    RouteEntry { name, method, path, inferred: false, source }
}

const fn inferred(name: &'static str, method: Method, path: &'static str, source: &'static str) -> RouteEntry {
    RouteEntry { name, method, path, inferred: true, source }
}

/// The routes of one account.
#[derive(Clone, Debug)]
pub(crate) struct Routes {
    base: String,
    overrides: BTreeMap<&'static str, (Method, String)>,
}

impl Routes {
    pub(crate) fn new(base: String, overrides: &BTreeMap<String, String>) -> Result<Self, Reject> {
        let read = |(name, route): (&String, &String)| parse(name, route);
        let overrides = overrides.iter().map(read).collect::<Result<_, _>>();
        Ok(Self { base, overrides: overrides.map_err(|reject| reject.within("options.routes"))? })
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Method and URL, with the ids in the places that the path has for them.
    pub(crate) fn url(&self, entry: &RouteEntry, ids: &[(&str, &str)]) -> (Method, String) {
        let own = self.overrides.get(entry.name);
        let (method, path) = own.map_or((entry.method, entry.path), |(method, path)| (*method, path));
        let path = ids.iter().fold(path.to_string(), |path, (place, id)| path.replace(place, id));
        (method, format!("{}{path}", self.base))
    }
}

/// A route below the API's base for a request that this crate does not have (S-D7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawRoute {
    pub(crate) method: Method,
    pub(crate) path: String,
}

impl RawRoute {
    /// Parses a path below the API's base, which may have a query.
    ///
    /// # Errors
    /// `path_invalid` unless it begins with a slash and stays below the base.
    pub fn parse(method: Method, path: &str) -> Result<Self, Reject> {
        let printable = path.bytes().all(|b| (0x21..0x7f).contains(&b));
        let climbs =
            path.split(['/', '?', '#', '\\']).any(|part| part == ".." || part.to_ascii_lowercase().contains("%2e"));
        if path.starts_with('/') && printable && !climbs && !path.contains('\\') {
            return Ok(Self { method, path: path.to_string() });
        }
        let rule = "a path begins with `/`, is visible ASCII, and has no `..`";
        Err(Reject::at(RejectCode::PathInvalid, "path", rule))
    }
}

fn parse(name: &str, route: &str) -> Result<(&'static str, (Method, String)), Reject> {
    let refuse = |why: &str| Err(Reject::at(RejectCode::RouteInvalid, name.to_string(), why));
    let Some(entry) = ROUTES.iter().find(|entry| entry.name == name) else {
        return Err(Reject::at(
            RejectCode::RouteInvalid,
            "",
            "no route has this name; the table `ROUTES` has all names",
        ));
    };
    let Some((method, path)) = split(route) else {
        return refuse("a route is `METHOD /path` with GET, POST, PUT or DELETE");
    };
    let plain = path.replace("{dossier}", "").replace("{process}", "");
    if !plain.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-._~".contains(&b)) {
        return refuse("a path has letters, digits, `/-._~`, and the placeholders {dossier} and {process}");
    }
    // A flat path names the process only (S-12).
    let names = |placeholder: &str| path.contains(placeholder);
    let loses_process = entry.path.contains("{process}") && !names("{process}");
    let loses_dossier = entry.path.contains("{dossier}") && !names("{dossier}") && !names("{process}");
    let unknown = |placeholder: &str| names(placeholder) && !entry.path.contains(placeholder);
    if loses_process || loses_dossier || unknown("{process}") || unknown("{dossier}") {
        return refuse(
            "the path must name its object, {process} or else {dossier}, and no object that does not exist yet",
        );
    }
    Ok((entry.name, (method, path.to_string())))
}

fn split(route: &str) -> Option<(Method, &str)> {
    let (method, path) = route.split_once(' ')?;
    let method = [Method::Get, Method::Post, Method::Put, Method::Delete].into_iter().find(|m| m.as_str() == method)?;
    path.starts_with('/').then_some((method, path))
}
