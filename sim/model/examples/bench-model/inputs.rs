//! Films and traces, the same every time.

use crate::Result;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use weir_abr::Rung;
use weir_model::Film;
use weir_trace::{Builder, Step, Trace, Volume, generate};
use weir_units::{BitRate, Seed, Span};

/// The ladder of Sabre's examples, and that of Pensieve; kbit/s.
const LONG: [u64; 10] = [230, 331, 477, 688, 991, 1427, 2056, 2962, 5027, 6000];
const SHORT: [u64; 6] = [300, 750, 1200, 1850, 2850, 4300];

const TRACES: u64 = 40;

pub struct Inputs {
    pub film: Arc<Film>,
    pub traces: Vec<Arc<Trace>>,
    ladder: Vec<u64>,
    segment: Span,
    sizes: Vec<Vec<Volume>>,
}

impl Inputs {
    /// 199 segments of 3 s at ten rungs, as the film of Sabre's examples.
    pub fn long() -> Result<Self> {
        Self::new(&LONG, Span::from_s(3), 199)
    }

    /// 48 segments of 4 s at six rungs, as the film of Pensieve.
    pub fn short() -> Result<Self> {
        Self::new(&SHORT, Span::from_s(4), 48)
    }

    fn new(ladder: &[u64], segment: Span, count: u64) -> Result<Self> {
        let rung = |kbps: &u64| {
            let rate = BitRate::from_bps(kbps * 1000);
            Rung { mean: rate, peak: rate }
        };
        let durations = vec![segment; usize::try_from(count)?];
        // Up to a quarter more or less than the rung's rate, alike at all rungs.
        let size = |n: u64, kbps: &u64| {
            let noise = Seed::new(n).below(500) + 750;
            Volume::from_bits(kbps * segment.ms() * noise / 8000 * 8)
        };
        let row = |n: u64| ladder.iter().map(|kbps| size(n, kbps)).collect();
        let sizes: Vec<Vec<Volume>> = (0..count).map(row).collect();
        let film = Film::new(ladder.iter().map(rung).collect(), durations, &sizes)?;
        let traces = (0..TRACES).map(trace).collect::<Result<_>>()?;
        Ok(Self { film: Arc::new(film), traces, ladder: ladder.to_vec(), segment, sizes })
    }

    /// Writes a film `movie.json` and traces `trace-NN.json` as Sabre reads them.
    pub fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder)?;
        let row =
            |row: &Vec<Volume>| format!("{:?}", row.iter().map(|v| v.bits()).collect::<Vec<_>>());
        let rows: Vec<String> = self.sizes.iter().map(row).collect();
        let film = format!(
            "{{\"segment_duration_ms\": {}, \"bitrates_kbps\": {:?}, \"segment_sizes_bits\": [{}]}}",
            self.segment.ms(),
            self.ladder,
            rows.join(",\n")
        );
        fs::write(folder.join("movie.json"), film)?;
        for (number, trace) in self.traces.iter().enumerate() {
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
}

/// Ten minutes of a mobile link around 4 Mbit/s, in steps of a second, with 60 ms of latency.
fn trace(seed: u64) -> Result<Arc<Trace>> {
    let params = [("median", "4 Mbit/s"), ("ceiling", "20 Mbit/s"), ("step", "1 s")];
    let params: BTreeMap<String, String> =
        params.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let rates = generate("lte", &params, Span::from_s(600), Seed::new(seed))?;
    let mut builder = Builder::new(rates.about().clone());
    for step in rates.steps() {
        builder.push(Step { latency: Some(Span::from_ms(60)), ..*step })?;
    }
    Ok(Arc::new(builder.finish()?))
}
