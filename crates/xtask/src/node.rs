//! The npm packages: built, packed, installed into an empty project, and tested there.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    platforms::{Build, Platform},
    step::{self, End, root, run, says, target},
    versions::CURRENT,
    web,
};

/// The largest program of the sandbox that is still a small download, in bytes.
const LARGEST_SANDBOX: u64 = 10 << 20;
const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

pub(crate) fn test() -> Result<End> {
    let Some(version) = version() else {
        return Ok(End::Skipped("Node.js 20 or later, or npm, is absent: nothing was built or tested".into()));
    };
    println!("{version}");
    let packed = step::built_before().map_or_else(pack, |folder| Ok(folder.join("npm")))?;
    let project = install(&packed)?;
    run(npm(&project, &["exec", "--no", "--", "tsc", "--project", "tsconfig.json"]))
        .context("the types do not check")?;
    let mut tests = Command::new("node");
    tests
        .args(["--test"])
        .current_dir(&project)
        .envs([("IDVKIT_VECTORS", root().join("crates/vectors/data")), ("IDVKIT_PACKED", packed)]);
    run(tests)?;
    let mut figures = Command::new("node");
    run(figures.arg("figures.mjs").current_dir(&project))?;
    let mut shop = Command::new("node");
    shop.env("IDVKIT_SHOP_KIT", "1").arg(project.join("examples/express.mjs"));
    Ok(End::but(web::try_shop(&shop)?))
}

/// The Node.js that is here, if it is new enough and has npm.
pub(crate) fn version() -> Option<String> {
    Some(format!("Node.js {}, npm {}", step::version("node", 20)?, says(NPM, &["--version"])?))
}

/// Builds the packages of this platform and the element's, as they would be published.
fn pack() -> Result<PathBuf> {
    let build = Build::EveryDay(Platform::here()?);
    let packed = work().join("packed");
    fresh(&packed)?;
    let platforms = [build.platform()];
    pack_whole(&platforms, &packed)?;
    for carrier in [carry_module(build)?, carry_sandbox(build)?] {
        pack_folder(&carrier, &packed)?;
    }
    Ok(packed)
}

/// Packs what is the same on every platform: `idvkit`, `idvkit-sandbox`, and the element. They name the packages of these platforms.
pub(crate) fn pack_whole(platforms: &[Platform], packed: &Path) -> Result<()> {
    let main = compile()?;
    // As `napi pre-publish` does, here only on those that are built.
    depend(&main, platforms.iter().map(|one| format!("idvkit-{}", one.npm)))?;
    copy(&root().join("bindings/node"), &work(), &["sandbox"])?;
    let sandbox = work().join("sandbox");
    depend(&sandbox, platforms.iter().map(|one| carrier_of_sandbox(*one)))?;
    [main, sandbox, web::build()?].iter().try_for_each(|folder| pack_folder(folder, packed))
}

/// The package with the native module for one platform.
pub(crate) fn carry_module(build: Build) -> Result<PathBuf> {
    let platform = build.platform();
    run(build.cargo_library(&["--package", "idvkit-node"]))?;
    let main = compile()?;
    run(npm(&main, &["exec", "--no", "--", "napi", "create-npm-dirs"]))?;
    let carrier = main.join("npm").join(platform.npm);
    run(npm(&carrier, &["pkg", "set", "files[]=LICENSE-*"]))?;
    let module = carrier.join(format!("idvkit.{}.node", platform.npm));
    fs::copy(build.products().join(platform.library("idvkit_node")), &module)?;
    println!("{} holds {} KiB", module.display(), fs::metadata(&module)?.len() / 1024);
    Ok(carrier)
}

/// The package with the sandbox's program for one platform.
pub(crate) fn carry_sandbox(build: Build) -> Result<PathBuf> {
    let platform = build.platform();
    let name = carrier_of_sandbox(platform);
    let carrier = work().join(&name);
    fresh(&carrier.join("bin"))?;
    let program = carrier.join(format!("bin/idvkit-sandbox{}", platform.ending()));
    fs::copy(sandbox_program(build)?, &program)?;
    println!("{name} holds {} KiB", fs::metadata(&program)?.len() / 1024);
    let names: Vec<&str> = platform.npm.split('-').collect();
    let manifest = serde_json::json!({
        "name": name, "version": CURRENT, "license": "MIT OR Apache-2.0",
        "description": "The program of idvkit-sandbox for one platform", "os": [names[0]], "cpu": [names[1]],
        "engines": { "node": ">=20" }, "files": ["bin", "LICENSE-*"], "preferUnplugged": true,
    });
    fs::write(carrier.join("package.json"), format!("{manifest:#}"))?;
    Ok(carrier)
}

/// On Linux one program runs with either C library, because what is released holds its own.
fn carrier_of_sandbox(platform: Platform) -> String {
    let names: Vec<&str> = platform.npm.split('-').take(2).collect();
    format!("idvkit-sandbox-{}", names.join("-"))
}

