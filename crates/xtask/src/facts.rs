//! What code and documents cite: facts of the providers' `PROTOCOL.md`, and rules of `ARCHITECTURE.md`.

use std::{fs, path::PathBuf, sync::LazyLock};

use regex_lite::{Captures, Regex};

use crate::step::root;

/// Each provider's `PROTOCOL.md` with the letter of its facts: that of the first one in it.
static PROTOCOLS: LazyLock<Vec<(char, String)>> = LazyLock::new(|| {
    let first = regex(r"(?m)^(?:#+|\|) ([A-Z])-");
    let letter = |name: &String| {
        let text = fs::read_to_string(root().join(name)).unwrap_or_default();
        first.captures(&text).and_then(|found| found[1].chars().next())
    };
    let names = protocol_crates().into_iter().map(|name| format!("crates/{name}/PROTOCOL.md"));
    names.filter_map(|name| Some((letter(&name)?, name))).collect()
});
static LETTERS: LazyLock<String> = LazyLock::new(|| PROTOCOLS.iter().map(|(letter, _)| *letter).collect());
/// A provider's letter, and a document (`A-GUIDE`), a topic or fact of it (`A-F4`, `A-F4.2`), or a number of another kind
/// (`B-16`, `A-Q1`, `J-V22`). There is no `Z`: `[A-Z0-9]` is a class of characters.
static ID: LazyLock<String> = LazyLock::new(|| format!(r"\b[{}]-(?:[A-Z]{{2,10}}|[A-Y]?\d+(?:\.\d+)?)\b", *LETTERS));
/// `rule 8`, `rules 5, 7 and 8`.
const RULES: &str = r"\b[Rr]ules? \d+(?:(?:, | and | to )\d+)*\b";

/// The folders below `crates` that have a `PROTOCOL.md`, in order of their names.
fn protocol_crates() -> Vec<String> {
    let folders = fs::read_dir(root().join("crates")).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_protocol = |folder: &PathBuf| folder.join("PROTOCOL.md").exists();
    let name = |folder: PathBuf| Some(folder.file_name()?.to_str()?.to_string());
    let mut names: Vec<String> = folders.filter(is_protocol).filter_map(name).collect();
    names.sort();
    names
}

/// Documentation for another language: links and citations lead nowhere there.
pub(crate) fn in_words(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        plain.push_str(before);
        let Some((label, tail)) = after.split_once(']') else {
            plain.push('[');
            rest = after;
            continue;
        };
        plain.push_str(label);
        rest = match tail.strip_prefix('(') {
            Some(target) => after_target(target),
            None => tail,
        };
    }
    plain.push_str(rest);
    uncited(&plain.replace("::", "."))
}

/// A source whose documentation was taken over from Rust as it stands there.
pub(crate) fn documented_in_words(source: &str) -> String {
    static COMMENT: LazyLock<Regex> = LazyLock::new(|| regex(r"(?s)/\*\*.*?\*/"));
    COMMENT.replace_all(source, |found: &Captures<'_>| in_words(&found[0])).into_owned()
}

/// What follows the target of a link, which may itself end in `()`.
fn after_target(target: &str) -> &str {
    let end = target.find("())").map_or_else(|| target.find(')').map(|at| at + 1), |at| Some(at + 3));
    end.map_or("", |end| &target[end..])
}

/// What stands in parentheses loses what it cites. A line that ended before them ends after the sentence's sign.
fn uncited(text: &str) -> String {
    static PARENTHESES: LazyLock<Regex> = LazyLock::new(|| regex(r"(\s*)\(([^()]*)\)([,;:.]?)( ?)"));
    static CITED: LazyLock<Regex> =
        LazyLock::new(|| regex(&format!(r"(?:\s*\b(?:and|to) )?(?:{}|{RULES})[,:;]?\s*", *ID)));
    let shorten = |found: &Captures<'_>| {
        let (space, inner, sign, next) = (&found[1], &found[2], &found[3], &found[4]);
        if !CITED.is_match(inner) {
            return found[0].to_string();
        }
        let rest = CITED.replace_all(inner, "");
        match rest.trim_matches(|c: char| c.is_whitespace() || ",;:*".contains(c)) {
            "" if space.contains('\n') && !next.is_empty() => format!("{sign}{space}"),
            "" => format!("{sign}{next}"),
            rest => format!("{space}({rest}){sign}{next}"),
        }
    };
    PARENTHESES.replace_all(text, shorten).into_owned()
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of this file, which its tests compile")
}

#[cfg(test)]
mod tests {
    use std::{
        collections::{BTreeMap, BTreeSet},
        fs,
        process::Command,
    };

    use regex_lite::Regex;

