//! Reference data that lie beside the project.

use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use weir_abr::Rung;
use weir_model::Film;
use weir_trace::{Clock, Csv, Format, Kind, Origin, Reader, Trace, Volume};
use weir_units::{BitRate, Bytes, Span};

/// A file or folder of the reference data: beside the project, or where `WEIR_REFERENCE_DATA`
/// points. `None` where there are no such data at all; this is said on the standard error output,
/// past what a test harness hides.
pub fn reference(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("WEIR_REFERENCE_DATA").map_or(beside, PathBuf::from);
    if !folder.exists() {
        let line = format!("DID NOT RUN: {name}: there is no {}\n", folder.display());
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        return None;
    }
    let path = folder.join(name);
    assert!(path.exists(), "the reference data has no {}", path.display());
    Some(path)
}

/// The names in a folder of the reference data, in order.
pub fn names(folder: &str) -> Option<Vec<String>> {
    let entries = std::fs::read_dir(reference(folder)?).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    Some(names)
}

/// A trace in a published form.
pub fn trace(name: &str, format: Format) -> Option<Arc<Trace>> {
    let none = String::new;
    let reader = Reader {
        format,
        origin: Origin {
            name: none(),
            kind: Some(Kind::Goodput),
            repeats: true,
            source: none(),
            licence: none(),
            obtained: None,
        },
        csv: Csv {
            rate: none(),
            rate_unit: BitRate::from_bps(1),
            clock: Clock::Every(Span::from_s(1)),
            time_unit: Span::from_s(1),
            latency: None,
        },
        packet: Reader::PACKET,
    };
    Some(Arc::new(weir_trace::load(&reader, &reference(name)?).unwrap()))
}

pub fn rung(bps: u64) -> Rung {
    let rate = BitRate::from_bps(bps);
    Rung { mean: rate, peak: rate }
}

/// A film in the form of Sabre.
pub fn sabre_film(name: &str) -> Option<Arc<Film>> {
    let text = std::fs::read_to_string(reference(&format!("sabre/{name}"))?).unwrap();
    let film: Value = serde_json::from_str(&text).unwrap();
    let number = |value: &Value| value.as_f64().unwrap();
    let numbers = |value: &Value| value.as_array().unwrap().iter().map(number).collect::<Vec<_>>();
    let rungs = numbers(&film["bitrates_kbps"]);
    let ladder = rungs.iter().map(|kbps| rung((kbps * 1000.0) as u64)).collect();
    let bits =
        |value: &Value| numbers(value).iter().map(|b| Volume::from_bits(*b as u64)).collect();
    let sizes: Vec<Vec<_>> =
        film["segment_sizes_bits"].as_array().unwrap().iter().map(bits).collect();
    let segment = Span::from_secs_f64(number(&film["segment_duration_ms"]) / 1e3).unwrap();
    Some(Arc::new(Film::new(ladder, vec![segment; sizes.len()], &sizes).unwrap()))
}

/// The film of Pensieve.
pub fn pensieve_film() -> Option<Arc<Film>> {
    let column = |rung: usize| {
        let path = reference(&format!("pensieve/size/video_size_{rung}"))?;
        let text = std::fs::read_to_string(path).unwrap();
        Some(text.split_whitespace().map(|size| size.parse().unwrap()).collect::<Vec<u64>>())
    };
    let columns = (0..6).map(column).collect::<Option<Vec<_>>>()?;
    let ladder = [300, 750, 1200, 1850, 2850, 4300].map(|kbps| rung(kbps * 1000)).to_vec();
    let row = |n: usize| columns.iter().map(|c| Volume::from(Bytes::new(c[n]))).collect();
    let sizes: Vec<Vec<_>> = (0..columns[0].len()).map(row).collect();
    Some(Arc::new(Film::new(ladder, vec![Span::from_s(4); sizes.len()], &sizes).unwrap()))
}
