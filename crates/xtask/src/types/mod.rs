//! `cargo xtask types`: the declarations of Python and TypeScript, from the JSON Schema of the Rust types.
//!
//! One declaration per type stands in Rust; its documentation, variants and fields reach the other languages from there.

mod incoming;
mod model;
mod names;
mod python;
mod roots;
mod typescript;

use std::fs;

use anyhow::{Result, bail};

use self::names::Names;
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
    let files = [
        ("bindings/python/python/idvkit/_types.py", python::emit(&types, &in_python)),
        ("bindings/python/python/idvkit/_aliases.py", python::emit_aliases(&types, &in_python)),
        ("bindings/python/python/idvkit/config.py", python::emit_incoming(&forms, &in_python)),
        ("bindings/node/src/types.ts", typescript::emit(&types, &in_typescript)),
        ("bindings/node/src/forms.ts", typescript::emit_forms(&types, &OUTGOING)),
        ("bindings/node/src/config.ts", typescript::emit_incoming(&forms, &types, &in_typescript)),
        ("bindings/web/src/types.ts", typescript::emit(&roots::page_types()?, &in_typescript)),
    ];
    let mut stale = Vec::new();
    for (name, text) in files {
        let path = root().join(name);
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
