//! The ECMAScript form against a real engine: `JSON.stringify(JSON.parse(x))` of Node.js over many generated texts.
//! Skipped, with a line that says so, where there is no `node`.
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod common;

use std::io::Write;
use std::process::{Command, Stdio};

use common::json_text;
use idvkit_signature::{SliceError, ecmascript};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};

/// How many texts are made; each is tried a second time with one character changed. `cargo xtask prove` asks for more.
fn cases() -> usize {
    std::env::var("IDVKIT_ECMASCRIPT_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(4000)
}

/// One text per line in hex; the answer in hex, or `-` where `JSON.parse` throws.
const SCRIPT: &str = r#"
const lines = require("fs").readFileSync(0, "latin1").split("\n").slice(0, -1);
for (const line of lines) {
  const text = Buffer.from(line, "hex").toString("utf8");
  let out = "-";
  try { out = Buffer.from(JSON.stringify(JSON.parse(text)), "utf8").toString("hex"); } catch {}
  console.log(out);
}
"#;

#[test]
fn agrees_with_node() {
    let texts = texts();
    let Some(answers) = node(&texts) else {
        println!("SKIPPED agrees_with_node: there is no `node` on this machine");
        return;
    };
    assert_eq!(answers.len(), texts.len());
    let (mut same, mut refused, mut duplicates) = (0, 0, 0);
    for (text, answer) in texts.iter().zip(&answers) {
        match ecmascript(text.as_bytes()) {
            Ok(form) => {
                let form = base16ct::lower::encode_string(&form);
                assert_eq!(&form, answer, "{text:?}");
                same += 1;
            }
            Err(SliceError::Duplicate) => {
                assert_ne!(answer, "-", "{text:?}");
                duplicates += 1;
            }
            Err(error) => {
                assert_eq!(answer, "-", "{text:?}: {error}");
                refused += 1;
            }
        }
    }
    println!("agrees with node: {same} forms, {refused} refused by both, {duplicates} with a member that stands twice");
    assert!(same > cases() / 4 && refused > cases() / 4, "the generator is too narrow");
}

/// Generated texts, and each of them with one character taken out, added or doubled.
fn texts() -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let strategy = json_text();
    let mut texts = Vec::new();
    for case in 0..cases() {
        let text = strategy.new_tree(&mut runner).unwrap().current();
        let mut characters: Vec<char> = text.chars().collect();
        let at = case * 7919 % characters.len();
        match case % 4 {
            0 => drop(characters.remove(at)),
            1 => characters.insert(at, ['"', '\\', '{', ']', ',', '0', '-', 'e', '.', '\u{1}', '\u{a0}'][case % 11]),
            2 => characters.truncate(at),
            _ => characters.insert(at, characters[at]),
        }
        texts.push(text);
        texts.push(characters.into_iter().collect());
    }
    texts
}

fn node(texts: &[String]) -> Option<Vec<String>> {
    let mut node =
        Command::new("node").args(["-e", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    let lines: String = texts.iter().map(|text| base16ct::lower::encode_string(text.as_bytes()) + "\n").collect();
    // The script reads to the end before it writes, so neither side waits for the other.
    node.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "node failed");
    Some(String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect())
}
