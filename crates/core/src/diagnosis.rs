//! What the signature doctor says: why a signature does not verify. The doctor itself is in `idvkit-signature`.

use alloc::{string::String, vec::Vec};
use core::fmt;

use serde::Serialize;

/// The doctor's report on why a signature does not verify. It holds no part of the content, the secrets or the tag, and
/// may be logged.
///
/// **It is never an acceptance**, not even with [`Verdict::Verifies`]: a person reads it. A program that acts on a
/// signature calls `verify`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Diagnosis {
    /// The result in one word.
    pub verdict: Verdict,
    /// With [`Verdict::Explained`]: the smallest set of differences that together give the tag. Otherwise: what the
    /// doctor noticed.
    pub findings: Vec<Finding>,
}

/// The result of a diagnosis in one word. Later versions may add results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Verdict {
    /// The signature is correct: the content, a secret and the tag match. If it was refused, other content was checked;
    /// compare the two.
    Verifies,
    /// The tag matches a changed form of the content or the secret; the findings name each change.
    Explained,
    /// No known mistake gives this tag: it was made with another secret or over other content, or it is forged.
    Unexplained,
    /// Nothing could be tried, because the tag is not readable or no secret is usable.
    Untestable,
}

/// One difference, with what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Finding {
    /// Which difference it is.
    pub difference: Difference,
    /// What is different, in one sentence.
    pub explanation: String,
    /// What to do about it, in one sentence.
    pub fix: String,
}

impl Diagnosis {
    /// A diagnosis with the explanation and fix of each difference.
    pub fn new(verdict: Verdict, differences: impl IntoIterator<Item = Difference>) -> Self {
        Self { verdict, findings: differences.into_iter().map(Finding::from).collect() }
    }
}

impl From<Difference> for Finding {
    fn from(difference: Difference) -> Self {
        Self { difference, explanation: difference.explanation().into(), fix: difference.fix().into() }
    }
}

impl Verdict {
    /// The stable word: `verifies`, `explained`, `unexplained`, `untestable`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verifies => "verifies",
            Self::Explained => "explained",
            Self::Unexplained => "unexplained",
            Self::Untestable => "untestable",
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::Verifies => {
                "The signature is correct for this content. If it was refused, something else than this was checked."
            }
            Self::Explained => "The signature does not verify. It would verify without these differences:",
            Self::Unexplained => {
                "The signature does not verify, and no known mistake explains it: another secret or content, or a forgery."
            }
            Self::Untestable => "The signature does not verify, and nothing could be tried:",
        }
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.verdict.sentence())?;
        self.findings.iter().try_for_each(|finding| write!(f, "\n- {finding}"))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} [{}]", self.explanation, self.fix, self.difference)
    }
}

macro_rules! differences {
    ($($name:ident $code:literal $explanation:literal $fix:literal)*) => {
        /// One difference between the content that was checked and the content that was signed. Later versions may add
        /// differences.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[cfg_attr(feature = "uniffi", derive(uniffi::Enum), uniffi::export(Display))]
        #[non_exhaustive]
        pub enum Difference {
            $(#[doc = $explanation] #[serde(rename = $code)] $name,)*
        }

        impl Difference {
            /// All differences, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The stable word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// What is different, in one sentence.
            pub fn explanation(self) -> &'static str {
                match self { $(Self::$name => $explanation,)* }
            }

            /// What to do about it, in one sentence.
            pub fn fix(self) -> &'static str {
                match self { $(Self::$name => $fix,)* }
            }
        }
    };
}

