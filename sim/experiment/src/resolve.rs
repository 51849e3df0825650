//! An experiment as a whole: its sections in order, cell after cell of its sweep.

use crate::axis::{ONCE, ROOTS};
use crate::cells::Draft;
use crate::document::Value;
use crate::error::Error;
use crate::faults::Scene;
use crate::files::{self, Files};
use crate::head::{Head, LABS};
use crate::library::{Library, Used};
use crate::plan::{Axis, LabName, Phase, Plan, Setup};
use crate::players::Watched;
use crate::section;
use crate::services::Services;
use crate::sweep::Sweep;
use crate::{media, players, stream, tcp, topology, traffic};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;
use weir_units::Span;

/// The plan of the experiment in the file `path`, which `files` reads.
///
/// # Errors
/// The first thing that is wrong with it, with its place: what is no TOML, unknown keys and names,
/// values that are not of their kind or out of their range, axes that match nothing, and sweeps of
/// more than [`crate::MAX_TRIALS`].
pub fn resolve(path: &Path, files: &dyn Files) -> Result<Plan, Error> {
    let library = Library::new(path, files);
    let mut tree = files::read(path, files)?;
    let (head, sweep) = section::read(&tree, TITLE, PAGE, |section| {
        let head = Head::read(section, &library)?;
        let sweep = Sweep::read(section.get("sweep"), head.repeats, &library)?;
        section.skip(&ROOTS);
        Ok((head, sweep))
    })?;
    let axes = sweep.axes();

    let variants = Variants(&axes);
    let mut cells = Draft::default();
    sweep.for_each(&mut tree, |tree| {
        let setup = setup(tree, &variants, &library)?;
        head.check_setup(&setup)?;
        cells.push(cells.len(), setup);
        Ok(())
    })?;
    let Head { name, seed, repeats, record, oracle, expect, watchdog } = head;
    let Used { media, traces, logs, programs, kinds } = library.into_used();
    Ok(Plan {
        name,
        seed,
        repeats,
        record,
        oracle: oracle.map(|(oracle, _)| oracle),
        axes,
        only: BTreeMap::new(),
        cells: cells.finish(),
        media_files: media,
        trace_files: traces,
        log_files: logs,
        programs,
        services: kinds,
        expect,
        watchdog,
    })
}

const TITLE: &str = "the experiment";
const PAGE: &str = "experiments top level";

const PHASES: [(&str, Phase); 2] = [("random", Phase::Random), ("fixed", Phase::Fixed)];

/// More often than a hundred times a second, reading would be a load by itself.
pub(crate) const INTERVALS: RangeInclusive<Span> = Span::from_ms(10)..=Span::from_s(3600);
const INTERVAL: Span = Span::from_s(1);

/// What things are in other cells of the sweep. Where that varies, a key may stand in all cells of
/// which only some have a use for it.
pub(crate) struct Variants<'a>(&'a [Axis]);

impl Variants<'_> {
    /// The values of the axes of which `is_asked` wants the path.
    pub fn of_axes(&self, is_asked: impl Fn(&str) -> bool) -> impl Iterator<Item = &str> {
        let asked = self.0.iter().filter(move |axis| is_asked(&axis.path));
        asked.flat_map(|axis| &axis.values).map(String::as_str)
    }
}

/// What a trial depends on.
fn setup(tree: &Value, variants: &Variants<'_>, library: &Library<'_>) -> Result<Setup, Error> {
    section::read(tree, TITLE, PAGE, |section| {
        section.skip(&ONCE);
        let media = media::read(section.get("media"), library)?;
        let live = stream::live(section, &media)?;
        let network = topology::read(section, library)?;
        let tcp = tcp::read(section.get("tcp"))?;
        let services = Services::read(section, &network, live.as_ref(), variants, library)?;
        let origins = match (&live, section.get("origins")) {
            (None, _) => players::origins(section, &network, library)?,
            (Some(_), None) => Vec::new(),
            (Some(_), Some(field)) => {
                return Err(Error::at(&field.value.place, "there are [[origins]] beside [live]")
                    .hint("those serve recorded content; services make a live stream"));
            }
        };
        let watched = match live {
            Some(_) => Watched::Live(&services),
            None => Watched::Recorded(&origins),
        };
        let players = section.need("players", "expected a table [[players]] for each group")?;
        let players = players::players(&players, &network, watched, &media, library)?;
        let traffic = traffic::read(section.get("traffic"), &network, &tcp, &players)?;
        let scene = Scene { network: &network, services: &services, players: &players, variants };
        let faults = scene.read(section.get("events"))?;
        let phase = section.read("phase", |f| f.one_of(&PHASES))?.unwrap_or(Phase::Random);
        let interval = section.read("interval", |f| f.quantity(INTERVALS))?.unwrap_or(INTERVAL);
        let lab = section.read("lab", |f| f.one_of(&LABS))?.unwrap_or(LabName::Uml);
        let services = services.list;
        let topology = network.topology;
        let setup = Setup {
            lab,
            media,
            topology,
            tcp,
            origins,
            live,
            services,
            faults,
            players,
            traffic,
            phase,
            interval,
        };
        match (setup.lacks(lab), section.get("lab")) {
            (Some(what), Some(field)) => {
                Err(field.refuse(format_args!("has no {what}")).hint("expected uml or host"))
            }
            _ => Ok(setup),
        }
    })
}