    use super::{ID, LETTERS, PROTOCOLS, RULES, documented_in_words, in_words, regex};
    use crate::step::root;

    const ARCHITECTURE: &str = "ARCHITECTURE.md";
    /// Pointers to notes that nobody else has, and ids without the provider's letter.
    fn sloppy() -> Regex {
        regex(&format!(r"\b[Ss]eeds? 00\d|\b[Nn]otes? (?:[12]\.\d|[AB]\d)|\((?:SG|[{}])[1-9]\d?[),:;]", *LETTERS))
    }

    /// Each generated file, and the folder with all that its language has.
    const GENERATED: [(&str, &str); 6] = [
        ("bindings/python/python/idvkit/_types.py", "bindings/python/python/"),
        ("bindings/python/python/idvkit/_aliases.py", "bindings/python/python/"),
        ("bindings/python/python/idvkit/config.py", "bindings/python/python/"),
        ("bindings/node/src/types.ts", "bindings/node/src/"),
        ("bindings/node/src/config.ts", "bindings/node/src/"),
        ("bindings/web/src/types.ts", "bindings/web/src/"),
    ];
    const OTHER_LANGUAGES: [&str; 7] = ["py", "pyi", "ts", "mts", "kt", "swift", "dart"];
    /// What HTTP, ECMAScript and the repository call by such names.
    const COMMON: [&str; 6] = ["Authorization", "Basic", "Content-Length", "Host", "JSON.stringify", "PROTOCOL.md"];

    #[test]
    fn what_is_cited_leaves_a_whole_sentence() {
        for (text, expected) in [
            ("Its score (B-16).", "Its score."),
            ("The page stays (rule 8), too (rules 5, 7 and 8).", "The page stays, too."),
            ("An API version (A-F1: v3 is announced).", "An API version (v3 is announced)."),
            ("Half an hour (inferred, B-Q9).", "Half an hour (inferred)."),
            ("Text by default (A-Q2,\ninferred).", "Text by default (inferred)."),
            ("Its documents (A-F6 and A-Q1, inferred).", "Its documents (inferred)."),
            ("Tokens (S-V1 to S-V3, S-FLOWS), and (A-F4.2)\nmore.", "Tokens, and\nmore."),
            ("The files\n(S-V17), and a pass.", "The files,\nand a pass."),
            ("See [`ROUTES`](crate::ROUTES) (S-D7).", "See `ROUTES`."),
            ("Handle [`Input::Erase`] and `Way::Upload`.", "Handle `Input.Erase` and `Way.Upload`."),
            ("RFC 4648 (section 4) has 64 (A to Z …).", "RFC 4648 (section 4) has 64 (A to Z …)."),
        ] {
            assert_eq!(in_words(text), expected);
        }
    }

    #[test]
    fn only_the_comments_of_a_source_change() {
        let source = "/**\n * As sent (A-Q1,\n * inferred): [`Way::Upload`].\n */\nval list = names[0](1) // A-Q1\n";
        let expected = "/**\n * As sent (inferred): `Way.Upload`.\n */\nval list = names[0](1) // A-Q1\n";
        assert_eq!(documented_in_words(source), expected);
    }

    #[test]
    fn each_provider_has_a_letter_of_its_own() {
        assert_eq!(PROTOCOLS.len(), super::protocol_crates().len(), "a PROTOCOL.md without a fact: {:?}", *PROTOCOLS);
        let letters: BTreeSet<char> = LETTERS.chars().collect();
        assert_eq!(letters.len(), PROTOCOLS.len(), "two providers have one letter: {:?}", *PROTOCOLS);
        assert!(!letters.contains(&'Z'), "`Z-` may be no letter of facts: `[A-Z0-9]` is a class of characters");
    }

