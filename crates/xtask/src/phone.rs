//! The native libraries of Kotlin and Swift: built, measured, and the sources that call them generated.

use std::{
    env::{
        self,
        consts::{ARCH, DLL_PREFIX, DLL_SUFFIX, OS},
    },
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    facts::documented_in_words,
    step::{cargo, made_for_tests, root, run, says, target},
};

/// The largest library that a phone should carry, in bytes.
const LARGEST: u64 = 1024 * 1024;
/// Android's largest page, as `readelf` prints it.
const PAGE: &str = "0x4000";
/// What Android builds need besides the NDK: target, and the prefix of the NDK's linker.
const ANDROID: (&str, &str) = ("aarch64-linux-android", "aarch64-linux-android24-clang");

/// One of the two native libraries.
pub(crate) struct Library {
    /// The package's name in Kotlin.
    pub(crate) artifact: &'static str,
    /// The module's name in Swift.
    pub(crate) module: &'static str,
    package: &'static str,
    file: &'static str,
    names: &'static str,
    profile: &'static str,
}

/// A phone's is as small as can be and ends with the app on a bug; a server's is fast, and a bug is an exception.
pub(crate) const LIBRARIES: [Library; 2] = [
    Library {
        artifact: "idvkit-client",
        module: "IdvkitClient",
        package: "idvkit-uniffi-client",
        file: "idvkit_client",
        names: "client.toml",
        profile: "phone",
    },
    Library {
        artifact: "idvkit",
        module: "Idvkit",
        package: "idvkit-uniffi",
        file: "idvkit_uniffi",
        names: "server.toml",
        profile: "wheel",
    },
];

/// The folder of the bindings.
pub(crate) fn binding() -> PathBuf {
    root().join("bindings/uniffi")
}

impl Library {
    /// Builds what is shipped, and says how large it is.
    pub(crate) fn build(&self) -> Result<PathBuf> {
        let built = self.build_as(self.profile)?;
        let size = fs::metadata(&built)?.len();
        println!("{}: {} KiB", built.display(), size / 1024);
        if self.profile == "phone" && size > LARGEST {
            bail!("{} is larger than {} KiB", self.file, LARGEST / 1024);
        }
        if OS == "linux" {
            check_alignment(&built)?;
        }
        Ok(built)
    }

    /// Writes the sources in a language. They are read from a library of its own: a stripped one no longer says what it has.
    pub(crate) fn generate(&self, language: &str, folder: &Path) -> Result<()> {
        let library = self.build_as("dev")?;
        let mut generate = Command::new(made_for_tests("--bin", "uniffi-bindgen")?);
        run(generate.arg(language).arg(binding().join(self.names)).arg(folder).arg(library))?;
        put_in_words(folder)
    }

    /// Alone: features that another package wants of a common crate would come in as well.
    fn build_as(&self, profile: &str) -> Result<PathBuf> {
        run(cargo(&["build", "--package", self.package, "--profile", profile]))?;
        let folder = if profile == "dev" { "debug" } else { profile };
        Ok(target().join(folder).join(format!("{DLL_PREFIX}{}{DLL_SUFFIX}", self.file)))
    }
}

/// The generator takes documentation over as it stands in Rust.
fn put_in_words(path: &Path) -> Result<()> {
    if path.is_dir() {
        return fs::read_dir(path)?.try_for_each(|entry| put_in_words(&entry?.path()));
    }
    if path.extension().is_some_and(|extension| extension == "kt" || extension == "swift") {
        fs::write(path, documented_in_words(&fs::read_to_string(path)?))?;
    }
    Ok(())
}

/// Makes a folder, or empties it.
pub(crate) fn fresh(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(fs::create_dir_all(folder)?)
}

/// Builds the app's library for Android where the NDK and the target are.
pub(crate) fn android() -> Result<Option<String>> {
    let (target, linker) = ANDROID;
    let Some(ndk) = ndk() else {
        return Ok(Some("the Android build of the app's library (ANDROID_NDK_HOME is not set)".into()));
    };
    let host = format!("toolchains/llvm/prebuilt/{}-x86_64/bin", if OS == "macos" { "darwin" } else { OS });
    let variable = format!("CARGO_TARGET_{}_LINKER", target.to_uppercase().replace('-', "_"));
    let mut build = cargo(&["build", "--package", "idvkit-uniffi-client", "--profile", "phone", "--target", target]);
    run(build.env(variable, ndk.join(host).join(linker)))
        .with_context(|| format!("the Android build failed; it needs `rustup target add {target}`"))?;
    check_alignment(&crate::step::target().join(target).join("phone/libidvkit_client.so"))?;
    Ok(None)
}

pub(crate) fn ndk() -> Option<PathBuf> {
    env::var_os("ANDROID_NDK_HOME").map(PathBuf::from)
}

/// The name that JNA has for this platform.
pub(crate) fn platform() -> String {
    let system = if OS == "macos" { "darwin" } else { OS }.replace("windows", "win32");
    format!("{system}-{}", ARCH.replace('_', "-"))
}

fn check_alignment(library: &Path) -> Result<()> {
    if says("readelf", &["--version"]).is_none() {
        println!("SKIPPED: there is no `readelf` here, so the alignment was not checked");
        return Ok(());
    }
    let output = Command::new("readelf").args(["--program-headers", "--wide"]).arg(library).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let segments: Vec<&str> = text.lines().filter(|line| line.trim_start().starts_with("LOAD")).collect();
    if segments.is_empty() || !segments.iter().all(|line| line.split_whitespace().last() == Some(PAGE)) {
        bail!("{} has segments that are not aligned to 16 KiB: {segments:?}", library.display());
    }
    println!("its {} segments are aligned to 16 KiB", segments.len());
    Ok(())
}
