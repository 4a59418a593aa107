//! Which colours and images a locale gets (J-V17): the locale, its language, the account's default, the provider's.

use std::collections::BTreeMap;

use super::settings::{Colours, Images, Portal};
use crate::html::is_colour;

/// The colours for `locale`; `None` means the provider's own.
pub(crate) fn resolve<'a>(portal: &'a Portal, locale: &str) -> Option<&'a Colours> {
    nearest(&portal.colours, locale).or(portal.default_colours.as_ref())
}

/// The images for `locale`, by the same rule.
pub(crate) fn images<'a>(portal: &'a Portal, locale: &str) -> Option<&'a Images> {
    nearest(&portal.images, locale)
}

/// Only hexadecimal colours, so that a setting cannot break out of a style sheet.
pub(crate) fn check(portal: &Portal) -> Result<(), String> {
    let all = portal.colours.values().chain(&portal.default_colours);
    let good = all.into_iter().all(|colours| is_colour(&colours.primary) && is_colour(&colours.secondary));
    if good { Ok(()) } else { Err("jumio.portal colours must look like #1f4e79".into()) }
}

fn nearest<'a, T>(by_locale: &'a BTreeMap<String, T>, locale: &str) -> Option<&'a T> {
    let wanted = folded(locale);
    let language = wanted.split('-').next().unwrap_or_default().to_owned();
    let find = |name: &str| by_locale.iter().find(|(key, _)| folded(key) == name).map(|(_, value)| value);
    find(&wanted).or_else(|| find(&language))
}

/// The portal's text writes `EN_GB` where the API has `en-GB`.
fn folded(locale: &str) -> String {
    locale.to_ascii_lowercase().replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::{Colours, Portal, resolve};

    #[test]
    fn fallback_of_vector_17() {
        let colours = |primary: &str| Colours { primary: primary.into(), secondary: "#000000".into() };
        let mut portal = Portal::default();
        assert_eq!(resolve(&portal, "en-GB"), None);
        portal.default_colours = Some(colours("#000001"));
        assert_eq!(resolve(&portal, "en-GB"), Some(&colours("#000001")));
        portal.colours.insert("en".into(), colours("#000002"));
        assert_eq!(resolve(&portal, "en-GB"), Some(&colours("#000002")));
        portal.colours.insert("EN_GB".into(), colours("#000003"));
        assert_eq!(resolve(&portal, "en-GB"), Some(&colours("#000003")));
        assert_eq!(resolve(&portal, "de"), Some(&colours("#000001")));
    }
}
