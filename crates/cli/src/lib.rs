//! The parts of the `idvkit` program, so that tests can use them.
#![forbid(unsafe_code)]

pub mod check;
pub mod demo;
pub mod doctor;
pub mod hosted;
pub mod providers;
pub mod replay;
pub mod site;
