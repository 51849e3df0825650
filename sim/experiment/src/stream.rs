//! `[live]`: content that is a live stream.

use crate::error::Error;
use crate::live::Live;
use crate::plan::{Media, Source};
use crate::section::{Field, NAME_HINT, Section, is_name};
use std::ops::RangeInclusive;

/// Fewer segments than three are no playlist (RFC 8216, section 6.2.2).
pub(crate) const WINDOWS: RangeInclusive<u64> = 3..=100;
const WINDOW: u64 = 6;
const KEY: &str = "stream";

/// The live stream of an experiment, if its content is one.
pub(crate) fn live(experiment: &Section<'_>, media: &Media) -> Result<Option<Live>, Error> {
    let Some(field) = experiment.get("live") else { return Ok(None) };
    let live = field.section("[live]", "experiments [live]", |section| {
        Ok(Live {
            key: section.read("key", key)?.unwrap_or_else(|| KEY.to_owned()),
            window: section.read("window", |f| f.count(WINDOWS))?.unwrap_or(WINDOW),
        })
    })?;
    check_media(media).map_err(|(key, problem)| {
        // It is the media that has to be different.
        let table = experiment.get("media").and_then(|media| media.value.table());
        let entry = table.and_then(|table| table.get(key));
        let place = entry.map_or(&field.value.place, |entry| &entry.value.place);
        Error::at(place, format!("{key} in [media]: {problem}"))
            .hint("[live] makes it a live stream")
    })?;
    Ok(Some(live))
}

/// Refuses content that cannot be published: the key, and why.
pub(crate) fn check_media(media: &Media) -> Result<(), (&'static str, &'static str)> {
    match media.source {
        Source::Sized(_) => Err(("source", "a size table has no pictures to publish")),
        _ if !media.loops => Err(("loops", "a live stream is published over and over")),
        _ => Ok(()),
    }
}

fn key(field: Field<'_>) -> Result<String, Error> {
    let text = field.text()?;
    if is_name(text) {
        return Ok(text.to_owned());
    }
    Err(field.refuse("is no name of a stream").hint(NAME_HINT))
}
