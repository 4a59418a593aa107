//! The README's quick starts are the examples' own texts, and the one in Rust does what it says.

#![allow(clippy::unwrap_used, reason = "a test that meets one has failed")]

use idvkit::{Decision, Outcome};

#[path = "../jumio.rs"]
#[expect(dead_code, reason = "the example's `main` is not called here")]
mod jumio;

/// Each runs in the tests of its own language; the one in Swift wherever there is a compiler.
const QUICK_STARTS: [(&str, &str); 5] = [
    ("rust", "crates/examples/jumio.rs"),
    ("python", "bindings/python/examples/quick_start.py"),
    ("js", "bindings/node/examples/quick-start.mjs"),
    ("kotlin", "bindings/uniffi/kotlin/examples/src/main/kotlin/QuickStart.kt"),
    ("swift", "bindings/uniffi/swift/Tests/IdvkitTests/QuickStart.swift"),
];

#[tokio::test]
async fn the_quick_start_comes_to_an_approval() {
    assert_eq!(jumio::run().await.unwrap(), Outcome::Decided { decision: Decision::Approved });
}

#[test]
fn the_readme_shows_the_code_that_runs() {
    let readme = read("README.md");
    for (language, example) in QUICK_STARTS {
        let text = read(example);
        let (_, rest) = text.split_once("[quick start]\n").unwrap();
        let (code, _) = rest.split_once("[/quick start]").unwrap();
        let code = code.trim_end_matches(['/', '#', ' ']).trim().replace("pub(crate) ", "");
        let block = format!("```{language}\n{code}\n```");
        assert!(
            readme.contains(&block),
            "copy the part between the quick start marks of {example} into README.md:\n{code}"
        );
    }
}

/// How a shop in Rust hosts verifications is the example's own text, and short.
#[test]
fn the_readme_shows_the_shop_that_runs() {
    let text = read("crates/examples/axum.rs");
    let (_, rest) = text.split_once("[host it]\n").unwrap();
    let (code, _) = rest.split_once("// [/host it]").unwrap();
    let code = code.trim().replace("pub(crate) ", "");
    assert!(read("README.md").contains(&format!("```rust\n{code}\n```")), "copy this into README.md:\n{code}");
    let lines = code.lines().filter(|line| line.chars().any(char::is_alphanumeric) && !line.trim().starts_with("//"));
    assert!(lines.count() <= 20);
}

fn read(path: &str) -> String {
    std::fs::read_to_string(format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}
