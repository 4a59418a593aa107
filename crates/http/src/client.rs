//! The client: one request at a time, exactly as the session asks.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use idvkit::{Header, HttpRequest, Input, Next, Reject, RejectCode, Session, UnixMillis};

use crate::{cache::AnswerCache, store::Store};

/// The largest answer that is read, in bytes. Beyond it, the request counts as failed.
pub const MAX_ANSWER_BYTES: usize = 32 * 1024 * 1024;

/// How often a lost compare-and-swap is tried again before giving up: each loss means that another worker got on.
const MAX_CONFLICTS: u32 = 100;

/// An HTTP client for sessions. Clone it freely: clones share connections and kept tokens.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    cache: Arc<AnswerCache>,
    clock: Arc<dyn Fn() -> UnixMillis + Send + Sync>,
    observer: Arc<dyn Fn(Observed<'_>) + Send + Sync>,
}

/// What a client does, for a timeline, metrics or a recording. `Debug` prints nothing that is secret.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Observed<'a> {
    /// The request is about to be sent.
    Sending {
        /// The request.
        request: &'a HttpRequest,
    },
    /// The session heard the input, and the store holds what became of it.
    Heard {
        /// The input.
        input: &'a Input,
        /// The session after it.
        session: &'a Session,
    },
    /// The session refused the input.
    Refused {
        /// The input.
        input: &'a Input,
        /// Why.
        reject: &'a Reject,
    },
}

impl Client {
    /// A client with TLS by rustls, no redirects and no retries of its own, on the system's clock.
    ///
    /// # Errors
    /// If the TLS roots of the system cannot be loaded.
    pub fn new() -> Result<Self, reqwest::Error> {
        Self::build(builder())
    }

