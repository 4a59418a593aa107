//! Calls on a provider's values and documents: one list per provider crate, from which every language has its own.

use alloc::{string::String, vec::Vec};
use core::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor},
};
#[cfg(feature = "wire")]
use serde::{Serialize, Serializer};

use crate::LocaleEntry;
#[cfg(feature = "wire")]
use crate::Reject;

/// The bytes of a document as they arrived, as an argument of a call: never text, and never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Body(pub Vec<u8>);

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({} bytes)", self.0.len())
    }
}

impl From<&[u8]> for Body {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;

        impl<'de> Visitor<'de> for Bytes {
            type Value = Body;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Body, E> {
                Ok(Body(bytes.to_vec()))
            }

            fn visit_byte_buf<E: serde::de::Error>(self, bytes: Vec<u8>) -> Result<Body, E> {
                Ok(Body(bytes))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Body, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = items.next_element()? {
                    bytes.push(byte);
                }
                Ok(Body(bytes))
            }
        }

        deserializer.deserialize_byte_buf(Bytes)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Body {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> alloc::borrow::Cow<'static, str> {
        "Body".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        crate::wire::Bytes::json_schema(generator)
    }
}

/// A call as the list of its provider has it.
#[derive(Clone, Copy, Debug)]
pub struct ValueCall {
    /// Its name.
    pub name: &'static str,
    /// The names of its arguments, in order.
    pub args: &'static [&'static str],
    /// The members of its answer that may be printed; `None` if all may.
    pub shown: Option<&'static [&'static str]>,
}

/// What a call answers.
pub trait Answer {
    /// The members that may be printed; `None` if all may.
    const SHOWN: Option<&'static [&'static str]> = None;
}

impl Answer for String {}
impl Answer for LocaleEntry {}
impl<T: Answer> Answer for Option<T> {
    const SHOWN: Option<&'static [&'static str]> = T::SHOWN;
}

/// Why a call by name gave no answer. Deliberately exhaustive.
#[cfg(feature = "wire")]
#[derive(Debug)]
pub enum Failed<D, S> {
    /// The provider has no call of this name.
    Unknown,
    /// The arguments do not have the form that the call takes.
    Args(D),
    /// The call refused the value.
    Refused(Reject),
    /// The answer could not be written.
    Answer(S),
}

/// Reads the arguments of a call, makes it, and writes its answer.
///
/// # Errors
/// [`Failed`]; never `Unknown`.
#[cfg(feature = "wire")]
pub fn run<'de, Args, Answer, D, S>(
    call: impl FnOnce(Args) -> Result<Answer, Reject>,
    args: D,
    answer: S,
) -> Result<S::Ok, Failed<D::Error, S::Error>>
where
    Args: Deserialize<'de>,
    Answer: Serialize,
    D: Deserializer<'de>,
    S: Serializer,
{
    let args = Args::deserialize(args).map_err(Failed::Args)?;
    call(args).map_err(Failed::Refused)?.serialize(answer).map_err(Failed::Answer)
}

/// A call as the generators of other languages see it.
#[cfg(feature = "schema")]
pub struct ValueSchema {
    /// Its name.
    pub name: &'static str,
    /// Its documentation, one text for each line.
    pub doc: &'static [&'static str],
    /// The Rust type of its arguments.
    pub args: &'static str,
    /// The schema of its arguments, as they are read.
    pub takes: schemars::Schema,
    /// The schema of its answer, as it is written.
    pub gives: schemars::Schema,
}

