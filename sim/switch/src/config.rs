//! What a switcher is told: a file, over it the environment, over it the command line.

use crate::probe_scheduler::MAX_UNDER_WAY;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::str::FromStr;
use toml::Spanned;
use weir_core::playlist::Uri;
use weir_units::{BitRate, Span};

/// The most origins.
pub const MAX_ORIGINS: usize = 64;

const INTERVALS: RangeInclusive<Span> = Span::from_ms(10)..=Span::from_s(3600);
const THRESHOLDS: RangeInclusive<Span> = Span::from_ms(100)..=Span::from_s(24 * 3600);
const PROBES: RangeInclusive<u32> = 1..=1000;
const PATIENCES: RangeInclusive<Span> = Span::from_ms(100)..=Span::from_s(3600);
const LEAST_RATES: RangeInclusive<BitRate> = BitRate::from_bps(0)..=BitRate::from_bps(1_000_000);
const PER_ADDRESS: RangeInclusive<u32> = 1..=10_000;
const WEIGHTS: RangeInclusive<u32> = 1..=1000;

/// A switcher's configuration.
///
/// As a file it is TOML, with the names of these fields as keys; what is not named has its default.
///
/// ```toml
/// listen = "0.0.0.0:8080"
/// interval = "5 s"
/// timeout = "2 s"
/// threshold = "20 s"
/// probes = 3
/// policy = "backup"            # backup, round-robin, latency
/// switchback = "at-once"       # never, at-once, or a time such as "60 s"
/// path = "/hls/"
/// patience = "20 s"
/// least_rate = "4 kbit/s"
/// per_address = 4096
///
/// [[origins]]
/// name = "a"
/// url = "http://10.0.0.1/live/master.m3u8"
/// priority = 0
/// weight = 1
/// ```
///
/// In the environment the same keys are variables: `WEIR_SWITCH_INTERVAL` and so on;
/// `WEIR_SWITCH_ORIGINS` has the URLs of all origins, in the order of preference, with blanks
/// between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The origins; at least one.
    pub origins: Vec<OriginConfig>,
    /// From the start of one probe to that of the next.
    pub interval: Span,
    /// How long a probe, and the first byte of an answer, may take; less than [`MAX_UNDER_WAY`]
    /// intervals.
    pub timeout: Span,
    /// A newest segment that ended longer ago than this is stale.
    pub threshold: Span,
    /// How many probes in a row make an origin bad, or good again.
    pub probes: u32,
    /// Who of several good origins serves.
    pub policy: Policy,
    /// When to go back to an origin that is preferred.
    pub switchback: Switchback,
    /// The path below which requests are passed on.
    pub path: String,
    /// A client that keeps an answer waiting for so long has to have taken some of it in the
    /// meantime: at least what [`Config::least_rate`] makes of this time. Otherwise its connection
    /// is closed.
    ///
    /// By default 20 s, as in Apache's `mod_reqtimeout`. That bridges a path that is dead for 10 s,
    /// after which TCP tries again within 13 s.
    pub patience: Span,
    /// The least rate at which a client has to take an answer.
    ///
    /// By default 4 kbit/s, the 500 bytes in a second of Apache's `mod_reqtimeout`: a nineteenth of
    /// a line of 75 kbit/s, which several answers can so share.
    pub least_rate: BitRate,
    /// The most connections of one address; of IPv6, of one network of 64 bits. More are refused.
    ///
    /// By default 4,096: enough for the viewers behind one address, and less than half of all, so
    /// that no two addresses can keep everybody else out.
    pub per_address: u32,
}

/// An origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginConfig {
    /// Its name in logs, metrics and the header `X-Weir-Origin`.
    pub name: String,
    /// The playlist that is probed: a master playlist, or a media playlist. Requests for
    /// `/hls/NAME` go to `NAME` in the same folder.
    pub url: Uri,
    /// The lowest is preferred.
    pub priority: u32,
    /// Its share of the requests, of the round robin.
    pub weight: u32,
}

/// Who of several good origins serves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Policy {
    /// The one with the lowest priority; the others are its backup.
    #[default]
    Backup,
    /// Each in turn, by their weights.
    RoundRobin,
    /// The one whose probes take the least time.
    Latency,
}

/// When to go back to an origin that is preferred, once it is good again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Switchback {
    /// Not before the active one is bad.
    Never,
    /// As soon as it is good.
    #[default]
    AtOnce,
    /// When it has been good for so long.
    After(Span),
}

impl FromStr for Policy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "backup" => Ok(Self::Backup),
            "round-robin" => Ok(Self::RoundRobin),
            "latency" => Ok(Self::Latency),
            _ => Err("expected \"backup\", \"round-robin\" or \"latency\"".to_owned()),
        }
    }
}

impl FromStr for Switchback {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "never" => Ok(Self::Never),
            "at-once" => Ok(Self::AtOnce),
            _ => text.parse().map(Self::After).map_err(|_| {
                "expected \"never\", \"at-once\" or a time such as \"60 s\"".to_owned()
            }),
        }
    }
}

