//! Inputs made from other inputs, where no fuzzer guides: changed, cut, joined.

use rand::{Rng, RngExt, rngs::StdRng};

/// What JSON, URLs and numbers trip over.
const TOKENS: &[&[u8]] = &[
    b"null",
    b"true",
    b"\"\"",
    b"{}",
    b"[]",
    b"-0",
    b"1e999",
    b"9007199254740993",
    b"\\u0000",
    b"\\ud800",
    b"\xef\xbb\xbf",
    b"\xff",
    b"NaN",
    b"%00",
    b"%2F",
    b"?",
    b"#",
    b"@",
    b"://",
    b"\r\n",
    b"PASSED",
    b"approved",
    b"\"result\":",
    b"https://",
];

/// A new input: a seed with up to eight changes, or two seeds joined.
pub fn input(seeds: &[Vec<u8>], rng: &mut StdRng) -> Vec<u8> {
    let mut one = pick(seeds, rng).clone();
    if rng.random_ratio(1, 8) {
        let other = pick(seeds, rng);
        let (cut, from) = (rng.random_range(0..=one.len()), rng.random_range(0..=other.len()));
        one.truncate(cut);
        one.extend_from_slice(&other[from..]);
    }
    for _ in 0..rng.random_range(0..=8) {
        change(&mut one, rng);
    }
    one
}

fn change(bytes: &mut Vec<u8>, rng: &mut StdRng) {
    let at = rng.random_range(0..=bytes.len());
    match rng.random_range(0..7) {
        0 | 1 if at < bytes.len() => bytes[at] = rng.random(),
        2 if at < bytes.len() => bytes[at] ^= 1 << rng.random_range(0..8),
        3 => {
            let end = (at + rng.random_range(0..=16)).min(bytes.len());
            bytes.drain(at..end);
        }
        4 => {
            let token = TOKENS[rng.random_range(0..TOKENS.len())];
            bytes.splice(at..at, token.iter().copied());
        }
        5 => {
            let end = (at + rng.random_range(0..=64)).min(bytes.len());
            let again = bytes[at..end].to_vec();
            bytes.splice(at..at, again);
        }
        _ => {
            let mut tail = vec![0; rng.random_range(0..=32)];
            rng.fill_bytes(&mut tail);
            bytes.extend_from_slice(&tail);
        }
    }
}

fn pick<'a>(seeds: &'a [Vec<u8>], rng: &mut StdRng) -> &'a Vec<u8> {
    &seeds[rng.random_range(0..seeds.len())]
}
