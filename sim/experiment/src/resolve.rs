//! An experiment as a whole: its sections in order, cell after cell of its sweep.

use crate::document::{Value, section};
use crate::library::{self, Files, Library, Used};
use crate::sections::faults::Scene;
use crate::sections::head::Head;
use crate::sections::players::{self, Watched};
use crate::sections::services::Services;
use crate::sections::{live, media, tcp, topology, traffic};
use crate::sweep::axis::{ONCE, ROOTS};
use crate::sweep::{Sweep, Variants};
use std::collections::BTreeMap;
use std::path::Path;
use weir_plan::{Draft, Error, LabName, Phase, Plan, Setup, limits};
use weir_units::Span;

/// The plan of the experiment in the file `path`, which `files` reads.
///
/// # Errors
/// The first thing that is wrong with it, with its place: what is no TOML, unknown keys and names,
/// values that are not of their kind or out of their range, axes that match nothing, and sweeps of
/// more than [`weir_plan::limits::MAX_TRIALS`].
pub fn resolve(path: &Path, files: &dyn Files) -> Result<Plan, Error> {
    let library = Library::new(path, files);
    let mut tree = library::read(path, files)?;
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

const INTERVAL: Span = Span::from_s(1);

/// What a trial depends on.
fn setup(tree: &Value, variants: &Variants<'_>, library: &Library<'_>) -> Result<Setup, Error> {
    section::read(tree, TITLE, PAGE, |section| {
        section.skip(&ONCE);
        let media = media::read(section.get("media"), library)?;
        let live = live::live(section, &media)?;
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
        let phase = section.read("phase", |f| f.variant())?.unwrap_or(Phase::Random);
        let interval =
            section.read("interval", |f| f.quantity(limits::INTERVALS))?.unwrap_or(INTERVAL);
        let lab = section.read("lab", |f| f.variant())?.unwrap_or(LabName::Uml);
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
