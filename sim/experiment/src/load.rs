//! Experiments on this machine's disk, and the files of plans that were written before.

use crate::library::{Disk, Library};
use crate::resolve;
use std::path::Path;
use weir_plan::{Error, Place, Plan, Rate};

/// The plan of an experiment file on this machine's disk.
///
/// # Errors
/// As [`resolve`].
pub fn load(path: &Path) -> Result<Plan, Error> {
    let mut plan = resolve(path, &Disk)?;
    for file in plan.named_files() {
        if file.text.is_none() {
            // It fails only where the working folder is gone; there no relative path works.
            file.path = std::path::absolute(&file.path).unwrap_or_else(|_| file.path.clone());
        }
    }
    Ok(plan)
}

/// Finds the files of a plan that was read from its text, which does not say where they lie:
/// from `folder`, which was that of the experiment. Refusals will point to `place`.
///
/// # Errors
/// If a trace that the plan names is not there any more.
pub fn find_files(plan: &mut Plan, folder: &Path, place: &Place) -> Result<(), Error> {
    let experiment = folder.join("plan.toml");
    let library = Library::new(&experiment, &Disk);
    for cell in plan.cells() {
        let setup = &cell.setup;
        library.use_media(&setup.media.source, place);
        let links = setup.topology.links.iter();
        let shapes = links.flat_map(|link| [&link.forward, &link.backward]);
        for rate in shapes.filter_map(|shape| shape.rate.as_ref()) {
            if let Rate::Trace(traced) = rate {
                library.use_trace(traced, place)?;
            }
        }
        for abr in setup.players.iter().map(|players| &players.viewing.abr) {
            match (abr.replay(), abr.program()) {
                (Some(log), _) => library.use_log(log, place),
                (None, Ok(Some(_))) => library.use_program(abr, place),
                (None, _) => {}
            }
        }
    }
    library.into_used().give(plan);
    Ok(())
}
