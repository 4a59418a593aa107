//! `cargo xtask setup`: what this machine has, what is skipped for want of the rest, and how to get that.

use anyhow::{Result, bail};

use crate::{kotlin, node, phone, postgres, python, step::says, swift, web};

/// Something that a part of the tests needs. Without it that part is skipped, and the closing table says so.
struct Tool {
    found: Option<String>,
    name: &'static str,
    part: &'static str,
    fix: &'static str,
}

pub(crate) fn run() -> Result<()> {
    let missing: Vec<&str> = [("fmt", "rustfmt"), ("clippy", "clippy")]
        .into_iter()
        .filter(|(command, _)| says("cargo", &[command, "--version"]).is_none())
        .map(|(_, component)| component)
        .collect();
    if !missing.is_empty() {
        bail!("run: rustup component add {}", missing.join(" "));
    }
    let absent: Vec<&str> = tools().iter().filter(|tool| !tool.is_here()).map(|tool| tool.part).collect();
    if absent.is_empty() {
        println!("everything that `cargo xtask test` needs is here");
    } else {
        println!("`cargo xtask test` runs here, and skips: {}", absent.join("; "));
    }
    Ok(())
}

fn tools() -> [Tool; 7] {
    [
        Tool {
            found: python::interpreter(),
            name: "Python 3.9 or later with venv and pip",
            part: "the Python binding, and parsing of the Swift and Dart sources",
            fix: "Debian: apt-get install python3-venv",
        },
        Tool {
            found: node::version(),
            name: "Node.js 20 or later with npm",
            part: "the Node binding, the web element, a Dart VM for the Dart file, and a second opinion on numbers in ECMAScript",
            fix: "https://nodejs.org",
        },
        Tool {
            found: web::set_up(),
            name: "Chromium",
            part: "the web element and the demo site in a browser",
            fix: "Debian: apt-get install chromium",
        },
        Tool {
            found: postgres::set_up(),
            name: "PostgreSQL",
            part: "the hosting kits on PostgreSQL",
            fix: "Debian: apt-get install postgresql",
        },
        Tool {
            found: kotlin::tools(),
            name: "Java 17 or later with Maven",
            part: "the Kotlin binding",
            fix: "Debian: apt-get install openjdk-17-jdk-headless maven",
        },
        Tool {
            found: swift::compiler(),
            name: "Swift",
            part: "compiling and testing the Swift binding",
            fix: "https://swift.org/install",
        },
        Tool {
            found: phone::ndk().map(|folder| format!("Android NDK in {}", folder.display())),
            name: "ANDROID_NDK_HOME",
            part: "the Android build of the app's library",
            fix: "see bindings/uniffi/README.md",
        },
    ]
}

impl Tool {
    /// Whether it is here, which it tells.
    fn is_here(&self) -> bool {
        match &self.found {
            Some(found) => println!("here:   {found}: for {}", self.part),
            None => println!("absent: {}: for {}; {}", self.name, self.part, self.fix),
        }
        self.found.is_some()
    }
}
