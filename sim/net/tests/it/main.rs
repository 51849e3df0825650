//! Laws of networks, tested where netem is: each test boots a guest with this program as init. And
//! a few tests of this machine's own kernel.

mod guest;
mod host;
mod laws;
mod setups;
mod traffic;

use libtest_mimic::{Arguments, Trial};

fn main() {
    if weir_uml::init::is_init() {
        guest::run();
    }
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((word, rest)) if word == laws::ASK => end(laws::ask(rest)),
        Some((word, [])) if word == host::LOOK => end(host::look()),
        _ => {}
    }
    let laws = laws::all().into_iter();
    let laws =
        laws.map(|(name, _)| Trial::test(name, move || guest::boot(name).map_err(Into::into)));
    let host = host::ALL.into_iter().map(|(name, test)| {
        Trial::test(name, move || test().map_err(|error| format!("{error:#}").into()))
    });
    libtest_mimic::run(&Arguments::from_args(), laws.chain(host).collect()).exit();
}

/// Ends a process that a test started.
fn end(result: anyhow::Result<()>) -> ! {
    if let Err(error) = &result {
        eprintln!("{error:#}");
    }
    std::process::exit(i32::from(result.is_err()));
}
