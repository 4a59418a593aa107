//! Characters that nobody sees, which come along when a number is pasted (B-Q30).

use alloc::{format, string::String};

/// The first character of a text that is not seen, in words, with its place counted from 1; white space of ASCII is seen.
pub(super) fn find(text: &str) -> Option<String> {
    let (at, found) = text.chars().enumerate().find(|(_, character)| name(*character).is_some())?;
    Some(format!("character {} is U+{:04X} ({})", at + 1, u32::from(found), name(found)?))
}

/// What is pasted from messengers, tables and address books, by its Unicode name.
fn name(character: char) -> Option<&'static str> {
    Some(match character {
        '\t' => "tab",
        '\n' | '\r' => "line break",
        '\u{00A0}' => "no-break space",
        '\u{00AD}' => "soft hyphen",
        '\u{2002}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => "typographic space",
        '\u{200B}' => "zero width space",
        '\u{200C}' | '\u{200D}' => "zero width joiner",
        '\u{200E}' | '\u{200F}' | '\u{061C}' => "direction mark",
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => "direction embedding",
        '\u{2060}' => "word joiner",
        '\u{FEFF}' => "byte order mark",
        other if other.is_control() => "control character",
        _ => return None,
    })
}
