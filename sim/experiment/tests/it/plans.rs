//! The plan of an experiment, and its text.

use crate::{refusal, resolve, root, small};
use std::path::Path;
use weir_plan::{LabName, Plan, Setup, Source};
use weir_units::{Seed, Span};

fn shipped(name: &str) -> Plan {
    weir_experiment::load(&root().join(format!("experiments/{name}.toml"))).unwrap()
}

#[test]
fn the_experiments_of_this_checkout_are_right() {
    let quickstart = shipped("quickstart");
    assert_eq!((quickstart.cells().len(), quickstart.len()), (6, 18));
    let sweep = shipped("bandwidth-sweep");
    assert_eq!((sweep.cells().len(), sweep.len()), (60, 180));
    for entry in std::fs::read_dir(root().join("experiments")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            weir_experiment::load(&path).unwrap();
        }
    }
}

#[test]
fn what_is_not_said_has_its_documented_default() {
    let plan = small("").unwrap();
    assert_eq!(
        (plan.cell(0).unwrap().setup.lab, plan.seed, plan.repeats),
        (LabName::Uml, Seed::new(1), 1)
    );
    let Setup { media, tcp, origins, players, .. } = &*plan.cell(0).unwrap().setup;
    assert_eq!(
        (&media.source, media.segment, media.length),
        (&Source::Scenes, Span::from_s(2), Span::from_s(60))
    );
    assert_eq!((&*media.ladder.name, media.ladder.rungs.len()), ("hd", 6));
    assert_eq!((&*tcp.congestion_control, tcp.initial_window), ("cubic", 10));
    assert_eq!((&*origins[0].node, &*origins[0].service), ("origin", "nginx"));
    assert_eq!(
        (players[0].node(0), &*players[0].origin, players[0].count),
        ("viewer", "origin", 1)
    );
    assert_eq!(
        (players[0].viewing.watch, players[0].viewing.max_buffer),
        (Span::from_s(60), Span::from_s(25))
    );
}

#[test]
fn a_plan_is_written_the_same_wherever_its_files_lie() {
    let text = "name = \"x\"\ntopology = \"one-origin\"\nmedia.source = \"film.mp4\"\n\
                [[players]]\nabr = \"bola\"\n";
    let plan = |path: &str| {
        weir_experiment::resolve(Path::new(path), &|asked: &Path| {
            if asked == Path::new(path) {
                Ok(text.to_owned())
            } else {
                Err(std::io::ErrorKind::NotFound.into())
            }
        })
        .unwrap()
    };
    let (one, two) = (plan("/home/a/x.toml"), plan("b/y.toml"));
    assert_eq!(one.to_toml(), two.to_toml());
    let source = &one.cell(0).unwrap().setup.media.source;
    assert_eq!(one.media_files[source].path, Path::new("/home/a/film.mp4"));
    assert_eq!(two.media_files[source].path, Path::new("b/film.mp4"));
    assert_eq!(
        two.refuse_media(source, "there is no such file").unwrap().to_string(),
        "b/y.toml:3: \"film.mp4\" cannot be used as a video: there is no such file"
    );
}

#[test]
fn the_text_of_a_plan_has_everything_once() {
    let text = shipped("bandwidth-sweep").to_toml();
    let table: toml::Table = text.parse().unwrap();
    let many = |key: &str| table[key].as_array().unwrap().len();
    assert_eq!(
        ["media", "topology", "tcp", "origins", "players", "cell"].map(many),
        [1, 20, 1, 1, 3, 60]
    );
    let cell = &table["cell"][4];
    assert_eq!(cell["params"][0].as_str(), Some("2 Mbit/s"));
    let topology =
        &table["topology"][usize::try_from(cell["topology"].as_integer().unwrap()).unwrap()];
    assert_eq!(topology["links"][1]["forward"]["rate"].as_str(), Some("2 Mbit/s"));
    assert!(text.len() < 40_000, "{}", text.len());
}

#[test]
fn a_seed_of_64_bits_is_written() {
    let mut plan = small("").unwrap();
    plan.seed = Seed::new(u64::MAX);
    assert!(plan.to_toml().contains("seed = 18446744073709551615\n"));
}

