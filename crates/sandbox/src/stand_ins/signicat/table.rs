//! Which call is which: one table, whose uncertain paths the settings may replace (S-D7).

use std::collections::BTreeMap;

use axum::http::Method;

use super::api::{Call, Reply};
use super::errors::Problem;
use super::settings::SignicatSettings;
use super::{capture, dossiers, images, processes};
use crate::stand_in::Operation;

type Run = fn(&mut Call<'_>) -> Result<Reply, Problem>;

/// A call: its operation, methods and path, which scope of the legacy profile opens it, and what it does.
pub(crate) struct Row {
    operation: Operation,
    methods: &'static [&'static str],
    template: &'static str,
    pub(crate) scope: &'static str,
    pub(crate) run: Run,
}

const fn row(operation: Operation, methods: &'static [&'static str], template: &'static str, run: Run) -> Row {
    Row { operation, methods, template, scope: "client.assure.api", run }
}

impl Row {
    const fn for_capture(self) -> Self {
        Self { scope: "client.capture.api", ..self }
    }
}

/// Every call can also be one that the SDK makes raw.
const fn call(name: &'static str) -> Operation {
    Operation::call(name).also(&["signicat.raw"])
}

/// Three images of 4 MB in base64, and room to be refused in words.
const fn pictures(name: &'static str) -> Operation {
    call(name).long(64)
}

// The SDK erases what it has made: a dossier, or only the process in a dossier of somebody else.
const DISCARD: Operation = Operation::call("signicat.discard_process").also(&["signicat.delete", "signicat.raw"]);

const PROCESS: &str = "/dossiers/{d}/processes/{p}";
const UPLOAD: &str = "/dossiers/{d}/processes/{p}/images";
const IMAGE: &str = "/dossiers/{d}/processes/{p}/images/{side}";
const DOWNLOAD: &str = "/dossiers/{d}/processes/{p}/download";
const LOOK: &str = "/capture/configurations/{c}";

static TABLE: [Row; 18] = [
    row(call("signicat.create_dossier"), &["POST"], "/dossiers", dossiers::create),
    row(call("signicat.list_dossiers"), &["GET"], "/dossiers", dossiers::list),
    row(call("signicat.get_dossier"), &["GET"], "/dossiers/{d}", dossiers::show),
    row(call("signicat.delete"), &["DELETE"], "/dossiers/{d}", dossiers::delete),
    row(call("signicat.user_data"), &["GET", "POST", "PUT"], "/dossiers/{d}/userdata", dossiers::user_data),
    row(pictures("signicat.files"), &["GET", "POST", "DELETE"], "/dossiers/{d}/files", dossiers::files),
    row(call("signicat.create_process"), &["POST"], "/dossiers/{d}/processes", processes::create),
    row(call("signicat.list_processes"), &["GET"], "/dossiers/{d}/processes", processes::list),
    row(call("signicat.get_process"), &["GET"], PROCESS, processes::show),
    row(DISCARD, &["DELETE"], PROCESS, processes::delete),
    row(pictures("signicat.start"), &["POST"], PROCESS, processes::start),
    row(pictures("signicat.set_images"), &["PUT", "POST"], UPLOAD, images::upload),
    row(call("signicat.image"), &["GET"], IMAGE, images::show),
    row(call("signicat.start_capture"), &["POST"], "/dossiers/{d}/capture", capture::start).for_capture(),
    row(call("signicat.download"), &["GET"], DOWNLOAD, processes::download),
    row(call("signicat.configurations"), &["GET"], "/capture/configurations", capture::configurations).for_capture(),
    row(call("signicat.configuration"), &["GET", "POST", "PUT"], LOOK, capture::configuration).for_capture(),
    row(call("signicat.document_types"), &["GET"], "/{provider}/document-types", capture::document_types),
];

/// All operations of the table.
pub(crate) fn operations() -> Vec<Operation> {
    TABLE.iter().map(|row| row.operation).collect()
}

/// The row for a call and what stands in its placeholders, or the methods that the path has.
pub(crate) fn find(
    settings: &SignicatSettings,
    method: &Method,
    path: &str,
) -> Result<(&'static Row, Vec<String>), Vec<&'static str>> {
    let mut others = Vec::new();
    for row in &TABLE {
        let Some(values) = values(template(settings, row), path) else { continue };
        if row.methods.contains(&method.as_str()) {
            return Ok((row, values));
        }
        others.extend(row.methods);
    }
    Err(others)
}

/// The operation of a call, also of one with the wrong method.
pub(crate) fn operation(settings: &SignicatSettings, method: &Method, path: &str) -> Option<Operation> {
    match find(settings, method, path) {
        Ok((row, _)) => Some(row.operation),
        Err(_) => TABLE.iter().find(|row| values(template(settings, row), path).is_some()).map(|row| row.operation),
    }
}

/// Settings may name only rows that exist, with as many placeholders.
pub(crate) fn check(routes: &BTreeMap<String, String>) -> Result<(), String> {
    for (name, own) in routes {
        let Some(row) = TABLE.iter().find(|row| row.operation.name == name) else {
            return Err("signicat.routes: no operation has this name".into());
        };
        let placeholders = |template: &str| template.split('/').filter(|part| part.starts_with('{')).count();
        if !own.starts_with('/') || placeholders(own) != placeholders(row.template) {
            return Err(format!(
                "signicat.routes: {name} needs a leading slash and the placeholders of {}",
                row.template
            ));
        }
    }
    Ok(())
}

fn template<'a>(settings: &'a SignicatSettings, row: &'a Row) -> &'a str {
    settings.routes.get(row.operation.name).map_or(row.template, String::as_str)
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
    use super::{check, find};
    use crate::signicat::SignicatSettings;
    use axum::http::Method;

    #[test]
    fn uncertain_paths_can_be_replaced() {
        let mut settings = SignicatSettings::default();
        let path = "dossiers/1/processes/2/start";
        assert!(find(&settings, &Method::POST, path).is_err());
        settings.routes.insert("signicat.start".into(), "/dossiers/{d}/processes/{p}/start".into());
        check(&settings.routes).unwrap();
        let (row, values) = find(&settings, &Method::POST, path).map_err(|_| "no row").unwrap();
        assert_eq!((row.operation.name, values), ("signicat.start", vec!["1".to_owned(), "2".to_owned()]));
        settings.routes.insert("signicat.stop".into(), "/x".into());
        assert!(check(&settings.routes).is_err());
    }
}