/// The sandbox alone, as small as can be: the very program that maturin builds for the wheel.
pub(crate) fn sandbox_program(build: Build) -> Result<PathBuf> {
    run(build.cargo(&["--package", "idvkit-sandbox", "--features", "program", "--bin", "idvkit-sandbox"]))?;
    let program = build.products().join(format!("idvkit-sandbox{}", build.platform().ending()));
    let size = fs::metadata(&program)?.len();
    if size > LARGEST_SANDBOX {
        bail!("{} is larger than {} KiB", program.display(), LARGEST_SANDBOX / 1024);
    }
    Ok(program)
}

/// The package `idvkit`, compiled.
fn compile() -> Result<PathBuf> {
    let main = work().join("package");
    copy(
        &root().join("bindings/node"),
        &main,
        &["src", "esm", "package.json", "package-lock.json", "tsconfig.json", "README.md", ".npmrc"],
    )?;
    fs::write(main.join("src/host/shared.json"), shared()?)?;
    tools(&main)?;
    fresh(&main.join("dist"))?; // or a file that is no longer there would be packed
    run(npm(&main, &["run", "build"]))?;
    Ok(main)
}

/// Has a package depend on others where they can be installed.
fn depend(package: &Path, names: impl Iterator<Item = String>) -> Result<()> {
    let wanted = names.map(|name| format!("optionalDependencies.{name}={CURRENT}"));
    run(npm(package, &["pkg", "set"]).args(wanted))
}

/// Packs a package, with its licences.
pub(crate) fn pack_folder(folder: &Path, packed: &Path) -> Result<()> {
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        fs::copy(root().join(licence), folder.join(licence))?;
    }
    run(npm(folder, &["pack", "--silent", "--pack-destination"]).arg(packed))
}

fn work() -> PathBuf {
    target().join("node")
}

/// What the hosting kit of every language has in common, as one module: it is then there in whatever bundle.
fn shared() -> Result<String> {
    let host = root().join("crates/host");
    let text = |path: &Path| fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()));
    let mut schema = Vec::new();
    while let Ok(sql) = fs::read_to_string(host.join(format!("schema/{}.sql", schema.len() + 1))) {
        schema.push(sql);
    }
    let mut element = serde_json::Map::new();
    for name in web::kept()? {
        element.insert(name.clone(), text(&root().join(web::KEPT).join(&name))?.into());
    }
    let openapi: serde_json::Value = serde_json::from_str(&text(&host.join("openapi.json"))?)?;
    let page = text(&host.join("page.html"))?;
    let all = serde_json::json!({ "schema": schema, "openapi": openapi, "page": page, "element": element });
    Ok(serde_json::to_string(&all)?)
}

/// An empty project with nothing but the packed packages, the tests and the examples. It lies below the package, where it finds
/// the tools.
fn install(packed: &Path) -> Result<PathBuf> {
    let project = target().join("node/package/project");
    fresh(&project)?;
    fs::write(project.join("package.json"), r#"{"private": true, "type": "module"}"#)?;
    let mut install = npm(&project, &["install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]);
    let platform = Platform::here()?;
    let modules = ["idvkit".into(), "idvkit-sandbox".into(), "idvkit-web".into(), format!("idvkit-{}", platform.npm)];
    let names = modules.into_iter().chain([carrier_of_sandbox(platform)]);
    install.args(names.map(|name| packed.join(format!("{name}-{CURRENT}.tgz"))));
    run(install)?;
    let source = root().join("bindings/node");
    copy(&source.join("tests"), &project, &[])?;
    copy(&source, &project, &["examples", "README.md"])?;
    copy(&root().join("benches/node"), &project, &["figures.mjs", "peers-of-values.mjs"])?;
    Ok(project)
}

/// What builds and tests the packages, in the locked versions, unless it is there.
pub(crate) fn tools(package: &Path) -> Result<()> {
    let (lock, there) = (fs::read(package.join("package-lock.json"))?, package.join("node_modules/.lock-of-idvkit"));
    if fs::read(&there).is_ok_and(|kept| kept == lock) {
        return Ok(());
    }
    run(npm(package, &["ci", "--no-audit", "--no-fund", "--loglevel=error"]))?;
    Ok(fs::write(there, lock)?)
}

pub(crate) fn npm(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(NPM);
    command.args(arguments).current_dir(folder);
    command
}

pub(crate) fn fresh(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(fs::create_dir_all(folder)?)
}

/// Copies the named entries of a folder, or all of them. What was installed or built there before stays.
pub(crate) fn copy(from: &Path, to: &Path, names: &[&str]) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if !names.is_empty() && !names.iter().any(|wanted| name == *wanted) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fresh(&to.join(&name))?;
            copy(&entry.path(), &to.join(&name), &[])?;
        } else {
            fs::copy(entry.path(), to.join(&name))?;
        }
    }
    Ok(())
}
