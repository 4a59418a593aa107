//! The technologies that a flow is made of (B-F5).

use alloc::string::{String, ToString};
use core::fmt;

use serde::{Deserialize, Serialize};

/// The longest code that is kept, in characters (our limit; every known one has 2 to 4).
const MAX_CODE: usize = 32;

/// One technology of a flow, by its code. Any other code is kept too: the provider has more than it documents (B-5).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum Technology {
    /// `LD`: liveness, as the dashboard abbreviates the family (B-F5). No answer has shown it.
    Liveness,
    /// `LDHP`: liveness by head position (B-F5).
    LivenessHeadPosition,
    /// `LDD`: liveness by distance.
    LivenessDistance,
    /// `F2F`: two photos of a face are compared (B-F5).
    Face2Face,
    /// `ED`: a document from the state's database, by IIN, phone and a code from 1414 (B-F5).
    EDocument,
    /// `DR`: a document is read from its photo (B-F5).
    DocumentRecognition,
    /// Any other code, cut after 32 characters.
    Other(String),
}

impl Technology {
    /// Reads a code, exactly as the provider spells it.
    pub fn parse(code: &str) -> Self {
        match code {
            "LD" => Self::Liveness,
            "LDHP" => Self::LivenessHeadPosition,
            "LDD" => Self::LivenessDistance,
            "F2F" => Self::Face2Face,
            "ED" => Self::EDocument,
            "DR" => Self::DocumentRecognition,
            other => Self::Other(other.chars().take(MAX_CODE).collect()),
        }
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Liveness => "LD",
            Self::LivenessHeadPosition => "LDHP",
            Self::LivenessDistance => "LDD",
            Self::Face2Face => "F2F",
            Self::EDocument => "ED",
            Self::DocumentRecognition => "DR",
            Self::Other(code) => code,
        }
    }

    /// Whether the technology belongs to the liveness family: its code begins with `LD` (inferred, B-F5).
    pub fn is_liveness(&self) -> bool {
        self.as_str().starts_with("LD")
    }
}

impl From<String> for Technology {
    fn from(code: String) -> Self {
        Self::parse(&code)
    }
}

impl From<Technology> for String {
    fn from(technology: Technology) -> Self {
        technology.as_str().to_string()
    }
}

impl fmt::Display for Technology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a flow of these technologies uses a reference photo: exactly F2F and one of liveness, E-Document or document
/// recognition (B-F3, B-Q7).
pub fn supports_face2face_metadata(technologies: &[Technology]) -> bool {
    let partner =
        |one: &Technology| one.is_liveness() || matches!(one, Technology::EDocument | Technology::DocumentRecognition);
    match technologies {
        [Technology::Face2Face, other] | [other, Technology::Face2Face] => partner(other),
        _ => false,
    }
}

/// Whether a flow of these technologies has the input step that E-Document metadata fills in.
pub fn supports_edocument_metadata(technologies: &[Technology]) -> bool {
    technologies.contains(&Technology::EDocument)
}
