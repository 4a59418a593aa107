//! The parts of the `idvkit` program, so that tests can use them.
#![forbid(unsafe_code)]

pub mod demo;
