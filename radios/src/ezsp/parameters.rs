//! The parameters of a frame: what the table's macros generate for each request, reply and callback.

use std::fmt;

use super::Version;
use super::layout::Layout;
use super::wire::Unwritable;

/// Parameters of a request, a reply or a callback, for both directions: the host writes requests
/// and reads replies, the simulated NCP the other way round.
///
/// A struct has the fields of all versions. What a version does not carry is not written, and is
/// the default when read.
pub trait Parameters: Clone + fmt::Debug + Default + PartialEq + Sized {
    /// The name of the frame: `getConfigurationValue`.
    const NAME: &'static str;

    /// What they look like, newest version first.
    const LAYOUTS: &'static [Layout];

    /// Writes them at the end of `out`.
    ///
    /// # Errors
    /// When a field does not fit its width at this version.
    fn encode_into(&self, version: Version, out: &mut Vec<u8>) -> Result<(), ParameterError>;

    /// Reads them. Bytes behind the last field are ignored: newer firmware appends.
    ///
    /// # Errors
    /// When a field is cut short.
    fn decode(input: &[u8], version: Version) -> Result<Self, ParameterError>;

    /// Writes them.
    ///
    /// # Errors
    /// When a field does not fit its width at this version.
    fn encode(&self, version: Version) -> Result<Vec<u8>, ParameterError> {
        // Most fit, none grows more than three times.
        let mut out = Vec::with_capacity(32);
        self.encode_into(version, &mut out)?;
        Ok(out)
    }

    /// Values that can be written at `version`, made from `source`.
    #[cfg(test)]
    fn make(source: &mut super::wire::Source<'_>, version: Version) -> Self;
}

/// A request, and what it is replied with.
pub trait Command: Parameters {
    /// The frame id.
    const ID: u16;
    /// The first version that has it.
    const FIRST: u8;
    /// The last version that has it.
    const LAST: u8;
    /// What the NCP replies.
    type Reply: Parameters;

    /// Whether a version has it.
    #[must_use]
    fn is_in(version: Version) -> bool {
        (Self::FIRST..=Self::LAST).contains(&version.number())
    }
}

/// A callback: its id and the versions that have it.
pub trait Notice: Parameters {
    /// The frame id.
    const ID: u16;
    /// The first version that has it.
    const FIRST: u8;
    /// The last version that has it.
    const LAST: u8;
}

/// Parameters that cannot be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// The frame ends within a field.
    #[error("{frame}: {field} is cut short at byte {at} (EZSP {version})")]
    CutShort {
        /// The frame's name.
        frame: &'static str,
        /// The field's name.
        field: &'static str,
        /// Where the field begins.
        at: usize,
        /// The version it was read as.
        version: Version,
    },
    /// A value does not fit its field.
    #[error("{frame}: {field} is too long or too large for EZSP {version}")]
    TooLong {
        /// The frame's name.
        frame: &'static str,
        /// The field's name.
        field: &'static str,
        /// The version it was to be written as.
        version: Version,
    },
    /// The frame is not part of the version.
    #[error("{frame} is not part of EZSP {version}")]
    NotInVersion {
        /// The frame's name.
        frame: &'static str,
        /// The version.
        version: Version,
    },
}

impl ParameterError {
    pub(super) fn unwritable(
        frame: &'static str,
        field: &'static str,
        version: Version,
        why: Unwritable,
    ) -> Self {
        match why {
            Unwritable::TooLong => Self::TooLong {
                frame,
                field,
                version,
            },
        }
    }
}

