//! BOLA-E as dash.js 5 has it, by itself (`dashjs/bola.rs`).

use super::bola_e_dashjs4::BolaEDashJs;
use crate::dashjs::{BUFFER_TIME, INITIAL, Version};
use crate::registry::Entry;
use alloc::boxed::Box;

pub(crate) const ENTRY: Entry = Entry {
    name: "bola-e-dashjs5",
    about: "BOLA-E as dash.js 5 has it, without the player's other rules",
    params: &[BUFFER_TIME, INITIAL],
    verified: Some("the buffers that the player's constants give for Sabre's ladder"),
    build: |params| Ok(Box::new(BolaEDashJs::build(params, Version::Five)?)),
};