differences! {
    // The content.
    WholeBody "whole_body"
        "The whole body was signed, not the member that was checked."
        "Check the body, if the provider documents that; otherwise ask who signed this."
    OneMember "one_member"
        "The value of one member was signed, not the whole content that was checked."
        "Cut the signed member out of the raw body and check that."
    ByteOrderMark "byte_order_mark"
        "The content that was checked starts with a byte order mark that was not signed."
        "Take the body as the bytes that arrived; do not pass it through a text file or an editor."
    OuterWhiteSpace "outer_white_space"
        "The content that was checked has white space around it that was not signed."
        "Take the body as the bytes that arrived; do not log, paste or echo it on the way."
    FinalNewline "final_newline"
        "The content was signed with a line feed at the end."
        "Take the body as the bytes that arrived; do not trim it."
    LineFeeds "line_feeds"
        "The content was signed with LF line ends and arrived with CRLF."
        "Take the body as the bytes that arrived; do not read it in text mode."
    CarriageReturns "carriage_returns"
        "The content was signed with CRLF line ends and arrived with LF."
        "Take the body as the bytes that arrived; do not read it in text mode."
    Compact "compact"
        "The JSON was signed without white space between its tokens, and checked with some."
        "Keep the raw body: some step parsed the JSON and printed it with spaces (the default of Python)."
    Spaced "spaced"
        "The JSON was signed with a space after each `:` and `,`, as Python prints it by default."
        "Keep the raw body: some step parsed the JSON and printed it without spaces (JSON.stringify, or a framework)."
    PrettyPrinted "pretty_printed"
        "The JSON was signed over several indented lines."
        "Keep the raw body: some step parsed the JSON and printed it on fewer lines."
    EcmaScriptValues "ecmascript_values"
        "The JSON was signed with numbers and the order of members as JavaScript prints them."
        "Allow the ECMAScript form, if the provider's scheme has it, or keep the raw body: some step rewrote numbers such as 1 to 1.0."
    SortedKeys "sorted_keys"
        "The JSON was signed with the members of every object sorted by name."
        "Keep the raw body: some step put the members into another order (a map type, or a database column of JSON)."
    Unescaped "unescaped"
        "The JSON was signed with as few escapes in its strings as possible."
        "Keep the raw body: some step printed escapes that were not signed (\\uXXXX, or \\/)."
    AsciiEscaped "ascii_escaped"
        "The JSON was signed with all non-ASCII characters as \\uXXXX, as Python and PHP print it by default."
        "Keep the raw body: some step parsed the JSON and printed the characters themselves."
    SlashEscaped "slash_escaped"
        "The JSON was signed with every / as \\/, as PHP prints it by default."
        "Keep the raw body: some step parsed the JSON and printed plain slashes."
    HtmlEscaped "html_escaped"
        "The JSON was signed with <, > and & as \\uXXXX, as Go prints it by default."
        "Keep the raw body: some step parsed the JSON and printed the characters themselves."
    EmptyContent "empty_content"
        "The content that was checked is empty."
        "Read the body once and keep its bytes: a framework or a middleware has probably consumed it."
    MemberMissing "member_missing"
        "The body has no such member, so only the whole body could be tried."
        "Check the member's name, and that this is the whole body of the right answer."
    MemberTwice "member_twice"
        "The body has the member twice, so it is not clear what is signed."
        "Refuse the body and tell the provider."
    NotJson "not_json"
        "The body is not a JSON object, so no member could be cut out of it."
        "Look at the status and the content type first: this may be an error page."
    // The secret.
    SecretHexDecoded "secret_hex_decoded"
        "The key was the bytes that the secret's hex digits encode, not the secret's text."
        "Set the scheme's key form to hex-decoded."
    SecretAsText "secret_as_text"
        "The key was the secret's text, not the bytes that its hex digits encode."
        "Set the scheme's key form to text."
    SecretBase64Decoded "secret_base64_decoded"
        "The key was the bytes that the secret's base64 text encodes."
        "Configure the decoded bytes as the secret."
    SecretWhiteSpace "secret_white_space"
        "The configured secret has white space around it that is not part of the key."
        "Paste the secret again, without a space or a line end."
    SecretNewline "secret_newline"
        "The key was the secret with a line feed at the end."
        "The signer read the secret from a file without trimming it: correct that side."
    SecretQuoted "secret_quoted"
        "The configured secret has quotation marks around it that are not part of the key."
        "Configure the secret without quotation marks; an .env or YAML file may have kept them."
    SecretLetterCase "secret_letter_case"
        "The key was the secret in another letter case."
        "Paste the secret exactly as the provider shows it."
    SecretMissing "secret_missing"
        "No secret is configured, or only empty ones, so nothing could be tried."
        "Set the secret that the provider issued for this account and environment."
    SecretMalformed "secret_malformed"
        "A configured secret is not an even number of hex digits, as the scheme expects."
        "Paste the secret again, or set the scheme's key form to text."
    // The tag.
    TagMissing "tag_missing"
        "There is no tag."
        "Check whether the sender signs at all, and which member or header carries the tag."
    TagMalformed "tag_malformed"
        "The tag is neither hex nor base64 of a SHA-256 digest."
        "Check whether this is the right member or header, and whether the sender uses another algorithm."
    TagWhiteSpace "tag_white_space"
        "The tag has white space around it."
        "Take the tag exactly as it arrived."
    TagQuoted "tag_quoted"
        "The tag has quotation marks around it."
        "Pass the value of the JSON string, not its JSON text."
    TagPrefix "tag_prefix"
        "The tag has the algorithm's name in front of it, as in `sha256=`."
        "Remove the prefix before the check, if the provider documents one."
    TagEncoding "tag_encoding"
        "The tag is right, but has another encoding than the scheme."
        "Set the scheme's tag encoding to the other one of hex and base64."
    TagTruncated "tag_truncated"
        "The tag is only the beginning of the right one."
        "Look for a column or log line that is too short. A truncated tag is never accepted."
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
