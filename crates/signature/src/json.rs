//! JSON text read without loss, and printed the way that some other program would have printed it.
//!
//! A general JSON library's own tree drops what signatures depend on (the spelling of numbers, half surrogate pairs, members that
//! stand twice), so the nodes here hold raw slices of the text. Where they begin and end the library says.

mod print;
mod read;

use alloc::vec::Vec;
use core::{cmp::Ordering, str::Chars};

pub(crate) use print::{Escapes, Spacing, Style, Values, print};
pub(crate) use read::{Members, parse};

/// Arrays and objects inside each other, at most. It bounds the recursion, here and when the tree is printed or dropped.
pub(crate) const MAX_DEPTH: usize = 128;

/// One JSON value, as spelt in the text.
pub(crate) enum Node<'a> {
    /// `true`, `false` or `null`.
    Word(&'a str),
    Number(&'a str),
    Text(Quoted<'a>),
    Array(Vec<Node<'a>>),
    Object(Vec<(Quoted<'a>, Node<'a>)>),
}

/// What stands between the quotes of a JSON string that was found well-formed, escapes included.
#[derive(Clone, Copy)]
pub(crate) struct Quoted<'a> {
    raw: &'a str,
    /// It has no escapes, and so is what it stands for.
    literal: bool,
}

/// One unit of a decoded string. JSON may hold half of a surrogate pair, which is no `char`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Unit {
    Char(char),
    Lone(u16),
}

impl Node<'_> {
    /// Whether two members of one object, at any depth, have the same name once their escapes are read.
    pub(crate) fn has_member_twice(&self) -> bool {
        match self {
            Node::Word(_) | Node::Number(_) | Node::Text(_) => false,
            Node::Array(items) => items.iter().any(Node::has_member_twice),
            Node::Object(members) => {
                let mut names: Vec<Quoted<'_>> = members.iter().map(|(name, _)| *name).collect();
                names.sort_unstable_by(|a, b| a.order(*b));
                names.windows(2).any(|pair| matches!(pair, [a, b] if a.order(*b).is_eq()))
                    || members.iter().any(|(_, value)| value.has_member_twice())
            }
        }
    }
}

impl<'a> Quoted<'a> {
    /// Takes the quotes off a JSON string; `None` if there are none.
    pub(crate) fn strip(string: &'a str) -> Option<Self> {
        string.strip_prefix('"')?.strip_suffix('"').map(Self::new)
    }

    fn new(raw: &'a str) -> Self {
        Self { raw, literal: !raw.contains('\\') }
    }

    /// Whether it stands for exactly this text.
    pub(crate) fn is(self, text: &str) -> bool {
        if self.literal { self.raw == text } else { self.units().eq(text.chars().map(Unit::Char)) }
    }

    fn units(self) -> Units<'a> {
        Units(self.raw.chars())
    }

    fn order(self, other: Self) -> Ordering {
        // The bytes of UTF-8 sort as the characters do.
        if self.literal && other.literal { self.raw.cmp(other.raw) } else { self.units().cmp(other.units()) }
    }
}

struct Units<'a>(Chars<'a>);

impl Iterator for Units<'_> {
    type Item = Unit;

    fn next(&mut self) -> Option<Unit> {
        Some(match self.0.next()? {
            '\\' => self.escape()?,
            plain => Unit::Char(plain),
        })
    }
}

impl<'a> Units<'a> {
    fn escape(&mut self) -> Option<Unit> {
        Some(Unit::Char(match self.0.next()? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.code_unit(),
            itself => itself,
        }))
    }

    fn code_unit(&mut self) -> Option<Unit> {
        let unit = hex4(&mut self.0)?;
        if let Some(scalar) = char::from_u32(unit.into()) {
            return Some(Unit::Char(scalar));
        }
        if let Some((pair, rest)) = self.pair_with(unit) {
            self.0 = rest;
            return Some(Unit::Char(pair));
        }
        Some(Unit::Lone(unit))
    }

    /// The character that `high` and the escape after it stand for together, if they do, and what follows it.
    fn pair_with(&self, high: u16) -> Option<(char, Chars<'a>)> {
        let mut ahead = self.0.clone();
        if ahead.next()? != '\\' || ahead.next()? != 'u' {
            return None;
        }
        let low = hex4(&mut ahead)?;
        let pair = char::decode_utf16([high, low]).next()?.ok()?;
        Some((pair, ahead))
    }
}

fn hex4(chars: &mut Chars<'_>) -> Option<u16> {
    let mut unit = 0;
    for _ in 0..4 {
        unit = unit << 4 | u16::try_from(chars.next()?.to_digit(16)?).ok()?;
    }
    Some(unit)
}