/// Declares the calls of a provider's values: each function stands as it is written, and all of them together are the
/// list from which other languages have theirs. The provider's crate has the features `wire` and `schema`.
#[macro_export]
macro_rules! values {
    ($(
        $(#[doc = $doc:literal])*
        pub fn $name:ident($args:ident: $Args:ident) -> Result<$Answer:ty, Reject> $body:block
    )+) => {
        $(
            $(#[doc = $doc])*
            #[allow(clippy::needless_pass_by_value, reason = "arguments are read for one call")]
            pub fn $name($args: $Args) -> Result<$Answer, $crate::Reject> $body
        )+

        /// The calls on this provider's values and documents.
        pub static VALUES: &[$crate::values::ValueCall] = &[$($crate::values::ValueCall {
            name: stringify!($name),
            args: $Args::FIELDS,
            shown: <$Answer as $crate::values::Answer>::SHOWN,
        },)+];

        /// Makes a call by its name. Bindings and programs use it; in Rust call the function itself.
        ///
        /// # Errors
        /// [`Failed`](idvkit_core::values::Failed).
        #[cfg(feature = "wire")]
        pub fn value<'de, D, S>(
            name: &str,
            args: D,
            answer: S,
        ) -> Result<S::Ok, $crate::values::Failed<D::Error, S::Error>>
        where
            D: serde::Deserializer<'de>,
            S: serde::Serializer,
        {
            match name {
                $(stringify!($name) => $crate::values::run($name, args, answer),)+
                _ => Err($crate::values::Failed::Unknown),
            }
        }

        /// The calls as the generators of other languages see them.
        #[cfg(feature = "schema")]
        pub fn value_schemas(
            takes: &mut schemars::SchemaGenerator,
            gives: &mut schemars::SchemaGenerator,
        ) -> alloc::vec::Vec<$crate::values::ValueSchema> {
            alloc::vec![$($crate::values::ValueSchema {
                name: stringify!($name),
                doc: &[$($doc,)*],
                args: stringify!($Args),
                takes: <$Args as schemars::JsonSchema>::json_schema(takes),
                gives: gives.subschema_for::<$Answer>(),
            },)+]
        }
    };
}

/// Declares the arguments of a call. They may hold secrets and personal data, so `Debug` prints only the name.
#[macro_export]
macro_rules! args {
    ($(
        $(#[$about:meta])*
        pub struct $Name:ident { $($(#[$attribute:meta])* pub $field:ident: $Type:ty,)* }
    )+) => {$(
        $(#[$about])*
        #[derive(Clone, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub struct $Name { $($(#[$attribute])* pub $field: $Type,)* }

        impl $Name {
            /// The names of the arguments, in order.
            pub const FIELDS: &'static [&'static str] = &[$(stringify!($field),)*];
        }

        impl core::fmt::Debug for $Name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(concat!(stringify!($Name), "(..)"))
            }
        }
    )+};
}

/// Declares answers of calls, which cross into every language. `sealed` marks those that hold personal data or bearer
/// values, followed by the fields that may be printed.
#[macro_export]
macro_rules! answers {
    () => {};
    (
        $(#[$about:meta])*
        pub struct $Name:ident { $($(#[$attribute:meta])* pub $field:ident: $Type:ty,)* }
        $($rest:tt)*
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[cfg_attr(feature = "wire", derive(serde::Serialize))]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
        pub struct $Name { $($(#[$attribute])* pub $field: $Type,)* }

        impl $crate::values::Answer for $Name {}

        $crate::answers! { $($rest)* }
    };
    (
        $(#[$about:meta])*
        pub sealed($($shown:ident),*) struct $Name:ident {
            $($(#[$attribute:meta])* pub $field:ident: $Type:ty,)*
        }
        $($rest:tt)*
    ) => {
        $(#[$about])*
        #[derive(Clone, PartialEq, Eq)]
        #[cfg_attr(feature = "wire", derive(serde::Serialize))]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[cfg_attr(feature = "schema", schemars(extend("x-sealed" = true, "x-repr" = [$(stringify!($shown)),*])))]
        #[cfg_attr(feature = "uniffi", derive(uniffi::Record), uniffi::export(Debug))]
        pub struct $Name { $($(#[$attribute])* pub $field: $Type,)* }

        impl $crate::values::Answer for $Name {
            const SHOWN: Option<&'static [&'static str]> = Some(&[$(stringify!($shown)),*]);
        }

        impl core::fmt::Debug for $Name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.debug_struct(stringify!($Name))
                    $(.field(stringify!($shown), &self.$shown))*
                    .finish_non_exhaustive()
            }
        }

        $crate::answers! { $($rest)* }
    };
}

/// Declares a choice of words in arguments or answers of calls.
#[macro_export]
macro_rules! words {
    ($(
        $(#[$about:meta])*
        pub enum $Name:ident { $($(#[$meaning:meta])* $Word:ident,)+ }
    )+) => {$(
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize)]
        #[cfg_attr(feature = "wire", derive(serde::Serialize))]
        #[serde(rename_all = "snake_case")]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
        pub enum $Name { $($(#[$meaning])* $Word,)+ }
    )+};
}
