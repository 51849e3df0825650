//! The algorithms: one file each, and one line each in the list below.

use crate::registry::Entry;

/// Declares the file of every algorithm and collects their entries.
macro_rules! algorithms {
    ($($name:ident)*) => {
        $(mod $name;)*

        /// All algorithms, in the order in which they are listed to people: simplest first, and
        /// those of one family together.
        pub fn registry() -> &'static [Entry] {
            &[$($name::ENTRY),*]
        }

        /// The file of the algorithm of this name; `None` if there is no such algorithm.
        pub fn source(name: &str) -> Option<&'static str> {
            match name {
                $(_ if name == $name::ENTRY.name => {
                    Some(include_str!(concat!(stringify!($name), ".rs")))
                })*
                _ => None,
            }
        }
    };
}

algorithms! {
    fixed
    script
    throughput
    bola
    bola_finite
    bola_u
    bola_o
    bola_e
    bola_e_dashjs4
    bola_e_dashjs5
    sabre_bola
    sabre_throughput
    sabre_dynamic
    sabre_dynamic_dash
    bba0
    bba1
    bba2
    pensieve_bb
    pensieve_bola
    puffer_bba
    dashjs
    hlsjs
    shaka
    media3
    mpc
    robust_mpc
}

pub use bba0::Bba0;
pub use bola::Bola;
pub use fixed::Fixed;
pub use throughput::Throughput;
