//! The npm packages: built, packed, installed into an empty project, and tested there.

use std::{
    env::consts::{ARCH, EXE_SUFFIX, OS},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    step::{self, End, cargo, root, run, says, target},
    web,
};

const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

pub(crate) fn test() -> Result<End> {
    let Some(version) = version() else {
        return Ok(End::Skipped("Node.js 20 or later, or npm, is absent: nothing was built or tested".into()));
    };
    println!("{version}");
    let packages = pack()?;
    let project = install(&packages)?;
    run(npm(&project, &["exec", "--no", "--", "tsc", "--project", "tsconfig.json"]))
        .context("the types do not check")?;
    let mut tests = Command::new("node");
    tests.args(["--test"]).current_dir(&project).envs([
        ("IDVKIT_VECTORS", root().join("crates/vectors/data")),
        ("IDVKIT_PACKED", target().join("node/packed")),
    ]);
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

/// Builds the packages of this platform and the element's, as they would be published. Only the sandbox's program is the everyday build,
/// which the other tests have made already.
fn pack() -> Result<Vec<PathBuf>> {
    let platform = platform()?;
    let (library, program) = (build()?, step::program()?);
    let work = target().join("node");
    let main = work.join("package");
    copy(
        &root().join("bindings/node"),
        &main,
        &["src", "esm", "package.json", "package-lock.json", "tsconfig.json", "README.md", ".npmrc"],
    )?;
    fs::write(main.join("src/host/shared.json"), shared()?)?;
    tools(&main)?;
    fresh(&main.join("dist"))?; // or a file that is no longer there would be packed
    run(npm(&main, &["run", "build"]))?;
    run(npm(&main, &["exec", "--no", "--", "napi", "create-npm-dirs"]))?;

    let native = main.join("npm").join(&platform);
    let module = native.join(format!("idvkit.{platform}.node"));
    fs::copy(library, &module)?;
    println!("{} holds {} KiB", module.display(), fs::metadata(&module)?.len() / 1024);
    // As `napi pre-publish` does, here only on the one that was built.
    let version = env!("CARGO_PKG_VERSION");
    run(npm(&main, &["pkg", "set", &format!("optionalDependencies.idvkit-{platform}={version}")]))?;

    let sandbox = work.join("sandbox");
    copy(&root().join("bindings/node"), &work, &["sandbox"])?;
    let carried = sandbox.join("program").join(platform.trim_end_matches("-gnu").trim_end_matches("-msvc"));
    fs::create_dir_all(&carried)?;
    fs::copy(program, carried.join(format!("idvkit{EXE_SUFFIX}")))?;

    let packed = work.join("packed");
    fresh(&packed)?;
    for folder in [&native, &main, &sandbox, &web::build()?] {
        let mut pack = npm(folder, &["pack", "--silent", "--pack-destination"]);
        run({
            pack.arg(&packed);
            pack
        })?;
    }
    let entries: std::io::Result<Vec<PathBuf>> = fs::read_dir(&packed)?.map(|entry| Ok(entry?.path())).collect();
    Ok(entries?)
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
fn install(packages: &[PathBuf]) -> Result<PathBuf> {
    let project = target().join("node/package/project");
    fresh(&project)?;
    fs::write(project.join("package.json"), r#"{"private": true, "type": "module"}"#)?;
    let mut install = npm(&project, &["install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]);
    install.args(packages);
    run(install)?;
    let source = root().join("bindings/node");
    copy(&source.join("tests"), &project, &[])?;
    copy(&source, &project, &["examples", "README.md"])?;
    copy(&root().join("benches/node"), &project, &["figures.mjs"])?;
    Ok(project)
}

/// What builds and tests the packages, in the locked versions, unless it is there.
fn tools(package: &Path) -> Result<()> {
    let (lock, there) = (fs::read(package.join("package-lock.json"))?, package.join("node_modules/.lock-of-idvkit"));
    if fs::read(&there).is_ok_and(|kept| kept == lock) {
        return Ok(());
    }
    run(npm(package, &["ci", "--no-audit", "--no-fund", "--loglevel=error"]))?;
    Ok(fs::write(there, lock)?)
}

/// Builds a package and says where its product is.
fn build() -> Result<PathBuf> {
    run(cargo(&["build", "--package", "idvkit-node", "--profile", "wheel"]))?;
    let name = match OS {
        "windows" => "idvkit_node.dll",
        "macos" => "libidvkit_node.dylib",
        _ => "libidvkit_node.so",
    };
    Ok(target().join("wheel").join(name))
}

/// The platform's name at npm.
fn platform() -> Result<String> {
    let arch = if ARCH == "aarch64" { "arm64" } else { "x64" };
    Ok(match OS {
        "linux" => format!("linux-{arch}-gnu"),
        "macos" => format!("darwin-{arch}"),
        "windows" => format!("win32-{arch}-msvc"),
        other => bail!("there is no package layout for {other}"),
    })
}

pub(crate) fn npm(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(NPM);
    command.args(arguments).current_dir(folder);
    command
}

fn fresh(folder: &Path) -> Result<()> {
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
