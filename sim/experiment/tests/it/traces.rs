//! Rates that follow traces: where those are found, what an axis makes of them, and what they are
//! called.

use crate::{World, root};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;
use weir_experiment::{find_files, to_svg};
use weir_plan::{Cell, Error, Plan, Rate, Traced};
use weir_trace::{Format, Kind};

const FOLDERS: &[(&str, &[&str])] = &[
    ("topologies/traces", &["mine.trace", "lte-1.trace", "notes.txt", "-x.trace", "a.b.trace"]),
    ("../topologies/traces", &["mine.trace", "other_A.trace"]),
    ("logs", &["b.json", "a.json", "a.txt", ".hidden.json"]),
    ("more", &["a.json", "c.json"]),
];

fn with(more: &str) -> Result<Plan, Error> {
    let text = format!("{}{more}", crate::SMALL);
    weir_experiment::resolve(Path::new("x.toml"), &World { text: &text, folders: FOLDERS })
}

fn refused(more: &str) -> String {
    with(more).unwrap_err().to_string()
}

/// The rates of the access link of each cell, there and back.
fn rates(plan: &Plan) -> Vec<[Option<Rate>; 2]> {
    let rates = |cell: Cell| {
        let link = &cell.setup.topology.links[1];
        [link.forward.rate.clone(), link.backward.rate.clone()]
    };
    plan.cells().map(rates).collect()
}

fn traced(trace: &str, format: Format, kind: Option<Kind>) -> Traced {
    Traced { trace: trace.to_owned(), format, kind }
}

#[test]
fn a_rate_that_is_a_trace_reaches_both_directions_or_one() {
    let lte = Some(Rate::Trace(traced("lte-2", Format::Weir, None)));
    let plan = with("[links.access]\nrate = { trace = \"lte-2\" }\n").unwrap();
    assert_eq!(rates(&plan), [[lte.clone(), lte.clone()]]);
    let plan = with("[links.access]\nforward.rate = { trace = \"lte-2\" }\n").unwrap();
    let [forward, backward] = &rates(&plan)[0];
    assert_eq!((forward, backward.as_ref().unwrap().constant().is_some()), (&lte, true));
    assert!(to_svg(&plan.cell(0).unwrap().setup).contains("lte-2"));
    // It has no queue, and endpoints take no time for it: there is no rate that those follow from.
    assert_eq!(plan.cell(0).unwrap().setup.queues()[1][0], None);
    assert!(plan.cell(0).unwrap().setup.queues()[1][1].is_some());
}

#[test]
fn the_nearest_trace_of_a_name_wins_and_the_bundled_ones_come_last() {
    let plan = with(
        "[sweep]\n\"links.access.rate\" = [{ trace = \"mine\" }, { trace = \"other_A\" }, \
         { trace = \"lte-1\" }, { trace = \"lte-2\" }]\n",
    )
    .unwrap();
    let file = |name| {
        let file = &plan.trace_files[&traced(name, Format::Weir, None)];
        assert_eq!(file.place.line, Some(6));
        (file.path.display().to_string(), file.text.is_some())
    };
    assert_eq!(file("mine"), ("topologies/traces/mine.trace".to_owned(), false));
    assert_eq!(file("other_A"), ("../topologies/traces/other_A.trace".to_owned(), false));
    assert_eq!(file("lte-1"), ("topologies/traces/lte-1.trace".to_owned(), false));
    assert_eq!(file("lte-2"), ("topologies/traces/lte-2.trace".to_owned(), true));
    assert_eq!(plan.trace_files.len(), 4);
}

