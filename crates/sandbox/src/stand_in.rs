//! What a stand-in for a provider is: all that the rest of the sandbox asks of one.

use axum::Router;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use axum::routing::MethodRouter;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::body::SHORT;
use crate::world::{Handle, World};

/// A stand-in for one provider. It has no value of its own: what it keeps is its [`State`](Self::State) in the world.
pub(crate) trait StandIn: Sync {
    /// Its part of the configuration.
    type Settings: Clone + Default + Serialize + DeserializeOwned
    where
        Self: Sized;

    /// How something shall turn out, as `/_sandbox/script` takes it.
    type Script: Serialize + DeserializeOwned
    where
        Self: Sized;

    /// All that it keeps, saved and restored with the rest.
    type State: Default + Serialize + DeserializeOwned
    where
        Self: Sized;

    /// What can be due on the clock.
    type Event: Serialize + DeserializeOwned
    where
        Self: Sized;

    /// What the provider's own settings screens would refuse, as one sentence that names the field, the rule and the fix.
    fn check(settings: &Self::Settings) -> Result<(), String>
    where
        Self: Sized;

    /// `false`: what the script names does not exist.
    fn script(world: &mut World, script: Self::Script) -> bool
    where
        Self: Sized;

    /// Lets happen what was due.
    fn on_event(world: &mut World, event: Self::Event)
    where
        Self: Sized;

    /// Drops what was made before this moment.
    fn forget(world: &mut World, before: i64)
    where
        Self: Sized;

    /// Test accounts and keys to copy, one line each.
    fn keys(settings: &Self::Settings) -> Vec<String>
    where
        Self: Sized;

    /// Whom it stands in for, as people say it.
    fn title(&self) -> &'static str;

    /// Its folder in every URL, its member of the settings, and the `provider` of scripts and callback rules.
    fn name(&self) -> &'static str;

    /// The provider's paths, below `/<name>`.
    fn routes(&self) -> Vec<Route>;

    /// An error as the provider writes it, for a fault that was asked for.
    fn error(&self, shared: &Handle, call: &FaultyCall<'_>) -> Response;

    /// What every 401 says, as RFC 9110 wants it: `WWW-Authenticate`. No document of a provider shows the header.
    fn challenge(&self) -> &'static str;

    /// Adds what every answer at this path has, whoever gave it.
    fn headers(&self, _: &World, _: &Uri, _: &mut HeaderMap) {}

    /// Its own calls of the control API, below `/_sandbox/<name>`.
    fn control(&self) -> Router<Handle>;

    /// Those calls, each with one line of help.
    fn help(&self) -> &'static [(&'static str, &'static str)];

    /// What stands in place of which of the provider's addresses: a label and a path.
    fn places(&self) -> &'static [(&'static str, &'static str)];

    /// The provider's own hosts, and the folder that stands for each.
    fn hosts(&self) -> &'static [(&'static str, &'static str)];

    /// Addresses, test accounts and keys, for `/_sandbox/accounts`.
    fn accounts(&self, world: &World) -> Value;

    /// What its pages say: language → key → text, as JSON.
    fn texts(&self) -> &'static str;

    /// Scripts that its pages load, by file name, beside those that all pages have.
    fn page_scripts(&self) -> &'static [(&'static str, &'static str)];
}

/// A path of a provider, and what a call of it is called.
pub(crate) struct Route {
    pub(crate) path: &'static str,
    pub(crate) methods: MethodRouter<Handle>,
    pub(crate) operation: Named,
}

impl Route {
    pub(crate) fn new(operation: Operation, path: &'static str, methods: MethodRouter<Handle>) -> Self {
        Self { path, methods, operation: Named::Always(operation) }
    }

    /// All operations that calls of this path can be.
    pub(crate) fn operations(&self) -> Vec<Operation> {
        match self.operation {
            Named::Always(operation) => vec![operation],
            Named::ByTable { all, .. } => all(),
        }
    }
}

/// Which operation a call is.
#[derive(Clone, Copy)]
pub(crate) enum Named {
    Always(Operation),
    /// A table says so, whose paths are settings.
    ByTable {
        all: fn() -> Vec<Operation>,
        find: fn(&World, &Method, &Uri) -> Option<Operation>,
    },
}

impl Named {
    pub(crate) fn of(self, world: &World, method: &Method, uri: &Uri) -> Option<Operation> {
        match self {
            Self::Always(operation) => Some(operation),
            Self::ByTable { find, .. } => find(world, method, uri),
        }
    }
}

/// What a call asks for: its name in the log, by which faults strike it.
#[derive(Clone, Copy)]
pub(crate) struct Operation {
    /// The SDK's own name, where it has one: `operation` of its requests.
    pub(crate) name: &'static str,
    /// Carries keys, and so never comes from a browser.
    pub(crate) keyed: bool,
    /// In bytes: how long a body may be.
    pub(crate) longest: usize,
    /// Other names of the SDK for the same call.
    also: &'static [&'static str],
}

impl Operation {
    /// A call of the API, which carries keys.
    pub(crate) const fn call(name: &'static str) -> Self {
        Self { name, keyed: true, longest: SHORT, also: &[] }
    }

    /// A page, or what it loads.
    pub(crate) const fn page(name: &'static str) -> Self {
        Self { name, keyed: false, longest: SHORT, also: &[] }
    }

    pub(crate) const fn also(self, names: &'static [&'static str]) -> Self {
        Self { also: names, ..self }
    }

    /// A call that sends pictures.
    pub(crate) const fn long(self, mib: usize) -> Self {
        Self { longest: mib * 1024 * 1024, ..self }
    }

    /// Whether the pattern, a name or the start of one and a `*`, means this operation.
    pub(crate) fn is(self, pattern: &str) -> bool {
        let fits = |name: &str| match pattern.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == pattern,
        };
        self.names().any(fits)
    }

    /// All its names.
    pub(crate) fn names(self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.also.iter().copied())
    }
}

/// A call that shall be answered with an error.
pub(crate) struct FaultyCall<'a> {
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
    pub(crate) status: StatusCode,
    /// The provider's own error code, where it has such codes.
    pub(crate) code: Option<i64>,
}
