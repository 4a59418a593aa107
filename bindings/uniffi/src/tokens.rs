//! `Tokens`.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use idvkit::{
    HttpRequest, UnixMillis,
    driver::{self, Answer},
};

/// The access tokens that a client keeps for all sessions that need one. `advance` does this by itself.
///
/// For a request with `cache`, wait for your turn with its key; ask `kept`, send the request only if it has nothing, and give
/// the answer to `keep` before the turn ends. So the first of all that wait fetches the token, and the others take it.
#[derive(Default, uniffi::Object)]
#[uniffi::export(Debug)]
pub struct Tokens(Mutex<driver::Tokens>);

#[uniffi::export]
impl Tokens {
    /// None yet.
    #[uniffi::constructor]
    pub fn new() -> Self {
        Self::default()
    }

    /// The answer to this request, if there is one that will do: not run out, and not with the token that was refused.
    pub fn kept(&self, request: HttpRequest, now: UnixMillis) -> Option<Answer> {
        self.lock().kept(&request, now)
    }

    /// Keeps the answer to this request, as far as the request allows it and it holds a token.
    pub fn keep(&self, request: HttpRequest, answer: Answer, now: UnixMillis) {
        self.lock().keep(&request, &answer, now);
    }
}

impl Tokens {
    /// A panic is a bug, so what a poisoned lock holds is as good as before.
    fn lock(&self) -> MutexGuard<'_, driver::Tokens> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lock().fmt(f)
    }
}
