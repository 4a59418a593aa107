//! What kind of file a reference photo is, by its first bytes (B-Q29).

use alloc::{format, string::String};

use idvkit_core::{Base64Image, answers, words};

words! {
    /// The kind of a photo's file, judged by its first bytes.
    pub enum BiometricKzPhotoKind {
        /// JPEG.
        Jpeg,
        /// PNG.
        Png,
        /// HEIC or HEIF, as iPhones store photos.
        Heic,
        /// WebP.
        Webp,
        /// None of these.
        Unknown,
    }
}

answers! {
    /// A reference photo.
    pub struct BiometricKzPhoto {
        /// The kind of the file.
        pub kind: BiometricKzPhotoKind,
        /// The size of the file in bytes.
        pub size: i64,
        /// The width in pixels, if the file's header gives it.
        pub width: Option<i64>,
        /// The height in pixels, if the file's header gives it.
        pub height: Option<i64>,
        /// What to do about a file that the provider cannot be expected to read; absent for JPEG and PNG.
        pub advice: Option<String>,
    }
}

impl BiometricKzPhotoKind {
    /// The kind of a file.
    pub fn of(bytes: &[u8]) -> Self {
        match bytes {
            [0xFF, 0xD8, 0xFF, ..] => Self::Jpeg,
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Self::Png,
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Self::Webp,
            // ISO/IEC 23008-12: the brands of still images and of collections of them.
            [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..]
                if [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"]
                    .iter()
                    .any(|known| brand.starts_with(*known)) =>
            {
                Self::Heic
            }
            _ => Self::Unknown,
        }
    }

    /// What to do about such a file; `None` if there is nothing to do.
    fn advice(self) -> Option<String> {
        let found = match self {
            Self::Jpeg | Self::Png => return None,
            Self::Heic => "the photo is HEIC",
            Self::Webp => "the photo is WebP",
            Self::Unknown => "the photo is of an unknown kind",
        };
        Some(format!("{found}, which no document says that the provider reads; send JPEG or PNG"))
    }
}

impl From<&Base64Image> for BiometricKzPhoto {
    fn from(image: &Base64Image) -> Self {
        let kind = BiometricKzPhotoKind::of(&image.to_bytes());
        let (width, height) = image.dimensions().unzip();
        Self {
            kind,
            size: i64::try_from(image.byte_len()).unwrap_or(i64::MAX),
            width: width.map(i64::from),
            height: height.map(i64::from),
            advice: kind.advice(),
        }
    }
}
