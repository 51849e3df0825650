//! `abr` of `[[players]]`: an algorithm by its name, a program, or decisions that were recorded.

use crate::document::section::{Field, Section};
use crate::document::{Data, Value};
use crate::library::Library;
use std::collections::BTreeMap;
use weir_abr::exec::Program;
use weir_abr::{Choice, ChoiceError, Entry};
use weir_plan::{Error, limits};

/// The kinds of tables, by the key that each must have.
const KINDS: [&str; 3] = ["name", "exec", "replay"];

/// The algorithm that `field` chooses.
pub(crate) fn choice(field: &Field<'_>, library: &Library<'_>) -> Result<Choice, Error> {
    let Some(table) = field.value.table() else {
        return entry(field).map(|entry| Choice::named(entry.name));
    };
    let mut kinds = KINDS.into_iter().filter_map(|key| table.get(key));
    let (first, second) = (kinds.next(), kinds.next());
    if let Some((first, second)) = first.zip(second) {
        let problem = format!("{:?} beside {:?} in {TITLE}", second.key, first.key);
        return Err(Error::at(&second.place, problem).hint("an algorithm is one of the two"));
    }
    let choice = match first.map(|entry| entry.key.as_str()) {
        Some("name") => field.section(TITLE, "", named),
        Some("exec") => {
            let page = "experiments { exec, patience, progress }";
            let choice = field.section(TITLE, page, program)?;
            library.use_program(&choice, &field.value.place);
            Ok(choice)
        }
        Some(_) => field.section(TITLE, "experiments { replay }", |section| {
            let field = section.need("replay", "expected a path")?;
            let choice = Choice::of_replay(field.text()?);
            choice.check().map_err(|error| match error {
                ChoiceError::BadValue { problem, .. } => {
                    field.refuse("is no path of a log").hint(problem)
                }
                other => field.refuse(other),
            })?;
            library.use_log(field.text()?, &field.value.place);
            Ok(choice)
        }),
        // None of the keys: the section says which is missing, or misspelt.
        None => field.section(TITLE, "", |section| {
            Err(section
                .missing_all(&KINDS)
                .hint("expected the name of an algorithm, a program or a log"))
        }),
    }?;
    choice.check().map_err(|error| Error::at(&field.value.place, format!("{error}")))?;
    Ok(choice)
}

const TITLE: &str = "abr of [[players]]";

/// An algorithm with parameters of one's own. Its keys depend on the algorithm: FORMAT.md lists
/// them apart.
fn named(section: &Section<'_>) -> Result<Choice, Error> {
    let entry = entry(&section.need("name", HINT)?)?;
    let mut params = BTreeMap::new();
    for param in entry.params {
        let value = section.read(param.name, |f| parameter(&f))?;
        if let Some(value) = value.filter(|value| value != param.default) {
            params.insert(param.name.to_owned(), value);
        }
    }
    Ok(Choice { name: entry.name.to_owned(), params })
}

/// What is said where there is no algorithm.
pub(crate) const HINT: &str = "expected the name of an algorithm";

fn program(section: &Section<'_>) -> Result<Choice, Error> {
    let field = section.need("exec", "expected a command")?;
    let mut program = Program::new(field.text()?);
    if program.words().is_empty() {
        return Err(field.refuse("is no command").hint("expected a program and its arguments"));
    }
    if let Some(patience) = section.read("patience", |f| f.quantity(limits::PATIENCES))? {
        program.patience = patience;
    }
    program.progress = section.read("progress", |f| f.flag())?.unwrap_or(program.progress);
    Ok(program.choice())
}

fn entry(field: &Field<'_>) -> Result<&'static Entry, Error> {
    let name = field.text()?;
    let known = weir_abr::registry();
    let found = known.iter().find(|entry| entry.name == name);
    found.ok_or_else(|| field.unknown("algorithm", known.iter().map(|entry| entry.name)))
}

fn parameter(field: &Field<'_>) -> Result<String, Error> {
    let Value { data, .. } = field.value;
    match data {
        Data::Text(text) => Ok(text.clone()),
        Data::Integer(_, Some(number)) => Ok(number.to_string()),
        _ => Err(field.refuse("is no parameter").hint("expected a text or a whole number")),
    }
}
