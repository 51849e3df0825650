//! `experiments/bad`: every file there is refused with the words beside it.

use crate::root;
use std::io;
use std::path::Path;
use weir_experiment::Files;
use weir_plan::Plan;

/// What only the machine can refuse is checked where the machine is looked at.
const BY_THE_MACHINE: &str = "media-";

/// The same, but this crate reads the files. The lines beside them are parts of what is said, which
/// also names the folder of the machine.
const TRACES: &str = "trace-";

/// The files beside the bad experiments.
struct Beside<'a>(&'a Path);

impl Files for Beside<'_> {
    fn read(&self, path: &Path) -> io::Result<String> {
        std::fs::read_to_string(self.0.join(path))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let entries = std::fs::read_dir(self.0.join(folder))?;
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }
}

/// What is said of the trace of a plan, whose files lie in `folder`.
fn trace_of(plan: &Plan, folder: &Path) -> String {
    let mut plan = plan.clone();
    for file in plan.trace_files.values_mut() {
        file.path = folder.join(&file.path);
    }
    let traced = plan.trace_files.keys().next().unwrap();
    plan.trace(traced).unwrap_err().to_string()
}

#[test]
fn every_bad_experiment_is_refused_with_its_words() {
    let folder = root().join("experiments/bad");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".toml"))
        .collect();
    names.sort();
    assert!(names.len() > 30, "{names:?}");
    let mut wrong = String::new();
    for name in names {
        let expected = name.replace(".toml", ".expected");
        let expected = std::fs::read_to_string(folder.join(expected)).unwrap_or_default();
        // Paths in messages count from the folder, wherever the test runs.
        let said = match weir_experiment::resolve(Path::new(&name), &Beside(&folder)) {
            Ok(plan) if name.starts_with(BY_THE_MACHINE) => {
                let source = &plan.cell(0).unwrap().setup.media.source;
                let said = plan.refuse_media(source, "it is bad").unwrap().to_string();
                let words = said.split_once("it is bad").unwrap().0;
                if expected.starts_with(words.trim_end()) { continue } else { said }
            }
            Ok(plan) if name.starts_with(TRACES) => {
                let said = trace_of(&plan, &folder);
                let expected: Vec<&str> = expected.lines().collect();
                let words = !expected.is_empty() && expected.iter().all(|part| said.contains(part));
                if words { continue } else { said }
            }
            Ok(_) => "(accepted)".to_owned(),
            Err(error) => error.to_string(),
        };
        if said != expected.trim_end() {
            wrong += &format!("{name}\n  said     {said}\n  expected {expected}\n");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
