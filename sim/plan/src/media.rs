//! Content: what is shown, and how it is encoded.

use crate::check::{Invalid, within};
use crate::limits;
use crate::names::is_name;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use weir_units::{BitRate, Span};

/// Content: what is shown, and how it is encoded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Media {
    /// Where pictures (or sizes) come from.
    pub source: Source,
    /// The duration of a segment.
    pub segment: Span,
    /// Its qualities; ignored for a size table, which brings its own.
    pub ladder: Ladder,
    /// The content's length before it loops.
    pub length: Span,
    /// Whether it loops, so that nobody ever sees its end. If not, every session begins with its
    /// first segment, and is over when the last one was played.
    pub loops: bool,
}

/// Where content comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The synthetic film.
    Scenes,
    /// A video file.
    File(PathBuf),
    /// A published table of segment sizes: Sabre's JSON, or a folder of Pensieve's `video_size_N`.
    Sized(PathBuf),
}

/// The qualities of the content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ladder {
    /// Its name.
    pub name: String,
    /// Lowest first.
    pub rungs: Vec<LadderRung>,
}

/// One quality that a ladder asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LadderRung {
    /// Picture width in pixels.
    pub width: u32,
    /// Picture height in pixels.
    pub height: u32,
    /// The mean bit rate to aim at.
    pub bitrate: BitRate,
}

impl Media {
    /// Refuses content that no experiment can ask for.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn check(&self) -> Result<(), Invalid> {
        let Self { source, segment, ladder: Ladder { name, rungs }, length, loops: _ } = self;
        within("segment", segment, &limits::SEGMENTS)?;
        within("length", length, &limits::MEDIA_LENGTHS)?;
        if !length.ns().is_multiple_of(segment.ns()) {
            let problem = format!("{length} is no whole number of segments of {segment}");
            return Err(Invalid::new(&["length", "segment"], problem));
        }
        if let Source::File(path) | Source::Sized(path) = source
            && path.as_os_str().is_empty()
        {
            return Err(Invalid::new(&["source"], "this is no path"));
        }
        if !is_name(name) {
            return Err(Invalid::new(&["ladder"], format_args!("{name:?} is no name of a ladder")));
        }
        within("rungs", &rungs.len(), &(1..=weir_abr::MAX_RUNGS))?;
        for rung in rungs {
            within("width", &rung.width.into(), &limits::PIXELS)?;
            within("height", &rung.height.into(), &limits::PIXELS)?;
            within("bitrate", &rung.bitrate, &limits::BIT_RATES)?;
        }
        if rungs.iter().any(|rung| rung.width % 2 + rung.height % 2 > 0) {
            return Err(Invalid::new(&["ladder"], "a rung's picture is odd"));
        }
        if rungs.windows(2).all(|pair| pair[0].bitrate < pair[1].bitrate) {
            return Ok(());
        }
        Err(Invalid::new(&["ladder"], "the rungs do not rise"))
    }

    /// Refuses content that cannot be published as a live stream.
    ///
    /// # Errors
    /// The key that would have to be different, and why.
    pub fn check_live(&self) -> Result<(), Invalid> {
        match self.source {
            Source::Sized(_) => {
                Err(Invalid::new(&["source"], "a size table has no pictures to publish"))
            }
            _ if !self.loops => {
                Err(Invalid::new(&["loops"], "a live stream is published over and over"))
            }
            _ => Ok(()),
        }
    }
}
