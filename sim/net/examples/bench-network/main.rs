//! How long a network takes to come up and to be gone: `bench-network (host | guest) FILE REPEATS`,
//! where FILE is an experiment with the topology to build. See `scripts/bench-network`.
//!
//! On the host both times are wall time: until the network can be used, and until the kernel has
//! let go of its last namespace. Beside them the same with a shell's tools. A guest's own clock
//! stands still while it computes, so there it is the wall time of a guest that does it many times,
//! less that of one that does it once.

mod guest;
mod host;
mod shell;

use anyhow::{Context, Result, bail};
use std::path::Path;
use weir_plan::{Phase, Setup};
use weir_units::Seed;

/// Random streams make no difference to the time.
const SEED: Seed = Seed::new(1);

fn main() -> Result<()> {
    if weir_uml::init::is_init() {
        guest::inside();
    }
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [place, file, repeats] = arguments.as_slice() else {
        bail!("expected: bench-network (host | guest) FILE REPEATS");
    };
    let repeats = repeats.parse().context("the number of repeats")?;
    match place.as_str() {
        "host" => host::bench(Path::new(file), repeats),
        "guest" => guest::bench(Path::new(file), repeats),
        _ => bail!("{place:?}: expected host or guest"),
    }
}

/// The first network of an experiment, with nothing at its endpoints.
fn setup(file: &Path) -> Result<Setup> {
    let plan = weir_experiment::load(file)?;
    let cell = plan.cells().next().context("an experiment without a cell")?;
    Ok(Setup { phase: Phase::Fixed, ..Setup::clone(&cell.setup) })
}

/// The middle one, the first and the last: in milliseconds.
fn spread(mut times: Vec<f64>) -> String {
    times.sort_by(f64::total_cmp);
    match times.as_slice() {
        [] => "nothing".to_owned(),
        [first, .., last] => {
            format!("{:.0} ms ({first:.0} to {last:.0})", times[times.len() / 2])
        }
        [only] => format!("{only:.0} ms"),
    }
}
