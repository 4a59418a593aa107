//! The settings of the sandbox. Every behaviour that no provider's document states is a field here, marked "invention".

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::address::{self, Links};
use crate::stand_in::StandIn;
use crate::stand_ins;

macro_rules! config {
    ($($folder:ident: $StandIn:ident, $Settings:ident, $Script:ident, $about:literal;)*) => {
        /// All settings of the sandbox: the content of `--config file.json`, in `snake_case`. Every member is optional.
        #[derive(Clone, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Config {
            /// The number from which every id, token and one-time code follows, together with the order of requests.
            pub seed: u64,
            /// The address to listen on. Port 0 takes a free port.
            pub listen: SocketAddr,
            /// Under which URL others reach it, where that is not where it listens: behind a port of a container, a tunnel, a
            /// proxy. Links begin with it.
            pub public_url: Option<String>,
            /// The same for single hosts of the providers: `{"netverify.com": "https://jumio.tunnel.example"}`. What is
            /// called there by a URL without a path needs no folder.
            pub public_hosts: BTreeMap<String, String>,
            /// Which address links begin with. None: `public_url`; without one what the client called, if the sandbox listens
            /// on all addresses (0.0.0.0) or the client speaks TLS; otherwise where it listens.
            pub links: Option<Links>,
            /// Where to listen for TLS as well, with a certificate that is made at the start: for localhost, the names and
            /// addresses by which containers and emulators know this machine, `public_url`, and the providers' own hosts.
            pub tls: Option<SocketAddr>,
            /// The file that this certificate is written to, for clients to trust. None: one in the system's folder for
            /// temporary files.
            pub certificate: Option<PathBuf>,
            /// The first time on the virtual clock, in Unix milliseconds. Fixed by default, so that runs repeat
            /// exactly.
            pub start_at: i64,
            /// Whether the clock follows the system clock. If not, it stands still until it is advanced.
            pub real_time: bool,
            /// How long transactions, handshakes, sessions and dossiers are kept after they were created, in virtual
            /// milliseconds, for a sandbox that runs for long. None: they are kept for ever.
            pub forget_after_ms: Option<i64>,
            /// How many requests and how many deliveries the logs keep; the oldest are dropped first.
            pub log_limit: usize,
            /// How long a client may take to send the head of a request, and again its body, in real milliseconds.
            pub request_timeout_ms: u64,
            /// How long the clock waits for the answer of a callback's receiver, in real milliseconds. After that the
            /// clock goes on, and further callbacks to this receiver wait until it answers or its time is over.
            pub receiver_wait_ms: u64,
            /// Callback URLs to redirect to another receiver, from the beginning of a URL to its replacement, for
            /// example `{"https://www.example.com": "http://127.0.0.1:8000"}`. So a local receiver works with URLs that
            /// follow the providers' rules.
            pub reroute: BTreeMap<String, String>,
            /// Public hosts that callbacks may be sent to; `*` is any. Callbacks to others are recorded and not sent: samples
            /// name hosts that belong to somebody.
            pub callback_hosts: Vec<String>,
            $(#[doc = $about] pub $folder: stand_ins::$folder::$Settings,)*
        }

        impl Default for Config {
            fn default() -> Self {
                Self {
                    seed: 1,
                    listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
                    public_url: None,
                    public_hosts: BTreeMap::new(),
                    links: None,
                    tls: None,
                    certificate: None,
                    start_at: 1_767_225_600_000, // 2026-01-01T00:00:00Z
                    real_time: false,
                    forget_after_ms: None,
                    log_limit: 10_000,
                    request_timeout_ms: 30_000,
                    receiver_wait_ms: 2_000,
                    reroute: BTreeMap::new(),
                    callback_hosts: Vec::new(),
                    $($folder: Default::default(),)*
                }
            }
        }

        impl Config {
            /// Test accounts and keys to copy: a label and the value.
            pub fn keys(&self) -> Vec<(&'static str, String)> {
                let mut keys = Vec::new();
                $(for key in stand_ins::$folder::$StandIn::keys(&self.$folder) {
                    keys.push((stand_ins::$folder::$StandIn.title(), key));
                })*
                keys
            }

            fn check_stand_ins(&self) -> Result<(), String> {
                $(stand_ins::$folder::$StandIn::check(&self.$folder)?;)*
                Ok(())
            }
        }
    };
}
stand_ins::list!(config);

impl Config {
    /// Parses a configuration file.
    ///
    /// # Errors
    /// One sentence if the text is not JSON, has an unknown member, or is refused by [`Config::check`].
    pub fn from_json(text: &str) -> Result<Self, String> {
        let config: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        config.check()?;
        Ok(config)
    }

    /// Checks the settings by the rules of the providers' own settings screens.
    ///
    /// # Errors
    /// One sentence that names the field, the rule and the fix.
    pub fn check(&self) -> Result<(), String> {
        if !(1_577_836_800_000..=7_258_118_400_000).contains(&self.start_at) {
            return Err("start_at must be Unix milliseconds between the years 2020 and 2200".into());
        }
        if self.forget_after_ms.is_some_and(|after| after < 60_000) {
            return Err("forget_after_ms must be a minute (60000) or more: nothing could be finished in less".into());
        }
        address::check(self)?;
        self.check_stand_ins()
    }

    /// This configuration with `patch` merged in as RFC 7396 describes: objects merge, `null` removes, all else replaces.
    ///
    /// # Errors
    /// One sentence if the result is no configuration, or is refused by [`Config::check`].
    pub fn patched(&self, patch: &Value) -> Result<Self, String> {
        let mut value = serde_json::to_value(self).map_err(|error| error.to_string())?;
        merge(&mut value, patch);
        let config: Self = serde_json::from_value(value).map_err(|error| error.to_string())?;
        config.check()?;
        Ok(config)
    }
}

/// How callbacks and webhooks are sent. No document states any of these numbers (J-D8, A-Q9): all are inventions.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeliveryPolicy {
    /// Invention: how long the receiver may take to answer, in real milliseconds.
    pub timeout_ms: u64,
    /// Invention: how long to wait before each further attempt, in virtual milliseconds. An empty list means no further
    /// attempts.
    pub retry_after_ms: Vec<i64>,
    /// Invention: the time between the event and the first attempt, in virtual milliseconds.
    pub delay_ms: i64,
}

impl Default for DeliveryPolicy {
    fn default() -> Self {
        Self { timeout_ms: 10_000, retry_after_ms: vec![60_000, 300_000, 900_000], delay_ms: 0 }
    }
}

fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    if let Value::Object(target) = target {
        for (name, value) in patch {
            if value.is_null() {
                target.remove(name);
            } else {
                merge(target.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
    }
}
