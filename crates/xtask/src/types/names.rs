//! What documentation calls by its Rust name, and what another language calls it.

use super::{
    model::{Kind, Type, capitalised},
    python::class_name,
};

/// Pairs of code in Rust and in the other language.
pub(super) struct Names(Vec<(String, String)>);

impl Names {
    /// Variants are classes, words are members of an enumeration.
    pub(super) fn python(types: &[Type]) -> Self {
        Self::of(types, class_name, |choice, word| format!("{choice}.{}", word.to_uppercase()))
    }

    /// Variants are objects with a `type`, or made by a function; words are texts.
    pub(super) fn typescript(types: &[Type]) -> Self {
        let variant = |choice: &str, tag: &str| match types.iter().find(|one| one.name == choice) {
            Some(Type { sealed: true, .. }) => {
                let (first, rest) = tag.split_once('_').unwrap_or((tag, ""));
                format!("{choice}.{first}{}", rest.split('_').map(capitalised).collect::<String>())
            }
            _ => format!("{{ type: \"{tag}\" }}"),
        };
        Self::of(types, variant, |_, word| format!("\"{word}\""))
    }

    pub(super) fn translate(&self, text: String) -> String {
        self.0.iter().fold(text, |text, (rust, other)| text.replace(rust, other))
    }

    fn of(types: &[Type], variant: impl Fn(&str, &str) -> String, word: impl Fn(&str, &str) -> String) -> Self {
        let mut names = Vec::new();
        for one in types {
            let mut put = |tag: &str, other: String| {
                let rust: String = tag.split('_').map(capitalised).collect();
                names.push((format!("`{}.{rust}`", one.name), format!("`{other}`")));
            };
            match &one.kind {
                Kind::Choice(variants) => variants.iter().for_each(|it| put(&it.tag, variant(&one.name, &it.tag))),
                Kind::Words(words) => words.iter().for_each(|(it, _)| put(it, word(&one.name, it))),
                Kind::Record(_) | Kind::Alias(_) | Kind::Codes(_) => {}
            }
        }
        Self(names)
    }
}
