//! In a guest.

use crate::{SEED, setup, spread};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use weir_net::Network;
use weir_uml::{Cancel, Guest, Kernel, Outcome, Patience, Root, cache_folder};
use weir_units::Bytes;

const EXPERIMENT: &str = "experiment.toml";
const TIMES: &str = "times";
/// Guests to take the middle one of.
const GUESTS: usize = 5;

pub fn bench(file: &Path, repeats: usize) -> Result<()> {
    let mut times = Vec::new();
    for _ in 0..GUESTS {
        let once = boot(file, 1)?;
        let often = boot(file, 1 + repeats)?;
        times.push((often.saturating_sub(once)).as_secs_f64() * 1e3 / repeats as f64);
    }
    println!("  both {}", spread(times));
    Ok(())
}

/// The wall time of a guest that builds the network a number of times.
fn boot(file: &Path, times: usize) -> Result<Duration> {
    let stage = std::env::temp_dir().join(format!("bench-network-{}", std::process::id()));
    let result = boot_in(&stage, file, times);
    fs::remove_dir_all(&stage).with_context(|| format!("remove {}", stage.display()))?;
    result
}

#[expect(clippy::disallowed_methods, reason = "a benchmark is a driver: it measures wall time")]
fn boot_in(stage: &Path, file: &Path, times: usize) -> Result<Duration> {
    let kernel = Kernel::find(&cache_folder()?)?;
    let root = Root::make(&stage.join("root-folder"), &[])?;
    let out = weir_uml::boot::out_folder(stage);
    fs::create_dir_all(&out)?;
    fs::copy(file, out.join(EXPERIMENT)).context("copy the experiment")?;
    fs::write(out.join(TIMES), times.to_string())?;
    let guest = Guest {
        kernel: &kernel,
        root: &root,
        folder: stage,
        mounts: &[],
        seed: SEED,
        memory: Bytes::new(256 << 20),
        cpu: *weir_base::cpus()?.first().context("no CPU")?,
        patience: Patience::of(Duration::from_secs(120)),
    };
    let start = Instant::now();
    let ended = guest.run(&Cancel::default())?;
    let took = start.elapsed();
    match ended.outcome {
        Outcome::Done => Ok(took),
        Outcome::Failed(why) => bail!("{why}"),
        Outcome::Cancelled => bail!("cancelled"),
    }
}

/// The guest's side.
pub fn inside() -> ! {
    weir_uml::init::run(&[], || {
        let out = Path::new(weir_uml::init::OUT);
        let setup = setup(&out.join(EXPERIMENT))?;
        let times: usize = fs::read_to_string(out.join(TIMES))?.parse()?;
        for _ in 0..times {
            drop(Network::build(&setup, SEED)?);
        }
        Ok(())
    })
}
