//! `[live]`: content that is a live stream.

use crate::document::section::{Field, Section};
use weir_plan::names::{NAME_HINT, is_name};
use weir_plan::{Error, Invalid, Live, Media, limits};

const WINDOW: u64 = 6;
const KEY: &str = "stream";

/// The live stream of an experiment, if its content is one.
pub(crate) fn live(experiment: &Section<'_>, media: &Media) -> Result<Option<Live>, Error> {
    let Some(field) = experiment.get("live") else { return Ok(None) };
    let live = field.section("[live]", "experiments [live]", |section| {
        Ok(Live {
            key: section.read("key", key)?.unwrap_or_else(|| KEY.to_owned()),
            window: section.read("window", |f| f.count(limits::WINDOWS))?.unwrap_or(WINDOW),
        })
    })?;
    media.check_live().map_err(|Invalid { keys, problem, .. }| {
        let key = keys.first().copied().unwrap_or_default();
        // It is the media that has to be different.
        let table = experiment.get("media").and_then(|media| media.value.table());
        let entry = table.and_then(|table| table.get(key));
        let place = entry.map_or(&field.value.place, |entry| &entry.value.place);
        Error::at(place, format!("{key} in [media]: {problem}"))
            .hint("[live] makes it a live stream")
    })?;
    Ok(Some(live))
}

fn key(field: Field<'_>) -> Result<String, Error> {
    let text = field.text()?;
    if is_name(text) {
        return Ok(text.to_owned());
    }
    Err(field.refuse("is no name of a stream").hint(NAME_HINT))
}
