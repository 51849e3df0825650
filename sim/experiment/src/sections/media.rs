//! `[media]`: what is shown, and how it is encoded.

use crate::document::section::{Field, Section};
use crate::library::Library;
use std::path::{Path, PathBuf};
use weir_abr::MAX_RUNGS;
use weir_plan::{Error, Ladder, LadderRung, Media, Source, limits};
use weir_units::{BitRate, Span};

const SEGMENT: Span = Span::from_s(2);

const LENGTH: Span = Span::from_s(60);

/// The ladders that have a name, at 16:9.
const LADDERS: [(&str, &[LadderRung]); 2] = [("hd", &HD), ("small", &SMALL)];
const HD: [LadderRung; 6] = [
    rung_of(320, 180, 300),
    rung_of(480, 270, 700),
    rung_of(640, 360, 1_500),
    rung_of(960, 540, 3_000),
    rung_of(1280, 720, 6_000),
    rung_of(1920, 1080, 12_000),
];
const SMALL: [LadderRung; 3] =
    [rung_of(160, 90, 100), rung_of(320, 180, 300), rung_of(640, 360, 800)];
const LADDER: &str = "hd";

/// The media of an experiment; the synthetic film if nothing is said.
pub(crate) fn read(field: Option<Field<'_>>, library: &Library<'_>) -> Result<Media, Error> {
    match field {
        Some(field) => {
            field.section("[media]", "experiments [media]", |section| media(section, library))
        }
        None => {
            let source = Source::Scenes;
            let (segment, ladder, length) = (SEGMENT, named(LADDER), LENGTH);
            Ok(Media { source, segment, ladder, length, loops: true })
        }
    }
}

fn media(section: &Section<'_>, library: &Library<'_>) -> Result<Media, Error> {
    let source = section.read("source", |field| {
        let source = source(&field)?;
        library.use_media(&source, &field.value.place);
        Ok(source)
    })?;
    let source = source.unwrap_or(Source::Scenes);
    let segment = section.read("segment", |f| f.quantity(limits::SEGMENTS))?.unwrap_or(SEGMENT);
    let ladder = section.read("ladder", ladder)?.unwrap_or_else(|| named(LADDER));
    let length =
        section.read("length", |f| f.quantity(limits::MEDIA_LENGTHS))?.unwrap_or(match source {
            // A table costs nothing, and is used whole.
            Source::Sized(_) => *limits::MEDIA_LENGTHS.end(),
            Source::Scenes | Source::File(_) => LENGTH,
        });
    let loops = section.read("loops", |f| f.flag())?.unwrap_or(true);
    let media = Media { source, segment, ladder, length, loops };
    section.check(media.check())?;
    Ok(media)
}

/// What a text means as a source. A path that ends with a slash, or whose last part has no
/// extension, is a folder: this crate does not look.
fn source(field: &Field<'_>) -> Result<Source, Error> {
    let text = field.text()?;
    if text.is_empty() {
        return Err(field.refuse("is no path").hint("expected \"scenes\" or a path"));
    }
    if text == "scenes" {
        return Ok(Source::Scenes);
    }
    let extension = Path::new(text).extension();
    let table = text.ends_with('/') || extension.is_none_or(|e| e.eq_ignore_ascii_case("json"));
    let path = PathBuf::from(text);
    Ok(if table { Source::Sized(path) } else { Source::File(path) })
}

const fn rung_of(width: u32, height: u32, kbps: u64) -> LadderRung {
    LadderRung { width, height, bitrate: BitRate::from_bps(kbps * 1000) }
}

fn named(name: &str) -> Ladder {
    let known = LADDERS.iter().find(|(known, _)| *known == name);
    let rungs = known.map_or(&[][..], |(_, rungs)| *rungs).to_vec();
    Ladder { name: name.to_owned(), rungs }
}

fn ladder(field: Field<'_>) -> Result<Ladder, Error> {
    if field.text().is_ok() {
        return field.one_of(&LADDERS.map(|(name, _)| (name, name))).map(named);
    }
    let items = field.items("rungs", MAX_RUNGS)?;
    if items.is_empty() {
        return Err(field.refuse("has no rungs").hint("expected at least one"));
    }
    let mut rungs: Vec<LadderRung> = Vec::with_capacity(items.len());
    for item in items {
        let page = "experiments { width, height, bitrate }";
        let rung = item.section("a rung of the ladder", page, rung)?;
        if rungs.last().is_some_and(|lower| lower.bitrate >= rung.bitrate) {
            let problem = "is not above the rung before it; the lowest comes first";
            return Err(item.refuse(problem));
        }
        rungs.push(rung);
    }
    Ok(Ladder { name: "custom".to_owned(), rungs })
}

fn rung(section: &Section<'_>) -> Result<LadderRung, Error> {
    let hint = "a rung is { width, height, bitrate }";
    let pixels = |key| {
        let field = section.need(key, hint)?;
        let number = field.count(limits::PIXELS)?;
        match u32::try_from(number) {
            Ok(number) if number % 2 == 0 => Ok(number),
            _ => Err(field.refuse("is odd").hint("pictures are encoded in pairs of lines")),
        }
    };
    Ok(LadderRung {
        width: pixels("width")?,
        height: pixels("height")?,
        bitrate: section.need("bitrate", hint)?.quantity(limits::BIT_RATES)?,
    })
}
