//! `cargo xtask types`: the declarations of Python and TypeScript, from the JSON Schema of the Rust types.
//!
//! One declaration per type stands in Rust; its documentation, variants and fields reach the other languages from there.

mod calls;
mod incoming;
mod model;
mod names;
mod phone_values;
mod python;
mod python_values;
mod roots;
mod typescript;
mod typescript_values;

use std::fs;

use anyhow::{Result, bail};

use self::{model::Type, names::Names};
use crate::step::root;

/// What the Node package makes of JSON text.
const OUTGOING: [&str; 6] = ["Ask", "Answer", "Attempt", "Evidence", "Next", "Journey"];

/// Writes the generated files, or with `check` only compares them.
///
/// # Errors
/// With `check`, if a file is not what would be written.
pub(crate) fn generate(check: bool) -> Result<()> {
    let (types, forms) = (roots::types()?, incoming::forms()?);
    let (in_python, in_typescript) = (Names::python(&types), Names::typescript(&types));
    let values = calls::all(&types, &forms)?;
    let every: Vec<&Type> = types.iter().chain(values.iter().flat_map(|one| &one.types)).collect();
    let answers = values.iter().flat_map(|one| &one.types).map(|one| one.name.as_str());
    let outgoing: Vec<&str> = OUTGOING.into_iter().chain(answers).collect();
    let matters = typescript::needed(&every, &outgoing).into_iter().map(String::from).collect();
    let mut files = vec![
        ("bindings/python/python/idvkit/_types.py".to_string(), python::emit(&types, &in_python)),
        ("bindings/python/python/idvkit/_aliases.py".to_string(), python::emit_aliases(&types, &in_python)),
        ("bindings/python/python/idvkit/config.py".to_string(), python::emit_incoming(&forms, &in_python)),
        ("bindings/node/src/types.ts".to_string(), typescript::emit(&types, &in_typescript)),
        ("bindings/node/src/forms.ts".to_string(), typescript::emit_forms(&every, &outgoing)),
        ("bindings/node/src/config.ts".to_string(), typescript::emit_incoming(&forms, &types, &in_typescript)),
        ("bindings/web/src/types.ts".to_string(), typescript::emit(&roots::page_types()?, &in_typescript)),
    ];
    for one in &values {
        // Where a provider has something besides, the module that has both is written by hand.
        let below = if one.has_more() { "_" } else { "" };
        let file = format!("bindings/python/python/idvkit/{below}{}.py", one.provider);
        files.push((file, python_values::emit(one, &types, &in_python)));
        let (node, path) = ("bindings/node", one.path());
        let calls = typescript_values::emit_calls(one, &types, &matters, &in_typescript);
        files.push((format!("{node}/src/{path}-values.ts"), calls));
        files.push((format!("{node}/src/{path}-types.ts"), typescript_values::emit_types(one, &types, &in_typescript)));
        files.push((format!("{node}/esm/{path}.mjs"), typescript_values::emit_module(one)));
    }
    let uniffi = "bindings/uniffi";
    files.push((format!("{uniffi}/src/calls.rs"), phone_values::emit_native(&values)));
    let (kotlin, swift) = (format!("{uniffi}/kotlin/server/src"), format!("{uniffi}/swift"));
    for one in &values {
        let name = one.title();
        files.push((format!("{kotlin}/main/kotlin/idvkit/{name}.kt"), phone_values::emit_kotlin(one, &types)));
        files.push((format!("{swift}/Sources/Idvkit/{name}.swift"), phone_values::emit_swift(one)));
    }
    files.push((format!("{kotlin}/test/kotlin/idvkit/ValueCalls.kt"), phone_values::emit_kotlin_tests(&values)));
    files.push((format!("{swift}/Tests/IdvkitTests/ValueCalls.swift"), phone_values::emit_swift_tests(&values)));
    let mut stale = Vec::new();
    for (name, text) in files {
        let path = root().join(&name);
        if fs::read_to_string(&path).is_ok_and(|there| there == text) {
            continue;
        }
        if check {
            stale.push(name);
            continue;
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, text)?;
        println!("wrote {name}");
    }
    if stale.is_empty() {
        return Ok(());
    }
    bail!("run `cargo xtask types`: the types have changed, and these files have not: {}", stale.join(", "))
}
