//! Signicat Assure as an I/O-free state machine.
#![no_std]
#![forbid(unsafe_code)]
