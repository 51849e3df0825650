//! A link's rate: a bit rate, or a trace.

use crate::document::section::{Field, Section};
use crate::library::Library;
use std::path::Path;
use strum::VariantArray;
use weir_plan::names::{is_trace_name, is_trace_path};
use weir_plan::{Error, Rate, Traced, limits};
use weir_trace::Format;

/// The rate that `field` is; `title` is its link's, and `page` that of the table of a trace.
pub(crate) fn rate(
    field: &Field<'_>,
    title: &str,
    page: &'static str,
    library: &Library<'_>,
) -> Result<Rate, Error> {
    let Some(table) = field.value.table() else {
        return field.quantity(limits::RATES).map(Rate::Constant);
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
    section.check(Traced::check_text(trace)).map_err(|error| error.hint(HINT))?;
    if is_trace_path(trace) && !library.is_experiment(&field.value.place) {
        return Err(field
            .refuse("is a path in the file of a topology, where only names can stand")
            .hint("a path would count from the folder of each experiment"));
    }
    let own = is_trace_name(trace) || has_own_extension(trace);
    let format = format.or(own.then_some(Format::Weir)).ok_or_else(|| {
        let forms = forms().iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        section.missing("format").hint(format!("this file is no *.trace; forms: {forms}"))
    })?;
    if kind.is_none() && !format.says_kind() {
        return Err(section.missing("kind").hint(format!(
            "the form {} does not say whether its rates are the \"capacity\" of a link or the \
             \"goodput\" of one flow",
            format
        )));
    }
    let traced = Traced { trace: trace.to_owned(), format, kind };
    section.check(traced.check())?;
    Ok(traced)
}

/// What a trace looks like; names have at most [`weir_plan::names::MAX_TRACE_NAME`] characters.
const HINT: &str = "a name has 1 to 64 characters of a-z, A-Z, 0-9, \"_\" and \"-\", a path a \"/\" \
                    or a \".\"; several are { traces = ... } in the list of an axis";

fn has_own_extension(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "trace")
}

/// The forms that say what an experiment needs to know: all but tables.
fn forms() -> Vec<(&'static str, Format)> {
    let known = Format::VARIANTS.iter().filter(|form| **form != Format::Csv);
    known.map(|&form| (form.into(), form)).collect()
}

fn format(field: Field<'_>) -> Result<Format, Error> {
    // What it cannot be used for is said where all of it is checked.
    if field.text().is_ok_and(|text| text == <&str>::from(Format::Csv)) {
        return Ok(Format::Csv);
    }
    field.one_of(&forms())
}
