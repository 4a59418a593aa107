//! Android loads no library whose segments are aligned to less than 16 KiB on devices with pages of that size.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let system = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if ["android", "linux"].contains(&system.as_str()) {
        println!("cargo::rustc-link-arg-cdylib=-Wl,-z,max-page-size=16384");
    }
}