    /// The same without any proxy, for a sandbox on this machine.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn local() -> Result<Self, reqwest::Error> {
        Self::build(builder().no_proxy())
    }

    /// The same client on another clock, for tests with virtual time.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> UnixMillis + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The same client, which tells `observer` all that it does.
    #[must_use]
    pub fn with_observer(mut self, observer: impl Fn(Observed<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Arc::new(observer);
        self
    }

    /// The time on this client's clock.
    pub fn now(&self) -> UnixMillis {
        (self.clock)()
    }

    /// Performs what the session asks until the user, a wait or the end is reached, and says which.
    ///
    /// A request that must not be sent twice is claimed and stored before it is sent (rule 6).
    ///
    /// # Errors
    /// If the store fails, the clock is out of range, or other workers keep winning every swap.
    pub async fn advance<S: Store>(&self, store: &S) -> Result<Next, Error<S::Error>> {
        for _ in 0..MAX_CONFLICTS {
            let session = store.load().await.map_err(Error::Store)?;
            let request = match session.next(self.now()) {
                Next::Send { request } => request,
                other => return Ok(other),
            };
            if !request.idempotent && !self.claim(store, session, &request).await? {
                continue;
            }
            match self.tell(store, self.send(&request).await).await {
                // Another worker's answer came first: ours is not needed.
                Ok(()) => {}
                Err(Error::Reject(reject)) if reject.code() == RejectCode::Stale => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::Conflict)
    }

    /// Tells the stored session something: loads, handles, swaps, and does it again if another worker was first.
    ///
    /// # Errors
    /// [`Error::Reject`] if the session refuses it.
    pub async fn tell<S: Store>(&self, store: &S, input: Input) -> Result<(), Error<S::Error>> {
        for _ in 0..MAX_CONFLICTS {
            let mut session = store.load().await.map_err(Error::Store)?;
            let before = session.revision();
            if let Err(reject) = session.handle(input.clone(), self.now()) {
                (self.observer)(Observed::Refused { input: &input, reject: &reject });
                return Err(Error::Reject(reject));
            }
            if session.revision() == before || store.swap(before, &session).await.map_err(Error::Store)? {
                (self.observer)(Observed::Heard { input: &input, session: &session });
                return Ok(());
            }
        }
        Err(Error::Conflict)
    }

    /// Performs one request and gives the input to handle.
    pub async fn send(&self, request: &HttpRequest) -> Input {
        (self.observer)(Observed::Sending { request });
        let answer = match &request.cache {
            Some(cache) => self.cache.answer(cache, self.now(), self.fetch(request)).await,
            None => self.fetch(request).await,
        };
        let id = request.id.clone();
        match answer {
            Some(Answer { status, headers, body }) => Input::HttpResponse { id, status, headers, body },
            None => Input::HttpFailed { id },
        }
    }

    fn build(builder: reqwest::ClientBuilder) -> Result<Self, reqwest::Error> {
        let http = builder.build()?;
        Ok(Self { http, cache: Arc::default(), clock: Arc::new(system_clock), observer: Arc::new(|_| {}) })
    }

    /// Stores that this worker sends the request; `false` if another was first.
    async fn claim<S: Store>(
        &self,
        store: &S,
        mut session: Session,
        request: &HttpRequest,
    ) -> Result<bool, Error<S::Error>> {
        let before = session.revision();
        let input = Input::Sending { id: request.id.clone() };
        match session.handle(input.clone(), self.now()) {
            Ok(()) => {}
            Err(reject) if matches!(reject.code(), RejectCode::Stale | RejectCode::Claimed) => return Ok(false),
            Err(reject) => return Err(Error::Reject(reject)),
        }
        let first = store.swap(before, &session).await.map_err(Error::Store)?;
        if first {
            (self.observer)(Observed::Heard { input: &input, session: &session });
        }
        Ok(first)
    }

    async fn fetch(&self, request: &HttpRequest) -> Option<Answer> {
        let operation = request.operation.as_str();
        match self.exchange(request).await {
            Ok(answer) => {
                tracing::info!(operation, status = answer.status, "answered");
                Some(answer)
            }
            Err(why) => {
                tracing::warn!(operation, why, "no answer");
                None
            }
        }
    }

    /// Names what went wrong without the client's own text: that holds the URL.
    async fn exchange(&self, request: &HttpRequest) -> Result<Answer, &'static str> {
        let method = reqwest::Method::from_bytes(request.method.as_str().as_bytes()).map_err(|_| "method")?;
        let mut sending =
            self.http.request(method, request.url.as_str()).timeout(Duration::from_millis(request.timeout_ms.into()));
        for header in &request.headers {
            sending = sending.header(header.name.as_str(), header.value.as_str());
        }
        if let Some(body) = &request.body {
            sending = sending.body(body.clone());
        }
        let mut response = sending.send().await.map_err(|error| kind_of(&error))?;
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .filter_map(|(name, value)| Some(Header::new(name.as_str(), value.to_str().ok()?)));
        let headers = headers.collect();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| kind_of(&error))? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err("answer too large");
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body })
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

/// An answer as it came.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<Header>,
    body: Vec<u8>,
}

impl Answer {
    /// `expires_in` of an OAuth 2.0 token answer, in milliseconds.
    pub(crate) fn expires_in_ms(&self) -> Option<i64> {
        #[derive(serde::Deserialize)]
        struct Token {
            expires_in: i64,
        }
        let token: Token = serde_json::from_slice(&self.body).ok()?;
        token.expires_in.checked_mul(1000)
    }
}

/// Why a session could not be driven on.
#[derive(Debug)]
pub enum Error<E> {
    /// The store failed.
    Store(E),
    /// The session refused an input.
    Reject(Reject),
    /// Other workers won every swap.
    Conflict,
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => write!(f, "the session store failed: {error}"),
            Self::Reject(reject) => reject.fmt(f),
            Self::Conflict => f.write_str("other workers kept changing the session; try again"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for Error<E> {}

fn builder() -> reqwest::ClientBuilder {
    let no_redirects = reqwest::redirect::Policy::none();
    reqwest::Client::builder().redirect(no_redirects).retry(reqwest::retry::never()).referer(false)
}

fn kind_of(error: &reqwest::Error) -> &'static str {
    match error {
        error if error.is_timeout() => "time-out",
        error if error.is_connect() => "no connection",
        error if error.is_body() || error.is_decode() => "the answer broke off",
        _ => "the exchange failed",
    }
}

fn system_clock() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
