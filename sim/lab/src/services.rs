//! Services are data: what to start, how to ask for its version, how to know that it is ready, and
//! the files that it wants. Each is a TOML file in `services/`.

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use weir_net::{Command, Node, Process};
use weir_units::Span;

/// All services, by name.
const ALL: [(&str, &str); 1] = [("nginx", include_str!("../services/nginx.toml"))];

/// A kind of service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// The executable.
    pub program: String,
    command: Vec<String>,
    version: Vec<String>,
    port: u16,
    ready_within: Span,
    stop_within: Span,
    files: BTreeMap<String, String>,
    /// For each amount of logging, words and what stands for them.
    logs: BTreeMap<Logs, BTreeMap<String, String>>,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Logs {
    /// What goes wrong.
    #[default]
    Usual,
    /// All that can be: for looking at one trial closely.
    Full,
}

/// What a service is told about where it runs.
pub struct Place<'a> {
    /// The address to listen at.
    pub address: Ipv4Addr,
    /// A folder for its run-time files, which must exist.
    pub run: &'a Path,
    /// Playlists.
    pub site: &'a Path,
    /// Segments.
    pub media: &'a Path,
    /// Where its output goes. Further logs lie beside it.
    pub log: &'a Path,
    /// How much is logged.
    pub logs: Logs,
}

/// A service that is ready.
pub struct Running {
    process: Process,
    stop_within: Span,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Service {
    /// The service called `name`.
    ///
    /// # Errors
    /// If there is none.
    pub fn find(name: &str) -> Result<Self> {
        let Some((_, text)) = ALL.iter().find(|(known, _)| *known == name) else {
            let known: Vec<_> = ALL.iter().map(|(known, _)| *known).collect();
            bail!("there is no service \"{name}\" (known: {})", known.join(", "));
        };
        toml::from_str(text).with_context(|| format!("read services/{name}.toml"))
    }

    /// What it says of its version, on this machine.
    ///
    /// # Errors
    /// If it is not there or does not answer: results of unknown origin are refused.
    pub fn version(&self) -> Result<String> {
        let argv: Vec<_> =
            self.version.iter().map(|word| word.replace("{program}", &self.program)).collect();
        let (program, arguments) =
            argv.split_first().context("a service without a version command")?;
        let output = std::process::Command::new(program)
            .args(arguments)
            .output()
            .with_context(|| format!("ask {program} for its version"))?;
        // nginx answers on its standard error.
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        let line = text.lines().map(str::trim).find(|line| !line.is_empty());
        ensure!(output.status.success(), "{program} does not tell its version");
        Ok(line.context("an empty version")?.to_owned())
    }

    /// Starts it in a node and waits until it is ready.
    ///
    /// # Errors
    /// If it ends early or is not ready in time; both quote the end of its log.
    pub fn start(&self, name: &str, node: &Node, place: &Place<'_>) -> Result<Running> {
        let words = [
            ("program", self.program.clone()),
            ("address", place.address.to_string()),
            ("run", place.run.display().to_string()),
            ("site", place.site.display().to_string()),
            ("media", place.media.display().to_string()),
            ("log", place.log.display().to_string()),
        ];
        let logs = self.logs.get(&place.logs).into_iter().flatten();
        // What stands for the words about logs contains others itself.
        let logs = logs.map(|(word, value)| (word.as_str(), value.clone()));
        let words: Vec<_> = logs.chain(words).collect();
        let fill = |text: &str| {
            let put = |text: String, (word, value): &(&str, String)| {
                text.replace(&format!("{{{word}}}"), value)
            };
            words.iter().fold(text.to_owned(), put)
        };
        for (file, text) in &self.files {
            let path = place.run.join(file);
            std::fs::write(&path, fill(text))
                .with_context(|| format!("write {}", path.display()))?;
        }
        let command = Command {
            name: format!("{name} on {}", node.namespace().label()),
            argv: self.command.iter().map(|word| fill(word)).collect(),
            log: place.log.to_owned(),
        };
        let mut process = Process::spawn(node.namespace(), &command)?;
        let address = SocketAddr::from((place.address, self.port));
        process.wait_until_accepting(node.namespace(), address, self.ready_within)?;
        Ok(Running { process, stop_within: self.stop_within, address })
    }
}

impl Running {
    /// Whether it has ended, and how, with the end of its log.
    ///
    /// # Errors
    /// If the kernel does not tell.
    pub fn ended(&mut self) -> Result<Option<String>> {
        let exit = self.process.wait(Span::ZERO)?;
        Ok(exit.map(|exit| format!("{} {exit}{}", self.process.name(), self.process.last_words())))
    }

    /// Ends it.
    ///
    /// # Errors
    /// If it cannot be waited for.
    pub fn stop(self) -> Result<()> {
        self.process.stop(self.stop_within).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_reads() {
        for (name, _) in ALL {
            Service::find(name).unwrap();
        }
    }

    #[test]
    fn an_unknown_service_lists_the_known_ones() {
        let error = Service::find("apache").unwrap_err().to_string();
        assert!(error.contains("nginx"), "{error}");
    }
}
