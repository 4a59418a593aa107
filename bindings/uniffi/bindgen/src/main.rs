//! uniffi's generator: `cargo xtask kotlin` and `cargo xtask swift` run it.

use std::env;

use anyhow::{Result, bail};
use uniffi::{GenerateOptions, TargetLanguage, generate};

const USAGE: &str = "usage: uniffi-bindgen kotlin|swift NAMES.toml FOLDER LIBRARY";

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [language, names, folder, library] = arguments.as_slice() else { bail!(USAGE) };
    let language = match language.as_str() {
        "kotlin" => TargetLanguage::Kotlin,
        "swift" => TargetLanguage::Swift,
        _ => bail!(USAGE),
    };
    generate(GenerateOptions {
        languages: vec![language],
        source: library.into(),
        out_dir: folder.into(),
        config_override: Some(names.into()),
        ..GenerateOptions::default()
    })
}
