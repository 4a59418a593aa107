//! Whatever a journey says and a page saw: no panic, and a hint only of the allowed size.
#![no_main]

use idvkit_core::{Hint, Journey, MAX_HINT_BYTES, Seen, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|texts: (&str, &str, &str)| {
    let (journey, place, data) = texts;
    let _ = Hint::parse(data, "j");
    let Ok(journey) = Journey::from_json(journey) else { return };
    for seen in [
        Seen::Navigation { url: place.into() },
        Seen::Message { origin: place.into(), data: data.into() },
        Seen::Event { name: place.into(), data: data.into() },
        Seen::Closed,
    ] {
        let hint = read(&journey, &seen);
        assert!(hint.is_none_or(|text| text.len() <= MAX_HINT_BYTES || journey.id.len() > 1024));
    }
});
