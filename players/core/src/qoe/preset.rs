//! The QoE definitions of published work, by name.

use super::{Per, Qoe, QoeError};
use serde::{Deserialize, Serialize};
use weir_units::{BitRate, Span};

/// What a second of stall costs in Sabre's score, per second of play time: its default `-gp 5`.
pub(super) const SABRE_STALL: f64 = 5.0;
/// What a second of stall costs in Pensieve's QoE_lin.
pub(super) const LIN_STALL: f64 = 4.3;
/// What a second of stall costs in Pensieve's QoE_log.
pub(super) const LOG_STALL: f64 = 2.66;

/// A QoE definition of published work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[derive(strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum QoePreset {
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

impl QoePreset {
    /// The definition for this ladder and this duration of a segment.
    ///
    /// # Errors
    /// If the ladder is empty, does not rise, or is not the one that the definition is for.
    pub fn qoe(self, ladder: &[BitRate], segment: Span) -> Result<Qoe, QoeError> {
        let bps = |rate: &BitRate| rate.bps() as f64;
        let Some(lowest) = ladder.first().filter(|rate| rate.bps() > 0).map(bps) else {
            return Err(QoeError::Ladder("the ladder has no lowest bitrate above zero".to_owned()));
        };
        if let Some(rung) = ladder.windows(2).position(|pair| pair[1] <= pair[0]) {
            let text = format!("rung {} is not above rung {rung}", rung + 1);
            return Err(QoeError::Ladder(text));
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
                rebuffer: SABRE_STALL / segment.as_secs_f64(),
                startup: 0.0,
                switch: 0.0,
                per: Per::PlayTime,
            },
            Self::PensieveLin => {
                pensieve(ladder.iter().map(|rate| bps(rate) / 1e6).collect(), LIN_STALL)
            }
            Self::PensieveLog => pensieve(log(), LOG_STALL),
            Self::PensieveHd => {
                let own = [300, 750, 1200, 1850, 2850, 4300];
                if !ladder.iter().map(|rate| rate.bps()).eq(own.map(|kbps: u64| kbps * 1000)) {
                    let text = "pensieve-hd is for the ladder 300, 750, 1200, 1850, 2850, 4300 \
                                kbit/s alone";
                    return Err(QoeError::Ladder(text.to_owned()));
                }
                pensieve(vec![1.0, 2.0, 3.0, 12.0, 15.0, 20.0], 8.0)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strum::VariantArray as _;

    #[test]
    fn presets_have_the_published_weights() {
        let pensieve =
            [300, 750, 1200, 1850, 2850, 4300].map(|kbps| BitRate::from_bps(kbps * 1000));
        let qoe = |preset: QoePreset| preset.qoe(&pensieve, Span::from_s(4)).unwrap();
        let lin = qoe(QoePreset::PensieveLin);
        assert_eq!(lin.utilities, [0.3, 0.75, 1.2, 1.85, 2.85, 4.3]);
        assert_eq!((lin.rebuffer, lin.switch), (4.3, 1.0));
        assert_eq!(qoe(QoePreset::PensieveLog).utilities[0], 0.0);
        // 2.66 is the utility of the highest rung.
        assert!(
            (qoe(QoePreset::PensieveLog).utilities[5] - qoe(QoePreset::PensieveLog).rebuffer).abs()
                < 0.01
        );
        assert_eq!(qoe(QoePreset::PensieveHd).utilities, [1.0, 2.0, 3.0, 12.0, 15.0, 20.0]);
        let sabre = qoe(QoePreset::SabreScore);
        assert_eq!((sabre.rebuffer, sabre.per), (1.25, Per::PlayTime));
    }

    #[test]
    fn every_preset_has_one_name() {
        for preset in QoePreset::VARIANTS {
            let json = serde_json::to_string(preset).unwrap();
            assert_eq!(json, format!("{:?}", <&str>::from(preset)));
        }
    }

    #[test]
    fn a_preset_is_not_for_every_ladder() {
        let ladder = [1, 1].map(BitRate::from_bps);
        let said = QoePreset::SabreScore.qoe(&ladder, Span::from_s(1)).unwrap_err().to_string();
        assert_eq!(said, "rung 1 is not above rung 0");
        assert!(QoePreset::PensieveHd.qoe(&ladder[..1], Span::from_s(1)).is_err());
        assert!(QoePreset::SabreScore.qoe(&[], Span::from_s(1)).is_err());
    }
}
