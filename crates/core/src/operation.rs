//! What a provider's API is asked to do.

use core::fmt;

/// The operations of one provider, made by [`operations!`](crate::operations). A value carries what it is about, so that
/// no request lacks it.
pub trait Operation: Clone + fmt::Debug + PartialEq {
    /// The names of all of them, in the order of their declaration.
    const NAMES: &'static [&'static str];

    /// The stable name, as `provider.operation`: safe to log.
    fn name(&self) -> &'static str;
}

/// Declares a provider's [`Operation`]s: each with its documentation, what it is about, and its name.
///
/// ```
/// idvkit_core::operations! {
///     /// What a library is asked to do.
///     pub enum Operation {
///         /// Lends a book.
///         Lend = "library.lend",
///         /// Takes one back.
///         Return(String) = "library.return",
///     }
/// }
/// # fn main() {
/// use idvkit_core::Operation as _;
/// assert_eq!(Operation::Return("T1".into()).name(), "library.return");
/// # }
/// ```
#[macro_export]
macro_rules! operations {
    (
        $(#[$attr:meta])*
        $visibility:vis enum $Name:ident { $($(#[$about:meta])* $Variant:ident $(($Subject:ty))? = $name:literal,)* }
    ) => {
        $(#[$attr])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        $visibility enum $Name {
            $($(#[$about])* $Variant $(($Subject))?,)*
        }

        impl $crate::Operation for $Name {
            const NAMES: &'static [&'static str] = &[$($name,)*];

            fn name(&self) -> &'static str {
                match self {
                    $($crate::operations!(@pattern $Variant $($Subject)?) => $name,)*
                }
            }
        }
    };
    (@pattern $Variant:ident) => { Self::$Variant };
    (@pattern $Variant:ident $Subject:ty) => { Self::$Variant(_) };
}
