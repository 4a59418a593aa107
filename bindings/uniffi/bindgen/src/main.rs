//! uniffi's generator: `cargo xtask kotlin` and `cargo xtask swift` run it.

fn main() {
    uniffi::uniffi_bindgen_main();
}
