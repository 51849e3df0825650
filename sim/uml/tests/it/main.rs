//! What holds for every guest; each test boots some with this program as init.

mod guest;

use anyhow::{Result, ensure};
use guest::{Booted, boot};
use libtest_mimic::{Arguments, Trial};
use std::time::Duration;
use weir_uml::{Outcome, Patience};

type Test = fn() -> Result<()>;

const ALL: [(&str, Test); 5] = [
    ("equal_seeds_give_equal_entropy_and_others_do_not", entropy),
    ("an_idle_hour_takes_no_time_and_passes_exactly", idle_hour),
    ("a_guest_that_does_not_end_is_killed_and_says_what_it_was_about", overdue),
    ("a_guest_whose_work_fails_quotes_its_console", failure),
    ("a_guest_that_is_cancelled_ends_at_once", cancelled),
];

fn main() {
    if weir_uml::init::is_init() {
        guest::run();
    }
    let tests = ALL.iter().map(|(name, test)| {
        Trial::test(*name, move || test().map_err(|error| format!("{error:#}").into()))
    });
    libtest_mimic::run(&Arguments::from_args(), tests.collect()).exit();
}

const MINUTE: Patience = Patience::of(Duration::from_secs(60));

fn entropy() -> Result<()> {
    let said = |seed| -> Result<String> {
        let Booted { outcome, said, .. } = boot("entropy", seed, MINUTE, false)?;
        ensure!(outcome == Outcome::Done, "{outcome:?}");
        Ok(said)
    };
    let first = said(1)?;
    ensure!(first.len() > 64, "the guest said too little: {first}");
    ensure!(first == said(1)?, "the same seed gave other bytes");
    ensure!(first != said(2)?, "another seed gave the same bytes");
    Ok(())
}

fn idle_hour() -> Result<()> {
    let Booted { outcome, said, .. } = boot("idle", 1, MINUTE, false)?;
    ensure!(outcome == Outcome::Done, "{outcome:?}");
    let slept: u64 = said.trim().parse()?;
    // The timer slack of an ordinary process is 50 us.
    ensure!((3_600_000_000..3_600_000_200).contains(&slept), "it slept {slept} us");
    Ok(())
}

fn overdue() -> Result<()> {
    let soon = Duration::from_secs(1);
    let patience = Patience { still: soon, ..Patience::of(2 * soon) };
    let Booted { outcome, memory, .. } = boot("spin", 1, patience, false)?;
    let Outcome::Failed(why) = outcome else { anyhow::bail!("it ended: {outcome:?}") };
    ensure!(why.contains("killed after 2 s") && why.contains("while spinning"), "{why}");
    ensure!(memory.get() > 1_000_000, "it occupied {memory}");
    Ok(())
}

fn failure() -> Result<()> {
    let Booted { outcome, .. } = boot("fail", 1, MINUTE, false)?;
    let Outcome::Failed(why) = outcome else { anyhow::bail!("it ended: {outcome:?}") };
    ensure!(why.contains("the reason of the failure") && why.contains("while failing"), "{why}");
    Ok(())
}

fn cancelled() -> Result<()> {
    let Booted { outcome, .. } = boot("spin", 1, MINUTE, true)?;
    ensure!(outcome == Outcome::Cancelled, "{outcome:?}");
    Ok(())
}
