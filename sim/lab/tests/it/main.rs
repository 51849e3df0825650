//! The lab `model`; and the lab on the machine's own kernel, tested on a kernel that has
//! everything: each of those tests boots a guest with this program as init, which runs the lab
//! there as `weir` would.

mod blocks;
mod bound;
mod exec;
mod guest;
mod host;
mod model;
mod refusals;
mod runs;

use libtest_mimic::{Arguments, Trial};

fn main() {
    if weir_uml::init::is_init() {
        guest::run();
    }
    // In the guest, the lab starts this program once more: for each trial, and for its players.
    weir_lab::guest::take_over();
    let all = host::ALL.iter().chain(&model::ALL).chain(&blocks::ALL).chain(&refusals::ALL);
    let tests = all.chain(&bound::ALL).chain(&exec::ALL).map(|(name, test)| {
        Trial::test(*name, move || test().map_err(|error| format!("{error:#}").into()))
    });
    libtest_mimic::run(&Arguments::from_args(), tests.collect()).exit();
}
