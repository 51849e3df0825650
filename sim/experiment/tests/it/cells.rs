//! Cells are put together when they are asked for: in whatever way, they are what the experiment
//! says.

use crate::{resolve, root, small};
use proptest::prelude::*;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use weir_plan::{Cell, Plan, Setup};

/// The experiments that come with the program; some of them need files that do not.
fn shipped() -> Vec<Plan> {
    let folders = ["experiments", "experiments/validation"].map(|folder| root().join(folder));
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let files = files.map(|file| file.unwrap().path());
    let files = files.filter(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.filter_map(|file| weir_experiment::load(&file).ok()).collect()
}

/// One after the other, all at once, from behind, and by their trials.
fn same_in_all_ways(plan: &Plan) {
    let kept: Vec<Cell> = plan.cells().collect();
    assert_eq!(kept.len() as u64 * plan.repeats, plan.len());
    for (cell, kept) in plan.cells().zip(&kept) {
        assert_eq!((cell.index, &cell.setup), (kept.index, &kept.setup));
    }
    for cell in kept.iter().rev() {
        assert_eq!(plan.cell(cell.index).unwrap().setup, cell.setup);
    }
    for (at, trial) in plan.trials().step_by(plan.repeats as usize).enumerate() {
        assert_eq!((trial.cell, &trial.setup), (kept[at].index, &kept[at].setup));
        assert_eq!(plan.trial(&trial.id).unwrap().setup, trial.setup);
    }
}

#[test]
fn cells_of_shipped_experiments_are_the_same_in_whatever_way_they_are_asked_for() {
    let plans = shipped();
    assert!(plans.len() > 15, "{}", plans.len());
    for plan in plans {
        same_in_all_ways(&plan);
        let text = plan.to_toml();
        let again = Plan::from_toml(&text, Path::new("plan.toml")).unwrap();
        assert!(again.to_toml() == text, "{}", plan.name);
        let setups = |plan: &Plan| plan.cells().map(|cell| cell.setup).collect::<Vec<_>>();
        assert!(setups(&again) == setups(&plan), "{}", plan.name);
    }
}

/// Axes, and what of the experiment is the same as a value of each.
const AXES: [(&str, [&str; 3]); 6] = [
    ("links.access.rate", ["\"1 Mbit/s\"", "\"2 Mbit/s\"", "{ trace = \"lte-1\" }"]),
    ("links.core.forward.delay", ["\"5 ms\"", "\"9 ms\"", "\"0 ms\""]),
    ("nodes.viewer.count", ["1", "2", "3"]),
    ("players.abr", ["\"bola\"", "\"bba0\"", "{ name = \"fixed\", rung = 1 }"]),
    ("media.segment", ["\"2 s\"", "\"4 s\"", "\"2000 ms\""]),
    ("tcp.initial_window", ["10", "20", "3"]),
];

proptest! {
    #[test]
    fn a_cell_is_what_the_experiment_with_its_values_written_is(
        axes in proptest::sample::subsequence(AXES.to_vec(), 0..=4).prop_shuffle(),
        only in 0..3usize,
    ) {
        let mut sweep = String::from("[sweep]\n");
        for (path, values) in &axes {
            sweep += &format!("{path:?} = [{}]\n", values.join(", "));
        }
        let plan = small(&sweep).unwrap();
        same_in_all_ways(&plan);
        prop_assert_eq!(plan.cells().len(), 3usize.pow(axes.len() as u32));
        for cell in plan.cells() {
            let mut text = String::from("name = \"small\"\n");
            let mut abr = "\"bola\"";
            let mut left = cell.index as usize;
            for (path, values) in axes.iter().rev() {
                let value = values[left % 3];
                left /= 3;
                match *path {
                    "players.abr" => abr = value,
                    path => text += &format!("{path} = {value}\n"),
                }
            }
            text += &format!("topology = \"one-origin\"\n[[players]]\nabr = {abr}\n");
            let written = resolve(&text).unwrap().cell(0).unwrap();
            prop_assert_eq!(&written.setup, &cell.setup);
        }
        // A part has the same cells under the same numbers, and numbers its parts anew.
        if let Some((path, _)) = axes.first() {
            let value = plan.axes[0].values[only].clone();
            let part = plan.only(&[&format!("{path}={value}")]).unwrap();
            same_in_all_ways(&part);
            for cell in part.cells() {
                prop_assert_eq!(cell.setup, plan.cell(cell.index).unwrap().setup);
            }
            let text = part.to_toml();
            let again = Plan::from_toml(&text, Path::new("plan.toml")).unwrap();
            prop_assert_eq!(again.to_toml(), text);
        }
    }
}

#[test]
fn a_part_is_left_where_others_are_not_wanted() {
    let mut plan = small("[sweep]\n\"players.count\" = { from = 1, to = 9, step = 1 }\n").unwrap();
    plan.retain(|cell| cell.setup.players[0].count.is_multiple_of(2));
    assert_eq!(plan.cells().map(|cell| cell.index).collect::<Vec<_>>(), [1, 3, 5, 7]);
    same_in_all_ways(&plan);
    assert!(plan.cell(2).is_none());
}

#[test]
fn a_cell_that_is_kept_stays_as_it_is() {
    let plan = small("[sweep]\n\"players.count\" = [1, 2, 2]\n").unwrap();
    let [a, b, c]: [Arc<Setup>; 3] =
        plan.cells().map(|cell| cell.setup).collect::<Vec<_>>().try_into().unwrap();
    assert_eq!([&a, &b, &c].map(|setup| setup.players[0].count), [1, 2, 2]);
    // Equal ones that follow each other are one.
    assert!(Arc::ptr_eq(&b, &c));
}

#[test]
fn a_filter_that_selects_nothing_lists_few_of_many_values() {
    let plan = small("[sweep]\n\"players.count\" = { from = 1, to = 200, step = 1 }\n").unwrap();
    assert_eq!(
        plan.only(&["count=2000"]).unwrap_err().to_string(),
        "the filter \"count=2000\" names no value of players.count: \"2000\"; did you mean \"200\"? \
         (known values: 1, 2, 3, 4, 5, 6, ..., 200 (200 values))"
    );
}
