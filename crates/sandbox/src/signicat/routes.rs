//! Which call is which: one table, whose uncertain paths the settings may replace (S-D7).

use std::collections::BTreeMap;

use axum::http::Method;

use super::api::{Call, Reply};
use super::errors::Problem;
use super::settings::SignicatSettings;
use super::{capture, dossiers, images, processes};

/// All operations that carry a token or ask for one.
pub(crate) const API: [&str; 19] = [
    "signicat.token",
    "signicat.create_dossier",
    "signicat.list_dossiers",
    "signicat.dossier",
    "signicat.delete_dossier",
    "signicat.userdata",
    "signicat.files",
    "signicat.create_process",
    "signicat.list_processes",
    "signicat.process",
    "signicat.delete_process",
    "signicat.start",
    "signicat.upload",
    "signicat.image",
    "signicat.capture",
    "signicat.download",
    "signicat.configurations",
    "signicat.configuration",
    "signicat.document_types",
];

type Run = fn(&mut Call<'_>) -> Result<Reply, Problem>;

/// A row: name, methods, template, what it does.
pub(crate) struct Route(pub(crate) &'static str, &'static [&'static str], &'static str, pub(crate) Run);

const PROCESS: &str = "/dossiers/{d}/processes/{p}";

const TABLE: [Route; 18] = [
    Route("signicat.create_dossier", &["POST"], "/dossiers", dossiers::create),
    Route("signicat.list_dossiers", &["GET"], "/dossiers", dossiers::list),
    Route("signicat.dossier", &["GET"], "/dossiers/{d}", dossiers::show),
    Route("signicat.delete_dossier", &["DELETE"], "/dossiers/{d}", dossiers::delete),
    Route("signicat.userdata", &["GET", "POST", "PUT"], "/dossiers/{d}/userdata", dossiers::user_data),
    Route("signicat.files", &["GET", "POST", "DELETE"], "/dossiers/{d}/files", dossiers::files),
    Route("signicat.create_process", &["POST"], "/dossiers/{d}/processes", processes::create),
    Route("signicat.list_processes", &["GET"], "/dossiers/{d}/processes", processes::list),
    Route("signicat.process", &["GET"], PROCESS, processes::show),
    Route("signicat.delete_process", &["DELETE"], PROCESS, processes::delete),
    Route("signicat.start", &["POST"], PROCESS, processes::start),
    Route("signicat.upload", &["PUT", "POST"], "/dossiers/{d}/processes/{p}/images", images::upload),
    Route("signicat.image", &["GET"], "/dossiers/{d}/processes/{p}/images/{side}", images::show),
    Route("signicat.capture", &["POST"], "/dossiers/{d}/capture", capture::start),
    Route("signicat.download", &["GET"], "/dossiers/{d}/processes/{p}/download", processes::download),
    Route("signicat.configurations", &["GET"], "/capture/configurations", capture::configurations),
    Route("signicat.configuration", &["GET", "POST", "PUT"], "/capture/configurations/{c}", capture::configuration),
    Route("signicat.document_types", &["GET"], "/{provider}/document-types", capture::document_types),
];

/// The row for a call and what stands in its placeholders, or the methods that the path has.
pub(crate) fn find(
    settings: &SignicatSettings,
    method: &Method,
    path: &str,
) -> Result<(&'static Route, Vec<String>), Vec<&'static str>> {
    let mut others = Vec::new();
    for row in &TABLE {
        let Some(values) = values(template(settings, row), path) else { continue };
        if row.1.contains(&method.as_str()) {
            return Ok((row, values));
        }
        others.extend(row.1);
    }
    Err(others)
}

/// The name of a call, also one with the wrong method.
pub(crate) fn name(settings: &SignicatSettings, method: &Method, path: &str) -> Option<&'static str> {
    match find(settings, method, path) {
        Ok((row, _)) => Some(row.0),
        Err(_) => TABLE.iter().find(|row| values(template(settings, row), path).is_some()).map(|row| row.0),
    }
}

/// Settings may name only rows that exist, with as many placeholders.
pub(crate) fn check(routes: &BTreeMap<String, String>) -> Result<(), String> {
    for (name, own) in routes {
        let Some(row) = TABLE.iter().find(|row| row.0 == name) else {
            return Err("signicat.routes: no operation has this name".into());
        };
        let placeholders = |template: &str| template.split('/').filter(|part| part.starts_with('{')).count();
        if !own.starts_with('/') || placeholders(own) != placeholders(row.2) {
            return Err(format!("signicat.routes: {name} needs a leading slash and the placeholders of {}", row.2));
        }
    }
    Ok(())
}

fn template<'a>(settings: &'a SignicatSettings, row: &'a Route) -> &'a str {
    settings.routes.get(row.0).map_or(row.2, String::as_str)
}

fn values(template: &str, path: &str) -> Option<Vec<String>> {
    let (wanted, given): (Vec<&str>, Vec<&str>) = (template[1..].split('/').collect(), path.split('/').collect());
    if wanted.len() != given.len() {
        return None;
    }
    let mut values = Vec::new();
    for (wanted, given) in wanted.into_iter().zip(given) {
        if wanted.starts_with('{') && !given.is_empty() {
            values.push(given.to_owned());
        } else if wanted != given {
            return None;
        }
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::{API, TABLE, check, find};
    use crate::signicat::SignicatSettings;
    use axum::http::Method;

    #[test]
    fn every_row_is_listed_for_faults() {
        assert!(TABLE.iter().all(|row| API.contains(&row.0)));
    }

    #[test]
    fn uncertain_paths_can_be_replaced() {
        let mut settings = SignicatSettings::default();
        let path = "dossiers/1/processes/2/start";
        assert!(find(&settings, &Method::POST, path).is_err());
        settings.routes.insert("signicat.start".into(), "/dossiers/{d}/processes/{p}/start".into());
        check(&settings.routes).unwrap();
        let (row, values) = find(&settings, &Method::POST, path).map_err(|_| "no row").unwrap();
        assert_eq!((row.0, values), ("signicat.start", vec!["1".to_owned(), "2".to_owned()]));
        settings.routes.insert("signicat.stop".into(), "/x".into());
        assert!(check(&settings.routes).is_err());
    }
}
