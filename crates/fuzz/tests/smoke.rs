//! A short run of every target. `cargo run --release --package idvkit-fuzz` runs them as long as you like.

use idvkit_fuzz::{TARGETS, mutate};
use rand::{SeedableRng, rngs::StdRng};

const RUNS: usize = 400;

#[test]
fn every_target_holds_for_its_seeds_and_for_what_is_made_from_them() {
    for target in TARGETS {
        let (seeds, mut rng) = ((target.seeds)(), StdRng::seed_from_u64(1));
        assert!(seeds.len() >= 4, "{} has nothing to begin with", target.name);
        for seed in &seeds {
            (target.run)(seed);
        }
        for _ in 0..RUNS {
            (target.run)(&mutate::input(&seeds, &mut rng));
        }
    }
}

#[test]
fn what_is_made_from_seeds_follows_from_the_number_and_differs() {
    let seeds = (TARGETS[0].seeds)();
    let made = |number| {
        let mut rng = StdRng::seed_from_u64(number);
        (0..50).map(|_| mutate::input(&seeds, &mut rng)).collect::<Vec<_>>()
    };
    assert_eq!(made(1), made(1));
    assert_ne!(made(1), made(2));
    assert!(made(1).iter().filter(|input| seeds.contains(input)).count() < 25);
}
