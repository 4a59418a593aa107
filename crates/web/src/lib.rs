//! `<idv-journey>`, the web element that shows a journey, as files for a server to hand out.
//!
//! Serve them below one path of your own. With axum:
//!
//! ```ignore
//! async fn element(Path(path): Path<String>) -> Response {
//!     match idvkit_web::file(&path) {
//!         Some(file) => ([(CONTENT_TYPE, file.media_type)], file.text).into_response(),
//!         None => StatusCode::NOT_FOUND.into_response(),
//!     }
//! }
//!
//! let app = Router::new().route("/idv/{*path}", get(element));
//! ```
//!
//! The page then says `import "/idv/idv-journey.js"`. What the element takes and tells stands in the README of the npm
//! package `idvkit-web`, which holds the same files.
#![no_std]
#![forbid(unsafe_code)]

/// One file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path below yours, such as `locales/en.json`.
    pub path: &'static str,
    /// Its `Content-Type`.
    pub media_type: &'static str,
    /// What it holds.
    pub text: &'static str,
}

/// All of them: the module, and the element's own texts in each of its languages, which it fetches from beside itself.
pub static FILES: [File; 6] = [
    File {
        path: "idv-journey.js",
        media_type: "text/javascript; charset=utf-8",
        text: include_str!("../files/idv-journey.js"),
    },
    texts("locales/de.json", include_str!("../files/locales/de.json")),
    texts("locales/en.json", include_str!("../files/locales/en.json")),
    texts("locales/hi.json", include_str!("../files/locales/hi.json")),
    texts("locales/kk.json", include_str!("../files/locales/kk.json")),
    texts("locales/ru.json", include_str!("../files/locales/ru.json")),
];

/// The file with this path; a file system is not asked.
pub fn file(path: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.path == path)
}

const fn texts(path: &'static str, text: &'static str) -> File {
    File { path, media_type: "application/json", text }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A language that is added is served, too.
    #[test]
    fn every_file_of_the_folder_is_there() {
        extern crate std;
        use std::{fs, path::Path, string::String, vec::Vec};

        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("files");
        let names = |place: &Path| -> Vec<String> {
            let entries = fs::read_dir(place).unwrap().map(|entry| entry.unwrap());
            entries
                .filter(|entry| entry.path().is_file())
                .map(|entry| entry.file_name().into_string().unwrap())
                .collect()
        };
        let locales = names(&folder.join("locales")).into_iter().map(|name| std::format!("locales/{name}"));
        let paths = names(&folder).into_iter().chain(locales);
        let mut count = 0;
        for path in paths {
            assert_eq!(file(&path).unwrap().text, fs::read_to_string(folder.join(&path)).unwrap(), "{path}");
            count += 1;
        }
        assert_eq!(count, FILES.len());
        assert!(file("../Cargo.toml").is_none());
    }
}
