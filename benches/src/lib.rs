//! Figures for idvkit, with peers in the same run. Run `cargo bench -p idvkit-benches`; the library itself is empty.
//!
//! They inform and do not gate: no test depends on a clock.
