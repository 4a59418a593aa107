//! One version for all: `Cargo.toml` has it, and every other file has a copy. `cargo xtask version NEW` writes them all.

use std::fs;

use anyhow::{Context, Result, bail};
use regex_lite::Regex;

use crate::step::root;

/// The one place.
const SOURCE: (&str, &str) = ("Cargo.toml", r#"(?m)^version = "([^"]+)""#);
/// The copies: a file, what stands around the version, and how often at least.
const COPIES: [(&str, &str, usize); 15] = [
    ("Cargo.toml", r#"idvkit[a-z-]* = \{ version = "([^"]+)""#, 7),
    ("crates/idvkit/Cargo.toml", r#"idvkit-[a-z-]+ = \{ version = "([^"]+)""#, 4),
    ("bindings/node/package.json", r#"^\{\s*"name": "[^"]+",\s*"version": "([^"]+)""#, 1),
    ("bindings/node/package-lock.json", r#""name": "idvkit",\s*"version": "([^"]+)""#, 2),
    ("bindings/node/sandbox/package.json", r#"^\{\s*"name": "[^"]+",\s*"version": "([^"]+)""#, 1),
    ("bindings/node/examples/package.json", r#""idvkit[a-z-]*": "\^([^"]+)""#, 2),
    ("bindings/web/package.json", r#"^\{\s*"name": "[^"]+",\s*"version": "([^"]+)""#, 1),
    ("bindings/web/package-lock.json", r#""name": "idvkit-web",\s*"version": "([^"]+)""#, 2),
    ("bindings/python/pyproject.toml", r#"(?m)^version = "([^"]+)""#, 1),
    ("bindings/python/sandbox/pyproject.toml", r#"(?m)^version = "([^"]+)""#, 1),
    ("bindings/python/python/idvkit/__init__.py", r#"__version__ = "([^"]+)""#, 1),
    ("bindings/uniffi/kotlin/pom.xml", OF_PARENT, 1),
    ("bindings/uniffi/kotlin/client/pom.xml", OF_PARENT, 1),
    ("bindings/uniffi/kotlin/examples/pom.xml", OF_PARENT, 1),
    ("bindings/uniffi/kotlin/server/pom.xml", OF_PARENT, 1),
];
const OF_PARENT: &str = r"<artifactId>idvkit-parent</artifactId>\s*<version>([^<]+)</version>";

/// The version of everything.
pub(crate) const CURRENT: &str = env!("CARGO_PKG_VERSION");

/// Says which copies differ, or that there is a place without one.
pub(crate) fn check() -> Result<()> {
    let wrong: Vec<String> = COPIES.iter().map(differences).collect::<Result<Vec<_>>>()?.concat();
    if !wrong.is_empty() {
        bail!("the version is {CURRENT}; run `cargo xtask version {CURRENT}`:\n  {}", wrong.join("\n  "));
    }
    let changes = fs::read_to_string(root().join("CHANGELOG.md"))?;
    if !changes.contains(&format!("\n## {CURRENT}")) {
        bail!("CHANGELOG.md has no heading `## {CURRENT}`");
    }
    Ok(())
}

/// Writes another version everywhere.
pub(crate) fn set(new: &str) -> Result<()> {
    if !Regex::new(r"^\d+\.\d+\.\d+(-[0-9a-z.]+)?$")?.is_match(new) {
        bail!("{new} is no version: write it as 1.2.3 or 1.2.3-rc.1");
    }
    let all = [(SOURCE.0, SOURCE.1, 1)].into_iter().chain(COPIES);
    for (file, pattern, _) in all {
        let path = root().join(file);
        let text = fs::read_to_string(&path).with_context(|| format!("{file} cannot be read"))?;
        let mut changed = text.clone();
        // From the end, so that what stands before keeps its place.
        for place in places(&text, pattern)?.into_iter().rev() {
            changed.replace_range(place, new);
        }
        if changed != text {
            fs::write(&path, changed)?;
            println!("wrote {file}");
        }
    }
    println!("now write the heading `## {new}` in CHANGELOG.md, and run `cargo check` for Cargo.lock");
    Ok(())
}

fn differences(&(file, pattern, count): &(&str, &str, usize)) -> Result<Vec<String>> {
    let text = fs::read_to_string(root().join(file)).with_context(|| format!("{file} cannot be read"))?;
    let places = places(&text, pattern)?;
    if places.len() < count {
        return Ok(vec![format!("{file} has {} versions in the place of {count}", places.len())]);
    }
    let others = places.into_iter().map(|place| &text[place]).filter(|found| *found != CURRENT);
    Ok(others.map(|found| format!("{file} has {found}")).collect())
}

fn places(text: &str, pattern: &str) -> Result<Vec<std::ops::Range<usize>>> {
    let groups = Regex::new(pattern)?;
    Ok(groups.captures_iter(text).filter_map(|found| found.get(1)).map(|found| found.range()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_copy_is_the_version() {
        check().unwrap();
    }

    #[test]
    fn a_copy_that_differs_is_found() {
        let found = places("idvkit-core = { version = \"0.1.0\", path", COPIES[0].1).unwrap();
        assert_eq!((found.len(), found[0].clone()), (1, 27..32));
        let other = differences(&("Cargo.toml", r#"edition = "([^"]+)""#, 1)).unwrap();
        assert_eq!(other, ["Cargo.toml has 2024"]);
        let missing = differences(&("Cargo.toml", "no such line (x)", 1)).unwrap();
        assert_eq!(missing, ["Cargo.toml has 0 versions in the place of 1"]);
        assert!(set("v1").is_err());
    }
}
