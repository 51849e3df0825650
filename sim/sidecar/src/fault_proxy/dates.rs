//! EXT-X-PROGRAM-DATE-TIME (RFC 8216, section 4.3.2.6), moved.

use weir_core::playlist::Date;
use weir_units::Span;

const TAG: &[u8] = b"#EXT-X-PROGRAM-DATE-TIME:";
/// `2026-01-31` and the letter behind it, and with `23:59:59` behind that.
const DAY: usize = 10;
const SECOND: usize = 19;
/// Digits of a second that mean something: nanoseconds.
const DIGITS: usize = 9;

/// How far dates are moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift {
    later: Span,
    earlier: Span,
}

impl Shift {
    /// To later dates.
    pub fn ahead(by: Span) -> Self {
        Self { later: by, earlier: Span::ZERO }
    }

    /// To earlier dates.
    pub fn behind(by: Span) -> Self {
        Self { later: Span::ZERO, earlier: by }
    }

    /// Both.
    pub fn and(self, other: Self) -> Self {
        Self {
            later: self.later.saturating_add(other.later),
            earlier: self.earlier.saturating_add(other.earlier),
        }
    }

    /// `None` before 1970, and after all that a date can be.
    fn of(self, date: Date) -> Option<Date> {
        let moved = date.unix().checked_add(self.later)?.checked_sub(self.earlier)?;
        Some(Date::from_unix(moved))
    }
}

/// A playlist with all its dates moved, each exactly and in the form that it has: the same letters,
/// offset and digits, or as many more digits as the shift takes. Everything else stays to the byte,
/// and so does a date that cannot be read or would come before 1970.
pub(super) fn shifted(playlist: &[u8], shift: Shift) -> Vec<u8> {
    let mut moved = Vec::with_capacity(playlist.len() + 64);
    for line in playlist.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_prefix(TAG).and_then(|value| shifted_value(value, shift)) {
            Some(value) => {
                moved.extend_from_slice(TAG);
                moved.extend_from_slice(value.as_bytes());
            }
            None => moved.extend_from_slice(line),
        }
    }
    moved
}

fn shifted_value(value: &[u8], shift: Shift) -> Option<String> {
    let value = std::str::from_utf8(value).ok()?;
    let text = value.trim();
    let (before, behind) = value.split_once(text)?;
    Some(format!("{before}{}{behind}", shifted_date(text, shift)?))
}

/// Moves a date that is written in one of the forms that [`Date`] reads.
fn shifted_date(text: &str, shift: Shift) -> Option<String> {
    let date: Date = text.parse().ok()?;
    let moved = shift.of(date)?;
    // What was read has this form.
    let (letter, rest) = (text.get(DAY..=DAY)?, text.get(SECOND..)?);
    let point = rest.get(..1).filter(|point| [".", ","].contains(point));
    let digits = point.map_or("", |_| rest.get(1..).unwrap_or_default());
    let digits = digits.split(|letter: char| !letter.is_ascii_digit()).next().unwrap_or_default();
    let offset = rest.get(point.map_or(0, str::len) + digits.len()..)?;

    // The clock on the wall, there and then: in UTC, moved by the offset.
    let wall = match parsed_offset(offset)? {
        (b'-', span) => Date::from_unix(moved.unix().checked_sub(span)?),
        (_, span) => moved.after(span),
    };
    let seconds = wall.to_string();
    let (day, time) = (seconds.get(..DAY)?, seconds.get(DAY + 1..SECOND)?);
    let fraction = fraction(wall, digits);
    let point = if fraction.is_empty() { "" } else { point.unwrap_or(".") };
    Some(format!("{day}{letter}{time}{point}{fraction}{offset}"))
}

/// The digits behind the point: as many as there were, or as it takes. Those behind nanoseconds
/// have no meaning, and stay.
fn fraction(wall: Date, digits: &str) -> String {
    let ns = format!("{:09}", wall.unix().ns() % 1_000_000_000);
    let needed = ns.trim_end_matches('0').len();
    let kept = digits.len().min(DIGITS).max(needed);
    let meaningless = digits.get(DIGITS..).unwrap_or_default();
    format!("{}{meaningless}", ns.get(..kept).unwrap_or(&ns))
}

