//! The result as text, and its signature. Text and not a map, because every byte of it is signed.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

/// A JSON object whose members keep their order; values are JSON texts.
pub(crate) fn object<'a>(members: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let members: Vec<String> = members.into_iter().map(|(name, value)| format!("{}:{value}", text(name))).collect();
    format!("{{{}}}", members.join(","))
}

/// A JSON string: only what must be escaped is escaped, as `JSON.stringify` does it.
pub(crate) fn text(text: &str) -> String {
    Value::from(text).to_string()
}

/// HMAC-SHA256 over the compact text, keyed with the secret as text (A-Q1, A-Q2: inferred), in lower-case hex.
pub(crate) fn sign(secret: &str, message: &str) -> String {
    match Hmac::<Sha256>::new_from_slice(secret.as_bytes()) {
        Ok(mut mac) => {
            mac.update(message.as_bytes());
            hex::encode(mac.finalize().into_bytes())
        }
        // HMAC takes keys of every length; the type cannot say so.
        Err(_) => String::new(),
    }
}

/// A signature of the same shape that is wrong.
pub(crate) fn spoilt(signature: &str) -> String {
    let (start, last) = signature.split_at(signature.len().saturating_sub(1));
    format!("{start}{}", if last == "0" { "1" } else { "0" })
}

/// The same JSON with white space, for testing who re-reads what was signed.
pub(crate) fn pretty(compact: &str) -> String {
    let (mut out, mut depth, mut in_string, mut escaped) = (String::new(), 0_usize, false, false);
    for c in compact.chars() {
        if in_string {
            out.push(c);
            (escaped, in_string) = (c == '\\' && !escaped, c != '"' || escaped);
            continue;
        }
        match c {
            '{' | '[' => {
                depth += 1;
                out.push(c);
                new_line(&mut out, depth);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            _ => {
                in_string = c == '"';
                out.push(c);
            }
        }
    }
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
}

#[cfg(test)]
mod tests {
    use super::{pretty, sign, text};

    const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn vectors_of_the_notes() {
        let pan =
            r#"{"FS02zfeuv3tcnkq2mond2":{"input":{"pan":"ABCPE1234F"},"output":{"valid":true,"name":"TEST USER"}}}"#;
        assert_eq!(sign(KEY, pan), "bf28662c9af57b01a1041dab828a4ffaae0686af93da6e5c638a164eddb80731");
        assert_eq!(sign(KEY, "{}"), "399ca4d8387065e0e340da1ad836cdffa359e054509cfc37a9ed55aa9b2e6cc2");
        assert_eq!(sign(KEY, "null"), "e72a5d3dcb41f4796bbf3cacc5ff898ed203be02431ee164c6ad29db1e233625");
        let name =
            format!(r#"{{"FS1":{{"input":{{"name":{},"n":1,"big":1e+21}},"output":{{"a":null}}}}}}"#, text("जाँच/ñ"));
        assert_eq!(sign(KEY, &name), "6bd98f49c6d5c722b48f45c317a5013f6c5dc1df232b1e73de5a1fdb8416746d");
    }

    #[test]
    fn pretty_changes_nothing_but_white_space() {
        let compact = r#"{"a":"x,\"{:}\\","b":[1,{"c":null}]}"#;
        let spaced = pretty(compact);
        assert!(spaced.contains("\n  \"b\": ["));
        let value: serde_json::Value = serde_json::from_str(&spaced).unwrap();
        assert_eq!(value, serde_json::from_str::<serde_json::Value>(compact).unwrap());
    }
}
