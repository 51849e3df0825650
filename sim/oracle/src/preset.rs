//! The QoE definitions of published work, by name.

use crate::{Error, Per, Qoe};
use std::str::FromStr;
use weir_units::{BitRate, Span};

/// A QoE definition of published work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// Sabre's score: the mean over play time of ln(R/R_min) per segment, less 5 for every segment
    /// duration of stall; switches do not count (Spiteri, Sitaraman, Sparacio: MMSys 2018;
    /// UMass-LIDS/sabre 09b03bb, `sabre.py`, with its default `-gp 5`).
    SabreScore,
    /// Pensieve's QoE_lin: R in Mbit/s, 4.3 per second of stall, 1 per Mbit/s of difference. As in
    /// its simulator, the first chunk's download counts as a stall (Mao, Netravali, Alizadeh:
    /// SIGCOMM 2017; hongzimao/pensieve 1120bb1).
    PensieveLin,
    /// Pensieve's QoE_log: ln(R/R_min), 2.66 per second of stall, 1 per unit of difference.
    PensieveLog,
    /// Pensieve's QoE_HD, for its own ladder of 300, 750, 1200, 1850, 2850 and 4300 kbit/s alone:
    /// 1, 2, 3, 12, 15 and 20, 8 per second of stall, 1 per unit of difference.
    PensieveHd,
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::SabreScore, Self::PensieveLin, Self::PensieveLog, Self::PensieveHd];

    /// The name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SabreScore => "sabre-score",
            Self::PensieveLin => "pensieve-lin",
            Self::PensieveLog => "pensieve-log",
            Self::PensieveHd => "pensieve-hd",
        }
    }

    /// The definition for this ladder and this duration of a segment.
    ///
    /// # Errors
    /// If the ladder is empty, does not rise, or is not the one that the definition is for.
    pub fn qoe(self, ladder: &[BitRate], segment: Span) -> Result<Qoe, Error> {
        let bps = |rate: &BitRate| rate.bps() as f64;
        let Some(lowest) = ladder.first().filter(|rate| rate.bps() > 0).map(bps) else {
            return Err(Error::Ladder("the ladder has no lowest bitrate above zero".to_owned()));
        };
        if let Some(rung) = ladder.windows(2).position(|pair| pair[1] <= pair[0]) {
            let text = format!("rung {} is not above rung {rung}", rung + 1);
            return Err(Error::Ladder(text));
        }
        let log = || ladder.iter().map(|rate| libm::log(bps(rate) / lowest)).collect();
        let pensieve = |utilities, rebuffer| Qoe {
            utilities,
            rebuffer,
            startup: rebuffer,
            switch: 1.0,
            per: Per::Session,
        };
        Ok(match self {
            Self::SabreScore => Qoe {
                utilities: log(),
                rebuffer: 5.0 / segment.as_secs_f64(),
                startup: 0.0,
                switch: 0.0,
                per: Per::PlayTime,
            },
            Self::PensieveLin => pensieve(ladder.iter().map(|rate| bps(rate) / 1e6).collect(), 4.3),
            Self::PensieveLog => pensieve(log(), 2.66),
            Self::PensieveHd => {
                let own = [300, 750, 1200, 1850, 2850, 4300];
                if !ladder.iter().map(|rate| rate.bps()).eq(own.map(|kbps: u64| kbps * 1000)) {
                    let text = "pensieve-hd is for the ladder 300, 750, 1200, 1850, 2850, 4300 \
                                kbit/s alone";
                    return Err(Error::Ladder(text.to_owned()));
                }
                pensieve(vec![1.0, 2.0, 3.0, 12.0, 15.0, 20.0], 8.0)
            }
        })
    }
}

impl FromStr for Preset {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(found) = Self::ALL.into_iter().find(|preset| preset.name() == text) {
            return Ok(found);
        }
        let distance = |preset: &Self| strsim::damerau_levenshtein(preset.name(), text);
        let nearest = Self::ALL.into_iter().min_by_key(distance).map_or("", Self::name);
        let all = Self::ALL.map(Self::name).join(", ");
        Err(Error::Preset { got: text.chars().take(60).collect(), nearest, all })
    }
}