    #[test]
    fn what_is_cited_is_defined_once() {
        let (mut defined, mut faults) = definitions();
        defined.extend(rules());
        let (id, rules, number, sloppy) = (regex(&ID), regex(RULES), regex(r"\d+"), sloppy());
        for (place, text) in lines(|_| true) {
            let rules = rules.find_iter(&text).flat_map(|found| number.find_iter(found.as_str()));
            let rules = rules.map(|number| format!("rule {}", number.as_str()));
            let cited = id.find_iter(&text).map(|found| found.as_str().to_string()).chain(rules);
            let unknown = cited.filter(|cited| !defined.contains_key(cited));
            faults.extend(unknown.map(|cited| format!("{place}: {cited} is defined nowhere")));
            let forms = sloppy.find_iter(&text).map(|found| found.as_str());
            faults.extend(forms.map(|form| format!("{place}: {form} is no id of a PROTOCOL.md")));
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    #[test]
    fn packages_of_other_languages_cite_nothing() {
        let rust = r"`Debug`|\bOption<|\bVec<|\bSome\(|\]\(crate|&str\b";
        let foreign = regex(&format!("{}|{RULES}|{rust}", *ID));
        let mut faults = Vec::new();
        for (place, text) in lines(is_of_another_language) {
            faults.extend(foreign.find_iter(&text).map(|found| format!("{place}: {}", found.as_str())));
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    #[test]
    fn generated_documentation_names_only_what_its_language_has() {
        let (span, known) = (regex(r"`([^`\n]+)`"), regex(r"^[A-Z]\w+(?:(?:\.|::)\w+)*$"));
        let documentation = regex(r#"(?s)/\*.*?\*/|""".*?""""#);
        let mut faults = Vec::new();
        for (name, folder) in GENERATED {
            let sources: String = texts(|name| name.starts_with(folder)).map(|(_, text)| text).collect();
            let code = documentation.replace_all(&sources, "");
            let has = |word: &str| regex(&format!(r"\b{word}\b")).is_match(&code);
            for (place, text) in lines(|one| one == name) {
                let spans = span.captures_iter(&text).map(|found| found[1].to_string());
                let named = spans.filter(|span| known.is_match(span) && !COMMON.contains(&span.as_str()));
                let missing = named.filter(|name| name.contains("::") || !name.split('.').all(has));
                faults.extend(missing.map(|missing| format!("{place}: {missing}")));
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    /// Facts and where they are defined: a heading, or the first cell of a row. And those that are defined twice.
    fn definitions() -> (BTreeMap<String, String>, Vec<String>) {
        let definition = regex(&format!(r"^(?:#+|\|) ({}) ", *ID));
        let (mut defined, mut faults) = (BTreeMap::new(), Vec::new());
        for (letter, name) in PROTOCOLS.iter() {
            for (line, text) in (1..).zip(read(name).lines()) {
                let Some(found) = definition.captures(text) else { continue };
                let (fact, place) = (found[1].to_string(), format!("{name}:{line}"));
                if !fact.starts_with(*letter) {
                    faults.push(format!("{place}: {fact} belongs to another provider"));
                }
                if let Some(first) = defined.insert(fact, place.clone()) {
                    faults.push(format!("{place}: {} is defined already, at {first}", &found[1]));
                }
            }
        }
        (defined, faults)
    }

    /// The numbered list below the heading `Rules`.
    fn rules() -> BTreeMap<String, String> {
        let text = read(ARCHITECTURE);
        let section = text.split("\n## ").find(|section| section.starts_with("Rules\n")).expect("a section of rules");
        let number = regex(r"^(\d+)\. ");
        let numbers: Vec<String> =
            section.lines().filter_map(|line| Some(number.captures(line)?[1].to_string())).collect();
        let expected: Vec<String> = (1..=numbers.len()).map(|number| number.to_string()).collect();
        assert_eq!(numbers, expected, "{ARCHITECTURE}: the rules are numbered one after the other");
        numbers.into_iter().map(|number| (format!("rule {number}"), ARCHITECTURE.into())).collect()
    }

    fn is_of_another_language(name: &str) -> bool {
        name.starts_with("bindings/") && OTHER_LANGUAGES.contains(&extension(name))
    }

    fn extension(name: &str) -> &str {
        name.rsplit('.').next().unwrap_or_default()
    }

    /// The lines of the files whose names will do, each with its place.
    fn lines(wanted: impl Fn(&str) -> bool) -> impl Iterator<Item = (String, String)> {
        texts(wanted).flat_map(|(name, text)| {
            let lines = (1..).zip(text.lines()).map(|(line, text)| (format!("{name}:{line}"), text.to_string()));
            lines.collect::<Vec<_>>()
        })
    }

    /// The texts of the repository whose names will do: what git knows, and what it is going to be told.
    fn texts(wanted: impl Fn(&str) -> bool) -> impl Iterator<Item = (String, String)> {
        let listing = ["ls-files", "--cached", "--others", "--exclude-standard"];
        let output = Command::new("git").args(listing).current_dir(root()).output().unwrap();
        assert!(output.status.success(), "git lists the files of the repository");
        let names = String::from_utf8(output.stdout).unwrap();
        let names: Vec<String> = names.lines().filter(|name| !is_lock(name) && wanted(name)).map(Into::into).collect();
        names.into_iter().filter_map(|name| {
            let text = fs::read_to_string(root().join(&name)).ok()?;
            Some((name, text))
        })
    }

    fn is_lock(name: &str) -> bool {
        extension(name) == "lock" || name.ends_with("package-lock.json")
    }

    fn read(name: &str) -> String {
        fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}
