//! The providers' side: a sandbox in real time, steered over HTTP like any other server.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use idvkit::UnixMillis;
use idvkit_sandbox::Config;
use serde_json::{Value, json};

use crate::demo::{cast::casts, stage::Places};

/// A running sandbox, in this process or another.
pub(super) struct Providers {
    base: String,
    http: reqwest::Client,
    /// How far its clock is ahead of the system's, in milliseconds.
    ahead: AtomicI64,
}

impl Providers {
    /// Finds a sandbox.
    ///
    /// # Errors
    /// If there is none, or its clock stands still.
    pub(super) async fn at(base: &str) -> Result<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_mins(1)).build()?;
        let base = base.trim_end_matches('/').to_owned();
        let found = Self { base, http, ahead: AtomicI64::new(0) };
        let none =
            || format!("--sandbox: there is none at {}; start one with `idvkit sandbox --real-time`", found.base);
        let settings = found.settings().await.with_context(none)?;
        let real = settings.real_time;
        ensure!(real, "--sandbox: its clock stands still; start it with `idvkit sandbox --real-time`");
        found.read_clock().await?;
        Ok(found)
    }

    /// Sets the dashboards of all providers, so that webhooks come to this merchant.
    ///
    /// # Errors
    /// If the sandbox refuses.
    pub(super) async fn prepare(&self, merchant: &str) -> Result<()> {
        let mut settings = self.settings().await?;
        for cast in casts() {
            let callbacks = callbacks(merchant, cast.provider.as_str());
            (cast.prepare)(&mut settings, &Places { sandbox: &self.base, callbacks: &callbacks, returns: merchant });
        }
        self.steer("settings", &serde_json::to_value(settings)?).await.map(drop)
    }

    /// Such as `http://127.0.0.1:4101`.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// The virtual time, without asking.
    pub(super) fn now(&self) -> UnixMillis {
        UnixMillis(system_millis().saturating_add(self.ahead.load(Ordering::Relaxed)))
    }

    /// Lets so many milliseconds pass, with all that falls due.
    ///
    /// # Errors
    /// If the sandbox cannot be reached.
    pub(super) async fn advance(&self, ms: i64) -> Result<()> {
        let answer = self.steer("clock", &json!({ "advance_ms": ms })).await?;
        self.set_clock(&answer)
    }

    /// Looks at the sandbox's clock, which others may turn as well.
    ///
    /// # Errors
    /// If the sandbox cannot be reached.
    pub(super) async fn read_clock(&self) -> Result<()> {
        let answer = self.http.get(self.url("clock")).send().await.map_err(reqwest::Error::without_url)?;
        self.set_clock(&serde_json::from_str(&answer.text().await?)?)
    }

    /// Posts to the control API.
    ///
    /// # Errors
    /// The sandbox's own sentence if it refuses.
    pub(super) async fn steer(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self.http.post(self.url(path)).body(body.to_string());
        let answer = request.send().await.map_err(reqwest::Error::without_url)?;
        let accepted = answer.status().is_success();
        let value: Value = serde_json::from_str(&answer.text().await?).context("the sandbox did not answer in JSON")?;
        match value["error"].as_str() {
            Some(why) => bail!("the sandbox refuses: {why}"),
            None if accepted => Ok(value),
            None => Err(anyhow!("the sandbox refuses {path}")),
        }
    }

    async fn settings(&self) -> Result<Config> {
        let answer = self.http.get(self.url("settings")).send().await.map_err(reqwest::Error::without_url)?;
        Ok(serde_json::from_str(&answer.text().await?)?)
    }

    fn set_clock(&self, answer: &Value) -> Result<()> {
        let now = answer["now"].as_i64().context("the sandbox does not tell the time")?;
        let ahead = now.saturating_sub(system_millis());
        // A few milliseconds are the way of the answer: following them would make time run back.
        if (ahead - self.ahead.load(Ordering::Relaxed)).abs() > 500 {
            self.ahead.store(ahead, Ordering::Relaxed);
        }
        Ok(())
    }

    fn url(&self, path: &str) -> String {
        format!("{}/_sandbox/{path}", self.base)
    }
}

/// Where the merchant takes a provider's callbacks.
pub(super) fn callbacks(merchant: &str, provider: &str) -> String {
    format!("{merchant}/callback/{provider}")
}

fn system_millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