/// Generates the struct of a frame's parameters and its [`Parameters`].
macro_rules! parameters {
    // One layout for all versions.
    (
        $doc:expr, $frame:literal, $name:ident
        ($($field:ident: $type:ty $(as $wire:ty)?),* $(,)?)
    ) => {
        $crate::ezsp::parameters::parameters! {
            @struct $doc, $frame, $name ($($field: $type $(as $wire)?),*)
            0 [$($field: $type $(as $wire)?),*]
        }
    };
    // Layouts by version, newest first.
    (
        $doc:expr, $frame:literal, $name:ident
        ($($field:ident: $type:ty),* $(,)?) {$($since:literal $layout:tt)+}
    ) => {
        $crate::ezsp::parameters::parameters! {
            @struct $doc, $frame, $name ($($field: $type),*) $($since $layout)+
        }
    };
    (
        @struct $doc:expr, $frame:literal, $name:ident ($($field:ident: $type:ty $(as $shown:ty)?),*)
        $($since:literal [$($in_order:ident: $wired:ty $(as $wire:ty)?),* $(,)?])+
    ) => {
        #[doc = $doc]
        #[derive(Clone, Default, PartialEq, Eq)]
        pub struct $name {
            $(#[allow(missing_docs)] pub $field: $type,)*
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))
                    $(.field(
                        stringify!($field),
                        $crate::ezsp::parameters::shown!(self.$field, $type $(, $shown)?),
                    ))*
                    .finish()
            }
        }

        #[allow(
            clippy::field_reassign_with_default,
            clippy::absurd_extreme_comparisons,
            unused_variables,
            unused_mut,
            unused_assignments
        )]
        impl $crate::ezsp::Parameters for $name {
            const NAME: &'static str = $frame;

            const LAYOUTS: &'static [$crate::ezsp::layout::Layout] = &[
                $($crate::ezsp::layout::Layout {
                    since: $since,
                    fields: &[$($crate::ezsp::layout::Field {
                        name: stringify!($in_order),
                        kind: <$crate::ezsp::wire::way!($wired $(, $wire)?) as $crate::ezsp::wire::Wire>::KIND,
                    },)*],
                },)+
            ];

            fn encode_into(
                &self,
                version: $crate::ezsp::Version,
                out: &mut Vec<u8>,
            ) -> Result<(), $crate::ezsp::ParameterError> {
                $(if version.since($since) {
                    $(<$crate::ezsp::wire::way!($wired $(, $wire)?) as $crate::ezsp::wire::Wire>::put(
                        &self.$in_order,
                        version,
                        out,
                    )
                    .map_err(|why| $crate::ezsp::ParameterError::unwritable(
                        $frame,
                        stringify!($in_order),
                        version,
                        why,
                    ))?;)*
                    return Ok(());
                })+
                Err($crate::ezsp::ParameterError::NotInVersion { frame: $frame, version })
            }

            fn decode(
                input: &[u8],
                version: $crate::ezsp::Version,
            ) -> Result<Self, $crate::ezsp::ParameterError> {
                let mut value = Self::default();
                let mut rest = input;
                $(if version.since($since) {
                    $((rest, value.$in_order) =
                        <$crate::ezsp::wire::way!($wired $(, $wire)?) as $crate::ezsp::wire::Wire>::take(
                            rest, version,
                        )
                        .map_err(|_| $crate::ezsp::ParameterError::CutShort {
                            frame: $frame,
                            field: stringify!($in_order),
                            at: input.len() - rest.len(),
                            version,
                        })?;)*
                    return Ok(value);
                })+
                Err($crate::ezsp::ParameterError::NotInVersion { frame: $frame, version })
            }

            #[cfg(test)]
            fn make(
                source: &mut $crate::ezsp::wire::Source<'_>,
                version: $crate::ezsp::Version,
            ) -> Self {
                let mut value = Self::default();
                $(if version.since($since) {
                    $(value.$in_order =
                        <$crate::ezsp::wire::way!($wired $(, $wire)?) as $crate::ezsp::wire::Wire>::make(
                            source, version,
                        );)*
                    return value;
                })+
                value
            }
        }
    };
}

/// Generates commands: for each row a request struct, a reply struct and a [`Row`](super::layout::Row).
///
/// ```text
/// Request 0x0052 "vendorsName" since 8 until 13 (field: type as way, …)
///     -> Reply (field: type, …) by { 14 [field: type, …] 8 [field: type, …] };
/// ```
///
/// `until` is left out while current firmware has it; `by` gives the wire order of each version
/// where the fields are not the same throughout.
macro_rules! commands {
    ($(
        $name:ident $id:literal $frame:literal since $first:literal $(until $last:literal)?
            ($($fields:tt)*) $(by $layouts:tt)?
            -> $reply:ident $reply_fields:tt $(by $reply_layouts:tt)?;
    )*) => {
        $(
            $crate::ezsp::parameters::parameters! {
                concat!("Request `", $frame, "`, id `", stringify!($id), "`."),
                $frame, $name ($($fields)*) $($layouts)?
            }
            $crate::ezsp::parameters::parameters! {
                concat!("Reply to [`", stringify!($name), "`]."),
                $frame, $reply $reply_fields $($reply_layouts)?
            }

            impl $crate::ezsp::Command for $name {
                const ID: u16 = $id;
                const FIRST: u8 = $first;
                const LAST: u8 = $crate::ezsp::parameters::last!($($last)?);
                type Reply = $reply;
            }
        )*

        /// The rows of this part of the table.
        pub(super) const ROWS: &[$crate::ezsp::layout::Row] = &[
            $($crate::ezsp::layout::Row {
                name: $frame,
                id: $id,
                first: $first,
                last: $crate::ezsp::parameters::last!($($last)?),
                form: $crate::ezsp::layout::Form::Command,
                request: <$name as $crate::ezsp::Parameters>::LAYOUTS,
                reply: <$reply as $crate::ezsp::Parameters>::LAYOUTS,
                #[cfg(test)]
                round_trip: |bytes, version| {
                    $crate::ezsp::parameters::round_trip::<$name>(bytes, version)?;
                    $crate::ezsp::parameters::round_trip::<$reply>(bytes, version)
                },
            },)*
        ];
    };
}

