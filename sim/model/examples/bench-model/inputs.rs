//! Films and traces, the same every time.

use crate::Result;
use std::collections::BTreeMap;
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
}

impl Inputs {
    /// 199 segments of 3 s at ten rungs, as the film of Sabre's examples, over a link that carries
    /// them.
    pub fn long() -> Result<Self> {
        Self::new(&LONG, Span::from_s(3), 199, ["4 Mbit/s", "20 Mbit/s"])
    }

    /// 48 segments of 4 s at six rungs, as the film of Pensieve, over a link like those of its
    /// traces, whose median is 1.3 Mbit/s.
    pub fn short() -> Result<Self> {
        Self::new(&SHORT, Span::from_s(4), 48, ["1.3 Mbit/s", "6 Mbit/s"])
    }

    fn new(ladder: &[u64], segment: Span, count: u64, link: [&str; 2]) -> Result<Self> {
        let rung = |kbps: &u64| {
            let rate = BitRate::from_bps(kbps * 1000);
            Rung { mean: rate, peak: rate }
        };
        let durations = vec![segment; usize::try_from(count)?];
        // Whole bytes, up to a quarter more or less than the rung's rate, alike at all rungs.
        let size = |n: u64, kbps: &u64| {
            let noise = Seed::new(n).below(500) + 750;
            Volume::from_bits(kbps * segment.ms() * noise / 8000 * 8)
        };
        let row = |n: u64| ladder.iter().map(|kbps| size(n, kbps)).collect();
        let sizes: Vec<Vec<Volume>> = (0..count).map(row).collect();
        let film = Film::new(ladder.iter().map(rung).collect(), durations, &sizes)?;
        let traces = (0..TRACES).map(|seed| trace(seed, link)).collect::<Result<_>>()?;
        Ok(Self { film: Arc::new(film), traces })
    }
}

/// Ten minutes of a mobile link with this median and ceiling, in steps of a second, with 60 ms of
/// latency.
fn trace(seed: u64, [median, ceiling]: [&str; 2]) -> Result<Arc<Trace>> {
    let params = [("median", median), ("ceiling", ceiling), ("step", "1 s")];
    let params: BTreeMap<String, String> =
        params.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let rates = generate("lte", &params, Span::from_s(600), Seed::new(seed))?;
    let mut builder = Builder::new(rates.about().clone());
    for step in rates.steps() {
        builder.push(Step { latency: Some(Span::from_ms(60)), ..*step })?;
    }
    Ok(Arc::new(builder.finish()?))
}
