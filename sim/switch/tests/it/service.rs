//! The service of the laboratory that this is.

use std::collections::BTreeMap;
use weir_switch::{Policy, Settings, Switchback};
use weir_units::{BitRate, Span};

#[derive(serde::Deserialize)]
struct Kind {
    settings: BTreeMap<String, String>,
    each: BTreeMap<String, BTreeMap<String, String>>,
    files: BTreeMap<String, String>,
}

fn filled(text: &str, words: &[(&str, &str)]) -> String {
    words
        .iter()
        .fold(text.to_owned(), |text, (word, value)| text.replace(&format!("{{{word}}}"), value))
}

#[test]
fn the_service_has_the_defaults_of_the_switcher() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../topologies/services/switcher.toml");
    let kind: Kind = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let origins: String = ["origin-a", "origin-b"]
        .map(|name| {
            let words = [("name", name), ("address", "10.0.0.1"), ("port", "80")];
            filled(&kind.each["origins"]["text"], &words)
        })
        .concat();
    let text = filled(&kind.files["switch.toml"], &[("origins", &origins)]);
    let text = filled(&text, &[("address", "10.0.0.9"), ("port", "80"), ("key", "show")]);
    let settings = kind.settings.iter().map(|(word, value)| (word.as_str(), value.as_str()));
    let text = filled(&text, &settings.collect::<Vec<_>>());
    let config = Settings::from_toml(&text, "switch.toml").unwrap().config().unwrap();
    let names: Vec<_> = config.origins.iter().map(|origin| origin.name.as_str()).collect();
    assert_eq!(names, ["origin-a", "origin-b"]);
    assert_eq!(config.origins[0].url.as_str(), "http://10.0.0.1:80/hls/show/master.m3u8");
    assert_eq!((config.path.as_str(), config.probes), ("/hls/show/", 3));
    let spans = (config.interval, config.timeout, config.threshold);
    assert_eq!(spans, (Span::from_s(5), Span::from_s(2), Span::from_s(20)));
    assert_eq!((config.patience, config.least_rate), (Span::from_s(20), BitRate::from_bps(4_000)));
    assert_eq!(config.per_address, 4_096);
    assert_eq!((config.policy, config.switchback), (Policy::Backup, Switchback::AtOnce));
}
