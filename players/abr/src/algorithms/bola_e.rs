//! BOLA-E as in the simulator Sabre (`-a bolae`, its default; UMass-LIDS/sabre 09b03bb, class
//! `BolaEnh`; K. Spiteri, R. Sitaraman, D. Sparacio: "From theory to practice: improving bitrate
//! adaptation in the DASH reference player", MMSys 2018, section 4).

use crate::registry::Entry;
use crate::sabre::{self, BolaERule};
use alloc::boxed::Box;

pub(crate) const ENTRY: Entry = Entry {
    name: "bola-e",
    about: "BOLA-E: a placeholder extends the buffer (Spiteri et al., MMSys 2018; Sabre `-a bolae`)",
    params: &[sabre::GP, sabre::CAP, sabre::INSUFFICIENT_BUFFER, sabre::FAST, sabre::SLOW],
    verified: Some("Sabre 09b03bb: synthetic ladder, movie.json on network.json"),
    build: |params| {
        let (gp, cap) = (params.span("gp")?.as_secs_f64(), sabre::cap(params)?);
        let rule = BolaERule::new(gp, cap, params.is_on("insufficient_buffer")?);
        Ok(Box::new(sabre::Alone { estimate: sabre::estimate(params)?, rule }))
    },
};
