//! A prepared package, also one that is broken.

use super::boxes::Init;
use super::rung::{Rung, Segment};
use super::{Inspection, Kind, Problem, checks, measures};
use crate::files;
use crate::package::{Asked, MANIFEST, Manifest, init_name, misses, segment_name};
use anyhow::Result;
use std::collections::BTreeMap;
use std::path::Path;
use weir_units::Bytes;

/// Looks at the package in `dir`.
///
/// # Errors
/// If its description cannot be read, or its files cannot be listed.
pub(super) fn inspect(dir: &Path) -> Result<Inspection> {
    let manifest = Manifest::read(dir)?;
    let found = files::inventory(dir, MANIFEST, &mut |_| {})?;
    let mut problems = Vec::new();
    let mut rungs = Vec::new();
    for (number, asked) in manifest.rungs.iter().enumerate() {
        rungs.push(rung(dir, &manifest, &found, number, asked, &mut problems));
    }
    for name in found.keys().filter(|name| !manifest.files.contains_key(*name)) {
        let what = format!("{name} does not belong to it");
        problems.push(Problem { rung: None, segment: None, what });
    }
    problems.extend(checks::problems(&rungs));

    let rungs: Vec<_> =
        rungs.iter().enumerate().map(|(number, rung)| measures::measure(number, rung)).collect();
    let mut notes = manifest.warnings;
    if manifest.rungs.iter().all(|rung| rung.codecs.is_none()) {
        notes.push("the content is only sizes: there are no frames to look at".to_owned());
    }
    for (rung, asked) in rungs.iter().zip(&manifest.rungs) {
        let mean = rung.mean.filter(|mean| asked.codecs.is_some() && misses(*mean, asked.target));
        if let Some(mean) = mean {
            let (rung, mean, target) = (rung.rung, mean.bps() / 1000, asked.target);
            notes.push(format!(
                "rung {rung} has a mean of {mean} kbit/s where {target} was asked for"
            ));
        }
    }
    Ok(Inspection { kind: Kind::Package, rungs, notes, problems })
}

fn rung(
    dir: &Path,
    manifest: &Manifest,
    found: &BTreeMap<String, files::Facts>,
    number: usize,
    asked: &Asked,
    problems: &mut Vec<Problem>,
) -> Rung {
    let init = asked.codecs.as_ref().and_then(|_| {
        let name = init_name(number);
        let problem = match Init::read(&dir.join(&name)) {
            Ok(init) if found.get(&name) == manifest.files.get(&name) => return Some(init),
            Ok(_) => "it has changed since it was made".to_owned(),
            Err(error) => format!("{error:#}"),
        };
        let what = format!("its initialization section {name}: {problem}");
        problems.push(Problem { rung: Some(number as u64), segment: None, what });
        None
    });
    let names = (0..).map(|segment| segment_name(number, segment));
    let names = names.take_while(|name| manifest.files.contains_key(name));
    let segments = names.map(|name| {
        let facts = found.get(&name);
        let mut segment = Segment {
            bytes: facts.map(|facts| Bytes::new(facts.bytes)),
            declared: manifest.segment,
            ..Segment::default()
        };
        let read = init.filter(|_| facts.is_some()).map(|init| init.frames(&dir.join(&name)));
        match read {
            Some(Ok(frames)) => segment.frames = Some(frames),
            Some(Err(error)) => segment.problem = Some(format!("{error:#}")),
            None => {}
        }
        if facts.is_none() {
            segment.problem = Some(format!("{name} is missing"));
        } else if facts != manifest.files.get(&name) && segment.problem.is_none() {
            segment.problem = Some("it has changed since it was made".to_owned());
        }
        segment
    });
    Rung {
        name: format!("rung{number}"),
        picture: asked.size.map(|(width, height)| (width.into(), height.into())),
        target: Some(asked.target),
        declared_peak: None,
        target_duration: Some(manifest.segment),
        peak_over: Some(manifest.segment),
        segments: segments.collect(),
    }
}
