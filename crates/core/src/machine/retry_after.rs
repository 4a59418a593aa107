//! `Retry-After` (RFC 9110, section 10.2.3), with tolerance for what servers really send.

use jiff::{Timestamp, civil::DateTime, fmt::strtime, tz::TimeZone};

use crate::{Header, UnixMillis};

/// The shortest and the longest pause that is kept, in milliseconds.
const SHORTEST_MS: i64 = 1_000;
pub(super) const LONGEST_MS: i64 = 3_600_000;

/// The pause that the provider asks for, in milliseconds; `None` if it asks for none. Of several the longest counts; one that
/// cannot be read counts as `unreadable_ms`, and what is absurd as the nearest pause that is kept.
pub(super) fn retry_after(headers: &[Header], unreadable_ms: i64, now: UnixMillis) -> Option<i64> {
    let mut asked = headers.iter().filter(|header| header.name.eq_ignore_ascii_case("retry-after")).peekable();
    asked.peek()?;
    // A list, and the weekday before a date, end with a comma.
    let parts = asked.flat_map(|header| header.value.split(',')).filter(|part| !is_word(part));
    let pauses = parts.filter_map(|part| seconds_ms(part.trim()).or_else(|| Some(date(part, now)?.since(now))));
    Some(pauses.max().map_or(unreadable_ms, |pause| pause.clamp(SHORTEST_MS, LONGEST_MS)))
}

fn is_word(part: &str) -> bool {
    part.trim().bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// A number of seconds; a fraction rounds up.
fn seconds_ms(text: &str) -> Option<i64> {
    let positive = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = positive.split_once('.').unwrap_or((positive, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let sign = if positive.len() < text.len() { -1 } else { 1 };
    // Only a number that is far too large does not parse.
    let seconds =
        whole.parse().unwrap_or(i64::MAX).saturating_add(i64::from(fraction.bytes().any(|byte| byte != b'0')));
    Some(seconds.saturating_mul(1_000).saturating_mul(sign))
}

/// A date in one of the three forms that a recipient has to accept (RFC 9110, section 5.6.7), without its weekday.
fn date(part: &str, now: UnixMillis) -> Option<UnixMillis> {
    let words: alloc::vec::Vec<&str> = part.split_ascii_whitespace().collect();
    let moment = match words.as_slice() {
        [day, month, year, time, "GMT" | "UTC" | "UT" | "Z" | "+0000"] => {
            civil("%d %b %Y %H:%M:%S", &[day, month, year, time])
        }
        [date, time, "GMT" | "UTC" | "UT" | "Z" | "+0000"] => near(civil("%d-%b-%y %H:%M:%S", &[date, time])?, now),
        [weekday, month, day, time, year] if is_word(weekday) => civil("%b %d %H:%M:%S %Y", &[month, day, time, year]),
        _ => None,
    }?;
    Some(UnixMillis(TimeZone::UTC.to_timestamp(moment).ok()?.as_millisecond()))
}

fn civil(format: &str, words: &[&str]) -> Option<DateTime> {
    strtime::parse(format, words.join(" ")).ok()?.to_datetime().ok()
}

/// A year of two digits is at most 50 years ahead.
fn near(moment: DateTime, now: UnixMillis) -> Option<DateTime> {
    let this_year = TimeZone::UTC.to_datetime(Timestamp::from_millisecond(now.0).ok()?).year();
    let earliest = this_year - 49;
    let year = earliest + (moment.year() - earliest).rem_euclid(100);
    moment.with().year(year).build().ok()
}
