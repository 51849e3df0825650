//! Content without files: sizes and durations.

use anyhow::{Context, Result};
use std::sync::Arc;
use weir_media::Package;
use weir_model::Film;
use weir_trace::Volume;
use weir_units::Span;

/// What is watched in the lab `model`.
#[derive(Debug)]
pub(crate) struct Movie {
    /// As the network knows it: listed as often as viewers need.
    pub film: Arc<Film>,
    /// The exact size of each of its segments at each rung: `sizes[segment][rung]`.
    pub sizes: Vec<Vec<Volume>>,
    /// How long each of them plays.
    pub segment: Span,
}

impl Movie {
    /// A movie of segments that all play equally long, listed again and again until there is
    /// `needed` more than the content: as playlists do.
    pub fn new(
        ladder: &[weir_media::Rung],
        segment: Span,
        sizes: &[Vec<Volume>],
        needed: Span,
    ) -> Result<Self> {
        let more = usize::try_from(needed.ns().div_ceil(segment.ns().max(1))).unwrap_or(usize::MAX);
        let listed = sizes.len().saturating_add(more);
        let most = weir_media::MAX_SEGMENTS;
        anyhow::ensure!(
            listed <= most,
            "{needed} beyond the content are {listed} segments of {segment}: a film has at most {most}"
        );
        let sizes: Vec<_> = sizes.iter().cycle().take(listed).cloned().collect();
        let ladder = ladder.iter().map(weir_media::Rung::declared).collect();
        let film = Film::new(ladder, vec![segment; listed], &sizes).context("make a film")?;
        Ok(Self { film: Arc::new(film), sizes, segment })
    }

    /// The movie that is in a package.
    ///
    /// # Errors
    /// If it is too long, or its ladder does not rise.
    pub fn of_package(package: &Package, needed: Span) -> Result<Self> {
        let row = |row: &Vec<_>| row.iter().copied().map(Volume::from).collect();
        let sizes: Vec<Vec<_>> = package.sizes.iter().map(row).collect();
        Self::new(&package.rungs, package.segment, &sizes, needed)
    }
}
