//! Programs that decide, and programs that do not. This program is also what guards them, so it has
//! a `main` of its own.

#![expect(clippy::unwrap_used, reason = "a test's helper fails by panicking")]

/// The tests of a module, by their names.
macro_rules! tests {
    ($($test:ident),+ $(,)?) => {
        pub const ALL: &[(&str, fn())] = &[$((stringify!($test), $test)),+];
    };
}

mod endings;
mod faults;
mod finding;
mod guarded;
mod scene;
mod sessions;

use libtest_mimic::{Arguments, Trial};

fn main() {
    weir_exec::guard::take_over();
    guarded::take_over();
    let all = [endings::ALL, faults::ALL, finding::ALL, guarded::ALL, sessions::ALL].concat();
    let tests = all.into_iter().map(|(name, test)| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), tests.collect()).exit();
}
