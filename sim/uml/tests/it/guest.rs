//! Both sides of a test: booting a guest, and being one.

use anyhow::{Context, Result, bail};
use nix::time::{ClockId, clock_gettime};
use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use weir_uml::init::{OUT, enter_phase};
use weir_uml::{Cancel, Guest, Kernel, Outcome, Patience, Root, cache_folder};
use weir_units::{Bytes, Seed};

const WORK: &str = "work";
const SAID: &str = "said";

/// What came of a guest.
pub struct Booted {
    pub outcome: Outcome,
    pub memory: Bytes,
    pub said: String,
}

/// Boots a guest that does the `work` of this name. `cancel` asks it to stop from the beginning.
pub fn boot(work: &str, seed: u64, patience: Patience, cancel: bool) -> Result<Booted> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let stage = std::env::temp_dir().join(format!("weir-uml-{}-{number}", std::process::id()));
    let booted = boot_in(&stage, work, seed, patience, cancel);
    fs::remove_dir_all(&stage).with_context(|| format!("remove {}", stage.display()))?;
    booted
}

fn boot_in(
    stage: &Path,
    work: &str,
    seed: u64,
    patience: Patience,
    cancel: bool,
) -> Result<Booted> {
    let kernel = Kernel::find(&cache_folder()?)?;
    let root = Root::make(&stage.join("root-folder"), &[])?;
    let out = weir_uml::boot::out_folder(stage);
    fs::create_dir_all(&out)?;
    fs::write(out.join(WORK), work)?;
    let guest = Guest {
        kernel: &kernel,
        root: &root,
        folder: stage,
        mounts: &[],
        seed: Seed::new(seed),
        memory: Bytes::new(128 << 20),
        cpu: *weir_base::cpus()?.first().context("no CPU")?,
        patience,
    };
    let asked = Cancel::default();
    if cancel {
        asked.cancel();
    }
    let ended = guest.run(&asked)?;
    let said = fs::read_to_string(out.join(SAID)).unwrap_or_default();
    Ok(Booted { outcome: ended.outcome, memory: ended.memory, said })
}

/// The guest's side.
pub fn run() -> ! {
    weir_uml::init::run(&[], || {
        let work = fs::read_to_string(Path::new(OUT).join(WORK)).context("which work?")?;
        let said = match work.as_str() {
            "entropy" => entropy()?,
            "idle" => idle()?,
            "spin" => spin(),
            "fail" => {
                enter_phase("failing");
                bail!("the reason of the failure")
            }
            _ => bail!("unknown work \"{work}\""),
        };
        fs::write(Path::new(OUT).join(SAID), said).context("say")
    })
}

/// Random bytes at boot and after virtual time has passed, with its reseeding.
fn entropy() -> Result<String> {
    let mut said = String::new();
    for pause in [0, 1, 70, 400] {
        sleep(Duration::from_secs(pause));
        let mut bytes = [0; 32];
        fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        writeln!(said, "{pause} {bytes:?}")?;
    }
    Ok(said)
}

fn idle() -> Result<String> {
    let start = now()?;
    sleep(Duration::from_secs(3_600));
    Ok((now()? - start).as_micros().to_string())
}

fn spin() -> ! {
    enter_phase("spinning");
    loop {
        std::hint::spin_loop();
    }
}

fn now() -> Result<Duration> {
    Ok(clock_gettime(ClockId::CLOCK_MONOTONIC)?.into())
}

#[expect(clippy::disallowed_methods, reason = "the virtual time that passes is what is tested")]
fn sleep(span: Duration) {
    std::thread::sleep(span);
}
