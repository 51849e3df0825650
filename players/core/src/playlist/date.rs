//! Dates as live playlists write them.

use jiff::tz::Offset;
use jiff::{Timestamp, civil};
use std::fmt;
use std::str::FromStr;
use weir_units::Span;

/// A moment of the world's clock: nanoseconds since 1970-01-01T00:00:00Z, without leap seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(Span);

/// Why a text is no date; to be read after the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} (expected a date such as 2026-01-31T23:59:59.999Z, from 1970 to 2499)")]
pub struct DateError(&'static str);

const NS: i64 = 1_000_000_000;

impl Date {
    /// The moment so long after 1970-01-01T00:00:00Z.
    pub const fn from_unix(since: Span) -> Self {
        Self(since)
    }

    /// The time since 1970-01-01T00:00:00Z.
    pub const fn unix(self) -> Span {
        self.0
    }

    /// The moment so much later.
    pub fn after(self, span: Span) -> Self {
        Self(self.0.saturating_add(span))
    }

    /// The time from `earlier` to this moment; zero if that is later.
    pub fn since(self, earlier: Self) -> Span {
        self.0.saturating_sub(earlier.0)
    }
}

/// ISO 8601 as RFC 8216, section 4.3.2.6 asks for it; like ffmpeg's, an offset may lack its colon.
// 2026-12-01: the calendar is jiff's, and reading is not. It would not say which part is wrong, and
// refuses digits behind nanoseconds; a leap second it takes for the second before.
impl FromStr for Date {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        let mut rest = Rest(text.trim().as_bytes());
        let year = rest.number(4, 1970..=2499, "its year is none")?;
        rest.one_of(b"-")?;
        let month = rest.number(2, 1..=12, "its month is none")?;
        rest.one_of(b"-")?;
        let day = rest.number(2, 1..=31, "its day is none")?;
        let day = civil::Date::new(year as i16, month as i8, day as i8);
        let day = day.map_err(|_| DateError("its day is none"))?;
        rest.one_of(b"Tt ")?;
        let hour = rest.number(2, 0..=23, "its hour is none")?;
        rest.one_of(b":")?;
        let minute = rest.number(2, 0..=59, "its minute is none")?;
        rest.one_of(b":")?;
        // A leap second is taken for the first one of the next minute.
        let second = rest.number(2, 0..=60, "its second is none")?;
        let fraction = rest.fraction()?;
        let offset = rest.offset()?;
        // East of Greenwich the day began earlier.
        let seconds = hour * 3600 + minute * 60 + second - offset;
        let day = Offset::UTC.to_timestamp(day.into()).map_err(|_| DateError("its day is none"))?;
        let ns = day.as_nanosecond() + i128::from(seconds * NS + fraction);
        let unix = u64::try_from(ns).map_err(|_| DateError("it is before 1970"))?;
        Ok(Self(Span::from_ns(unix)))
    }
}

/// What of a text has not been read.
struct Rest<'t>(&'t [u8]);