#[test]
fn a_bundled_trace_is_the_one_of_the_checkout() {
    let in_the_program = with("[links.access]\nrate = { trace = \"markov-3\" }\n").unwrap();
    let markov = traced("markov-3", Format::Weir, None);
    let text = in_the_program.trace(&markov).unwrap();
    assert_eq!((text.about().name.as_str(), text.about().kind), ("markov-3", Kind::Capacity));

    let folder = root().join("experiments");
    let mut on_disk = in_the_program.clone();
    let place = &in_the_program.trace_files[&markov].place;
    find_files(&mut on_disk, &folder, place).unwrap();
    let file = &on_disk.trace_files[&markov];
    assert!(file.text.is_none() && file.path.is_file(), "{file:?}");
    assert_eq!(on_disk.trace(&markov).unwrap(), text);
}

#[test]
fn a_path_counts_from_the_folder_of_the_experiment() {
    let text = format!(
        "{}[links.access]\nrate = {{ trace = \"../t/b.json\", format = \"sabre\", kind = \
         \"goodput\" }}\n",
        crate::SMALL
    );
    let world = |path: &Path| {
        if path.ends_with("x.toml") { Ok(text.clone()) } else { Err(std::io::ErrorKind::NotFound)? }
    };
    let plan = weir_experiment::resolve(Path::new("a/e/x.toml"), &world).unwrap();
    let used = traced("../t/b.json", Format::Sabre, Some(Kind::Goodput));
    assert_eq!(plan.trace_files[&used].path, Path::new("a/e/../t/b.json"));
    assert_eq!((used.name(), used.reader().origin.kind), ("b", Some(Kind::Goodput)));
    // Whoever looks at the file says what is wrong with it at the experiment's line.
    let said = plan.trace(&used).unwrap_err().to_string();
    let words = "a/e/x.toml:6: \"../t/b.json\" cannot be used as a trace: a/e/../t/b.json: No such";
    assert!(said.starts_with(words), "{said}");
    let other = traced("lte-1", Format::Weir, None);
    assert!(plan.trace(&other).is_err() && plan.refuse_trace(&other, "no").is_none());
}

#[test]
fn a_pattern_has_one_value_for_each_match_sorted_by_name() {
    let plan = with(
        "[sweep]\n\"links.access.rate\" = [{ traces = \"markov-*\" }, \"1 Mbit/s\", \
                     { traces = \"lte-?\" }]\n",
    )
    .unwrap();
    let values = ["markov-1", "markov-2", "markov-3", "markov-4", "1 Mbit/s"];
    let lte = ["lte-1", "lte-2", "lte-3", "lte-4"];
    assert_eq!(plan.axes[0].values, [&values[..], &lte].concat());
    assert_eq!(plan.cells().len(), 9);
    for (cell, [rate, _]) in plan.cells().zip(rates(&plan)) {
        match rate.unwrap() {
            Rate::Constant(rate) => assert_eq!(plan.params(cell.index), [rate.to_string()]),
            Rate::Trace(traced) => assert_eq!(plan.params(cell.index), [traced.trace]),
        }
    }
    // Those of folders, but no file that is no trace or has no name.
    let plan = with("[sweep]\n\"links.access.rate\" = [{ traces = \"*\" }]\n").unwrap();
    let all: BTreeSet<&str> = plan.axes[0].values.iter().map(String::as_str).collect();
    assert!(["mine", "other_A", "outage-4"].iter().all(|name| all.contains(name)));
    assert_eq!(all.len(), 24 + 2);
    let sorted: Vec<&str> = all.iter().copied().collect();
    assert_eq!(plan.axes[0].values, sorted);
}

