//! `experiments/bad`: every file there is refused with the words beside it.

use crate::root;
use std::path::Path;

/// What only the machine can refuse is checked where the machine is looked at.
const BY_THE_MACHINE: &str = "media-";

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
        let files = |path: &Path| std::fs::read_to_string(folder.join(path));
        let said = match weir_experiment::resolve(Path::new(&name), &files) {
            Ok(plan) if name.starts_with(BY_THE_MACHINE) => {
                let source = &plan.cells[0].setup.media.source;
                let said = plan.refuse_media(source, "it is bad").unwrap().to_string();
                let words = said.split_once("it is bad").unwrap().0;
                if expected.starts_with(words.trim_end()) { continue } else { said }
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
