//! Whether the time of a comparison tells anything about the secret: Welch's t-test over two classes of inputs, taken in
//! random order (the method of `dudect`), with a comparison that leaks, planted in the same run.
//!
//!     cargo bench --package idvkit-benches --bench constant_time -- --samples 1000000
//!
//! Prints a line of JSON for each comparison. |t| below 4.5 shows no leak; the planted one has to be far above.

use std::{env, hint::black_box, time::Instant};

use idvkit_core::Secret;
use idvkit_signature::{Scheme, any_same, same, same_tag};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::json;

const SECRET: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const SCHEME: Scheme = Scheme::HMAC_SHA256_HEX;
/// So many calls are one sample: a single one is shorter than the clock's tick.
const CALLS: u32 = 16;

fn main() {
    // Other flags are criterion's, in a run of all benches.
    let given = env::args().skip_while(|argument| argument != "--samples").nth(1);
    let samples = given.map_or(100_000, |number| number.parse().expect("--samples takes a number"));
    let secret = Secret::from(SECRET);
    let secrets = [Secret::from(SECRET)];
    let message = [b'm'; 64];
    let tag = SCHEME.sign(&secret, &message).expect("the secret is not empty");
    measure("verify", &tag, samples, |given| SCHEME.verify(&secrets, &message, given).is_ok());
    measure("same", SECRET, samples, |given| same(&secret, given.as_bytes()));
    measure("any_same", SECRET, samples, |given| any_same(&secrets, given.as_bytes()));
    measure("same_tag", &tag, samples, |given| same_tag(&tag, given));
    measure("planted leak", SECRET, samples, |given| leaks(SECRET.as_bytes(), given.as_bytes()));
}

/// Both classes are wrong: one in its first character, one in its last.
fn measure(name: &str, right: &str, samples: u32, compare: impl Fn(&str) -> bool) {
    let wrong = |at: usize| {
        let mut text = right.as_bytes().to_vec();
        text[at] = if text[at] == b'0' { b'1' } else { b'0' };
        String::from_utf8(text).expect("ASCII")
    };
    let classes = [wrong(0), wrong(right.len() - 1)];
    let mut rng = StdRng::seed_from_u64(7);
    // Copied into the same place each time, so that the classes differ in nothing but their characters.
    let mut place = String::with_capacity(right.len());
    let mut times: [Vec<f64>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..samples {
        let class = usize::from(rng.random::<bool>());
        place.clear();
        place.push_str(&classes[class]);
        let start = Instant::now();
        for _ in 0..CALLS {
            black_box(compare(black_box(&place)));
        }
        times[class].push(start.elapsed().as_secs_f64() * 1e9);
    }
    let t = welch(&cropped(times));
    println!("{}", json!({"comparison": name, "samples": samples, "t": (t * 100.0).round() / 100.0}));
}

/// Without the slowest tenth: those were interrupted, whatever their class.
fn cropped(times: [Vec<f64>; 2]) -> [Vec<f64>; 2] {
    let mut all = times.concat();
    all.sort_by(f64::total_cmp);
    let limit = all[all.len() * 9 / 10];
    times.map(|times| times.into_iter().filter(|time| *time <= limit).collect())
}

fn welch(times: &[Vec<f64>; 2]) -> f64 {
    let moments = |times: &[f64]| {
        let count = f64::from(u32::try_from(times.len()).unwrap_or(u32::MAX));
        let mean = times.iter().sum::<f64>() / count;
        let variance = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (mean, variance / count)
    };
    let ((first, spread), (second, other)) = (moments(&times[0]), moments(&times[1]));
    (first - second) / (spread + other).sqrt()
}

/// What no comparison of a secret may be.
#[inline(never)]
fn leaks(expected: &[u8], given: &[u8]) -> bool {
    expected.len() == given.len() && expected.iter().zip(given).all(|(one, other)| black_box(one) == black_box(other))
}
