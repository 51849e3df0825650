//! Both sides of a test: booting a guest, and running an experiment in it.

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use weir_lab::{Existing, Options, Ran};
use weir_records::TrialResult;
use weir_uml::init::OUT;
use weir_uml::{Cancel, Guest, Kernel, Outcome, Patience, Root, cache_folder};
use weir_units::{Bytes, Seed};

const EXPERIMENT: &str = "experiment.toml";
const TABLE: &str = "table.json";
const SAID: &str = "said.json";

/// What the guest says.
#[derive(Serialize, Deserialize)]
pub struct Said {
    /// The results of the trials.
    pub trials: Vec<TrialResult>,
    /// What there is now and was not before: processes, mounts, interfaces.
    pub left: Vec<String>,
}

/// Runs the experiment, over the table of segment sizes, in the lab `host` of a guest.
pub fn run_in_guest(experiment: &str, table: &str) -> Result<Said> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let stage = std::env::temp_dir().join(format!("weir-lab-{}-{number}", std::process::id()));
    let said = boot_in(&stage, experiment, table);
    fs::remove_dir_all(&stage).with_context(|| format!("remove {}", stage.display()))?;
    said
}

fn boot_in(stage: &Path, experiment: &str, table: &str) -> Result<Said> {
    let kernel = Kernel::find(&cache_folder()?)?;
    let root = Root::make(&stage.join("root-folder"), &[])?;
    let out = weir_uml::boot::out_folder(stage);
    fs::create_dir_all(&out)?;
    fs::write(out.join(EXPERIMENT), experiment)?;
    fs::write(out.join(TABLE), table)?;
    let guest = Guest {
        kernel: &kernel,
        root: &root,
        folder: stage,
        mounts: &[],
        seed: Seed::new(1),
        memory: Bytes::new(512 << 20),
        cpu: *weir_base::cpus()?.first().context("no CPU")?,
        patience: Patience::of(Duration::from_secs(120)),
    };
    match guest.run(&Cancel::default())?.outcome {
        Outcome::Done => Ok(serde_json::from_slice(&fs::read(out.join(SAID))?)?),
        Outcome::Failed(why) => bail!("{why}"),
        Outcome::Cancelled => bail!("cancelled"),
    }
}

/// The guest's side.
pub fn run() -> ! {
    weir_uml::init::run(&[], || {
        let before = things()?;
        let out = Path::new(OUT);
        let plan = weir_experiment::load(&out.join(EXPERIMENT))?;
        weir_lab::check(&plan, out)?;
        let options = Options {
            out: "/tmp/results".into(),
            existing: Existing::Refuse,
            jobs: None,
            cache: "/tmp/cache".into(),
            experiment: OUT.into(),
        };
        let Ran::Finished(run) = weir_lab::run(&plan, &options, &Cancel::default(), &mut |_| {})?
        else {
            bail!("the run was complete before");
        };
        let left = things()?.difference(&before).cloned().collect();
        let trials = run.results().collect::<Result<_>>()?;
        let text = serde_json::to_vec(&Said { trials, left })?;
        fs::write(out.join(SAID), text).context("say")
    })
}

/// All that a trial could leave behind on this machine.
fn things() -> Result<BTreeSet<String>> {
    let mut things = BTreeSet::new();
    for entry in fs::read_dir("/proc")? {
        let folder = entry?.path();
        // Threads of the kernel have no program.
        if fs::read_link(folder.join("exe")).is_ok() {
            things.insert(format!("process {}", folder.display()));
        }
    }
    let mounts = fs::read_to_string("/proc/self/mountinfo")?;
    things.extend(mounts.lines().map(|line| format!("mount {line}")));
    for entry in fs::read_dir("/sys/class/net")? {
        things.insert(format!("interface {}", entry?.path().display()));
    }
    Ok(things)
}
