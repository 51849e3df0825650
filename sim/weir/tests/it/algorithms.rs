//! `weir abr`: what is listed is what can be chosen.

use crate::program::{Scratch, said, weir};
use std::process::Output;

fn abr(arguments: &[&str]) -> Output {
    let scratch = Scratch::new("algorithms");
    weir(&scratch.0, &[&["abr"], arguments].concat())
}

fn written(arguments: &[&str]) -> String {
    let output = abr(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_algorithm_is_listed_with_its_parameters() {
    let text = written(&["list"]);
    let begin = "fixed              the same rung always\n                   rung = 0\n";
    assert!(text.starts_with(begin), "{text}");
    for entry in weir_abr::registry() {
        let mark = if entry.verified.is_none() { " [unverified]" } else { "" };
        let line = format!("{:<18} {}{mark}\n", entry.name, entry.about);
        assert!(text.contains(&line), "{line} in {text}");
        for param in entry.params {
            assert!(text.contains(&format!("{} = {}", param.name, param.default)), "{text}");
        }
    }
}

#[test]
fn the_list_for_machines_has_all_that_there_is_to_say() {
    let list: serde_json::Value = serde_json::from_str(&written(&["list", "--json"])).unwrap();
    let list = list.as_array().unwrap();
    assert_eq!(list.len(), weir_abr::registry().len());
    for (said, entry) in list.iter().zip(weir_abr::registry()) {
        assert_eq!(
            (said["name"].as_str(), said["about"].as_str()),
            (Some(entry.name), Some(entry.about))
        );
        assert_eq!(said["compared_with"].as_str(), entry.verified);
        assert!(!said["source"].as_str().unwrap().is_empty(), "{}", entry.name);
        let names = |param: &serde_json::Value| param["name"].as_str().unwrap().to_owned();
        let names: Vec<_> = said["params"].as_array().unwrap().iter().map(names).collect();
        assert_eq!(names, entry.params.iter().map(|param| param.name).collect::<Vec<_>>());
        let one: serde_json::Value =
            serde_json::from_str(&written(&["show", entry.name, "--json"])).unwrap();
        assert_eq!(&one, said);
    }
}

#[test]
fn an_algorithm_is_shown_with_its_source() {
    let text = written(&["show", "bola-e"]);
    assert!(text.starts_with("bola-e: BOLA-E"), "{text}");
    for part in ["MMSys 2018, section 4", "compared with: Sabre 09b03bb", "[default: 5 s]"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(written(&["show", "hlsjs"]).contains("unverified: there was nothing to compare"));
}

#[test]
fn an_unknown_algorithm_is_refused_with_the_names_of_all() {
    let output = abr(&["show", "bolo"]);
    assert_eq!(output.status.code(), Some(2));
    let words = said(&output);
    assert!(
        words.contains("no algorithm is called \"bolo\" (there are: fixed, script,"),
        "{words}"
    );
}
