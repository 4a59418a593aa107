//! The target that `IDVKIT_FUZZ_TARGET` names.
#![no_main]

use std::{env, sync::LazyLock};

use idvkit_fuzz::{Target, target};
use libfuzzer_sys::fuzz_target;

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = env::var("IDVKIT_FUZZ_TARGET").unwrap_or_default();
    target(&name).expect("IDVKIT_FUZZ_TARGET names a target: see `cargo run --package idvkit-fuzz -- --list`")
});

fuzz_target!(|data: &[u8]| (TARGET.run)(data));
