//! An experiment as a whole: its sections in order, cell after cell of its sweep.

use crate::axis::{ONCE, ROOTS};
use crate::document::Value;
use crate::error::{Error, Place};
use crate::files::{self, Files, Topologies};
use crate::head::Head;
use crate::plan::{Cell, MediaFile, Phase, Plan, Setup, Source};
use crate::section;
use crate::sweep::Sweep;
use crate::{media, players, tcp, topology, traffic};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;
use weir_units::Span;

/// The plan of the experiment in the file `path`, which `files` reads.
///
/// # Errors
/// The first thing that is wrong with it, with its place: what is no TOML, unknown keys and names,
/// values that are not of their kind or out of their range, axes that match nothing, and sweeps of
/// more than [`crate::MAX_TRIALS`].
pub fn resolve(path: &Path, files: &Files<'_>) -> Result<Plan, Error> {
    let topologies = Topologies::new(path, files);
    let mut tree = files::read(path, files)?;
    let (head, sweep) = section::read(&tree, TITLE, PAGE, |section| {
        let head = Head::read(section)?;
        let sweep = Sweep::read(section.get("sweep"), head.repeats)?;
        section.skip(&ROOTS);
        Ok((head, sweep))
    })?;
    let Head { name, lab, seed, repeats } = head;
    let axes = sweep.axes();

    let mut cells = Vec::new();
    let mut setups: BTreeSet<Arc<Setup>> = BTreeSet::new();
    let mut media_files = BTreeMap::new();
    sweep.for_each(&mut tree, |params, tree| {
        let (setup, source_place) = setup(tree, &topologies)?;
        if let (Source::File(file) | Source::Sized(file), Some(place)) =
            (&setup.media.source, source_place)
        {
            // A path as it is written counts from the experiment's folder.
            let file = path.parent().unwrap_or(Path::new("")).join(file);
            let source = setup.media.source.clone();
            media_files.entry(source).or_insert(MediaFile { path: file, place });
        }
        let setup = match setups.get(&setup) {
            Some(known) => Arc::clone(known),
            None => {
                let new = Arc::new(setup);
                setups.insert(Arc::clone(&new));
                new
            }
        };
        cells.push(Cell { index: cells.len() as u64, params, setup });
        Ok(())
    })?;
    let only = BTreeMap::new();
    Ok(Plan { name, lab, seed, repeats, axes, only, cells, media_files })
}

const TITLE: &str = "the experiment";
const PAGE: &str = "experiments top level";

const PHASES: [(&str, Phase); 2] = [("random", Phase::Random), ("fixed", Phase::Fixed)];

/// More often than a hundred times a second, reading would be a load by itself.
pub(crate) const INTERVALS: RangeInclusive<Span> = Span::from_ms(10)..=Span::from_s(3600);
const INTERVAL: Span = Span::from_s(1);

/// What a trial depends on.
fn setup(tree: &Value, topologies: &Topologies<'_>) -> Result<(Setup, Option<Place>), Error> {
    section::read(tree, TITLE, PAGE, |section| {
        section.skip(&ONCE);
        let (media, place) = media::read(section.get("media"))?;
        let network = topology::read(section, topologies)?;
        let tcp = tcp::read(section.get("tcp"))?;
        let origins = players::origins(section, &network)?;
        let players = section.need("players", "expected a table [[players]] for each group")?;
        let players = players::players(&players, &network, &origins, &media)?;
        let traffic = traffic::read(section.get("traffic"), &network, &tcp)?;
        let phase = section.read("phase", |f| f.one_of(&PHASES))?.unwrap_or(Phase::Random);
        let interval = section.read("interval", |f| f.quantity(INTERVALS))?.unwrap_or(INTERVAL);
        let topology = network.topology;
        Ok((Setup { media, topology, tcp, origins, players, traffic, phase, interval }, place))
    })
}
