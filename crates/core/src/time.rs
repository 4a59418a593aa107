//! Time as a parameter: milliseconds since the Unix epoch, and the time stamps of providers.

use core::fmt;

use jiff::{civil::DateTime, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{Reject, RejectCode};

/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
///
/// The library reads no clock: every call that needs the time takes it as a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UnixMillis(pub i64);

#[cfg(feature = "uniffi-client")]
uniffi::custom_newtype!(UnixMillis, i64);

impl UnixMillis {
    /// 2020-01-01T00:00:00Z, the earliest accepted time.
    pub const EARLIEST: Self = Self(1_577_836_800_000);
    /// 2200-01-01T00:00:00Z, the first time that is no longer accepted.
    pub const LATEST: Self = Self(7_258_118_400_000);

    /// Whether this time is accepted as the current time. Seconds give a time far before 2020, and microseconds one far
    /// after 2200.
    pub fn is_plausible(self) -> bool {
        Self::EARLIEST <= self && self < Self::LATEST
    }

    /// Refuses a time that is not given in milliseconds.
    ///
    /// # Errors
    /// `now_out_of_range` outside 2020 to 2200.
    pub fn plausible(self) -> Result<Self, Reject> {
        if self.is_plausible() {
            return Ok(self);
        }
        let unit = match self.0 {
            n if (1_577_836_800..7_258_118_400).contains(&n) => "this looks like seconds: multiply by 1000",
            n if n >= Self::EARLIEST.0.saturating_mul(1000) => "this looks like microseconds: divide by 1000",
            _ => "pass the current time",
        };
        Err(Reject::at(
            RejectCode::NowOutOfRange,
            "now",
            alloc::format!("the time is in milliseconds since 1970, from 2020 up to 2200; {unit}"),
        ))
    }

    /// This time plus `millis`, limited to the last accepted time.
    #[must_use]
    pub fn plus(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis).min(Self::LATEST.0 - 1))
    }

    /// The milliseconds from `earlier` to this time; negative if `earlier` is later.
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Reads a provider's time stamp: `YYYY-MM-DDThh:mm:ss`, with at most three fraction digits and with or without
    /// the closing `Z`; without a zone it is UTC (J-V13, J-V14).
    ///
    /// Four or more fraction digits and numeric offsets are refused: no document shows them, and cutting them silently
    /// would hide a change of format (J-V14 leaves the choice).
    pub fn parse(text: &str) -> Option<Self> {
        let local = text.strip_suffix('Z').unwrap_or(text);
        let (seconds, fraction) = local.split_once('.').map_or((local, None), |(s, f)| (s, Some(f)));
        let digits = |f: &str| (1..=3).contains(&f.len()) && f.bytes().all(|b| b.is_ascii_digit());
        if !has_shape(seconds) || !fraction.is_none_or(digits) {
            return None;
        }
        let moment: DateTime = local.parse().ok()?;
        Some(Self(TimeZone::UTC.to_timestamp(moment).ok()?.as_millisecond()))
    }
}

/// RFC 3339 in UTC with three fraction digits, as the providers write it.
impl fmt::Display for UnixMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(moment) => write!(f, "{moment:.3}"),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

fn has_shape(seconds: &str) -> bool {
    seconds.len() == 19
        && seconds.bytes().enumerate().all(|(at, b)| match at {
            4 | 7 => b == b'-',
            10 => b == b'T',
            13 | 16 => b == b':',
            _ => b.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn reads_every_documented_form_as_utc() {
        let whole = 1_704_164_645_000;
        for (text, expected) in [
            ("2024-01-02T03:04:05Z", whole),
            ("2024-01-02T03:04:05.6Z", whole + 600),
            ("2024-01-02T03:04:05.67Z", whole + 670),
            ("2024-01-02T03:04:05.678Z", whole + 678),
            ("2024-01-02T03:04:05", whole),
            ("2024-01-02T03:04:05.6", whole + 600),
        ] {
            assert_eq!(UnixMillis::parse(text), Some(UnixMillis(expected)), "{text}");
        }
        for text in ["2024-01-02T03:04:05.6789Z", "2024-01-02T03:04:05+01:00", "2024-02-30T03:04:05Z", "2024-01-02", ""]
        {
            assert_eq!(UnixMillis::parse(text), None, "{text}");
        }
    }

    #[test]
    fn prints_the_form_it_reads() {
        let moment = UnixMillis(1_704_164_645_678);
        assert_eq!(moment.to_string(), "2024-01-02T03:04:05.678Z");
        assert_eq!(UnixMillis::parse(&moment.to_string()), Some(moment));
    }

    #[test]
    fn refuses_other_units_by_name() {
        let seconds = UnixMillis(1_704_164_645).plausible().unwrap_err();
        assert!(seconds.message().contains("seconds"));
        let micros = UnixMillis(1_704_164_645_000_000).plausible().unwrap_err();
        assert!(micros.message().contains("microseconds"));
        assert!(UnixMillis(i64::MIN).plausible().is_err() && UnixMillis(i64::MAX).plausible().is_err());
    }
}