/// Generates callbacks: for each row a struct and a [`Row`](super::layout::Row), and for all the
/// enum `Callback`. The rows look like those of [`commands!`], without the reply.
macro_rules! callbacks {
    ($(
        $name:ident $id:literal $frame:literal since $first:literal $(until $last:literal)?
            ($($fields:tt)*) $(by $layouts:tt)?;
    )*) => {
        $(
            $crate::ezsp::parameters::parameters! {
                concat!("Callback `", $frame, "`, id `", stringify!($id), "`."),
                $frame, $name ($($fields)*) $($layouts)?
            }

            impl $crate::ezsp::Notice for $name {
                const ID: u16 = $id;
                const FIRST: u8 = $first;
                const LAST: u8 = $crate::ezsp::parameters::last!($($last)?);
            }
        )*

        /// What the NCP tells on its own.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Callback {
            $(
                #[doc = concat!("`", $frame, "`.")]
                $name($name),
            )*
        }

        impl Callback {
            /// Reads the callback `id`; none when the version has no such callback.
            ///
            /// # Errors
            /// When a field is cut short.
            pub fn decode(
                id: u16,
                input: &[u8],
                version: $crate::ezsp::Version,
            ) -> Result<Option<Self>, $crate::ezsp::ParameterError> {
                use $crate::ezsp::{Notice, Parameters};
                $(if id == $id
                    && ($name::FIRST..=$name::LAST).contains(&version.number())
                {
                    return $name::decode(input, version).map(|it| Some(Self::$name(it)));
                })*
                Ok(None)
            }

            /// Its frame id.
            #[must_use]
            pub const fn id(&self) -> u16 {
                match self {
                    $(Self::$name(_) => $id,)*
                }
            }

            /// The vendor's name for it.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => $frame,)*
                }
            }
        }

        /// The rows of this part of the table.
        pub(super) const ROWS: &[$crate::ezsp::layout::Row] = &[
            $($crate::ezsp::layout::Row {
                name: $frame,
                id: $id,
                first: $first,
                last: $crate::ezsp::parameters::last!($($last)?),
                form: $crate::ezsp::layout::Form::Callback,
                request: &[],
                reply: <$name as $crate::ezsp::Parameters>::LAYOUTS,
                #[cfg(test)]
                round_trip: |bytes, version| {
                    $crate::ezsp::parameters::round_trip::<$name>(bytes, version)
                },
            },)*
        ];
    };
}

/// A field as logs may show it. Where layouts differ by version, keys are known by their type.
macro_rules! shown {
    ($value:expr, $type:ty) => {
        &$value
    };
    ($value:expr, $type:ty, $wire:ty) => {
        $crate::ezsp::wire::shown::<$wire>(&$value)
    };
}

/// The last version of a row.
macro_rules! last {
    () => {
        $crate::ezsp::Version::NEWEST.number()
    };
    ($last:literal) => {
        $last
    };
}

pub(in crate::ezsp) use {callbacks, commands, last, parameters, shown};

/// Whether a value made from `bytes` is read back as it was written, and every shorter frame is
/// refused or read without a panic.
#[cfg(test)]
pub(super) fn round_trip<P: Parameters>(bytes: &[u8], version: Version) -> Result<(), String> {
    let value = P::make(&mut super::wire::Source(bytes), version);
    let frame = value.encode(version).map_err(|why| why.to_string())?;
    let back = P::decode(&frame, version).map_err(|why| why.to_string())?;
    if back != value {
        return Err(format!("{value:?} became {back:?}"));
    }
    for length in 0..frame.len() {
        let _ = P::decode(&frame[..length], version);
    }
    Ok(())
}
