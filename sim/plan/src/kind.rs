//! A kind of service: what a file `topologies/services/NAME.toml` describes.

use crate::check::Invalid;
use crate::error::clip;
use crate::limits::{MAX_ENTRIES, MAX_KIND, MAX_LINE, MAX_WORDS, WAITS};
use crate::names::is_file_name;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use weir_units::Span;
use weir_wall::Capability;

/// A kind of service: a file `topologies/services/NAME.toml`, whose FORMAT.md says what the keys
/// are and which words are filled in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceKind {
    /// What it is, in a sentence.
    pub about: String,
    /// The executable; `{weir}` is this program.
    pub program: String,
    /// The command line.
    pub command: Vec<String>,
    /// The command that tells the version, in its first line.
    pub version: Vec<String>,
    /// The TCP port at which it listens; none if it serves nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The port of a health endpoint that stands beside it: what is wrong with its live files and
    /// its processes, as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<u16>,
    /// Whether players can watch there: it serves HLS over HTTP.
    #[serde(default)]
    pub watchable: bool,
    /// How many others it takes from.
    #[serde(default)]
    pub upstream: Upstream,
    /// How long it may take until it is ready.
    pub ready_within: Span,
    /// What shows that it is ready.
    #[serde(default)]
    pub ready: Ready,
    /// How long it may take to end when it is asked to.
    pub stop_within: Span,
    /// It is started again so long after it ended by itself or was killed by something else than a
    /// fault; without it, its end is the end of the trial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart: Option<Span>,
    /// Capabilities that it has besides those that every program has, by their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<String>,
    /// What an experiment can set, with the defaults.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    /// For each amount of logging, words and what stands for them.
    #[serde(default)]
    pub logs: BTreeMap<String, BTreeMap<String, String>>,
    /// Texts that are repeated for each of something, by the word that stands for all of them.
    #[serde(default)]
    pub each: BTreeMap<String, Each>,
    /// Files that are written into the folder of its run-time files before it starts.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
}

/// How many services one takes from.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Upstream {
    /// None.
    #[default]
    None,
    /// One.
    One,
    /// One or more.
    Some,
}

/// What shows that a service is ready.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Ready {
    /// It accepts connections at its port.
    #[default]
    Accepts,
    /// This file is there.
    File(String),
    /// It runs.
    Runs,
}

/// A text that is repeated.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Each {
    /// For each of what.
    pub of: Of,
    /// The text, in which words about the one are filled in.
    pub text: String,
    /// The text for all but the first, if that is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub others: Option<String>,
}

/// What a text is repeated for.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Of {
    /// Each service that it takes from: `{index} {name} {node} {address} {port}`.
    Upstream,
    /// Each rung of the ladder, the lowest first: `{index} {width} {height} {bits}` (the peak in
    /// bit/s) and `{mean}`.
    Rungs,
}

impl ServiceKind {
    /// The words that are filled in for every kind.
    pub const WORDS: [&str; 15] = [
        "weir",
        "program",
        "name",
        "node",
        "address",
        "port",
        "run",
        "site",
        "media",
        "log",
        "key",
        "segment_ms",
        "segment_s",
        "window",
        "count_of_rungs",
    ];

    /// The amounts of logging.
    pub const LOGS: [&str; 2] = ["usual", "full"];

