//! On this machine's kernel.

use crate::{SEED, setup, shell, spread};
use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use weir_net::Network;

/// How often the kernel is asked whether it has let go.
const ASK_EVERY: Duration = Duration::from_micros(200);
/// How long it may take.
const PATIENCE: u32 = 50_000;
/// The namespaces that the user of this process may have; changed for this process alone.
const LIMIT: &str = "/proc/sys/user/max_net_namespaces";

pub fn bench(file: &Path, repeats: usize) -> Result<()> {
    let setup = setup(file)?;
    // A user, a network and mounts of its own: limits and names of the machine stay as they are.
    let all = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS;
    unshare(all).context("make namespaces")?;
    for (file, text) in [("setgroups", "deny"), ("uid_map", "0 0 1"), ("gid_map", "0 0 1")] {
        fs::write(format!("/proc/self/{file}"), text).context("be root there")?;
    }
    mount(Some("none"), "/run", Some("tmpfs"), MsFlags::empty(), None::<&str>)
        .context("mount /run")?;

    let (mut ups, mut downs, mut totals) = (Vec::new(), Vec::new(), Vec::new());
    let mut shells = Vec::new();
    for _ in 0..repeats {
        // In turn, so that both meet the same load of the machine.
        let (up, network) = timed(|| Network::build(&setup, SEED))?;
        let (down, ()) = timed(|| gone_after(|| drop(network)))?;
        ups.push(up);
        downs.push(down);
        totals.push(up + down);

        let script = shell::Script::new(&setup)?;
        let (up, ()) = timed(|| script.up())?;
        let (down, ()) = timed(|| gone_after(|| drop(script.down())))?;
        shells.push(up + down);
    }
    println!("  up {}, down {}", spread(ups), spread(downs));
    let ratio = |all: &[f64]| all.iter().sum::<f64>() / all.len() as f64;
    let less = ratio(&shells) / ratio(&totals);
    println!("  both {} (at most 100)", spread(totals));
    println!("  by a shell with ip -batch {}, which is {less:.1} times as much", spread(shells));
    Ok(())
}

/// What a job takes, in milliseconds.
#[expect(clippy::disallowed_methods, reason = "a benchmark is a driver: it measures wall time")]
fn timed<T>(job: impl FnOnce() -> Result<T>) -> Result<(f64, T)> {
    let start = Instant::now();
    let done = job()?;
    Ok((start.elapsed().as_secs_f64() * 1e3, done))
}

/// Does a job, and waits until no network namespace of this user is left but the process's own.
fn gone_after(job: impl FnOnce()) -> Result<()> {
    job();
    // One more than that is refused as long as any other is there.
    fs::write(LIMIT, "2").context("limit the namespaces")?;
    let last = std::thread::spawn(|| {
        for _ in 0..PATIENCE {
            match unshare(CloneFlags::CLONE_NEWNET) {
                Err(Errno::ENOSPC) => pause(),
                other => return other.context("ask whether all namespaces are gone"),
            }
        }
        bail!("there are still namespaces");
    });
    last.join().map_err(|_| anyhow::anyhow!("the asking thread panicked"))??;
    // The one that was not refused goes with its thread, before the next measurement.
    fs::write(LIMIT, "1000000").context("lift the limit")
}

#[expect(clippy::disallowed_methods, reason = "between two questions to the kernel")]
fn pause() {
    std::thread::sleep(ASK_EVERY);
}
