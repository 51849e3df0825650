//! The words of a description, and what stands for them in a trial.

use super::ServiceContext;
use anyhow::Result;
use std::collections::BTreeMap;
use weir_plan::{Each, Of, Service};

/// What stands for the words of one service.
pub struct TemplateVariables {
    /// Those that contain others: they are filled in first.
    texts: BTreeMap<String, String>,
    plain: BTreeMap<String, String>,
}

impl TemplateVariables {
    /// Those of a service of a trial.
    ///
    /// # Errors
    /// If a service that it takes from is not there.
    pub fn of(service: &Service, place: &ServiceContext<'_>) -> Result<Self> {
        let kind = place.kind(service)?;
        let this = place.program.display().to_string();
        let live = place.live;
        let own = [
            ("program", kind.program.replace(super::THIS, &this)),
            ("weir", this),
            ("name", service.name.clone()),
            ("node", service.node.clone()),
            ("address", place.address(service)?.to_string()),
            ("port", place.own_port(service)?.to_string()),
            ("run", place.run(service).display().to_string()),
            ("site", place.site(service).display().to_string()),
            ("media", place.folders.media.display().to_string()),
            ("log", place.log(service).display().to_string()),
            ("key", live.map(|live| live.key.clone()).unwrap_or_default()),
            ("window", live.map(|live| live.window.to_string()).unwrap_or_default()),
            ("segment_ms", place.segment.ms().to_string()),
            (
                "segment_s",
                format!("{}.{:03}", place.segment.ms() / 1_000, place.segment.ms() % 1_000),
            ),
            ("count_of_rungs", place.rungs.len().to_string()),
        ];
        let mut plain: BTreeMap<String, String> = kind.settings.clone();
        plain.extend(service.settings.clone());
        plain.extend(own.map(|(word, value)| (word.to_owned(), value)));
        let mut texts = kind.logs.get(place.logs.name()).cloned().unwrap_or_default();
        for (word, each) in &kind.each {
            texts.insert(word.clone(), repeated(each, service, place)?);
        }
        Ok(Self { texts, plain })
    }

    /// A text with all words filled in.
    pub fn fill(&self, text: &str) -> String {
        let texts = put(text.to_owned(), &self.texts);
        put(texts, &self.plain)
    }
}

fn put(text: String, words: &BTreeMap<String, String>) -> String {
    words.iter().fold(text, |text, (word, value)| text.replace(&format!("{{{word}}}"), value))
}

/// A text once for each of something.
fn repeated(each: &Each, service: &Service, place: &ServiceContext<'_>) -> Result<String> {
    let items: Vec<Vec<(&str, String)>> = match each.of {
        Of::Upstream => {
            let from = |name: &String| -> Result<Vec<(&str, String)>> {
                let other = place.service(name)?;
                Ok(vec![
                    ("name", other.name.clone()),
                    ("node", other.node.clone()),
                    ("address", place.address(other)?.to_string()),
                    ("port", place.port(other)?.to_string()),
                ])
            };
            service.upstream.iter().map(from).collect::<Result<_>>()?
        }
        Of::Rungs => {
            let pixels = |number: Option<u64>| number.unwrap_or(0).to_string();
            let rung = |rung: &weir_records::Rung| {
                vec![
                    ("width", pixels(rung.width)),
                    ("height", pixels(rung.height)),
                    ("bits", rung.peak_bps.to_string()),
                    ("mean", rung.mean_bps.to_string()),
                ]
            };
            place.rungs.iter().map(rung).collect()
        }
    };
    let texts = items.into_iter().enumerate().map(|(index, mut words)| {
        words.push(("index", index.to_string()));
        let others = each.others.as_ref().filter(|_| index > 0);
        let words = words.into_iter().map(|(word, value)| (word.to_owned(), value)).collect();
        put(others.unwrap_or(&each.text).clone(), &words)
    });
    Ok(texts.collect())
}
