//! A link's rate: a bit rate, or a trace.

use crate::error::{Error, clip};
use crate::library::Library;
use crate::plan::{Rate, Traced};
use crate::section::{Field, Section};
use crate::shape::RATES;
use std::path::Path;
use strum::VariantArray;
use weir_trace::{Csv, Format, Origin, Reader};

/// The longest name of a trace.
const MAX_NAME: usize = 64;

/// The longest path, in bytes: PATH_MAX of Linux.
const MAX_PATH: usize = 4096;

impl Traced {
    /// What the trace is called: its name, or that of its file without the extension.
    pub fn name(&self) -> &str {
        stem(&self.trace)
    }

    /// How its file is to be read. A file of another program than this one says neither who
    /// measured it nor under which licence.
    pub fn reader(&self) -> Reader {
        let unknown = || "not said by the file".to_owned();
        let origin = Origin {
            name: self.name().to_owned(),
            kind: self.kind,
            repeats: true,
            source: unknown(),
            licence: unknown(),
            obtained: None,
        };
        Reader { format: self.format, origin, csv: Csv::default(), packet: Reader::PACKET }
    }
}

/// What the trace in this file, or of this name, is called.
pub(crate) fn stem(trace: &str) -> &str {
    let stem = Path::new(trace).file_stem().and_then(|stem| stem.to_str());
    stem.unwrap_or(trace)
}

/// Whether a text names a trace, and is no path.
pub(crate) fn is_trace_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric();
    (1..=MAX_NAME).contains(&text.len())
        && text.starts_with(plain)
        && text.chars().all(|c| plain(c) || c == '-' || c == '_')
}

/// Whether a text is a path, and names no trace.
pub(crate) fn is_path(text: &str) -> bool {
    text.contains(['/', '.'])
}

/// Whether files of this form say what their rates are.
const fn says_kind(format: Format) -> bool {
    matches!(format, Format::Weir | Format::Mahimahi)
}

/// Refuses what is neither a name nor the path of a file.
fn check_text(trace: &str) -> Result<(), String> {
    let path = is_path(trace)
        && trace.len() <= MAX_PATH
        && Path::new(trace).file_name().is_some()
        && !trace.ends_with('/')
        && !trace.contains(char::is_control);
    if is_trace_name(trace) || path {
        return Ok(());
    }
    Err(format!("{:?} is neither a name nor the path of a file", clip(trace)))
}

/// Refuses what no experiment can ask for: the key, and what is wrong with it.
pub(crate) fn check(traced: &Traced) -> Result<(), (&'static str, String)> {
    let Traced { trace, format, kind } = traced;
    check_text(trace).map_err(|problem| ("trace", problem))?;
    if *format == Format::Csv {
        let problem = "a table does not say what its columns are: convert it with `weir trace \
                       import` first";
        return Err(("format", problem.to_owned()));
    }
    if is_trace_name(trace) && *format != Format::Weir {
        let problem = format!("{trace:?} is a name, and those are of the form weir");
        return Err(("format", problem));
    }
    match kind {
        Some(_) if says_kind(*format) => {
            Err(("kind", format!("the form {} says itself what its rates are", format)))
        }
        None if !says_kind(*format) => {
            Err(("kind", format!("missing, and the form {} does not say it", format)))
        }
        _ => Ok(()),
    }
}

/// The rate that `field` is; `title` is its link's, and `page` that of the table of a trace.
pub(crate) fn rate(
    field: &Field<'_>,
    title: &str,
    page: &'static str,
    library: &Library<'_>,
) -> Result<Rate, Error> {
    let Some(table) = field.value.table() else {
        return field.quantity(RATES).map(Rate::Constant);
    };
    if table.get("traces").is_some() {
        let hint = "write { trace = ... } here, or { traces = ... } into the list of an axis";
        return Err(field.refuse("stands for several values").hint(hint));
    }
    let traced = field.section(&format!("rate of {title}"), page, |section| {
        let traced = traced(section, library)?;
        library.use_trace(&traced, &field.value.place)?;
        Ok(traced)
    })?;
    Ok(Rate::Trace(traced))
}

fn traced(section: &Section<'_>, library: &Library<'_>) -> Result<Traced, Error> {
    let field = section.need("trace", "expected the name of a trace, or a path")?;
    let trace = field.text()?;
    let format = section.read("format", format)?;
    let kind = section.read("kind", |f| f.variant())?;
    check_text(trace).map_err(|problem| section.refuse(&["trace"], problem).hint(HINT))?;
    if is_path(trace) && !library.is_experiment(&field.value.place) {
        return Err(field
            .refuse("is a path in the file of a topology, where only names can stand")
            .hint("a path would count from the folder of each experiment"));
    }
    let own = is_trace_name(trace) || has_own_extension(trace);
    let format = format.or(own.then_some(Format::Weir)).ok_or_else(|| {
        let forms = forms().iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        section.missing("format").hint(format!("this file is no *.trace; forms: {forms}"))
    })?;
    if kind.is_none() && !says_kind(format) {
        return Err(section.missing("kind").hint(format!(
            "the form {} does not say whether its rates are the \"capacity\" of a link or the \
             \"goodput\" of one flow",
            format
        )));
    }
    let traced = Traced { trace: trace.to_owned(), format, kind };
    check(&traced).map_err(|(key, problem)| section.refuse(&[key, "trace"], problem))?;
    Ok(traced)
}

/// What a trace looks like; names have at most [`MAX_NAME`] characters.
const HINT: &str = "a name has 1 to 64 characters of a-z, A-Z, 0-9, \"_\" and \"-\", a path a \"/\" \
                    or a \".\"; several are { traces = ... } in the list of an axis";

fn has_own_extension(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "trace")
}

/// The forms that say what an experiment needs to know: all but tables.
fn forms() -> Vec<(&'static str, Format)> {
    let known = <Format as VariantArray>::VARIANTS.iter().filter(|form| **form != Format::Csv);
    known.map(|&form| (form.into(), form)).collect()
}

fn format(field: Field<'_>) -> Result<Format, Error> {
    // What it cannot be used for is said where all of it is checked.
    if field.text().is_ok_and(|text| text == <&str>::from(Format::Csv)) {
        return Ok(Format::Csv);
    }
    field.one_of(&forms())
}
