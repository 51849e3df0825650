//! The topologies, kinds of services and traces that come with the program, for experiments that
//! lie elsewhere than in a checkout.

macro_rules! texts {
    ($folder:literal, $extension:literal, $($name:literal)*) => {
        [$(($name, include_str!(concat!($folder, $name, $extension)))),*]
    };
}

/// Topologies by their names.
pub(crate) const TOPOLOGIES: [(&str, &str); 6] = texts![
    "../../../../topologies/", ".toml",
    "one-origin" "two-origins" "dumbbell" "tree" "chain" "live"
];

/// Kinds of services by their names.
pub(crate) const KINDS: &[(&str, &str)] = &texts![
    "../../../../topologies/services/", ".toml",
    "nginx" "publisher" "camera" "ingest" "mediamtx" "packager" "transcoder" "origin"
    "switcher" "haproxy" "nginx-proxy" "client"
];

/// Traces by their names.
pub(crate) const TRACES: [(&str, &str); 24] = texts![
    "../../../../topologies/traces/", ".trace",
    "constant-1m" "constant-3m" "constant-8m"
    "square-slow" "square-fast" "square-brief-dips"
    "sine-slow" "sine-fast"
    "markov-1" "markov-2" "markov-3" "markov-4"
    "lte-1" "lte-2" "lte-3" "lte-4"
    "lte-slow-1" "lte-slow-2" "lte-slow-3" "lte-slow-4"
    "outage-1" "outage-2" "outage-3" "outage-4"
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::files::{Disk, Files as _};
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn every_topology_service_and_trace_of_the_checkout_is_bundled() {
        let there = |folder: &str, extension: &str| -> BTreeSet<String> {
            let folder =
                Path::new(env!("CARGO_MANIFEST_DIR")).join("../../topologies").join(folder);
            let files = Disk.list(&folder).unwrap();
            files.iter().filter_map(|file| Some(file.strip_suffix(extension)?.to_owned())).collect()
        };
        let names =
            |known: &[(&str, &str)]| known.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(there("", ".toml"), names(&TOPOLOGIES));
        assert_eq!(there("services", ".toml"), names(KINDS));
        assert_eq!(there("traces", ".trace"), names(&TRACES));
    }
}
