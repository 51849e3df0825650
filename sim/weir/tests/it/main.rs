//! The whole program, from its command line; and the shape of the house.

mod architecture;
mod bad_input;
mod identity;
mod program;
