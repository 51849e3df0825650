//! No text makes the reader panic, however near it is to a good one.

use crate::live::LIVE;
use crate::{resolve, root, small};
use proptest::prelude::*;
use std::path::Path;

#[derive(Debug, Clone)]
enum Edit {
    Delete,
    Double,
    Replace(u8),
    Insert(String),
}

/// Edits of a few bytes, and of pieces that mean something here.
fn edit() -> impl Strategy<Value = Edit> {
    const PIECES: [&str; 26] = [
        "[sweep]\n",
        "[[players]]\n",
        "\"links.access.rate\" = ",
        "{ from = 0, to = 9, step = 1 }",
        "{ trace = \"lte-1\" }",
        "{ traces = \"*\" }",
        "{ exec = \"a\" }",
        "lab = [\"model\"]\n",
        "[live]\n",
        "[services.front]\n",
        "[[events]]\n",
        "run = \"none\"\n",
        "run = \"origin\"\n",
        "upstream = [\"front\"]\n",
        "origin = [\"origin-a\", \"front\"]\n",
        "fault = \"restart\"\n",
        ".",
        "\"\"",
        "[]",
        "{}",
        "-",
        "nan",
        "99999999999999999999",
        "bdp",
        "%",
        "\n",
    ];
    prop_oneof![
        Just(Edit::Delete),
        Just(Edit::Double),
        any::<u8>().prop_map(Edit::Replace),
        proptest::sample::select(&PIECES[..]).prop_map(|piece| Edit::Insert(piece.to_owned())),
    ]
}

fn apply(text: &mut Vec<u8>, at: usize, length: usize, edit: Edit) {
    let start = at % (text.len() + 1);
    let end = (start + length).min(text.len());
    let new: Vec<u8> = match edit {
        Edit::Delete => vec![],
        Edit::Double => [&text[start..end], &text[start..end]].concat(),
        Edit::Replace(byte) => vec![byte; end - start],
        Edit::Insert(piece) => piece.into_bytes(),
    };
    text.splice(start..end, new);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_mutated_experiment_is_read_or_refused(
        file in proptest::sample::select(&["quickstart", "bandwidth-sweep", "failover-drill"][..]),
        edits in proptest::collection::vec((any::<usize>(), 0usize..20, edit()), 1..8),
    ) {
        let path = root().join(format!("experiments/{file}.toml"));
        let mut text = std::fs::read(path).unwrap();
        for (at, length, edit) in edits {
            apply(&mut text, at, length, edit);
        }
        let text = String::from_utf8_lossy(&text);
        match resolve(&text) {
            Ok(plan) => {
                let text = plan.to_toml();
                let again = weir_plan::Plan::from_toml(&text, Path::new("plan.toml"));
                prop_assert_eq!(again.unwrap().to_toml(), text);
                prop_assert!(!plan.is_empty());
            }
            Err(error) => {
                let message = error.to_string();
                prop_assert!(message.starts_with("x.toml:"), "{message}");
                prop_assert!(!message.contains('\n'), "{message}");
            }
        }
    }

    #[test]
    fn any_path_is_an_axis_or_refused(
        root in "(lab|players|links|nodes|media|origins|tcp|topology|traffic|phase|live|services|events|x)",
        steps in "(\\.(0|1|abr|preset|trace|access|loss|p|viewer|count|rate|forward|ladder|ecn|rung|front|run|set|at|)){0,6}",
    ) {
        for start in ["", "[links.access.forward]\nrate = \"1 Mbit/s\"\n[media]\nladder = []\n"] {
            let values = "[\"1 Mbit/s\", true, [1], { a = 1 }]";
            let sweep = format!("[sweep]\n\"{root}{steps}\" = {values}\n");
            let _ = small(&format!("{start}{sweep}"));
            let _ = resolve(&format!("{LIVE}{sweep}"));
        }
    }
}

#[test]
fn deep_nesting_is_refused() {
    let deep = format!("a = {}1{}", "[".repeat(5000), "]".repeat(5000));
    assert!(resolve(&deep).is_err());
    let long = format!("[sweep]\n\"media{}\" = [1]\n", ".a".repeat(100_000));
    assert!(small(&long).is_err());
}
