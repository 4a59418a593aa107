//! Ids as they are compared and handed out.

use alloc::string::{String, ToString};

/// The canonical form of an id: a UUID in lower case, as RFC 9562 writes it; any other id unchanged.
pub fn one_form(id: &str) -> String {
    if is_uuid(id) { id.to_ascii_lowercase() } else { id.to_string() }
}

fn is_uuid(text: &str) -> bool {
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_hexdigit());
    text.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && text.split('-').all(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_uuids_lose_their_case() {
        for (id, form) in [
            ("2D9CE1AB-64B6-4C3B-9E0B-8D3D6DA9D7A4", "2d9ce1ab-64b6-4c3b-9e0b-8d3d6da9d7a4"),
            ("2d9ce1ab-64b6-4c3b-9e0b-8d3d6da9d7a4", "2d9ce1ab-64b6-4c3b-9e0b-8d3d6da9d7a4"),
            ("2D9CE1AB64B64C3B9E0B8D3D6DA9D7A4", "2D9CE1AB64B64C3B9E0B8D3D6DA9D7A4"),
            ("2D9CE1AG-64B6-4C3B-9E0B-8D3D6DA9D7A4", "2D9CE1AG-64B6-4C3B-9E0B-8D3D6DA9D7A4"),
            ("2D9CE1AB-64B6-4C3B-9E0B-8D3D6DA9D7A", "2D9CE1AB-64B6-4C3B-9E0B-8D3D6DA9D7A"),
            ("DS02zFEUV6n4gkq51hvw6", "DS02zFEUV6n4gkq51hvw6"),
            ("", ""),
        ] {
            assert_eq!(one_form(id), form);
        }
    }
}
