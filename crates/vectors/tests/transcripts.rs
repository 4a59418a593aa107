//! Every recorded session once more, restored from its snapshot before every step.

use idvkit_vectors::{Transcript, files, load};

#[test]
fn every_transcript_replays() {
    let files = files("transcripts").unwrap();
    for path in files {
        let transcript: Transcript = load(&path).unwrap();
        assert!(transcript.steps.len() > 1, "{}", path.display());
        if let Err(difference) = transcript.replay() {
            panic!("{}: {difference}", path.display());
        }
    }
}

#[test]
fn a_changed_transcript_does_not() {
    let path = files("transcripts").unwrap().remove(0);
    let transcript: Transcript = load(&path).unwrap();
    let last = transcript.steps.len() - 1;

    let mut other_code = transcript.clone();
    other_code.steps[last].reject = Some("stale_or_so".into());
    assert_eq!(other_code.replay().unwrap_err().member, "reject");

    let mut other_next = transcript.clone();
    other_next.steps[0].next["request"]["method"] = "PUT".into();
    assert_eq!(other_next.replay().unwrap_err().member, "next.request.method");

    let mut other_revision = transcript;
    other_revision.steps[last].revision += 1;
    assert_eq!(other_revision.replay().unwrap_err().step, last);
}

#[test]
fn an_empty_or_missing_folder_is_an_error() {
    assert!(files("no-such-folder").is_err());
}
