//! Whole Attestr flows, driven by the bytes that the provider would send.
#![allow(clippy::unwrap_used, reason = "a test fails on it")]

mod account;
mod completed;
mod journey;
mod non_pass;
mod random;
mod run;
mod vectors;
mod webhook;