/// The sign and the length of an offset from UTC: `Z`, `+01:00` or `+0100`.
fn parsed_offset(text: &str) -> Option<(u8, Span)> {
    let sign = *text.as_bytes().first()?;
    if matches!(sign, b'Z' | b'z') {
        return Some((sign, Span::ZERO));
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes) = (digits.get(..2)?, digits.get(2..)?);
    let (hours, minutes): (u64, u64) = (hours.parse().ok()?, minutes.parse().ok()?);
    Some((sign, Span::from_s(hours * 3600 + minutes * 60)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn later(text: &str, by: Span) -> String {
        shifted_date(text, Shift::ahead(by)).unwrap()
    }

    #[test]
    fn a_date_keeps_its_form() {
        for (text, by, wanted) in [
            ("2026-11-20T22:03:34.123+0000", 5_000, "2026-11-20T22:03:39.123+0000"),
            ("2026-12-31T23:59:59.900+01:00", 200, "2027-01-01T00:00:00.100+01:00"),
            ("2028-02-28T23:00:00-0430", 3_600_000, "2028-02-29T00:00:00-0430"),
            ("2026-01-01t00:00:00,5z", 250, "2026-01-01t00:00:00,75z"),
            ("2026-01-01 00:00:00.500Z", 500, "2026-01-01 00:00:01.000Z"),
            ("2026-01-01T00:00:00Z", 1, "2026-01-01T00:00:00.001Z"),
            ("2026-01-01T00:00:00.12345678987Z", 1, "2026-01-01T00:00:00.12445678987Z"),
        ] {
            assert_eq!(later(text, Span::from_ms(by)), wanted, "{text}");
        }
        let earlier = shifted_date("2026-03-01T00:00:00.000+0000", Shift::behind(Span::from_s(1)));
        assert_eq!(earlier.unwrap(), "2026-02-28T23:59:59.000+0000");
    }

    #[test]
    fn only_dates_are_touched_and_only_those_that_can_be_read() {
        let playlist: &[u8] = b"#EXTM3U\r\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z\r\n\
            #EXT-X-PROGRAM-DATE-TIME:soon\n#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:01Z\n\
            # 2026-01-01T00:00:00Z\n\xff\xfe\n#EXTINF:2,\n\
            #EXT-X-PROGRAM-DATE-TIME: 2026-01-01T00:00:02Z";
        let wanted: &[u8] = b"#EXTM3U\r\n#EXT-X-PROGRAM-DATE-TIME:2025-12-31T23:59:50Z\r\n\
            #EXT-X-PROGRAM-DATE-TIME:soon\n#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:01Z\n\
            # 2026-01-01T00:00:00Z\n\xff\xfe\n#EXTINF:2,\n\
            #EXT-X-PROGRAM-DATE-TIME: 2025-12-31T23:59:52Z";
        let moved = shifted(playlist, Shift::behind(Span::from_s(10)));
        assert_eq!(String::from_utf8_lossy(&moved), String::from_utf8_lossy(wanted));
    }

    fn form() -> impl Strategy<Value = String> {
        let day = (1971u64..2400, 1u64..=12, 1u64..=28);
        let time = (0u64..24, 0u64..60, 0u64..60);
        let fraction = proptest::option::of("[.,][0-9]{1,12}");
        let offset = "Z|z|[+-](0[0-9]|1[0-9]|2[0-3]):?[0-5][0-9]";
        (day, "[Tt ]", time, fraction, offset).prop_map(|(day, letter, time, fraction, offset)| {
            let ((year, month, day), (hour, minute, second)) = (day, time);
            let fraction = fraction.unwrap_or_default();
            format!(
                "{year:04}-{month:02}-{day:02}{letter}{hour:02}:{minute:02}:{second:02}{fraction}{offset}"
            )
        })
    }

    proptest! {
        #[test]
        fn a_moved_date_is_later_by_exactly_the_shift(text in form(), ns in 0..10u64.pow(18)) {
            let date: Date = text.parse().unwrap();
            let moved = later(&text, Span::from_ns(ns));
            let read: Date = moved.parse().unwrap();
            prop_assert_eq!(read, date.after(Span::from_ns(ns)), "{}", moved);
        }

        #[test]
        fn a_date_that_is_moved_there_and_back_is_the_same(text in form(), ms in 0..10u64.pow(12)) {
            let there = later(&text, Span::from_ms(ms));
            let back = shifted_date(&there, Shift::behind(Span::from_ms(ms))).unwrap();
            let (back, text): (Date, Date) = (back.parse().unwrap(), text.parse().unwrap());
            prop_assert_eq!(back, text);
        }

        #[test]
        fn a_shift_by_nothing_changes_no_byte(text in form()) {
            let line = format!("#EXTM3U\n#EXT-X-PROGRAM-DATE-TIME:{text}\r\n");
            let same = shifted(line.as_bytes(), Shift::ahead(Span::ZERO));
            prop_assert_eq!(String::from_utf8(same).unwrap(), line);
        }

        #[test]
        fn no_playlist_is_too_strange(bytes: Vec<u8>, value: String, ns: u64) {
            let shift = Shift::behind(Span::from_ns(ns));
            shifted(&bytes, shift);
            shifted(format!("#EXT-X-PROGRAM-DATE-TIME:{value}").as_bytes(), shift);
        }
    }
}
