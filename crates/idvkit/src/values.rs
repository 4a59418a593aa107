//! Calls on values by name, with arguments and answers in JSON.

use alloc::format;

use idvkit_core::{Reject, RejectCode};
use serde::de::DeserializeOwned;

use crate::malformed::walk;

#[cfg(feature = "wire")]
pub use by_name::{argument_reject, value_in_json};

/// Reads an argument that has a JSON form, such as metadata. The error names the member below `name`.
///
/// # Errors
/// `input_malformed`.
pub fn value_from_json<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, Reject> {
    serde_json::from_str(text).map_err(|error| {
        let wrong = serde_json::from_str(text).ok().and_then(walk::<T>);
        let reject = wrong.map(|wrong| wrong.reject(RejectCode::InputMalformed).within(name));
        reject.unwrap_or_else(|| {
            let rule = format!("this is not valid JSON (line {}, column {})", error.line(), error.column());
            Reject::at(RejectCode::InputMalformed, name, rule)
        })
    })
}

#[cfg(feature = "wire")]
mod by_name {
    use alloc::{format, string::String, vec::Vec};

    use idvkit_core::{Reject, RejectCode, values::Failed};
    use serde::{
        Deserializer,
        de::{
            IntoDeserializer, Visitor,
            value::{BytesDeserializer, MapDeserializer},
        },
        forward_to_deserialize_any,
    };
    use serde_json::{Error, Map, Value};

    use crate::{
        ProviderId,
        malformed::{path_of, wrong},
    };

    /// Makes a call on a provider's values by its name. `args` is a JSON object with the arguments, except for those that
    /// are bytes: they stand in `bytes` by their names. Returns the answer as JSON.
    ///
    /// # Errors
    /// The reject of the call; `input_malformed` about an argument that does not have its form, or if there is no such
    /// call.
    pub fn value_in_json(
        provider: ProviderId,
        name: &str,
        args: &str,
        bytes: &[(&str, &[u8])],
    ) -> Result<String, Reject> {
        if bytes.is_empty() {
            match made(provider, name, &mut serde_json::Deserializer::from_str(args)) {
                // What is wrong is said below: a text's errors tell lines and columns.
                Err((Failed::Args(_), _)) => {}
                made => return made.map_err(refused),
            }
        }
        let plain: Map<String, Value> = super::value_from_json("args", args)?;
        let plain = plain.into_iter().map(|(name, value)| (name, Given::Json(value)));
        let bytes = bytes.iter().map(|(name, bytes)| (String::from(*name), Given::Bytes(bytes)));
        made(provider, name, MapDeserializer::<_, Error>::new(plain.chain(bytes))).map_err(refused)
    }

    /// The reject for an argument that has not its form: what serde said about the member at `path` of it, without any
    /// value.
    pub fn argument_reject(argument: &str, path: &str, error: &str) -> Reject {
        wrong(path, error).reject(RejectCode::InputMalformed).within(argument)
    }

    /// Why a call failed, and the path of the argument that was read then.
    type Why = (Failed<Error, Error>, String);

    fn made<'de, D>(provider: ProviderId, name: &str, args: D) -> Result<String, Why>
    where
        D: Deserializer<'de, Error = Error>,
    {
        let mut track = serde_path_to_error::Track::new();
        let args = serde_path_to_error::Deserializer::new(args, &mut track);
        let mut answer = Vec::with_capacity(256);
        match crate::value(provider, name, args, &mut serde_json::Serializer::new(&mut answer)) {
            Ok(()) => Ok(String::from_utf8(answer).unwrap_or_default()),
            Err(why) => Err((why, path_of(&track.path()))),
        }
    }

    fn refused((why, path): Why) -> Reject {
        match why {
            Failed::Refused(reject) => reject,
            Failed::Args(error) => wrong(&path, &format!("{error}")).reject(RejectCode::InputMalformed),
            Failed::Unknown => Reject::at(RejectCode::InputMalformed, "name", "there is no such call"),
            Failed::Answer(_) => Reject::new(RejectCode::InputMalformed, "the answer has no JSON form"),
        }
    }

    /// An argument.
    enum Given<'a> {
        Json(Value),
        Bytes(&'a [u8]),
    }

    impl<'de> IntoDeserializer<'de, Error> for Given<'de> {
        type Deserializer = Self;

        fn into_deserializer(self) -> Self {
            self
        }
    }

    /// Each kind of value that a JSON value reads in its own way; the others read it as it is.
    macro_rules! own {
        ($($method:ident($($name:ident: $Type:ty),*);)*) => {
            $(fn $method<V: Visitor<'de>>(self, $($name: $Type,)* visitor: V) -> Result<V::Value, Error> {
                match self {
                    Self::Json(value) => value.$method($($name,)* visitor),
                    Self::Bytes(bytes) => BytesDeserializer::new(bytes).$method($($name,)* visitor),
                }
            })*
        };
    }

    impl<'de> Deserializer<'de> for Given<'de> {
        type Error = Error;

        own! {
            deserialize_any();
            deserialize_newtype_struct(name: &'static str);
            deserialize_enum(name: &'static str, variants: &'static [&'static str]);
        }

        fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self {
                Self::Json(value) => value.deserialize_option(visitor),
                bytes @ Self::Bytes(_) => visitor.visit_some(bytes),
            }
        }

        forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
            tuple_struct map struct identifier ignored_any
        }
    }
}
