//! Verifying beside `ring`, and slicing a signed member out of its body.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use idvkit_core::Secret;
use idvkit_signature::{Scheme, ecmascript, member};
use ring::hmac;

const SECRET: &str = "0123456789abcdef0123456789abcdef0123456789abcdef";
const SCHEME: Scheme = Scheme::HMAC_SHA256_HEX;

fn verify(criterion: &mut Criterion) {
    let secrets = [Secret::from(SECRET)];
    let mut group = criterion.benchmark_group("verify");
    for size in [64, 1024, 16 * 1024, 1024 * 1024] {
        let message = vec![b'a'; size];
        let tag = SCHEME.sign(&secrets[0], &message).expect("the secret is not empty");
        let raw = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), &message);
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_with_input(BenchmarkId::new("idvkit", size), &message, |bencher, message| {
            bencher.iter(|| SCHEME.verify(black_box(&secrets), black_box(message), black_box(&tag)).is_ok());
        });
        // The key is set up per call on both sides: that is what a webhook costs.
        group.bench_with_input(BenchmarkId::new("ring", size), &message, |bencher, message| {
            bencher.iter(|| {
                let key = hmac::Key::new(hmac::HMAC_SHA256, black_box(SECRET.as_bytes()));
                hmac::verify(&key, black_box(message), black_box(raw.as_ref())).is_ok()
            });
        });
    }
    group.finish();
}

fn slice_and_verify(criterion: &mut Criterion) {
    let secrets = [Secret::from(SECRET)];
    let body = result_body(1024);
    let slice = member(&body, "result").expect("the body is JSON").expect("it has a result");
    let tag = SCHEME.sign(&secrets[0], slice).expect("the secret is not empty");
    let mut group = criterion.benchmark_group("result of 1 KiB");
    group.bench_function("verify", |bencher| {
        bencher.iter(|| SCHEME.verify(&secrets, black_box(slice), &tag).is_ok());
    });
    group.bench_function("slice and verify", |bencher| {
        bencher.iter(|| {
            let slice = member(black_box(&body), "result").ok().flatten();
            slice.is_some_and(|slice| SCHEME.verify(&secrets, slice, &tag).is_ok())
        });
    });
    group.bench_function("ecmascript form", |bencher| bencher.iter(|| ecmascript(black_box(slice)).is_ok()));
    group.finish();
}

/// An Attestr result of about that many bytes.
fn result_body(size: usize) -> Vec<u8> {
    let stage = |number: usize| {
        format!(
            r#""FS0stage{number:04}":{{"input":{{"pan":"ABCPE1234F"}},"output":{{"valid":true,"name":"TEST USER"}}}}"#
        )
    };
    let count = size / (stage(0).len() + 1);
    let stages = (0..count).map(stage).collect::<Vec<_>>().join(",");
    format!(r#"{{"_id":"DS02zfeuv6n4gkq51hvw6","result":{{{stages}}},"resultSignature":"x"}}"#).into_bytes()
}

criterion_group!(benches, verify, slice_and_verify);
criterion_main!(benches);