#[test]
fn a_setup_survives_the_way_to_a_guest() {
    for cell in shipped("quickstart").cells() {
        let json = serde_json::to_string(&cell.setup).unwrap();
        assert_eq!(serde_json::from_str::<Setup>(&json).unwrap(), *cell.setup);
    }
}

#[test]
fn sources_are_told_apart_by_their_names() {
    let source = |text: &str| {
        let plan = small(&format!("[media]\nsource = \"{text}\"\n")).unwrap();
        plan.cell(0).unwrap().setup.media.source.clone()
    };
    assert_eq!(source("scenes"), Source::Scenes);
    assert_eq!(source("../a.b/film.webm"), Source::File("../a.b/film.webm".into()));
    assert_eq!(source("./scenes"), Source::Sized("./scenes".into()));
    assert_eq!(source("bbb.json"), Source::Sized("bbb.json".into()));
    assert_eq!(source("traces/v1.0/"), Source::Sized("traces/v1.0/".into()));
}

#[test]
fn a_topology_is_looked_for_beside_the_experiment_and_above() {
    let asked = std::cell::RefCell::new(Vec::new());
    let text = "name = \"x\"\ntopology = \"mine\"\n[[players]]\nabr = \"bola\"\n";
    let message = weir_experiment::resolve(Path::new("a/b/c/d/x.toml"), &|path: &Path| {
        asked.borrow_mut().push(path.display().to_string());
        if path.ends_with("x.toml") {
            Ok(text.to_owned())
        } else {
            Err(std::io::ErrorKind::NotFound.into())
        }
    })
    .unwrap_err();
    let folders = ["a/b/c/d/", "a/b/c/", "a/b/", "a/"].map(|f| format!("{f}topologies/mine.toml"));
    assert_eq!(asked.borrow()[1..], folders);
    assert!(message.to_string().starts_with("a/b/c/d/x.toml:2: unknown topology \"mine\""));
}

#[test]
fn an_error_in_a_topology_names_its_own_file_and_line() {
    let text = "name = \"x\"\ntopology = \"mine\"\n[[players]]\nabr = \"bola\"\n";
    let mine = "[nodes.origin]\n[nodes.viewer]\n[links.a]\nbetween = [\"origin\", \"viewr\"]\n";
    let error =
        weir_experiment::resolve(Path::new("e/x.toml"), &|path: &Path| match path.to_str() {
            Some("e/x.toml") => Ok(text.to_owned()),
            Some("topologies/mine.toml") => Ok(mine.to_owned()),
            _ => Err(std::io::ErrorKind::NotFound.into()),
        });
    assert_eq!(
        error.unwrap_err().to_string(),
        "topologies/mine.toml:4: unknown node \"viewr\" in [links.a]; \
         did you mean \"viewer\"? (known nodes: origin, viewer)"
    );
}

#[test]
fn several_paths_between_nodes_are_good_and_none_is_refused() {
    let inline = |links: &str| {
        let text = format!(
            "name = \"x\"\n[[players]]\nabr = \"bola\"\n\
             [topology]\nnodes = {{ origin = {{}}, a = {{}}, viewer = {{}} }}\n{links}"
        );
        resolve(&text)
    };
    let link = |name, a, b| format!("links.{name}.between = [\"{a}\", \"{b}\"]\n");
    let line = link("x", "origin", "a") + &link("y", "viewer", "a");
    for more in ["", &link("z", "origin", "viewer"), &link("z", "viewer", "a")] {
        assert!(inline(&format!("{line}{more}")).is_ok(), "{more}");
    }
    let cut = inline(&link("x", "origin", "a")).unwrap_err().to_string();
    assert!(cut.contains("there is no path from the origin on \"origin\" to \"viewer\""), "{cut}");
    assert!(refusal("node = \"origin\"\n").contains("there is no path"));
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let error = weir_experiment::load(Path::new("no-such-folder/x.toml")).unwrap_err().to_string();
    assert!(error.starts_with("no-such-folder/x.toml: the file cannot be read: "), "{error}");
}

#[test]
fn a_large_plan_has_all_its_cells() {
    let more = "[sweep]\n\"players.count\" = { from = 1, to = 1000, step = 1 }\n\
                \"links.access.delay\" = { from = \"1 ms\", to = \"20 ms\", step = \"1 ms\" }\n";
    let plan = small(more).unwrap();
    assert_eq!(plan.cells().len(), 20_000);
}
