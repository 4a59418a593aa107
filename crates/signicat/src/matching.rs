//! Comparing two results of one dossier, as Signicat's matching describes it (S-F8).
//!
//! The documents name a threshold but no measure. Ours is the edit distance (Levenshtein) divided by the longer length,
//! in characters (S-D16); it is not claimed to give the vendor's figures.

use alloc::{string::String, vec::Vec};

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// "Above 90 %", in thousandths (S-MATCHING).
pub const PARTIAL_ABOVE_PERMILLE: u32 = 900;
/// Longer values are only compared for equality.
const MAX_CHARS: usize = 256;

/// How two values compare. Deliberately exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// All characters are equal.
    Exact,
    /// One of several names is equal, or more than 90 % of the characters are.
    Partial,
    /// Neither, or there is nothing to compare.
    None,
}

/// Compares two names or other texts.
pub fn match_text(one: &str, other: &str) -> Match {
    let (one, other) = (normalised(one), normalised(other));
    if one.is_empty() || other.is_empty() {
        return Match::None;
    }
    if one == other {
        return Match::Exact;
    }
    let several = one.contains(' ') || other.contains(' ');
    let shares_name = several && one.split(' ').any(|name| other.split(' ').any(|other| name == other));
    if shares_name { Match::Partial } else { by_similarity(&one, &other) }
}

/// Compares two dates in any punctuation, as `YYYYMMDD`.
pub fn match_date(one: &str, other: &str) -> Match {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (one, other) = (digits(one), digits(other));
    match (one.len(), other.len()) {
        (8, 8) if one == other => Match::Exact,
        (8, 8) => by_similarity(&one, &other),
        _ => Match::None,
    }
}

/// How alike two texts are as they stand, in thousandths: 1000 is equal.
pub fn similarity_permille(one: &str, other: &str) -> u32 {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let longest = one.len().max(other.len());
    if one == other {
        return 1000;
    }
    if longest > MAX_CHARS {
        return 0;
    }
    let equal = longest - edit_distance(&one, &other);
    u32::try_from(equal * 1000 / longest).unwrap_or(0)
}

/// In capitals, without diacritics, with single spaces (S-MATCHING). Letters that are not a base with a mark stay: `Ø`.
pub fn normalised(text: &str) -> String {
    let plain: String = text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_uppercase).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn by_similarity(one: &str, other: &str) -> Match {
    if similarity_permille(one, other) > PARTIAL_ABOVE_PERMILLE { Match::Partial } else { Match::None }
}

/// Levenshtein, one row at a time.
fn edit_distance(one: &[char], other: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, a) in one.iter().enumerate() {
        let mut diagonal = line;
        row[0] = line + 1;
        for (column, b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}
