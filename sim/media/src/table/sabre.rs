//! The form of Sabre's `bbb.json` (UMass-LIDS/sabre 09b03bb): one JSON object with sizes in bits.

use super::Table;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::ops::RangeInclusive;
use weir_trace::Volume;
use weir_units::{BitRate, Span};

/// As for encoded content.
const SEGMENTS: RangeInclusive<Span> = Span::from_ms(500)..=Span::from_s(60);

/// 10 Gbit/s is beyond any video.
const MAX_KBPS: f64 = 1e7;

/// Other keys, which Sabre ignores, are ignored. Numbers are floating-point, as other programs
/// write them; all sizes below 2^53 bits are exact.
#[derive(Deserialize)]
struct File {
    segment_duration_ms: f64,
    bitrates_kbps: Vec<f64>,
    /// `[segment][rung]`; a hole may be written as `null`.
    segment_sizes_bits: Vec<Vec<Option<f64>>>,
}

pub(super) fn parse(text: &str) -> Result<Table> {
    let file: File = serde_json::from_str(text)
        .context("neither a folder of files video_size_N nor a table such as Sabre's bbb.json")?;
    let segment = Span::from_secs_f64(file.segment_duration_ms / 1000.0);
    let segment = segment.filter(|segment| SEGMENTS.contains(segment)).with_context(|| {
        format!("segment_duration_ms is {}: outside of 500 to 60000", file.segment_duration_ms)
    })?;
    let rate = |&kbps: &f64| {
        ensure!(kbps > 0.0 && kbps <= MAX_KBPS, "bitrates_kbps holds {kbps}");
        Ok(BitRate::from_bps((kbps * 1000.0).round() as u64))
    };
    let rungs = file.bitrates_kbps.iter().map(rate).collect::<Result<_>>()?;
    let row = |row: Vec<Option<f64>>| row.into_iter().map(exactly).collect();
    Ok(Table { segment, rungs, sizes: file.segment_sizes_bits.into_iter().map(row).collect() })
}

/// So many bits; none for a hole or what is no size.
fn exactly(bits: Option<f64>) -> Volume {
    let bits = bits.unwrap_or_default();
    // A conversion from a floating-point number saturates, and what is not a number becomes zero.
    let (whole, part) = (Volume::from_bits(bits as u64), (bits.fract() * 1e15) as u128);
    whole.checked_add(Volume::from_femtobits(part)).unwrap_or(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::held;
    use weir_units::Bytes;

    fn read(sizes: &str) -> Result<Table> {
        let rest = r#""bitrates_kbps":[230,331.5],"segment_duration_ms":3000"#;
        parse(&format!(r#"{{{rest},"segment_sizes_bits":{sizes}}}"#)).and_then(Table::checked)
    }

    #[test]
    fn bits_are_kept_as_they_are_and_files_have_whole_bytes_that_hold_them() {
        let table = read("[[16,17],[1,24.5]]").unwrap();
        assert_eq!(table.segment, Span::from_s(3));
        assert_eq!(table.rungs, [BitRate::from_bps(230_000), BitRate::from_bps(331_500)]);
        assert_eq!(table.sizes[0], [16, 17].map(Volume::from_bits));
        assert_eq!(table.sizes[1][1], Volume::from_femtobits(24_500_000_000_000_000));
        let bytes = |segment: usize| table.sizes[segment].iter().copied().map(held);
        assert!(bytes(0).eq([2, 3].map(Bytes::new)) && bytes(1).eq([1, 4].map(Bytes::new)));
    }

    #[test]
    fn holes_and_other_things_than_tables_are_refused() {
        let error = |sizes: &str| format!("{:#}", read(sizes).unwrap_err());
        assert_eq!(error("[[8,16],[8,null]]"), "segment 1 has no size at rung 1");
        assert_eq!(error("[[8,16],[8]]"), "segment 1 has no size at rung 1");
        assert_eq!(error("[[8,16],[-8,16]]"), "segment 1 has no size at rung 0");
        assert!(error("[[8,1e300]]").starts_with("segment 0 has "));
        assert!(error(r#"[["8",16]]"#).contains("line 1"));
        assert!(format!("{:#}", parse("[]").unwrap_err()).contains("neither a folder"));
        for duration in ["0", "-1", "1e300", "0.001"] {
            let text = format!(
                r#"{{"bitrates_kbps":[1],"segment_duration_ms":{duration},"segment_sizes_bits":[[8]]}}"#
            );
            assert!(parse(&text).unwrap_err().to_string().contains("outside of 500 to 60000"));
        }
    }
}
