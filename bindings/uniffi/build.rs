//! Android loads no library whose segments are aligned to less than 16 KiB on devices with pages of that size.

fn main() {
    // Both crates run this, each in its own folder: a file that is not there would count as changed, and link all anew each time.
    println!("cargo::rerun-if-changed=Cargo.toml");
    let system = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if ["android", "linux"].contains(&system.as_str()) {
        println!("cargo::rustc-link-arg-cdylib=-Wl,-z,max-page-size=16384");
    }
}