    /// The capabilities that a kind can ask for: those with which a program stays where it is.
    /// Whoever reads everybody's files may open them by their numbers too, past every view of
    /// folders.
    pub fn offered() -> impl Iterator<Item = &'static str> {
        let offered = |capability: &&Capability| **capability != Capability::DacReadSearch;
        Capability::ALL.iter().filter(offered).map(|capability| capability.name())
    }

    /// Whether it serves content of its own that players can watch, so that its answers can be
    /// wrong.
    pub fn is_origin(&self) -> bool {
        self.watchable && self.upstream != Upstream::Some
    }

    /// Refuses a kind that no origin of recorded content can be of; `name` is its own.
    ///
    /// # Errors
    /// If it is none.
    pub fn check_recorded(&self, name: &str) -> Result<(), Invalid> {
        if self.port == Some(HTTP) && !self.watchable && self.upstream == Upstream::None {
            return Ok(());
        }
        let problem = format!("{name:?} does not serve recorded content");
        Err(Invalid::new(&["service"], problem))
    }

    /// Whether `text` can be a value of a setting. With braces it could be taken for words.
    pub fn is_setting(text: &str) -> bool {
        is_line(text) && !text.contains(['{', '}'])
    }

    /// Refuses a kind that no service can be of.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn check(&self) -> Result<(), Invalid> {
        let Self { about, program, command, version, port, health, watchable, .. } = self;
        let Self { ready_within, ready, stop_within, restart, settings, .. } = self;
        let wrong = |key, problem: &str| Err(Invalid::new(&[key], problem));
        if about.is_empty() || !is_line(about) {
            return wrong("about", "this is not one line of at most 256 bytes");
        }
        if program != THIS && !(program.starts_with('/') && Self::is_setting(program)) {
            return wrong("program", "this is neither a whole path nor \"{weir}\"");
        }
        for (key, words) in [("command", command), ("version", version)] {
            if words.is_empty()
                || words.len() > MAX_WORDS
                || !words.iter().all(|word| is_word(word))
            {
                return wrong(key, "this is no command line of 1 to 64 words");
            }
        }
        if port.is_none() && (*watchable || *ready == Ready::Accepts) {
            let problem = "without it nobody can watch, and nothing shows that it is ready";
            return wrong("port", problem);
        }
        if [*port, *health].contains(&Some(0)) {
            return wrong("port", "zero is no port");
        }
        if let Ready::File(file) = ready
            && (file.is_empty() || !is_word(file))
        {
            return wrong("ready", "this is no path of a file");
        }
        let waits = [("ready_within", Some(ready_within)), ("stop_within", Some(stop_within))];
        for (key, wait) in waits.into_iter().chain([("restart", restart.as_ref())]) {
            if wait.is_some_and(|wait| !WAITS.contains(wait)) {
                return wrong(key, "this is out of range");
            }
        }
        if let Some(name) =
            self.capabilities.iter().find(|name| Self::offered().all(|known| known != *name))
        {
            return Err(Invalid::new(
                &["capabilities"],
                format!("{:?} is none that is given", clip(name)),
            ));
        }
        if let Some((name, _)) = settings.iter().find(|(_, value)| !Self::is_setting(value)) {
            return Err(Invalid::new(
                &["settings"],
                format!("the default of {name:?} is no value of a setting"),
            ));
        }
        self.check_tables()
    }

    /// The words of a kind are plain, each has one meaning, and files stay in their folder.
    fn check_tables(&self) -> Result<(), Invalid> {
        let Self { settings, logs, each, files, .. } = self;
        let tables = [("settings", settings.len()), ("logs", logs.len()), ("each", each.len())];
        let logged = logs.values().map(|words| ("logs", words.len()));
        let counts = tables.into_iter().chain([("files", files.len())]).chain(logged);
        if let Some((key, _)) = counts.into_iter().find(|(_, count)| *count > MAX_ENTRIES) {
            return Err(Invalid::new(&[key], format!("there are more than {MAX_ENTRIES}")));
        }
        if let Some(amount) = logs.keys().find(|amount| !Self::LOGS.contains(&amount.as_str())) {
            return Err(Invalid::new(
                &["logs"],
                format!("{:?} is no amount of logging", clip(amount)),
            ));
        }
        let logged: BTreeSet<&String> = logs.values().flat_map(BTreeMap::keys).collect();
        let named = settings.keys().map(|word| ("settings", word));
        let named = named.chain(logged.into_iter().map(|word| ("logs", word)));
        let mut known: BTreeSet<&str> = Self::WORDS.into_iter().collect();
        for (key, word) in named.chain(each.keys().map(|word| ("each", word))) {
            if !is_name_of_word(word) {
                let plain = "expected 1 to 32 characters of a-z, 0-9 and \"_\", first a letter";
                return Err(Invalid::new(
                    &[key],
                    format!("{:?} is no name of a word; {plain}", clip(word)),
                ));
            }
            if !known.insert(word) {
                return Err(Invalid::new(
                    &[key],
                    format!("the word {word:?} has another meaning already"),
                ));
            }
        }
        if let Some(file) = files.keys().find(|file| !is_file_name(file)) {
            return Err(Invalid::new(
                &["files"],
                format!("{:?} is no plain file name", clip(file)),
            ));
        }
        let texts = each.values().flat_map(|each| [Some(&each.text), each.others.as_ref()]);
        let logged = logs.values().flat_map(BTreeMap::values);
        let size: usize =
            texts.flatten().chain(files.values()).chain(logged).map(String::len).sum();
        if size > MAX_KIND {
            return Err(Invalid::new(
                &["files"],
                format!("its texts are longer than {MAX_KIND} bytes"),
            ));
        }
        Ok(())
    }
}

/// The word that stands for this program.
const THIS: &str = "{weir}";

/// Whether `text` is a word of a command line.
fn is_word(text: &str) -> bool {
    text.len() <= 4096 && !text.contains('\0')
}

/// Whether `text` is short and in one line.
fn is_line(text: &str) -> bool {
    text.len() <= MAX_LINE && !text.contains(char::is_control)
}

fn is_name_of_word(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (1..=32).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(plain)
}

/// Where players look for recorded content.
const HTTP: u16 = 80;
