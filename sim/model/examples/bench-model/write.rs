//! Films and traces for simulators that read the form of Sabre.

use crate::Result;
use crate::inputs::Inputs;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// Writes a film `movie.json` and traces `trace-NN.json`.
pub fn write(inputs: &Inputs, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let content = inputs.film.content();
    let ladder: Vec<u64> = content.ladder().iter().map(|rung| rung.mean.bps() / 1000).collect();
    let row = |segment: usize| {
        let bits = |rung| content.size(segment, rung).map_or(0, |size| size.get() * 8);
        format!("{:?}", (0..ladder.len()).map(bits).collect::<Vec<_>>())
    };
    let rows: Vec<String> = (0..content.segments()).map(row).collect();
    let film = format!(
        "{{\"segment_duration_ms\": {}, \"bitrates_kbps\": {ladder:?}, \"segment_sizes_bits\": [{}]}}",
        content.duration(0).ms(),
        rows.join(",\n")
    );
    fs::write(folder.join("movie.json"), film)?;
    for (number, trace) in inputs.traces.iter().enumerate() {
        let mut text = String::new();
        for step in trace.steps() {
            let mark = if text.is_empty() { "[" } else { ",\n" };
            write!(
                text,
                "{mark}{{\"duration_ms\": {}, \"bandwidth_kbps\": {}, \"latency_ms\": {}}}",
                step.span.ns() as f64 / 1e6,
                step.rate.as_bps_f64() / 1e3,
                step.latency.unwrap_or_default().ns() as f64 / 1e6
            )?;
        }
        fs::write(folder.join(format!("trace-{number:02}.json")), text + "]\n")?;
    }
    Ok(())
}
