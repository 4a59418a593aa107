//! The identity-verification providers behind Assure, one row each (S-F6).

/// What a provider can do.
#[derive(Clone, Copy)]
pub(crate) struct Provider {
    pub(crate) name: &'static str,
    /// The `processType` values; empty: it has none.
    pub(crate) types: &'static [&'static str],
    /// Images may be uploaded through the API (S-13: the latest of three readings).
    pub(crate) direct_upload: bool,
    /// The hosted capture page can run it.
    pub(crate) capture: bool,
}

const PROVIDERS: [Provider; 8] = [
    row("onfido", &["document", "documentSelfie", "documentVideo"], true, true),
    row("signicatpaper", &[], true, true),
    row("signicatpictureid", &["document", "documentSelfie"], true, true),
    row("signicatvideoid", &["substantial", "substantialFullyAuto", "high", "hybrid"], false, true),
    row("eid", &["attended", "unattended", "substantial"], false, true),
    row("readid", &["ready", "sdk"], false, true),
    row("webid", &["accountid", "videoid"], false, true),
    row("facetec", &[], false, false),
];

const fn row(name: &'static str, types: &'static [&'static str], direct_upload: bool, capture: bool) -> Provider {
    Provider { name, types, direct_upload, capture }
}

/// `connect:<method>` is any eID method.
const CONNECT: Provider = row("connect", &[], false, false);

pub(crate) fn find(name: &str) -> Option<Provider> {
    if is_connect(name) {
        return Some(CONNECT);
    }
    PROVIDERS.into_iter().find(|provider| provider.name == name)
}

/// An eID method instead of a provider of document verification.
pub(crate) fn is_connect(name: &str) -> bool {
    name.strip_prefix("connect:").is_some_and(|method| !method.is_empty())
}

/// Whether a process of its own has a page for the user: every eID method, and `webid` (S-F6.7).
pub(crate) fn has_page(name: &str) -> bool {
    is_connect(name) || name == "webid"
}

/// For hints.
pub(crate) fn names() -> String {
    let names: Vec<&str> = PROVIDERS.iter().map(|provider| provider.name).collect();
    format!("{} or connect:<method>", names.join(", "))
}
