//! Content for experiments that costs no encoding.

use std::fs;
use std::path::Path;

/// Writes a table of segment sizes in Sabre's format, `table.json`: four rungs, sizes that vary by
/// a factor of two from segment to segment.
pub fn write_table(folder: &Path) {
    let rates = [300, 700, 1500, 3000];
    let segments: Vec<_> = (0..30)
        .map(|segment| {
            let swing = 70 + (segment * 37) % 61;
            rates.map(|kbps| (kbps * 2000 * swing / 100).to_string()).join(", ")
        })
        .map(|sizes| format!("[{sizes}]"))
        .collect();
    let text = format!(
        r#"{{ "segment_duration_ms": 2000, "bitrates_kbps": [300, 700, 1500, 3000], "segment_sizes_bits": [{}] }}"#,
        segments.join(", ")
    );
    fs::write(folder.join("table.json"), text).unwrap();
}
