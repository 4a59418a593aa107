//! Debian's packages.

use std::process::{Command, Stdio};

use crate::step::{run, says};

/// Installs a package, if this is such a machine and we may.
pub(crate) fn install(name: &str, package: &str) -> Option<()> {
    if says("id", &["-u"])? != "0" {
        return None;
    }
    says("apt-get", &["--version"])?;
    println!("installing {name} from the system's packages");
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
        run(command)
    };
    apt(&["update"]).and_then(|()| apt(&["install", "--yes", package])).ok()
}
