//! The stand-ins: one folder and one line of the list each.
//!
//! # Adding a stand-in
//! 1. A folder here, of the provider's name in URLs (`snake_case`). Its files, in this order:
//!    * `settings.rs`: what a customer sets at the provider, and every switch for what no document says, with `Default`.
//!    * `script.rs`: how something shall turn out, for what comes next or what exists already.
//!    * `state.rs`: what is kept, what can be due, and the only ways from one state into another.
//!    * `errors.rs`: the provider's error bodies, one of them for faults.
//!    * `api.rs` and more such files: the calls that carry keys.
//!    * `pages.rs`, with `texts.json`: what the user sees.
//!    * `callbacks.rs`: what the provider tells the merchant.
//!    * `routes.rs`: every path with its handler and its operation, named as `operation` of the SDK's requests.
//!    * `control.rs`: its own calls below `/_sandbox/<name>`, their help, and the same as methods of
//!      [`Control`](crate::Control).
//!    * `mod.rs`: a unit struct that is a [`StandIn`]; the compiler names each piece that it lacks.
//! 2. Here, its `pub mod` and its line of the list. The settings member, the script's tag, the saved state, faults,
//!    callbacks, the index page, accounts and help follow from that line.
//! 3. A test below `tests/` that plays the provider's documents step by step.

pub mod attestr;
pub mod biometric_kz;
pub mod jumio;
pub mod signicat;

use crate::stand_in::{Operation, StandIn};

/// Hands the list to a macro. A line: its folder, the stand-in, its settings, its script, and what they are about.
macro_rules! list {
    ($then:ident) => {
        $then! {
            jumio: Jumio, JumioSettings, JumioScript, "Jumio Authentication for Web.";
            attestr: Attestr, AttestrSettings, AttestrScript, "Attestr Flowx.";
            biometric_kz: BiometricKz, BiometricKzSettings, BiometricKzScript, "biometric.kz Flow.";
            signicat: Signicat, SignicatSettings, SignicatScript, "Signicat Assure.";
        }
    };
}
pub(crate) use list;

macro_rules! all {
    ($($folder:ident: $StandIn:ident, $Settings:ident, $Script:ident, $about:literal;)*) => {
        /// All of them, in the order of the list.
        pub(crate) static ALL: &[&dyn StandIn] = &[$(&$folder::$StandIn,)*];
    };
}
list!(all);

/// The stand-in of this name.
pub(crate) fn find(name: &str) -> Option<&'static dyn StandIn> {
    ALL.iter().copied().find(|stand_in| stand_in.name() == name)
}

/// The providers' own hosts, and the folders that stand for them, deeper ones first.
pub(crate) fn hosts() -> impl Iterator<Item = (&'static str, &'static str)> {
    ALL.iter().flat_map(|stand_in| stand_in.hosts()).copied()
}

/// Every operation that the log can show and a fault can strike.
pub(crate) fn operations() -> impl Iterator<Item = Operation> {
    ALL.iter().flat_map(|stand_in| stand_in.routes()).flat_map(|route| route.operations())
}

#[cfg(test)]
mod tests {
    use super::{ALL, operations};
    use crate::stand_in::{Operation, Route};
    use crate::{Config, Script};
    use serde_json::json;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// What the pieces are called by is one name, although the list, the folder and the stand-in each say it.
    #[test]
    fn folder_settings_and_scripts_have_the_stand_ins_name() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/stand_ins");
        let folders =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
        let folders: BTreeSet<String> =
            folders.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
        assert_eq!(folders, ALL.iter().map(|stand_in| stand_in.name().to_owned()).collect());
        let settings = serde_json::to_value(Config::default()).unwrap();
        for name in ALL.iter().map(|stand_in| stand_in.name()) {
            assert!(settings[name].is_object(), "{name}");
            assert!(serde_json::from_value::<Script>(json!({ "provider": name })).is_ok(), "{name}");
        }
    }

    #[test]
    fn whatever_a_stand_in_calls_its_own_begins_with_its_name() {
        for stand_in in ALL {
            let name = stand_in.name();
            let own = stand_in.routes().iter().flat_map(Route::operations).collect::<Vec<_>>();
            assert!(own.iter().any(|operation| operation.keyed), "{name} has calls");
            for operation in own.into_iter().flat_map(Operation::names) {
                assert!(operation.starts_with(&format!("{name}.")), "{operation}");
            }
            for (_, path) in stand_in.places() {
                assert!(path.starts_with(&format!("/{name}/")), "{path}");
            }
            for (call, _) in stand_in.help() {
                assert!(call.contains(&format!("/_sandbox/{name}/")) || call.ends_with("/_sandbox/script"), "{call}");
            }
        }
    }

    #[test]
    fn a_name_is_of_one_kind() {
        let keyed = |wanted: bool| -> BTreeSet<&str> {
            operations().filter(|operation| operation.keyed == wanted).map(|operation| operation.name).collect()
        };
        assert!(keyed(true).is_disjoint(&keyed(false)));
    }
}
