//! The grammar of RFC 8259 over raw text, as strict as `JSON.parse`.

use alloc::vec::Vec;

use super::{MAX_DEPTH, Node, Quoted};
use crate::slice::SliceError;

/// Reads one JSON text, white space around it allowed.
pub(crate) fn parse(text: &[u8]) -> Result<Node<'_>, SliceError> {
    let text = core::str::from_utf8(text).map_err(|_| SliceError::NotJson)?;
    let mut reader = Reader { text, at: 0 };
    let node = reader.value(0)?;
    reader.space();
    if reader.at == text.len() { Ok(node) } else { Err(SliceError::NotJson) }
}

/// `at` is always on a character boundary: it moves over ASCII one by one, and over other characters only inside a string,
/// up to the next quote.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Result<Node<'a>, SliceError> {
        self.space();
        match self.peek() {
            Some(b'{') => self.object(deeper(depth)?),
            Some(b'[') => self.array(deeper(depth)?),
            Some(b'"') => self.string().map(Node::Text),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Node<'a>, SliceError> {
        self.at += 1;
        let mut members = Vec::new();
        if !self.take_after_space(b'}') {
            loop {
                self.space();
                let key = self.string()?;
                self.expect_after_space(b':')?;
                members.push((key, self.value(depth)?));
                if !self.take_after_space(b',') {
                    break;
                }
            }
            self.expect_after_space(b'}')?;
        }
        Ok(Node::Object(members))
    }

    fn array(&mut self, depth: usize) -> Result<Node<'a>, SliceError> {
        self.at += 1;
        let mut items = Vec::new();
        if !self.take_after_space(b']') {
            loop {
                items.push(self.value(depth)?);
                if !self.take_after_space(b',') {
                    break;
                }
            }
            self.expect_after_space(b']')?;
        }
        Ok(Node::Array(items))
    }

    fn string(&mut self) -> Result<Quoted<'a>, SliceError> {
        self.expect(b'"')?;
        let start = self.at;
        loop {
            match self.peek().ok_or(SliceError::NotJson)? {
                b'"' => break,
                b'\\' => self.escape()?,
                0..0x20 => return Err(SliceError::NotJson),
                _ => self.at += 1,
            }
        }
        let string = Quoted::new(self.since(start)?);
        self.at += 1;
        Ok(string)
    }

    fn escape(&mut self) -> Result<(), SliceError> {
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                let digits = self.text.as_bytes().get(self.at + 1..self.at + 5).ok_or(SliceError::NotJson)?;
                if !digits.iter().all(u8::is_ascii_hexdigit) {
                    return Err(SliceError::NotJson);
                }
                self.at += 5;
            }
            _ => return Err(SliceError::NotJson),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Node<'a>, SliceError> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        self.since(start).map(Node::Number)
    }

    fn digits(&mut self) -> Result<(), SliceError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at > start { Ok(()) } else { Err(SliceError::NotJson) }
    }

    fn word(&mut self) -> Result<Node<'a>, SliceError> {
        let rest = self.text.get(self.at..).ok_or(SliceError::NotJson)?;
        let word =
            ["true", "false", "null"].into_iter().find(|word| rest.starts_with(word)).ok_or(SliceError::NotJson)?;
        self.at += word.len();
        Ok(Node::Word(word))
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn take_after_space(&mut self, byte: u8) -> bool {
        self.space();
        self.take(byte)
    }

    fn expect(&mut self, byte: u8) -> Result<(), SliceError> {
        if self.take(byte) { Ok(()) } else { Err(SliceError::NotJson) }
    }

    fn expect_after_space(&mut self, byte: u8) -> Result<(), SliceError> {
        self.space();
        self.expect(byte)
    }

    fn since(&self, start: usize) -> Result<&'a str, SliceError> {
        self.text.get(start..self.at).ok_or(SliceError::NotJson)
    }
}

fn deeper(depth: usize) -> Result<usize, SliceError> {
    if depth < MAX_DEPTH { Ok(depth + 1) } else { Err(SliceError::TooDeep) }
}
