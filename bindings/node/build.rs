//! Lets the native module find the functions of Node.js when it is loaded.

fn main() {
    napi_build::setup();
}
