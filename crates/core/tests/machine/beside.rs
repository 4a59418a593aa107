//! A long answer is stored beside the snapshot, once, and not read again at every step.

use base64::{Engine, engine::general_purpose::STANDARD};
use idvkit_core::{
    AtProvider, Erasure, Input, Next,
    machine::{Digest, Machine},
};

use crate::{APPROVED, Run, Toys, live, toy::ToyFlow};

const MAX_INLINE: usize = 16 * 1024;

/// An answer of that many bytes.
fn answer(status: &str, bytes: usize) -> String {
    let body = |filler: &str| format!(r#"{{"id":"t-1","status":"{status}","filler":"{filler}"}}"#);
    body(&"x".repeat(bytes - body("").len()))
}

fn decided(bytes: usize) -> (Run, String) {
    let mut run = live();
    run.call_back("t-1");
    let body = answer("passed", bytes);
    run.answer("toy.look", 200, &body);
    assert_eq!(run.outcome(), APPROVED);
    (run, body)
}

fn restored(run: &Run, snapshot: &str) -> Machine<ToyFlow> {
    Machine::restore(run.account.clone(), snapshot).unwrap()
}

#[test]
fn an_answer_of_16_kib_is_part_of_the_snapshot() {
    let (run, body) = decided(MAX_INLINE);
    assert_eq!((run.session.digests(), run.session.blobs()), (vec![], vec![]));
    let session = restored(&run, &run.session.snapshot());
    assert_eq!((session.evidence().unwrap().raw, session.missing()), (body.into_bytes(), vec![]));
}

#[test]
fn a_longer_one_is_stored_beside_it() {
    for bytes in [MAX_INLINE + 1, 30 * 1024 * 1024] {
        let (run, body) = decided(bytes);
        let digest = Digest::of(body.as_bytes()).as_str().to_owned();
        let snapshot = run.session.snapshot();
        assert!(snapshot.len() < 2_000, "{} bytes", snapshot.len());
        assert_eq!(run.session.digests(), [digest.as_str()]);
        assert_eq!(run.session.blobs()[0].bytes, body.as_bytes());
        assert_eq!(run.session.evidence().unwrap().raw, body.as_bytes());

        // Whoever looks at it later says so.
        let mut session = restored(&run, &snapshot);
        assert_eq!((session.evidence(), session.missing()), (None, vec![digest.clone()]));
        assert!(matches!(session.next(run.now), Next::Done { .. }), "nothing else needs it");
        assert!(!session.supply(b"something else".to_vec()));
        assert!(session.supply(body.clone().into_bytes()));
        assert_eq!((session.evidence(), session.missing()), (run.session.evidence(), vec![]));
        assert_eq!(session.snapshot(), snapshot);
    }
}

#[test]
fn an_erasure_drops_it() {
    let (mut run, _) = decided(MAX_INLINE + 1);
    run.tell(Input::Erase { at_provider: false }).unwrap();
    assert_eq!((run.session.digests(), run.session.blobs(), run.session.evidence()), (vec![], vec![], None));
    let erasure = Some(Erasure { at_provider: AtProvider::NotAsked });
    assert_eq!(run.ask(), Next::Done { outcome: APPROVED, erasure });
}

/// The first snapshots hold such an answer themselves. It is put beside with the next change.
#[test]
fn a_snapshot_that_holds_a_long_answer_itself_is_restored() {
    let (run, body) = decided(MAX_INLINE + 1);
    let digest = &run.session.digests()[0];
    let member = format!(r#""raw_digest":"{digest}""#);
    let old = run.session.snapshot().replace(&member, &format!(r#""raw":"{}""#, STANDARD.encode(&body)));
    let session = restored(&run, &old);
    assert_eq!(session.evidence(), run.session.evidence());
    assert_eq!((session.digests(), session.blobs()), (run.session.digests(), run.session.blobs()));
    assert_eq!(session.snapshot(), run.session.snapshot());
    // Both at once has no version written.
    let both = run.session.snapshot().replace(&member, &format!(r#"{member},"raw":"{}""#, STANDARD.encode(&body)));
    let refused = Machine::<ToyFlow>::restore(run.account.clone(), &both).unwrap_err();
    assert_eq!(refused.code(), "snapshot_malformed");
}
