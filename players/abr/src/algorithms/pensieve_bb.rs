//! The buffer-based policy that Pensieve is compared with (H. Mao, R. Netravali, M. Alizadeh:
//! "Neural adaptive video streaming with Pensieve", SIGCOMM 2017; hongzimao/pensieve 1120bb1,
//! `test/bb.py`): the rung grows with the buffer in even steps, whatever the rates.

use crate::registry::{Entry, Param};
use crate::{Abr, Decision, MAX_RUNGS, Observation};
use alloc::boxed::Box;

pub(crate) const ENTRY: Entry = Entry {
    name: "pensieve-bb",
    about: "the buffer-based policy of Pensieve's comparison: even steps from buffer to rung",
    params: &[
        Param {
            name: "reservoir",
            default: "5 s",
            doc: "the buffer that is filled at the lowest rung",
        },
        Param {
            name: "cushion",
            default: "10 s",
            doc: "the buffer above the reservoir over which the rung rises to the highest",
        },
        Param {
            name: "first",
            default: "1",
            doc: "the rung of the first segment; the highest of the ladder if that has fewer",
        },
    ],
    verified: Some("Pensieve 1120bb1: the thresholds of its script"),
    build: |params| {
        Ok(Box::new(PensieveBb {
            reservoir: params.span("reservoir")?.as_secs_f64(),
            cushion: params.span("cushion")?.as_secs_f64(),
            first: params.number("first", MAX_RUNGS - 1)?,
        }))
    },
};

/// The algorithm `pensieve-bb`.
struct PensieveBb {
    reservoir: f64,
    cushion: f64,
    first: usize,
}

impl Abr for PensieveBb {
    fn decide(&mut self, seen: &Observation) -> Decision {
        let (buffer, top) = (seen.buffer_seconds(), seen.top());
        if seen.downloads.is_empty() {
            Decision::now(self.first.min(top))
        } else if buffer < self.reservoir {
            Decision::now(0)
        } else if buffer >= self.reservoir + self.cushion {
            Decision::now(top)
        } else {
            // Rounded down, as Python's `int` does.
            let rung = top as f64 * (buffer - self.reservoir) / self.cushion;
            Decision::now((rung as usize).min(top))
        }
    }

    fn abandons(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{download, observation};
    use alloc::vec;
    use weir_units::{Span, Time};

    #[test]
    fn the_rung_is_that_of_the_script() {
        let mut abr = PensieveBb { reservoir: 5.0, cushion: 10.0, first: 1 };
        let mut seen = observation(&[300, 750, 1200, 1850, 2850, 4300]);
        assert_eq!(abr.decide(&seen).rung, 1);
        seen.downloads = vec![download(1000, Span::from_s(1), Time::from_ns(1))];
        for (ms, rung) in
            [(0, 0), (4_999, 0), (6_999, 0), (7_000, 1), (14_999, 4), (15_000, 5), (60_000, 5)]
        {
            seen.buffer = Span::from_ms(ms);
            assert_eq!(abr.decide(&seen).rung, rung, "with {ms} ms");
        }
    }
}
