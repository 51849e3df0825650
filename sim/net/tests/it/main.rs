//! Laws of networks, tested where netem is: each test boots a guest with this program as init.

mod guest;
mod laws;
mod traffic;

use libtest_mimic::{Arguments, Trial};

fn main() {
    if weir_uml::init::is_init() {
        guest::run();
    }
    let tests = laws::ALL
        .iter()
        .map(|(name, _)| Trial::test(*name, move || guest::boot(name).map_err(Into::into)))
        .collect();
    libtest_mimic::run(&Arguments::from_args(), tests).exit();
}
