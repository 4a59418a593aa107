//! The README's quick start is the example's own text, and it does what it says.

#![allow(clippy::unwrap_used, reason = "a test that meets one has failed")]

use idvkit::{Decision, Outcome};

#[path = "../examples/jumio.rs"]
#[expect(dead_code, reason = "the example's `main` is not called here")]
mod jumio;

#[tokio::test]
async fn the_quick_start_comes_to_an_approval() {
    assert_eq!(jumio::run().await.unwrap(), Outcome::Decided { decision: Decision::Approved });
}

#[test]
fn the_readme_shows_the_code_that_runs() {
    let folder = env!("CARGO_MANIFEST_DIR");
    let example = std::fs::read_to_string(format!("{folder}/examples/jumio.rs")).unwrap();
    let readme = std::fs::read_to_string(format!("{folder}/../../README.md")).unwrap();
    let (_, rest) = example.split_once("// [quick start]\n").unwrap();
    let (code, _) = rest.split_once("// [/quick start]").unwrap();
    let code = code.replace("pub(crate) ", "");
    assert!(readme.contains(&code), "copy the part between the quick start marks into README.md:\n{code}");
}
