//! The types that the list of providers makes, each with one variant for each provider.

/// Makes everything that knows all providers from their list.
///
/// An entry is the name of the provider's module, its crate, its type, its word in JSON and what it is; and each flow that a
/// request can be for: its type in that crate, its word in JSON and what it is.
macro_rules! providers {
    ($(
        $module:ident = $crate_name:ident, $Provider:ident = $word:literal, $about:literal {
            $($Flow:ident($Request:ident) = $flow:literal, $flow_about:literal,)+
        }
    )+) => {
        $(#[doc = $about] pub use $crate_name as $module;)+

        /// Calls a macro with the names of the providers' modules, for a program that has its own code for each
        /// provider: if it lacks the code for one, it does not compile.
        ///
        /// ```
        /// macro_rules! count {
        ///     ($($module:ident)+) => { [$(stringify!($module),)+].len() };
        /// }
        /// assert_eq!(idvkit::for_each_provider!(count), idvkit::ProviderId::ALL.len());
        /// ```
        #[macro_export]
        macro_rules! for_each_provider {
            ($then:ident) => { $then! { $($module)+ } };
        }

        /// A provider by name. Deliberately exhaustive, so that a host that matches on it must handle a new provider.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum ProviderId {
            $(#[doc = $about] #[serde(rename = $word)] $Provider,)+
        }

        impl ProviderId {
            /// All providers.
            pub const ALL: &'static [Self] = &[$(Self::$Provider,)+];

            /// The provider's stable name, the same text in every language.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$Provider => $word,)+ }
            }

            /// Parses a stable name; `None` if no provider has it.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == word)
            }

            /// The provider of this name.
            ///
            /// # Errors
            /// `provider_unknown`, which lists the known names.
            pub fn named(word: &str) -> Result<Self, Reject> {
                Self::parse(word).ok_or_else(|| {
                    let rule = concat!("there is no such provider; there are", $(" `", $word, "`",)+);
                    Reject::at(RejectCode::ProviderUnknown, "provider", rule)
                })
            }

            /// The provider's name for display.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$Provider => <$module::$Provider as Provider>::TITLE,)+ }
            }

            /// The names of the provider's operations: those of its API, which
            /// [`HttpRequest::operation`](crate::HttpRequest::operation) has, and those on the user's device, which
            /// only faults and tables have.
            pub const fn operations(self) -> &'static [&'static str] {
                match self {
                    $(Self::$Provider => {
                        <<$module::$Provider as Provider>::Operation as idvkit_core::Operation>::NAMES
                    })+
                }
            }

            /// The names of the provider's flows, as the member `flow` of a request has them.
            pub const fn flows(self) -> &'static [&'static str] {
                match self { $(Self::$Provider => &[$($flow,)+],)+ }
            }
        }

        impl fmt::Display for ProviderId {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        /// The configuration of one account. In JSON the member `provider` names the provider.
        #[derive(Clone, Debug, Deserialize)]
        #[serde(tag = "provider")]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[non_exhaustive]
        pub enum Config {
            $(#[doc = $about] #[serde(rename = $word)] $Provider($module::Config),)+
        }

        impl Config {
            /// Parses a configuration from JSON, for example from a secret store.
            ///
            /// # Errors
            /// `config_malformed`, which names the member, the rule and the fix, and never a value.
            pub fn from_json(text: &str) -> Result<Self, Reject> {
                let form = Form {
                    name: "config",
                    code: RejectCode::ConfigMalformed,
                    tag: ("provider", &[$($word,)+]),
                };
                serde_json::from_str(text).map_err(|error| {
                    form.explain(text, &error, |provider, members| match provider {
                        $($word => walk::<$module::Config>(members),)+
                        _ => None,
                    })
                })
            }

            /// The provider of the account.
            pub fn provider(&self) -> ProviderId {
                match self { $(Self::$Provider(_) => ProviderId::$Provider,)+ }
            }
        }

        /// A request for one verification. In JSON the member `flow` names the flow.
        #[derive(Clone, Debug, Deserialize)]
        #[serde(tag = "flow")]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[non_exhaustive]
        pub enum Request {
            $($(#[doc = $flow_about] #[serde(rename = $flow)] $Flow($module::$Request),)+)+
        }

        impl Request {
            /// Parses a request from JSON.
            ///
            /// # Errors
            /// `request_malformed`, which names the member, the rule and the fix, and never a value.
            pub fn from_json(text: &str) -> Result<Self, Reject> {
                let form = Form {
                    name: "request",
                    code: RejectCode::RequestMalformed,
                    tag: ("flow", &[$($($flow,)+)+]),
                };
                serde_json::from_str(text).map_err(|error| {
                    form.explain(text, &error, |flow, members| match flow {
                        $($($flow => walk::<$module::$Request>(members),)+)+
                        _ => None,
                    })
                })
            }

            /// The provider of the flow.
            pub fn provider(&self) -> ProviderId {
                match self { $($(Self::$Flow(_))|+ => ProviderId::$Provider,)+ }
            }
        }

        /// The account as the type of its provider's crate, for what only that provider offers; `None` for an account
        /// of another provider.
        impl Account {
            $(
                #[doc = $about]
                pub fn $module(&self) -> Option<&$module::Account> {
                    match &self.0 {
                        AccountOf::$Provider(account) => Some(account),
                        _ => None,
                    }
                }
            )+
        }

        #[derive(Clone)]
        pub(crate) enum AccountOf {
            $($Provider(Arc<$module::Account>),)+
        }

        impl AccountOf {
            pub(crate) fn new(config: Config) -> Result<Self, Reject> {
                Ok(match config {
                    $(Config::$Provider(config) => Self::$Provider(Arc::new($module::$Provider::account(config)?)),)+
                })
            }

            pub(crate) fn provider(&self) -> ProviderId {
                match self { $(Self::$Provider(_) => ProviderId::$Provider,)+ }
            }

            pub(crate) fn reference_of(&self, input: &Input, now: UnixMillis) -> Result<Option<String>, Reject> {
                match self { $(Self::$Provider(account) => $module::$Provider::reference_of(account, input, now),)+ }
            }

            pub(crate) fn diagnose(&self, body: &[u8], tag: &str) -> Result<Diagnosis, Reject> {
                match self { $(Self::$Provider(account) => $module::$Provider::diagnose(account, body, tag),)+ }
            }
        }

        /// A session, whosever it is.
        #[derive(Clone)]
        pub(crate) enum SessionOf {
            $($Provider(Machine<<$module::$Provider as Provider>::Flow>),)+
        }

        impl SessionOf {
            /// `None` if account and request are of different providers.
            pub(crate) fn open(
                account: &AccountOf,
                request: Request,
                seed: Seed,
                now: UnixMillis,
            ) -> Option<Result<Self, Reject>> {
                Some(match (account, request) {
                    $($((AccountOf::$Provider(account), Request::$Flow(request)) => {
                        $module::$Provider::open(account, request.into(), seed, now).map(Self::$Provider)
                    })+)+
                    _ => return None,
                })
            }

            pub(crate) fn restore(account: &AccountOf, snapshot: &str) -> Result<Self, Reject> {
                match account {
                    $(AccountOf::$Provider(account) => {
                        $module::$Provider::restore(account, snapshot).map(Self::$Provider)
                    })+
                }
            }

            pub(crate) fn provider(&self) -> ProviderId {
                match self { $(Self::$Provider(_) => ProviderId::$Provider,)+ }
            }
        }

        /// The same call on whichever provider's session it is.
        macro_rules! each {
            ($session:expr, $one:ident => $call:expr) => {
                match $session { $(crate::providers::SessionOf::$Provider($one) => $call,)+ }
            };
        }
        pub(crate) use each;

        /// The tables of a provider: error codes with their meaning, locales, browsers, frame sizes, callback
        /// addresses.
        pub fn catalog(provider: ProviderId) -> Catalog {
            match provider { $(ProviderId::$Provider => $module::$Provider::catalog(),)+ }
        }

        /// The languages that a provider's requests take; `None` if it publishes no list.
        pub fn locales(provider: ProviderId) -> Option<&'static LocaleSet> {
            match provider { $(ProviderId::$Provider => $module::$Provider::LOCALES,)+ }
        }

        /// The language to ask this provider for: the first of a user's preferred languages that the provider takes.
        /// `preferred` has the best language first, like `navigator.languages` or an `Accept-Language` header.
        ///
        /// Tags are looked up by RFC 4647, section 3.4: `fr-CA` finds `fr`. `None` if the provider has none of them: leave
        /// `locale` out, and it takes its own default. A provider that publishes no list gets the first that is a tag.
        pub fn best_locale<T: AsRef<str>>(
            provider: ProviderId,
            preferred: impl IntoIterator<Item = T>,
        ) -> Option<String> {
            let preferred: alloc::vec::Vec<T> = preferred.into_iter().collect();
            let preferred: alloc::vec::Vec<&str> = preferred.iter().map(AsRef::as_ref).collect();
            match provider { $(ProviderId::$Provider => $module::$Provider::best_locale(&preferred),)+ }
        }

        /// The calls on a provider's values and documents. In Rust they are functions of the provider's module, such as
        /// [`jumio::url`].
        pub fn values(provider: ProviderId) -> &'static [idvkit_core::values::ValueCall] {
            match provider { $(ProviderId::$Provider => $module::VALUES,)+ }
        }

        /// Makes a call on a provider's values by its name: reads the arguments, and writes the answer. For bindings and
        /// programs that do not know the provider.
        ///
        /// # Errors
        /// [`Failed`].
        #[cfg(feature = "wire")]
        pub fn value<'de, D: Deserializer<'de>, S: Serializer>(
            provider: ProviderId,
            name: &str,
            args: D,
            answer: S,
        ) -> Result<S::Ok, Failed<D::Error, S::Error>> {
            match provider { $(ProviderId::$Provider => $module::value(name, args, answer),)+ }
        }

        /// The calls on a provider's values, as the generators of other languages see them.
        #[cfg(feature = "schema")]
        pub fn value_schemas(
            provider: ProviderId,
            takes: &mut schemars::SchemaGenerator,
            gives: &mut schemars::SchemaGenerator,
        ) -> alloc::vec::Vec<idvkit_core::values::ValueSchema> {
            match provider { $(ProviderId::$Provider => $module::value_schemas(takes, gives),)+ }
        }

        // The word in JSON is the one that the provider's snapshots and operations have.
        $(const _: () = assert!(same($word, <$module::$Provider as Provider>::ID));)+
    };
}

pub(crate) use providers;