/// Why a configuration was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct ConfigError {
    /// Where it stands: a file and a line, a variable, an option.
    pub place: String,
    /// What is wrong, and what was expected.
    pub problem: String,
}

impl ConfigError {
    fn new(place: &str, problem: impl Display) -> Self {
        Self { place: place.to_owned(), problem: problem.to_string() }
    }
}

/// What one source says of a configuration; the first of several that says something counts.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    values: BTreeMap<&'static str, Setting<String>>,
    origins: Option<Setting<Vec<OriginConfig>>>,
}

/// A value, and where it stands.
#[derive(Debug, Clone)]
struct Setting<T> {
    place: String,
    value: T,
}

macro_rules! keys {
    ($($key:ident: $kind:ty),*) => {
        /// The keys of a configuration that are one value.
        const KEYS: &[&str] = &[$(stringify!($key)),*];

        /// A file as it is written.
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            $($key: Option<Spanned<$kind>>,)*
            #[serde(default)]
            origins: Vec<Spanned<OriginText>>,
        }

        impl File {
            /// Where the value of each of [`KEYS`] stands, and the value.
            fn values(&self) -> impl Iterator<Item = Option<(usize, String)>> {
                [$(self.$key.as_ref().map(|v| (v.span().start, v.as_ref().to_string()))),*]
                    .into_iter()
            }
        }
    };
}

