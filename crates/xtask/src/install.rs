//! What README.md says of installing, done to the letter: in an empty folder beside a folder `idvkit`, and then a user is verified.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    node, python,
    step::{self, End, root, run, target},
};

pub(crate) fn test() -> Result<End> {
    if cfg!(windows) {
        return Ok(End::Skipped("the commands are for a POSIX shell".into()));
    }
    let readme = fs::read_to_string(root().join("README.md"))?;
    let mut without = Vec::new();
    in_rust(&commands(&readme, "Rust, ")?)?;
    if python::interpreter().is_some() {
        in_python(&commands(&readme, "Python, ")?)?;
    } else {
        without.push("Python (it is absent)".to_owned());
    }
    if node::version().is_some() {
        in_node(&commands(&readme, "Node.js, ")?)?;
    } else {
        without.push("Node.js (it is absent)".to_owned());
    }
    fs::remove_dir_all(env::temp_dir().join("idvkit-install"))?;
    Ok(End::but(without))
}

/// The two commands that follow a line that begins so.
fn commands(readme: &str, begin: &str) -> Result<Vec<String>> {
    let (_, section) = readme.split_once("\n## Install it\n").context("README.md does not say how to install it")?;
    let mut lines = section.lines().skip_while(|line| !line.starts_with(begin)).skip(2);
    let commands: Vec<String> = lines.by_ref().map_while(|line| line.strip_prefix("    ")).map(str::to_owned).collect();
    if commands.len() != 2 {
        bail!("README.md has {} commands under `{begin}`, and should have two", commands.len());
    }
    Ok(commands)
}

/// The README of the crate, as a program of the shop.
fn in_rust(commands: &[String]) -> Result<()> {
    let shop = empty("rust")?;
    shell(&shop, commands, &[])?;
    let readme = fs::read_to_string(root().join("crates/idvkit/README.md"))?;
    let code = readme
        .split("```")
        .nth(1)
        .and_then(|block| block.strip_prefix("rust\n"))
        .context("the crate has an example")?;
    let main = "\nfn main() {\n    println!(\"{:?}\", first_request(&std::array::from_fn(|at| at as u8), UnixMillis(1_767_225_600_000)));\n}\n";
    fs::write(shop.join("src/main.rs"), format!("{code}{main}"))?;
    // The versions that everything else is tested with; what the shop does not need of them is left out.
    fs::copy(root().join("Cargo.lock"), shop.join("Cargo.lock"))?;
    says_in(&shop, &format!("CARGO_TARGET_DIR='{}' cargo run --quiet", target().join("install").display()), "Ok(())")
}

/// The quick start, which verifies a user of the sandbox.
fn in_python(commands: &[String]) -> Result<()> {
    let shop = empty("python")?;
    let python = python::environment(&shop.join("venv"), true)?;
    let path = env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect::<Vec<_>>();
    let own = python.parent().context("an interpreter lies in a folder")?.to_path_buf();
    let path = env::join_paths([own].into_iter().chain(path))?;
    shell(&shop, commands, &[("PATH", &path)])?;
    fs::copy(root().join("bindings/python/examples/quick_start.py"), shop.join("quick_start.py"))?;
    says_in(&shop, "venv/bin/python quick_start.py", "Decided(decision=Decision.APPROVED)")
}

/// The same in Node.js.
fn in_node(commands: &[String]) -> Result<()> {
    let shop = empty("node")?;
    shell(&shop, commands, &[])?;
    fs::copy(root().join("bindings/node/examples/quick-start.mjs"), shop.join("quick-start.mjs"))?;
    says_in(&shop, "node quick-start.mjs", "approved")
}

/// An empty folder beside the checkout, which is there by the name `idvkit`. It lies outside the workspace, which would take it in.
fn empty(language: &str) -> Result<PathBuf> {
    let place = env::temp_dir().join("idvkit-install").join(language);
    node::fresh(&place)?;
    link(&root(), &place.join("idvkit"))?;
    let shop = place.join("shop");
    fs::create_dir(&shop)?;
    Ok(shop)
}

#[cfg(unix)]
fn link(to: &Path, from: &Path) -> Result<()> {
    Ok(std::os::unix::fs::symlink(to, from)?)
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> Result<()> {
    bail!("no links on this system")
}

fn shell(folder: &Path, commands: &[String], more: &[(&str, &std::ffi::OsString)]) -> Result<()> {
    println!("in an empty folder: {}", commands.join("\n                    "));
    let mut shell = Command::new("sh");
    shell.arg("-ec").arg(commands.join("\n")).current_dir(folder).envs(more.iter().copied());
    // As from a terminal of its own, and not from within cargo.
    run(step::plain(&mut shell).env_remove("CARGO")).context("what README.md says does not work")
}

fn says_in(folder: &Path, command: &str, wanted: &str) -> Result<()> {
    let output = Command::new("sh").arg("-ec").arg(command).current_dir(folder).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !said.contains(wanted) {
        bail!("`{command}` says {said}{}, and should say {wanted}", String::from_utf8_lossy(&output.stderr));
    }
    println!("{command}: {}", said.trim_end());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_found_where_the_readme_has_them() {
        let readme = "x\n## Install it\n\nPython, 3:\n\n    a\n    b\n\nRust, 1:\n\n    c\n";
        assert_eq!(commands(readme, "Python, ").unwrap(), ["a", "b"]);
        assert!(commands(readme, "Rust, ").unwrap_err().to_string().contains("1 commands"));
        let whole = fs::read_to_string(root().join("README.md")).unwrap();
        for begin in ["Rust, ", "Python, ", "Node.js, "] {
            assert_eq!(commands(&whole, begin).unwrap().len(), 2);
        }
    }
}
