//! Both sides of a test in a guest: booting it, and being it.

use crate::laws;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;
use std::time::Duration;
use weir_uml::{Cancel, Guest, Kernel, Outcome, Patience, Root, cache_folder};
use weir_units::{Bytes, Seed};

const NAME: &str = "test";
const SAID: &str = "said";

/// Runs the test called `name` in a guest; the error is what the guest said.
pub fn boot(name: &str) -> Result<(), String> {
    try_boot(name).map_err(|error| format!("{error:#}"))
}

fn try_boot(name: &str) -> Result<()> {
    let stage = std::env::temp_dir().join(format!("weir-net-{}-{name}", std::process::id()));
    let result = boot_in(&stage, name);
    fs::remove_dir_all(&stage).with_context(|| format!("remove {}", stage.display()))?;
    result
}

fn boot_in(stage: &Path, name: &str) -> Result<()> {
    let kernel = Kernel::find(&cache_folder()?)?;
    let root = Root::make(&stage.join("root-folder"), &[])?;
    let out = weir_uml::boot::out_folder(stage);
    fs::create_dir_all(&out)?;
    fs::write(out.join(NAME), name)?;
    let guest = Guest {
        kernel: &kernel,
        root: &root,
        folder: stage,
        mounts: &[],
        seed: Seed::new(1),
        memory: Bytes::new(256 << 20),
        cpu: *weir_base::cpus()?.first().context("no CPU")?,
        patience: Patience::of(Duration::from_secs(120)),
    };
    match guest.run(&Cancel::default())?.outcome {
        Outcome::Done => {
            print!("{}", fs::read_to_string(out.join(SAID)).unwrap_or_default());
            Ok(())
        }
        Outcome::Failed(why) => bail!("{why}"),
        Outcome::Cancelled => bail!("cancelled"),
    }
}

/// The guest's side.
pub fn run() -> ! {
    weir_uml::init::run(&[], || {
        let out = Path::new(weir_uml::init::OUT);
        let name = fs::read_to_string(out.join(NAME)).context("which test?")?;
        let all = laws::all();
        let (_, test) = all.iter().find(|(known, _)| *known == name).context("unknown test")?;
        weir_net::set_kernel_limits()?;
        let said = test()?;
        fs::write(out.join(SAID), said).context("say")
    })
}