keys! {
    listen: String, interval: String, timeout: String, threshold: String, probes: u32,
    policy: String, switchback: String, path: String, patience: String, least_rate: String,
    per_address: u32
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OriginText {
    name: Option<String>,
    url: String,
    #[serde(default)]
    priority: u32,
    #[serde(default = "one")]
    weight: u32,
}

const fn one() -> u32 {
    1
}

impl Settings {
    /// What the TOML `text` says; `file` is what errors call it.
    ///
    /// # Errors
    /// If it is no TOML, has a key that is none, or an origin's URL is none.
    pub fn from_toml(text: &str, file: &str) -> Result<Self, ConfigError> {
        let line = |at: usize| {
            let before = text.get(..at).unwrap_or(text);
            format!("{file}:{}", before.matches('\n').count() + 1)
        };
        let parsed: File = toml::from_str(text).map_err(|error| {
            let place = error.span().map_or(file.to_owned(), |span| line(span.start));
            ConfigError::new(&place, error.message().replace('\n', ", "))
        })?;
        let mut settings = Self::default();
        for (key, value) in KEYS.iter().zip(parsed.values()) {
            let setting = value.map(|(at, value)| Setting { place: line(at), value });
            settings.values.extend(setting.map(|setting| (*key, setting)));
        }
        let first = parsed.origins.first().map(|origin| line(origin.span().start));
        let mut origins = Vec::new();
        for origin in parsed.origins {
            let place = line(origin.span().start);
            let OriginText { name, url, priority, weight } = origin.into_inner();
            let url = Uri::parse(&url).map_err(|error| ConfigError::new(&place, error))?;
            let name = name.unwrap_or_else(|| letter(origins.len()));
            origins.push(OriginConfig { name, url, priority, weight });
        }
        settings.origins = first.map(|place| Setting { place, value: origins });
        Ok(settings)
    }

    /// What variables of the environment say; `variable` gives the value of one.
    ///
    /// # Errors
    /// If an origin's URL is none.
    pub fn from_environment(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut settings = Self::default();
        for &key in KEYS {
            let place = format!("WEIR_SWITCH_{}", key.to_uppercase());
            if let Some(value) = variable(&place) {
                settings.values.insert(key, Setting { place, value });
            }
        }
        let place = "WEIR_SWITCH_ORIGINS";
        if let Some(urls) = variable(place) {
            settings.set_origins(urls.split_whitespace(), place)?;
        }
        Ok(settings)
    }

    /// Says `value` of `key`; `place` is what errors call it.
    ///
    /// # Errors
    /// If there is no such key.
    pub fn set(&mut self, key: &str, value: String, place: &str) -> Result<(), ConfigError> {
        let known = KEYS.iter().find(|known| **known == key).ok_or_else(|| {
            let expected = KEYS.join(", ");
            ConfigError::new(place, format!("{key:?} is no key (expected one of {expected})"))
        })?;
        self.values.insert(known, Setting { place: place.to_owned(), value });
        Ok(())
    }

    /// Says which origins there are, by their URLs, in the order of preference.
    ///
    /// # Errors
    /// If one is no URL.
    pub fn set_origins<'u>(
        &mut self,
        urls: impl IntoIterator<Item = &'u str>,
        place: &str,
    ) -> Result<(), ConfigError> {
        let mut origins = Vec::new();
        for (priority, url) in (0..).zip(urls) {
            let url = Uri::parse(url).map_err(|error| ConfigError::new(place, error))?;
            origins.push(OriginConfig { name: letter(origins.len()), url, priority, weight: 1 });
        }
        self.origins = Some(Setting { place: place.to_owned(), value: origins });
        Ok(())
    }

    /// This, and what `other` says where this says nothing.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        for (key, said) in other.values {
            self.values.entry(key).or_insert(said);
        }
        self.origins = self.origins.or(other.origins);
        self
    }

    /// The configuration.
    ///
    /// # Errors
    /// If a value is not of its kind or out of its range, and if there is no origin, or two of one
    /// name.
    pub fn config(&self) -> Result<Config, ConfigError> {
        let timeout = self.value("timeout", Span::from_s(2), &INTERVALS)?;
        let interval = self.value("interval", Span::from_s(5), &INTERVALS)?;
        if interval.checked_mul(MAX_UNDER_WAY as u64 - 1).is_some_and(|most| timeout > most) {
            let problem =
                format!("it takes more than {} intervals of {interval}", MAX_UNDER_WAY - 1);
            // The one that was said is the one to change.
            let key = if self.values.contains_key("timeout") { "timeout" } else { "interval" };
            return Err(self.error(key, format!("a time-out of {timeout}: {problem}")));
        }
        let path = self.parsed("path", "/hls/".to_owned())?;
        if !path.starts_with('/') || !path.ends_with('/') {
            return Err(self.error("path", "expected a path that begins and ends with \"/\""));
        }
        Ok(Config {
            listen: self.parsed("listen", SocketAddr::from((Ipv4Addr::UNSPECIFIED, 8080)))?,
            origins: self.origins()?,
            interval,
            timeout,
            threshold: self.value("threshold", Span::from_s(20), &THRESHOLDS)?,
            probes: self.value("probes", 3, &PROBES)?,
            policy: self.parsed("policy", Policy::default())?,
            switchback: self.parsed("switchback", Switchback::default())?,
            path,
            patience: self.value("patience", Span::from_s(20), &PATIENCES)?,
            least_rate: self.value("least_rate", BitRate::from_bps(4_000), &LEAST_RATES)?,
            per_address: self.value("per_address", 4_096, &PER_ADDRESS)?,
        })
    }

    fn error(&self, key: &str, problem: impl Display) -> ConfigError {
        let said = self.values.get(key);
        let value = said.map_or("", |said| said.value.as_str());
        let place = said.map_or(key, |said| said.place.as_str());
        ConfigError::new(place, format!("{key} = {value:?}: {problem}"))
    }

    fn parsed<T: FromStr<Err: Display>>(&self, key: &str, default: T) -> Result<T, ConfigError> {
        match self.values.get(key) {
            None => Ok(default),
            Some(said) => said.value.parse().map_err(|problem| self.error(key, problem)),
        }
    }

    fn value<T>(&self, key: &str, default: T, range: &RangeInclusive<T>) -> Result<T, ConfigError>
    where
        T: FromStr<Err: Display> + PartialOrd + Display,
    {
        let value = self.parsed(key, default)?;
        if range.contains(&value) {
            return Ok(value);
        }
        let expected = format!("expected {} to {}", range.start(), range.end());
        Err(self.error(key, expected))
    }

    fn origins(&self) -> Result<Vec<OriginConfig>, ConfigError> {
        let said =
            self.origins.as_ref().filter(|said| !said.value.is_empty()).ok_or_else(|| {
                let expected = "[[origins]] in the file, WEIR_SWITCH_ORIGINS or --origin";
                ConfigError::new("origins", format!("there is none (expected {expected})"))
            })?;
        let error = |problem: String| ConfigError::new(&said.place, problem);
        if said.value.len() > MAX_ORIGINS {
            return Err(error(format!("more than {MAX_ORIGINS} origins")));
        }
        let mut names = BTreeSet::new();
        for origin in &said.value {
            let name = &origin.name;
            let good = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            if name.is_empty() || name.len() > 64 || !name.chars().all(good) {
                let expected = "1 to 64 of a-z, A-Z, 0-9, \".\", \"_\" and \"-\"";
                return Err(error(format!(
                    "{name:?} is no name of an origin (expected {expected})"
                )));
            }
            if !names.insert(name) {
                return Err(error(format!("two origins are called {name:?}")));
            }
            if !origin.url.as_str().starts_with("http://") {
                let url = origin.url.as_str();
                return Err(error(format!("{url}: expected an http:// URL of a playlist")));
            }
            if !WEIGHTS.contains(&origin.weight) {
                return Err(error(format!("a weight of {} (expected 1 to 1000)", origin.weight)));
            }
        }
        Ok(said.value.clone())
    }
}

/// The name of an origin without one: a, b, c and so on.
fn letter(number: usize) -> String {
    let letters = (b'a'..=b'z').map(char::from);
    letters.into_iter().nth(number).map_or_else(|| format!("origin-{number}"), String::from)
}
