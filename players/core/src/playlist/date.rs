//! Dates as live playlists write them.

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

const DAY: u64 = 86_400;
const NS: u64 = 1_000_000_000;

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
impl FromStr for Date {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        let mut rest = Rest(text.trim().as_bytes());
        let year = rest.number(4, 1970..=2499, "its year is none")?;
        rest.one_of(b"-")?;
        let month = rest.number(2, 1..=12, "its month is none")?;
        rest.one_of(b"-")?;
        let day = rest.number(2, 1..=month_days(year, month), "its day is none")?;
        rest.one_of(b"Tt ")?;
        let hour = rest.number(2, 0..=23, "its hour is none")?;
        rest.one_of(b":")?;
        let minute = rest.number(2, 0..=59, "its minute is none")?;
        rest.one_of(b":")?;
        // A leap second is taken for the first one of the next minute.
        let second = rest.number(2, 0..=60, "its second is none")?;
        let fraction = rest.fraction()?;
        let (sign, offset) = rest.offset()?;
        let local = (days(year, month, day) * DAY + hour * 3600 + minute * 60 + second) * NS;
        let local = local + fraction;
        let unix = match sign {
            // East of Greenwich the day began earlier.
            b'+' => local.checked_sub(offset * NS),
            _ => local.checked_add(offset * NS),
        };
        unix.map(|ns| Self(Span::from_ns(ns))).ok_or(DateError("it is before 1970"))
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

    fn digit(&mut self) -> Option<u64> {
        let digit = self.0.first().filter(|byte| byte.is_ascii_digit())?;
        let digit = u64::from(digit - b'0');
        self.next();
        Some(digit)
    }

    fn number(
        &mut self,
        digits: usize,
        range: std::ops::RangeInclusive<u64>,
        problem: &'static str,
    ) -> Result<u64, DateError> {
        let mut number = 0;
        for _ in 0..digits {
            number = number * 10 + self.digit().ok_or(DateError("it has another form"))?;
        }
        if range.contains(&number) { Ok(number) } else { Err(DateError(problem)) }
    }

    /// Nanoseconds; further digits are read and have no meaning.
    fn fraction(&mut self) -> Result<u64, DateError> {
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

    /// The sign of the offset from UTC, and its seconds.
    fn offset(&mut self) -> Result<(u8, u64), DateError> {
        let sign = self.next().ok_or(DateError("its offset from UTC is missing"))?;
        let offset = match sign {
            b'Z' | b'z' => 0,
            b'+' | b'-' => {
                let hours = self.number(2, 0..=23, "its offset is none")?;
                if self.0.first() == Some(&b':') {
                    self.next();
                }
                hours * 3600 + self.number(2, 0..=59, "its offset is none")? * 60
            }
            _ => return Err(DateError("its offset from UTC is missing")),
        };
        if self.0.is_empty() { Ok((sign, offset)) } else { Err(DateError("it has another form")) }
    }
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn month_days(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn year_days(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

/// Days since 1970-01-01 of a day that exists.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let years: u64 = (1970..year).map(year_days).sum();
    let months: u64 = (1..month).map(|month| month_days(year, month)).sum();
    years + months + day - 1
}

/// As RFC 3339 has it, in UTC, to the millisecond.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.ns() / NS;
        let (mut day, time) = (seconds / DAY, seconds % DAY);
        let mut year = 1970;
        // At most 585 years fit into a span.
        while day >= year_days(year) {
            day -= year_days(year);
            year += 1;
        }
        let mut month = 1;
        while day >= month_days(year, month) {
            day -= month_days(year, month);
            month += 1;
        }
        let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
        let ms = self.0.ms() % 1000;
        write!(f, "{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z", day + 1)
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
