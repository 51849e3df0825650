//! Reference data that lie beside the project.

use std::io::Write;
use std::path::{Path, PathBuf};

/// A file of the reference data: beside the project, or where `WEIR_REFERENCE_DATA` points. `None`
/// where there are no such data at all; this is said on the standard error output, past what a test
/// harness hides.
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

/// A JSON document of the reference data.
pub fn json(name: &str) -> Option<serde_json::Value> {
    let text = std::fs::read_to_string(reference(name)?).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}
