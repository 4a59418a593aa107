//! `cargo xtask kotlin`: the Maven modules for a server and for an app, built with their native libraries and tested on the JVM.
//!
//! Maven fetches what it needs by itself; everything is made below `target/kotlin`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{
    phone::{self, LIBRARIES, binding, fresh},
    step::{End, program, root, run, says, target, version},
    web,
};

const MAVEN: &str = if cfg!(windows) { "mvn.cmd" } else { "mvn" };

pub(crate) fn test() -> Result<End> {
    let Some(tools) = tools() else {
        return Ok(End::Skipped("Java 17 or later, or Maven, is absent: nothing was built or tested".into()));
    };
    println!("{tools}");
    let build = prepare()?;
    let without = phone::android()?;
    run(maven(&build, &program()?).arg("verify"))?;
    let mut shop = Command::new("java");
    shop.arg("-cp").arg(fs::read_to_string(build.join("classpath.txt"))?);
    let untried = web::try_shop(shop.args(["VerifyKt", "config.json", "request.json", "session.json", "{port}"]))?;
    Ok(End::but(without.into_iter().chain(untried)))
}

/// Puts both modules into a folder that is a repository.
pub(crate) fn deploy(folder: &Path) -> Result<()> {
    let build = prepare()?;
    let repository = format!("-DaltDeploymentRepository=dist::file://{}", folder.display());
    let mut deploy = maven(&build, &program()?);
    run(deploy.args(["--projects", ".,client,server", "-DskipTests", &repository, "deploy"]))
}

/// Native libraries and generated sources.
fn prepare() -> Result<PathBuf> {
    let build = target().join("kotlin");
    // Maven deletes no class whose source is gone.
    fresh(&build)?;
    for library in LIBRARIES {
        let native = build.join("native").join(library.artifact).join(phone::platform());
        fs::create_dir_all(&native)?;
        let product = library.build()?;
        fs::copy(&product, native.join(product.file_name().context("a library has a name")?))?;
        let sources = build.join("generated").join(library.artifact);
        fs::create_dir_all(&sources)?;
        library.generate("kotlin", &sources)?;
    }
    Ok(build)
}

/// The Java that is here, if it is new enough and Maven is here too.
pub(crate) fn tools() -> Option<String> {
    says(MAVEN, &["--version"])?;
    version("java", 17)
}

fn maven(build: &Path, program: &Path) -> Command {
    let mut maven = Command::new(MAVEN);
    // The two libraries at once; the examples wait for one of them.
    maven.args(["--batch-mode", "--no-transfer-progress", "--threads", "2"]).current_dir(binding().join("kotlin"));
    for (name, place) in [
        ("build", build),
        ("program", program),
        ("vectors", &root().join("crates/vectors/data")),
        ("binding", &binding()),
    ] {
        maven.arg(format!("-Didvkit.{name}={}", place.display()));
    }
    maven
}
