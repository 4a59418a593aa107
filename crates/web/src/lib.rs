//! The files of `<idv-journey>`, the web element that shows a journey, for a server to deliver.
//!
//! Serve them below a path of your choice. With axum:
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
//! The page then has `import "/idv/idv-journey.js"`. The README of the npm package `idvkit-web`, which holds the same
//! files, describes the element's attributes and events.
#![no_std]
#![forbid(unsafe_code)]

/// One file of the element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    /// The file's path below your own, such as `locales/index.js`.
    pub path: &'static str,
    /// The file's `Content-Type`.
    pub media_type: &'static str,
    /// The file's content.
    pub text: &'static str,
}

/// All files: the module, what it imports for an element with `src`, and the element's texts, which the module imports
/// from its own folder: English at once, another language when it is needed.
pub static FILES: [File; 7] = [
    module("idv-journey.js", include_str!("../files/idv-journey.js")),
    module("idv-hosted.js", include_str!("../files/idv-hosted.js")),
    module("locales/de.js", include_str!("../files/locales/de.js")),
    module("locales/hi.js", include_str!("../files/locales/hi.js")),
    module("locales/index.js", include_str!("../files/locales/index.js")),
    module("locales/kk.js", include_str!("../files/locales/kk.js")),
    module("locales/ru.js", include_str!("../files/locales/ru.js")),
];

/// The file with this path, from memory and not from the file system.
pub fn file(path: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.path == path)
}

const fn module(path: &'static str, text: &'static str) -> File {
    File { path, media_type: "text/javascript; charset=utf-8", text }
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