#[test]
fn a_pattern_of_paths_matches_files_of_a_folder() {
    let pattern = |traces: &str| {
        format!("{{ traces = \"{traces}\", format = \"sabre\", kind = \"goodput\" }}")
    };
    let sweep = |items: &[String]| {
        with(&format!("[sweep]\n\"links.access.rate\" = [{}]\n", items.join(", "))).unwrap()
    };
    let plan = sweep(&[pattern("logs/*.json")]);
    assert_eq!(plan.axes[0].values, ["a", "b"]);
    let written: Vec<&str> = plan.trace_files.keys().map(|traced| &*traced.trace).collect();
    assert_eq!(written, ["logs/a.json", "logs/b.json"]);
    // Where two files have the same name, what was written tells them apart.
    let plan = sweep(&[pattern("logs/*.json"), pattern("more/*")]);
    assert_eq!(plan.axes[0].values, ["logs/a.json", "b", "more/a.json", "c"]);
    // And of one file in two meanings, the whole table.
    let other = "{ trace = \"logs/b.json\", format = \"sabre\", kind = \"capacity\" }".to_owned();
    let plan = sweep(&[pattern("logs/b.*"), other]);
    assert_eq!(
        plan.axes[0].values,
        [
            "{trace = logs/b.json, format = sabre, kind = goodput}",
            "{trace = logs/b.json, format = sabre, kind = capacity}"
        ]
    );
    assert_eq!(plan.trace_files.len(), 2);
    assert_eq!(
        plan.only(&["rate={trace = logs/b.json, format = sabre, kind = goodput}"])
            .unwrap()
            .cells()
            .len(),
        1
    );
}

#[test]
fn what_a_pattern_cannot_match_is_refused_with_the_folder() {
    let sweep = |item: &str| refused(&format!("[sweep]\n\"links.access.rate\" = [{item}]\n"));
    let said = sweep("{ traces = \"logs/*.csv\", format = \"sabre\" }");
    assert!(said.ends_with("\"logs/*.csv\" matches no file in the folder \"logs/\""), "{said}");
    let said = sweep("{ traces = \"none/*\", format = \"sabre\" }");
    assert!(said.contains("there is no \"none/\""), "{said}");
    // The file's own folder is none of the world's.
    assert!(sweep("{ traces = \"*.trace\" }").contains("there is no \".\""));
    assert!(sweep("{ traces = \"\" }").contains("matches no trace"));
    assert!(sweep("{ traces = \"l*\", trace = \"lte-1\" }").contains("unknown key \"trace\""));
    // What matches is read as if it were written there.
    assert!(
        sweep("{ traces = \"logs/*.json\", format = \"sabre\" }").contains("missing key \"kind\"")
    );
}

