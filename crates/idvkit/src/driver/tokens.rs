//! The access tokens that a process caches for all its sessions.

use alloc::{collections::BTreeMap, string::String};
use core::fmt;

use idvkit_core::{Answer, Cache, HttpRequest, TokenAnswer, UnixMillis};

/// The cached access tokens of a process: one value for all its drivers, which the host guards with a lock.
///
/// For an `Ask::Exchange` with `exclusive`, take the lock for that key. Then call [`kept`](Self::kept), send the
/// request only if that returns nothing, and pass the answer to [`keep`](Self::keep) before you release the lock. So
/// the first of all that wait fetches the token, and the others use it.
///
/// The tokens are not part of the driver, so that a driver depends only on what it is told and can be replayed.
#[derive(Clone, Default)]
pub struct Tokens(BTreeMap<String, Kept>);

#[derive(Clone)]
struct Kept {
    answer: Answer,
    /// Tells the token from another.
    mark: String,
    since: UnixMillis,
    until: UnixMillis,
}

impl Tokens {
    /// The cached answer to this request, if there is one: its token has not expired, and is not the one that was
    /// refused.
    pub fn kept(&self, request: &HttpRequest, now: UnixMillis) -> Option<Answer> {
        let Cache { key, refused, .. } = request.cache.as_ref()?;
        let kept = self.0.get(key)?;
        // One from the future says that the clock went back: how old it is cannot be known.
        let is_fresh = kept.since <= now && now < kept.until;
        (is_fresh && refused.as_ref() != Some(&kept.mark)).then(|| kept.answer.clone())
    }

    /// Caches the answer to this request if the request allows it and the answer holds a token.
    pub fn keep(&mut self, request: &HttpRequest, answer: &Answer, now: UnixMillis) {
        let Some(Cache { key, max_age_ms, .. }) = &request.cache else { return };
        self.0.remove(key);
        let Some(token) = TokenAnswer::parse(&answer.body).filter(|_| (200..300).contains(&answer.status)) else {
            return;
        };
        let life = token.expires_in_s.map_or(*max_age_ms, |seconds| seconds.saturating_mul(1000).min(*max_age_ms));
        let kept = Kept { answer: answer.clone(), mark: token.mark(), since: now, until: now.plus(life) };
        self.0.insert(key.clone(), kept);
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