impl Rest<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn one_of(&mut self, wanted: &[u8]) -> Result<u8, DateError> {
        let found = self.next().filter(|byte| wanted.contains(byte));
        found.ok_or(DateError("it has another form"))
    }

    fn digit(&mut self) -> Option<i64> {
        let digit = self.0.first().filter(|byte| byte.is_ascii_digit())?;
        let digit = i64::from(digit - b'0');
        self.next();
        Some(digit)
    }

    fn number(
        &mut self,
        digits: usize,
        range: std::ops::RangeInclusive<i64>,
        problem: &'static str,
    ) -> Result<i64, DateError> {
        let mut number = 0;
        for _ in 0..digits {
            number = number * 10 + self.digit().ok_or(DateError("it has another form"))?;
        }
        if range.contains(&number) { Ok(number) } else { Err(DateError(problem)) }
    }

    /// Nanoseconds; further digits are read and have no meaning.
    fn fraction(&mut self) -> Result<i64, DateError> {
        if !matches!(self.0.first(), Some(b'.' | b',')) {
            return Ok(0);
        }
        self.next();
        let (mut ns, mut weight) = (0, NS);
        while let Some(digit) = self.digit() {
            weight /= 10;
            ns += digit * weight;
        }
        if weight == NS { Err(DateError("its fraction has no digits")) } else { Ok(ns) }
    }

    /// The offset from UTC in seconds; east of Greenwich it is positive.
    fn offset(&mut self) -> Result<i64, DateError> {
        let missing = DateError("its offset from UTC is missing");
        let sign = match self.next().ok_or(missing)? {
            b'Z' | b'z' => 0,
            b'+' => 1,
            b'-' => -1,
            _ => return Err(missing),
        };
        let mut offset = 0;
        if sign != 0 {
            let hours = self.number(2, 0..=23, "its offset is none")?;
            if self.0.first() == Some(&b':') {
                self.next();
            }
            offset = sign * (hours * 3600 + self.number(2, 0..=59, "its offset is none")? * 60);
        }
        if self.0.is_empty() { Ok(offset) } else { Err(DateError("it has another form")) }
    }
}

/// As RFC 3339 has it, in UTC, to the millisecond.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = Timestamp::from_nanosecond(self.0.ns().into()).map_err(|_| fmt::Error)?;
        write!(f, "{at:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unix_ms(text: &str) -> u64 {
        text.parse::<Date>().unwrap().unix().ms()
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        // Checked with date(1): `date -u -d TEXT +%s`.
        assert_eq!(unix_ms("1970-01-01T00:00:00Z"), 0);
        assert_eq!(unix_ms("2000-02-29T12:00:00Z"), 951_825_600_000);
        assert_eq!(unix_ms("2026-11-20T18:49:03.25Z"), 1_795_200_543_250);
        assert_eq!(unix_ms("2100-03-01T00:00:00Z"), 4_107_542_400_000);
    }

    #[test]
    fn offsets_are_taken_into_account() {
        let utc = unix_ms("2026-03-01T00:30:00Z");
        for same in [
            "2026-03-01T01:30:00+01:00",
            "2026-03-01T01:30:00.000+0100",
            "2026-02-28T20:00:00-04:30",
            " 2026-03-01t00:30:00,0z ",
        ] {
            assert_eq!(unix_ms(same), utc, "{same}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused_with_a_reason() {
        let error = |text: &str| text.parse::<Date>().unwrap_err().0;
        assert_eq!(error("2026-02-29T00:00:00Z"), "its day is none");
        assert_eq!(error("2026-13-01T00:00:00Z"), "its month is none");
        assert_eq!(error("1969-12-31T23:59:59Z"), "its year is none");
        assert_eq!(error("1970-01-01T00:30:00+01:00"), "it is before 1970");
        assert_eq!(error("2026-01-01T00:00:00"), "its offset from UTC is missing");
        assert_eq!(error("2026-01-01T00:00:00.Z"), "its fraction has no digits");
        for text in ["", "2026", "+026-01-01T00:00:00Z", "2026-01-01T00:00:00Z!", "20260101"] {
            assert_eq!(error(text), "it has another form", "{text}");
        }
    }

    #[test]
    fn what_is_less_than_a_millisecond_is_left_out() {
        let text = "2026-12-31T23:59:59.9999999Z";
        let date: Date = text.parse().unwrap();
        assert_eq!(date.to_string(), "2026-12-31T23:59:59.999Z");
        assert_eq!(Date::from_unix(Span::MAX).to_string(), "2554-07-21T23:34:33.709Z");
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text: String) {
            let _: Result<Date, DateError> = text.parse();
        }

        #[test]
        fn what_is_written_is_read_back_to_the_millisecond(ms in 0..16_000_000_000_000u64) {
            let date = Date::from_unix(Span::from_ms(ms));
            prop_assert_eq!(date.to_string().parse(), Ok(date));
        }
    }
}
