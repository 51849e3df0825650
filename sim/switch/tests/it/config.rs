//! What a switcher is told.

use weir_switch::{Config, Policy, Settings, Switchback};
use weir_units::Span;

const FILE: &str = r#"
interval = "1 s"
probes = 2
switchback = "60 s"

[[origins]]
url = "http://10.0.0.1/live/master.m3u8"

[[origins]]
name = "spare"
url = "http://10.0.0.2/live/master.m3u8"
priority = 1
"#;

fn config(file: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
    let variable = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let settings = Settings::from_environment(variable)
        .and_then(|over| Ok(over.or(Settings::from_toml(file, "switch.toml")?)));
    settings.and_then(|settings| settings.config()).map_err(|error| error.to_string())
}

#[test]
fn the_environment_stands_over_the_file_and_the_file_over_the_defaults() {
    let config = config(FILE, &[("WEIR_SWITCH_INTERVAL", "250 ms")]).unwrap();
    assert_eq!((config.interval, config.threshold), (Span::from_ms(250), Span::from_s(20)));
    assert_eq!((config.probes, config.policy), (2, Policy::Backup));
    assert_eq!(config.switchback, Switchback::After(Span::from_s(60)));
    let names: Vec<_> = config.origins.iter().map(|origin| origin.name.as_str()).collect();
    assert_eq!(names, ["a", "spare"]);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let error = |file: &str, variables: &[(&str, &str)]| config(file, variables).unwrap_err();
    assert!(error("", &[]).starts_with("origins: there is none"));
    let unknown = error("intervall = \"1 s\"", &[]);
    assert!(unknown.starts_with("switch.toml:1: unknown field `intervall`"), "{unknown}");
    assert!(unknown.contains("`interval`"), "{unknown}");
    let late = error(&FILE.replace("1 s", "0 s"), &[]);
    assert_eq!(late, "switch.toml:2: interval = \"0 s\": expected 10 ms to 3600 s");
    let long = error(FILE, &[("WEIR_SWITCH_TIMEOUT", "64 s")]);
    let expected = "a time-out of 64 s: it takes more than 63 intervals of 1 s";
    assert_eq!(long, format!("WEIR_SWITCH_TIMEOUT: timeout = \"64 s\": {expected}"));
    let unit = error(FILE, &[("WEIR_SWITCH_TIMEOUT", "2")]);
    assert!(unit.starts_with("WEIR_SWITCH_TIMEOUT: timeout = \"2\": "), "{unit}");
    let scheme = error(&FILE.replace("http://10.0.0.2", "ftp://10.0.0.2"), &[]);
    assert!(scheme.contains("expected an http:// URL"), "{scheme}");
    let twice = error(&FILE.replace("spare", "a"), &[]);
    assert!(twice.contains("two origins are called \"a\""), "{twice}");
    let policy = error(FILE, &[("WEIR_SWITCH_POLICY", "random")]);
    assert!(policy.contains("\"backup\", \"round-robin\" or \"latency\""), "{policy}");
}