#[test]
fn a_folder_of_too_many_files_is_refused() {
    let names: Vec<String> = (0..10_001).map(|n| format!("{n}.trace")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let text =
        format!("{}[sweep]\n\"links.access.rate\" = [{{ traces = \"many/*\" }}]\n", crate::SMALL);
    let world = World { text: &text, folders: &[("many", &names)] };
    let said = weir_experiment::resolve(Path::new("x.toml"), &world).unwrap_err().to_string();
    assert_eq!(said, "x.toml:6: the folder \"many/\" has more than 10000 files");
}

#[test]
fn a_pattern_stands_in_no_other_place() {
    assert!(refused("[links.access]\nrate = { traces = \"lte-*\" }\n").contains("several values"));
    let zipped = "[sweep]\nn = [{ \"links.access.rate\" = { traces = \"lte-*\" } }]\n";
    assert!(refused(zipped).contains("several values"));
    let range = "[sweep]\n\"links.access.rate\" = { traces = \"lte-*\" }\n";
    assert!(with(range).is_err());
}

#[test]
fn traces_of_a_zipped_axis_go_by_their_names_too() {
    let plan = with(
        "[sweep]\nnetwork = [\n\
         { \"links.access.rate\" = { trace = \"lte-1\" }, \"links.access.delay\" = \"1 ms\" },\n\
         { \"links.access.rate\" = { trace = \"sine-fast\" }, \"links.access.delay\" = \"2 ms\" },\n]\n",
    )
    .unwrap();
    assert_eq!(plan.axes[0].values, ["lte-1", "sine-fast"]);
    assert_eq!(plan.axes[1].values, ["1 ms", "2 ms"]);
}

#[test]
fn a_part_of_a_trace_is_an_axis_where_there_is_a_table() {
    let plan = with(
        "[links.access]\nrate = { trace = \"lte-1\" }\n\
         [sweep]\n\"links.access.rate.trace\" = [\"lte-3\", \"mine\"]\n",
    )
    .unwrap();
    let names: Vec<&str> = plan.trace_files.keys().map(Traced::name).collect();
    assert_eq!((plan.params(1)[0], names), ("mine", vec!["lte-3", "mine"]));
}

#[test]
fn a_topology_names_traces_and_no_paths() {
    let topology = |rate: &str| {
        let text = "name = \"x\"\ntopology = \"own\"\n[[players]]\nabr = \"bola\"\n".to_owned();
        let own = format!(
            "[nodes]\norigin = {{}}\nviewer = {{}}\n[links.a]\nbetween = [\"origin\", \"viewer\"]\n\
             rate = {rate}\n"
        );
        let files = move |path: &Path| match path.to_str() {
            Some("x.toml") => Ok(text.clone()),
            Some("topologies/own.toml") => Ok(own.clone()),
            _ => Err(std::io::ErrorKind::NotFound)?,
        };
        weir_experiment::resolve(Path::new("x.toml"), &files)
    };
    let plan = topology("{ trace = \"lte-1\" }").unwrap();
    assert_eq!(plan.trace_files.len(), 1);
    let said = topology("{ trace = \"a/lte-1.trace\" }").unwrap_err().to_string();
    assert!(said.starts_with("topologies/own.toml:6: trace in rate of [links.a]"), "{said}");
    // In the experiment itself it counts from there.
    let inline = "name = \"x\"\n[[players]]\nabr = \"bola\"\n[topology]\n\
                  nodes = { origin = {}, viewer = {} }\n\
                  links.a = { between = [\"origin\", \"viewer\"], rate = { trace = \"./a.trace\" } }\n";
    assert!(crate::resolve(inline).is_ok());
}

/// What people would write as a trace, right and wrong.
fn written() -> impl Strategy<Value = String> {
    let trace = prop_oneof![
        Just("lte-1".to_owned()),
        "[a-z./ *-]{0,8}",
        "[a-z]{1,4}\\.(trace|json)",
        "[a-z]{1,4}/[a-z]{1,4}",
    ];
    const FORMATS: [&str; 8] = ["", "weir", "sabre", "pensieve", "mahimahi", "cadvise", "csv", "x"];
    const KINDS: [&str; 4] = ["", "capacity", "goodput", "x"];
    (trace, proptest::sample::select(&FORMATS[..]), proptest::sample::select(&KINDS[..])).prop_map(
        |(trace, format, kind)| {
            let key = |key: &str, value: &str| match value {
                "" => String::new(),
                value => format!(", {key} = \"{value}\""),
            };
            format!("{{ trace = \"{trace}\"{}{} }}", key("format", format), key("kind", kind))
        },
    )
}

proptest! {
    #[test]
    fn every_trace_of_a_plan_has_a_kind_a_form_and_a_file_and_can_be_read_back(table in written()) {
        match with(&format!("[links.access]\nrate = {table}\n")) {
            Err(error) => {
                let message = error.to_string();
                prop_assert!(message.starts_with("x.toml:6: ") && !message.contains('\n'), "{message}");
            }
            Ok(plan) => {
                let [Some(Rate::Trace(traced)), _] = &rates(&plan)[0] else { panic!("{plan:?}") };
                prop_assert!(plan.trace_files.contains_key(traced));
                prop_assert!(traced.format != Format::Csv && !traced.name().is_empty());
                let says = matches!(traced.format, Format::Weir | Format::Mahimahi);
                prop_assert_eq!(traced.kind.is_none(), says);
                let text = plan.to_toml();
                let again = Plan::from_toml(&text, Path::new("plan.toml")).unwrap();
                prop_assert_eq!(again.to_toml(), text);
                prop_assert_eq!(rates(&again), rates(&plan));
            }
        }
    }
}
