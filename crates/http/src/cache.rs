//! Answers that a request allows to be kept: access tokens, shared by all sessions of an account.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use idvkit::{Cache, UnixMillis};

use crate::client::Answer;

/// A refresh is answered with a token that was fetched less than so many milliseconds ago.
const REFRESH_ONCE_MS: i64 = 5_000;

/// Kept answers by key. While one is being fetched, others with the same key wait for it.
#[derive(Default)]
pub(crate) struct AnswerCache {
    slots: Mutex<HashMap<String, Slot>>,
}

type Slot = Arc<tokio::sync::Mutex<Option<Kept>>>;

struct Kept {
    until: UnixMillis,
    since: UnixMillis,
    answer: Answer,
}

impl AnswerCache {
    /// The kept answer, or the one that `fetch` brings, which is kept if it is a success.
    pub(crate) async fn answer<F>(&self, cache: &Cache, now: UnixMillis, fetch: F) -> Option<Answer>
    where
        F: Future<Output = Option<Answer>>,
    {
        let slot = self.slot(&cache.key);
        let mut kept = slot.lock().await;
        // A refused token makes every waiting session ask for a new one: the first of them fetches it for all.
        let is_new = |kept: &&Kept| cache.refused.is_none() || now.since(kept.since) < REFRESH_ONCE_MS;
        if let Some(kept) = kept.as_ref().filter(|kept| now < kept.until).filter(is_new) {
            return Some(kept.answer.clone());
        }
        *kept = None;
        let answer = fetch.await?;
        if (200..300).contains(&answer.status) {
            let life = answer.expires_in_ms().map_or(cache.max_age_ms, |millis| millis.min(cache.max_age_ms));
            *kept = Some(Kept { until: now.plus(life), since: now, answer: answer.clone() });
        }
        Some(answer)
    }

    fn slot(&self, key: &str) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.entry(key.to_string()).or_default().clone()
    }
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kept({} ms)", self.until.since(self.since))
    }
}
