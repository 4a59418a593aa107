//! Fuzz targets: what must hold for any bytes that a provider, a page, a store or a configuration may hold.
//!
//! A target is a function of bytes that panics where a promise is broken. The same targets run in three ways:
//!
//! * with every `cargo test`: a short run of each, with inputs made from the vectors;
//! * `cargo run --release --package idvkit-fuzz -- --seconds 60`: as long as you like, on a stable toolchain;
//! * `libfuzzer/`: guided by coverage, on a nightly toolchain.
#![forbid(unsafe_code)]
#![allow(clippy::missing_panics_doc, reason = "a target panics where a promise is broken")]

mod answers;
mod cases;
pub mod mutate;
mod texts;
mod values;
mod walk;

/// A target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name on a command line.
    pub name: &'static str,
    /// What it holds idvkit to.
    pub about: &'static str,
    /// Runs it once.
    pub run: fn(&[u8]),
    /// Inputs to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All targets.
pub const TARGETS: &[Target] = &[
    Target {
        name: "answers",
        about: "any answer to any request of a recorded session: a refusal changes nothing, what is stored is restored",
        run: answers::run,
        seeds: answers::seeds,
    },
    Target {
        name: "callbacks",
        about: "any callback or redirect: it decides nothing",
        run: answers::callback,
        seeds: answers::callbacks,
    },
    Target {
        name: "configs",
        about: "any configuration: accepted or refused, and no value of it is printed",
        run: texts::config,
        seeds: texts::configs,
    },
    Target {
        name: "ecmascript",
        about: "any JSON in the ECMAScript form: the form of a form is itself",
        run: texts::ecmascript,
        seeds: texts::bodies,
    },
    Target {
        name: "plans",
        about: "any plan and its row: what a driver stores is restored",
        run: texts::plan,
        seeds: texts::requests,
    },
    Target {
        name: "read",
        about: "any journey and anything that a page saw: a hint has at most its size",
        run: texts::read,
        seeds: texts::journeys,
    },
    Target { name: "requests", about: "any request: opened or refused", run: texts::request, seeds: texts::requests },
    Target {
        name: "restore",
        about: "any snapshot: refused, or harmless",
        run: texts::restore,
        seeds: texts::snapshots,
    },
    Target {
        name: "session",
        about: "recorded sessions with changed, repeated, lost and foreign inputs: no verdict but from an answer, few requests, small snapshots",
        run: walk::run,
        seeds: walk::seeds,
    },
    Target {
        name: "signed_member",
        about: "any body: what is cut out stands in it",
        run: texts::signed_member,
        seeds: texts::bodies,
    },
    Target {
        name: "values",
        about: "any argument of any call on values: an answer or a reject, alike each time",
        run: values::run,
        seeds: values::seeds,
    },
];

/// The target with this name.
pub fn target(name: &str) -> Option<Target> {
    TARGETS.iter().find(|target| target.name == name).copied()
}
