//! The operations of a provider's API.

use core::fmt;

/// The operations of one provider, made by [`operations!`](crate::operations). A value carries the ids that its request
/// needs, so that no request lacks one.
pub trait Operation: Clone + fmt::Debug + PartialEq {
    /// The names of all operations in the order of their declaration, followed by the names of what happens outside a
    /// session.
    const NAMES: &'static [&'static str];

    /// The operation's stable name, as `provider.operation`. It is safe to log.
    fn name(&self) -> &'static str;
}

/// Declares a provider's [`Operation`]s: each with its documentation, its ids, and its name. A second enum has the
/// operations that no session asks for: calls of their own, and what happens on the user's device. Their names are
/// among `NAMES` too, because faults and tables use them.
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
///     /// What happens outside of it.
///     pub enum Outside {
///         /// Somebody reads.
///         Read = "library.read",
///     }
/// }
/// # fn main() {
/// use idvkit_core::Operation as _;
/// assert_eq!(Operation::Return("T1".into()).name(), "library.return");
/// assert_eq!(Operation::NAMES, ["library.lend", "library.return", "library.read"]);
/// assert_eq!(Outside::NAMES, ["library.read"]);
/// # }
/// ```
#[macro_export]
macro_rules! operations {
    (
        $(#[$attr:meta])*
        $visibility:vis enum $Name:ident { $($(#[$about:meta])* $Variant:ident $(($Subject:ty))? = $name:literal,)* }
        $(
            $(#[$outside_attr:meta])*
            $outside_visibility:vis enum $Outside:ident {
                $($(#[$outside_about:meta])* $OutsideVariant:ident $(($OutsideSubject:ty))? = $outside_name:literal,)*
            }
        )?
    ) => {
        $crate::operations!(@enum [$($name,)* $($($outside_name,)*)?]
            $(#[$attr])*
            $visibility enum $Name { $($(#[$about])* $Variant $(($Subject))? = $name,)* }
        );
        $($crate::operations!(@enum [$($outside_name,)*]
            $(#[$outside_attr])*
            $outside_visibility enum $Outside {
                $($(#[$outside_about])* $OutsideVariant $(($OutsideSubject))? = $outside_name,)*
            }
        );)?
    };
    (
        @enum [$($all:literal,)*]
        $(#[$attr:meta])*
        $visibility:vis enum $Name:ident { $($(#[$about:meta])* $Variant:ident $(($Subject:ty))? = $name:literal,)* }
    ) => {
        $(#[$attr])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        $visibility enum $Name {
            $($(#[$about])* $Variant $(($Subject))?,)*
        }

        impl $crate::Operation for $Name {
            const NAMES: &'static [&'static str] = &[$($all,)*];

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
