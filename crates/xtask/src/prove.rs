//! `cargo xtask prove`: a sheet of what is claimed, how it was tried, and what came of it, that anybody can make again.

use std::{
    fmt::Write as _,
    fs,
    process::Command,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::{
    no_std,
    step::{cargo, says, target},
};

/// One row of the sheet.
struct Part {
    name: &'static str,
    claim: &'static str,
    method: &'static str,
    run: fn(seconds: u64) -> Result<Figure>,
}

/// What was measured, and the command that measures it again.
struct Figure {
    text: String,
    command: String,
    data: Value,
}

const PARTS: [Part; 6] = [
    Part {
        name: "fuzz",
        claim: "No bytes from elsewhere break a promise",
        method: "inputs made from the vectors, in each of the targets: no panic, a refusal changes nothing, what is stored is restored, only an \
                 answer decides, snapshots and requests are bounded",
        run: fuzz,
    },
    Part {
        name: "model",
        claim: "No outcome is wrong or lost, nothing is created twice, and every outcome is delivered at least once",
        method: "the real driver with two workers, in every order of steps, crashes, losses, late callbacks and erasures that the budgets \
                 allow; each state is searched once",
        run: model,
    },
    Part {
        name: "ecmascript",
        claim: "The ECMAScript form is that of a JavaScript engine",
        method: "random JSON texts against `JSON.stringify(JSON.parse(x))` of Node.js",
        run: ecmascript,
    },
    Part {
        name: "time",
        claim: "The time of a comparison tells nothing about a secret",
        method: "Welch's t-test over two classes of wrong inputs in random order; a planted leak is found in the same run",
        run: constant_time,
    },
    Part {
        name: "privacy",
        claim: "Secrets and personal data are never printed",
        method: "planted secrets and personal data through every scenario; all that was printed and logged is searched",
        run: privacy,
    },
    Part {
        name: "targets",
        claim: "A whole session runs without std and libc",
        method: "a program without an operating system's library, with its own allocator",
        run: bare,
    },
];

/// Lists the parts.
pub(crate) fn list() {
    for part in &PARTS {
        println!("{:11} {}", part.name, part.claim);
    }
}

/// Runs the parts, and writes `target/proof.md` and `target/proof.json`. Parts that are not run keep their rows.
///
/// # Errors
/// If a part does not hold; the other parts are run all the same.
pub(crate) fn run(only: &[String], seconds: u64) -> Result<()> {
    if let Some(unknown) = only.iter().find(|name| PARTS.iter().all(|part| part.name != **name)) {
        bail!("there is no part `{unknown}`; see `cargo xtask prove --list`");
    }
    let mut rows = kept();
    let mut failed = Vec::new();
    for part in PARTS.iter().filter(|part| only.is_empty() || only.iter().any(|name| name == part.name)) {
        println!("\n== {}: {}", part.name, part.claim);
        let start = Instant::now();
        let result = (part.run)(seconds);
        if let Err(error) = &result {
            eprintln!("== {} does not hold: {error:#}", part.name);
            failed.push(part.name);
        }
        rows.retain(|row| row["part"] != part.name);
        rows.push(row(part, result, start.elapsed().as_secs())?);
    }
    rows.sort_by_key(|row| PARTS.iter().position(|part| row["part"] == part.name));
    fs::write(target().join("proof.json"), format!("{:#}\n", json!(rows)))?;
    let sheet = sheet(&rows);
    fs::write(target().join("proof.md"), &sheet)?;
    println!("\n{sheet}");
    if failed.is_empty() { Ok(()) } else { bail!("these do not hold: {}", failed.join(", ")) }
}

/// The rows of earlier runs.
fn kept() -> Vec<Value> {
    let text = fs::read_to_string(target().join("proof.json")).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

fn row(part: &Part, result: Result<Figure>, seconds: u64) -> Result<Value> {
    let changed = says("git", &["status", "--porcelain"]).is_some();
    let commit = says("git", &["rev-parse", "--short", "HEAD"]).unwrap_or_default();
    let (holds, figure) = match result {
        Ok(figure) => (true, figure),
        Err(error) => {
            let command = format!("cargo xtask prove --only {}", part.name);
            (false, Figure { text: format!("DOES NOT HOLD: {error:#}"), command, data: Value::Null })
        }
    };
    Ok(json!({
        "part": part.name, "claim": part.claim, "method": part.method, "holds": holds, "figure": figure.text,
        "command": figure.command, "data": figure.data, "seconds": seconds,
        "time": SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs(),
        "commit": if changed { format!("{commit}, with changes") } else { commit },
    }))
}

fn sheet(rows: &[Value]) -> String {
    let mut text = String::from(
        "# Proof sheet\n\nMade by `cargo xtask prove`.\n\n| Claim | Method | Figure | Command | Date | Commit |\n|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let cell = |name: &str| row[name].as_str().unwrap_or_default().replace('|', "\\|");
        let day = date(row["time"].as_u64().unwrap_or_default());
        let _ = writeln!(
            text,
            "| {} | {} | {} | `{}` | {day} | {} |",
            cell("claim"),
            cell("method"),
            cell("figure"),
            cell("command"),
            cell("commit")
        );
    }
    text
}

fn date(seconds: u64) -> String {
    says("date", &["-u", "-d", &format!("@{seconds}"), "+%F"])
        .or_else(|| says("date", &["-u", "-r", &seconds.to_string(), "+%F"]))
        .unwrap_or_else(|| seconds.to_string())
}

fn fuzz(seconds: u64) -> Result<Figure> {
    let seconds = seconds.to_string();
    let arguments = ["run", "--release", "--quiet", "--package", "idvkit-fuzz", "--", "--json", "--seconds", &seconds];
    let rows = json_lines(&output(&arguments, &[])?);
    let runs: u64 = rows.iter().filter_map(|row| row["runs"].as_u64()).sum();
    if rows.is_empty() {
        bail!("no target ran");
    }
    let text = format!("{} inputs in {} targets, 0 failures", thousands(runs), rows.len());
    Ok(Figure { text, command: format!("cargo xtask prove --only fuzz --seconds {seconds}"), data: json!(rows) })
}

fn model(_: u64) -> Result<Figure> {
    let arguments = ["test", "--workspace", "--test", "driver", "model", "--", "--nocapture", "--test-threads", "1"];
    let printed = output(&arguments, &[])?;
    let total: u64 = printed.lines().filter_map(|line| after(line, "states: ")).sum();
    if total == 0 {
        bail!("the model did not say how many states it reached");
    }
    let text = format!("{} states, 0 violations", thousands(total));
    Ok(Figure { text, command: "cargo xtask prove --only model".into(), data: json!({"states": total}) })
}

fn ecmascript(_: u64) -> Result<Figure> {
    let texts = "300000"; // each also with one character changed
    let arguments = ["test", "--workspace", "--test", "ecmascript_node", "agrees_with_node", "--", "--nocapture"];
    let printed = output(&arguments, &[("IDVKIT_ECMASCRIPT_CASES", texts)])?;
    if printed.contains("SKIPPED") {
        bail!("there is no `node` on this machine");
    }
    let same = printed.lines().find_map(|line| after(line, "agrees with node: ")).context("nothing was compared")?;
    let text = format!("600,000 texts, 0 differences; {} of them have a form", thousands(same));
    Ok(Figure { text, command: "cargo xtask prove --only ecmascript".into(), data: json!({"forms": same}) })
}

fn constant_time(_: u64) -> Result<Figure> {
    let samples = "1000000";
    let arguments =
        ["bench", "--quiet", "--package", "idvkit-benches", "--bench", "constant_time", "--", "--samples", samples];
    let rows = json_lines(&output(&arguments, &[])?);
    let t = |row: &Value| row["t"].as_f64().unwrap_or(f64::NAN).abs();
    let (planted, ours): (Vec<&Value>, Vec<&Value>) = rows.iter().partition(|row| row["comparison"] == "planted leak");
    let worst = ours.iter().map(|row| t(row)).fold(0.0, f64::max);
    let found = planted.first().map(|row| t(row)).context("no leak was planted")?;
    if ours.len() < 4 || worst >= 4.5 || found < 10.0 {
        bail!("|t| is at most {worst} and {found} for the planted leak; run it again on a quiet machine");
    }
    let text = format!("|t| ≤ {worst} over {samples} samples of each; planted leak: {found}");
    Ok(Figure { text, command: "cargo xtask prove --only time".into(), data: json!(rows) })
}

fn privacy(_: u64) -> Result<Figure> {
    let printed = output(&["test", "--workspace", "--test", "redaction", "--test", "forget"], &[])?;
    let tests: u64 = printed.lines().filter_map(|line| after(line, "test result: ok. ")).sum();
    let text = format!("{tests} tests, found 0");
    Ok(Figure { text, command: "cargo xtask prove --only privacy".into(), data: json!({"tests": tests}) })
}

fn bare(_: u64) -> Result<Figure> {
    let end = no_std::prove()?;
    Ok(Figure { text: end.to_string(), command: "cargo xtask prove --only targets".into(), data: Value::Null })
}

/// What a cargo command prints on its standard output; its messages go where ours go.
fn output(arguments: &[&str], variables: &[(&str, &str)]) -> Result<String> {
    let mut command: Command = cargo(arguments);
    let output = command.envs(variables.iter().copied()).stderr(std::process::Stdio::inherit()).output()?;
    let printed = String::from_utf8(output.stdout)?;
    if !output.status.success() {
        print!("{printed}");
        bail!("`cargo {}` ended with {}", arguments.join(" "), output.status);
    }
    Ok(printed)
}

fn json_lines(text: &str) -> Vec<Value> {
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The number after these words.
fn after(line: &str, words: &str) -> Option<u64> {
    let (_, rest) = line.split_once(words)?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// A number as people read it: 1 234 567 as `1,234,567`.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_and_written() {
        assert_eq!(after("Reached { states: 2041, approved: 7 }", "states: "), Some(2041));
        assert_eq!(after("nothing", "states: "), None);
        assert_eq!(
            ["1", "999", "1000", "1234567"].map(|text| thousands(text.parse().unwrap_or(0))),
            ["1", "999", "1,000", "1,234,567"]
        );
    }

    #[test]
    fn a_row_has_its_date_and_command() {
        let rows =
            [json!({"claim": "a | b", "method": "m", "figure": "3", "command": "c", "time": 0, "commit": "abc"})];
        assert!(sheet(&rows).contains("| a \\| b | m | 3 | `c` | 1970-01-01 | abc |"));
    }

    #[test]
    fn an_unknown_part_is_an_error() {
        assert!(run(&["nonsense".into()], 1).is_err());
    }
}
