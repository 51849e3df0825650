//! Plans that are written, read back, and narrowed down.

use crate::live::LIVE;
use crate::{resolve, root, small};
use proptest::prelude::*;
use std::path::Path;
use std::sync::LazyLock;
use weir_plan::Plan;

fn read(text: &str) -> Result<Plan, String> {
    Plan::from_toml(text, Path::new("plan.toml")).map_err(|error| error.to_string())
}

/// Every key, every kind, a zipped axis and a value of a table.
fn rich() -> Plan {
    resolve(
        "name = \"rich\"\nrepeats = 3\ntopology = \"dumbbell\"\nseed = 9\n\
         [links.access]\nloss = { p = \"1 %\", r = \"25 %\" }\njitter = \"3 ms\"\n\
         [links.access-2]\nloss = \"1 %\"\ndiscipline = \"fq_codel\"\n\
         [media]\nsource = \"some/film.mp4\"\n\
         [[players]]\nabr = \"bola\"\ncount = 7\n\
         [[players]]\nabr = { name = \"fixed\", rung = 2 }\n\
         [[traffic]]\nkind = \"tcp\"\nfrom = \"source\"\nto = \"sink\"\nlength = \"9 s\"\n\
         [[traffic]]\nkind = \"udp\"\nrate = \"1 Mbit/s\"\nfrom = \"source\"\nto = \"sink\"\n\
         [[traffic]]\nkind = \"web\"\nfrom = \"source\"\nto = \"viewer-1\"\n\
         [sweep]\n\"links.bottleneck.rate\" = [\"5 Mbit/s\", \"9 Mbit/s\"]\n\
         network = [\n\
         { \"nodes.viewer.count\" = 2, \"links.bottleneck.delay\" = \"1 ms\" },\n\
         { \"nodes.viewer.count\" = 4, \"links.bottleneck.delay\" = \"2 ms\" },\n\
         { \"nodes.viewer.count\" = 4, \"links.bottleneck.delay\" = \"3 ms\" },\n]\n\
         \"players.0.abr\" = [\"bola\", { name = \"fixed\", rung = 1 }]\n\
         \"traffic.1.rate\" = [\"1 Mbit/s\", \"2 Mbit/s\"]\n",
    )
    .unwrap()
}

/// A live stream, and every kind of fault.
fn rich_live() -> Plan {
    let mut text = LIVE.to_owned();
    for (fault, on, more) in [
        ("kill", "front", "every = \"30 s\""),
        ("freeze", "studio", ""),
        ("full", "packager-a", ""),
        ("down", "uplink", ""),
        ("partition", "core", ""),
        ("change", "access", "rate = \"1 Mbit/s\"\nloss = \"1 %\""),
        ("status", "origin-a", "share = \"50 %\""),
        ("trickle", "origin-a", "rate = \"100 kbit/s\""),
        ("behind", "origin-b", "by = \"10 s\""),
        ("corrupt", "origin-b", ""),
    ] {
        let event = format!("fault = \"{fault}\"\non = \"{on}\"\nfor = \"9 s\"\n{more}\n");
        text += &format!("[[events]]\nat = \"20 s\"\n{event}");
    }
    text += "[sweep]\n\"players.origin\" = [\"front\", [\"origin-b\", \"origin-a\"]]\n\
             \"events.at\" = [\"20 s\", { from = \"20 s\", to = \"30 s\" }, \
             { after = \"20 s\", mean = \"5 s\" }]\n";
    resolve(&text).unwrap()
}

static WRITTEN_LIVE: LazyLock<String> = LazyLock::new(|| rich_live().to_toml());
static RICH: LazyLock<Plan> = LazyLock::new(rich);
static WRITTEN: LazyLock<String> = LazyLock::new(|| RICH.to_toml());

fn trials(plan: &Plan) -> Vec<String> {
    let trial = |trial: weir_plan::Trial| serde_json::to_string(&trial).unwrap();
    plan.trials().map(trial).collect()
}

#[test]
fn every_plan_of_this_checkout_can_be_read_back() {
    let mut read_back = 0;
    let mut folders = vec![root().join("experiments")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let Ok(plan) = weir_experiment::load(&path) else { continue };
            let text = plan.to_toml();
            let again = read(&text).unwrap();
            assert_eq!(again.to_toml(), text);
            assert_eq!(trials(&again), trials(&plan));
            read_back += 1;
        }
    }
    assert!(read_back >= 2);
}

#[test]
fn a_plan_with_everything_can_be_read_back() {
    let mut plan = rich();
    assert_eq!(plan.cells().len(), 24);
    plan.seed = weir_units::Seed::new(u64::MAX);
    let again = read(&plan.to_toml()).unwrap();
    assert_eq!(again.to_toml(), plan.to_toml());
    assert_eq!((again.seed, trials(&again)), (plan.seed, trials(&plan)));
    assert!(again.media_files.is_empty() && !plan.media_files.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_mutated_plan_is_refused_or_the_same_text(
        at in any::<usize>(),
        length in 0..40usize,
        new in "[a-z0-9\\[\\]\"=\n -]{0,8}",
        live in any::<bool>(),
    ) {
        let mut text = if live { WRITTEN_LIVE.clone() } else { WRITTEN.clone() };
        let start = at % text.len();
        text.replace_range(start..(start + length).min(text.len()), &new);
        match read(&text) {
            Ok(plan) => prop_assert_eq!(plan.to_toml(), text),
            Err(message) => {
                prop_assert!(message.starts_with("plan.toml"), "{message}");
                prop_assert!(!message.contains('\n'), "{message}");
            }
        }
    }

    #[test]
    fn any_selection_has_the_trials_of_the_whole_that_its_filters_name(
        rate in proptest::sample::subsequence(vec!["5 Mbit/s", "9 Mbit/s"], 0..=2),
        delay in proptest::sample::subsequence(vec!["1 ms", "2 ms", "3 ms"], 0..=3),
        abr in proptest::sample::subsequence(vec!["bola", "{name = fixed, rung = 1}"], 0..=2),
    ) {
        let plan = &*RICH;
        let of = |axis: &str, values: &[&str]| -> Vec<String> {
            values.iter().map(|value| format!("{axis}={value}")).collect()
        };
        let filters =
            [of("links.bottleneck.rate", &rate), of("delay", &delay), of("abr", &abr)].concat();
        let filters: Vec<&str> = filters.iter().map(String::as_str).collect();
        let part = plan.only(&filters).unwrap();
        let wanted = |list: &[&str], value: &str| list.is_empty() || list.contains(&value);
        let expected: Vec<String> = plan
            .trials()
            .filter(|trial| {
                let params = plan.params(trial.cell);
                wanted(&rate, params[0]) && wanted(&delay, params[2]) && wanted(&abr, params[3])
            })
            .map(|trial| serde_json::to_string(&trial).unwrap())
            .collect();
        prop_assert_eq!(trials(&part), expected);
        prop_assert_eq!(&part.axes, &plan.axes);
        prop_assert_eq!(part.to_toml() == plan.to_toml(), filters.is_empty());
        let again = read(&part.to_toml()).unwrap();
        prop_assert_eq!((again.to_toml(), trials(&again)), (part.to_toml(), trials(&part)));
    }
}

#[test]
fn a_part_of_a_plan_says_what_it_is() {
    let plan = rich();
    let part = plan.only(&["traffic.1.rate=2 Mbit/s", "count=4", "delay=3 ms"]).unwrap();
    let text = part.to_toml();
    assert!(text.contains("[only]\n"), "{text}");
    assert!(text.contains("\"traffic.1.rate\" = [\"2 Mbit/s\"]\n"), "{text}");
    assert!(text.contains("a part of a plan"), "{text}");
    assert!(!plan.to_toml().contains("a part of a plan"));
    // In whatever order, and in one step or in several.
    let steps = plan.only(&["delay=3 ms", "delay=2 ms", "nodes.viewer.count=4"]).unwrap();
    let steps = steps.only(&["delay=3 ms", "traffic.1.rate=2 Mbit/s"]).unwrap();
    assert_eq!(steps.to_toml(), text);
    let all = plan.only(&["traffic.1.rate=1 Mbit/s", "traffic.1.rate=2 Mbit/s"]).unwrap();
    assert_eq!(all.cells().len(), plan.cells().len());
}

#[test]
fn a_filter_that_selects_nothing_is_refused() {
    let plan = rich();
    let refused = |filters: &[&str]| plan.only(filters).unwrap_err().to_string();
    assert_eq!(
        refused(&["abr=bolo"]),
        "the filter \"abr=bolo\" names no value of players.0.abr: \"bolo\"; did you mean \"bola\"? \
         (known values: bola, {name = fixed, rung = 1})"
    );
    assert_eq!(
        refused(&["players.0.abrr=bola"]),
        "the filter \"players.0.abrr=bola\" names no axis \"players.0.abrr\"; did you mean \
         \"players.0.abr\"? (known axes: links.bottleneck.rate, nodes.viewer.count, \
         links.bottleneck.delay, players.0.abr, traffic.1.rate)"
    );
    assert!(refused(&["dellay=1 ms"]).contains("did you mean \"links.bottleneck.delay\"?"));
    assert_eq!(
        refused(&["rate=1 Mbit/s"]),
        "the filter \"rate=1 Mbit/s\" can mean links.bottleneck.rate or traffic.1.rate"
    );
    assert_eq!(refused(&["abr"]), "the filter \"abr\" is not of the form axis=value");
    assert!(refused(&["count=2", "delay=2 ms"]).ends_with("leaves no cell"));
    assert!(refused(&["=bola"]).contains("names no axis \"\""));
}

#[test]
fn a_trial_is_found_by_its_name() {
    let plan = rich().only(&["count=4"]).unwrap();
    for trial in plan.trials() {
        let found = plan.trial(&trial.id).unwrap();
        assert_eq!((found.cell, found.repeat, found.seed), (trial.cell, trial.repeat, trial.seed));
        assert_eq!(found.setup, trial.setup);
    }
    assert_eq!(plan.trial("c0004-r2").unwrap().id, "c0004-r2");
    for id in ["c0000-r0", "c0004-r3", "c4-r2", "c0004-r02", "c0004", "r0", "c-r", "c9999-r0", ""] {
        assert!(plan.trial(id).is_none(), "{id}");
    }
}

#[test]
fn a_plan_of_which_something_is_wrong_is_refused_with_its_line() {
    let text = rich().to_toml();
    let line = |part: &str| {
        let at = text.find(part).unwrap();
        text[..at].matches('\n').count() + 1
    };
    let refused = |old: &str, new: &str| {
        assert!(text.contains(old), "{old}");
        read(&text.replacen(old, new, 1)).unwrap_err()
    };
    assert_eq!(
        read("a = 1").unwrap_err().split(',').next(),
        Some("plan.toml:1: this is no plan: unknown field `a`")
    );
    assert!(read("").unwrap_err().contains("missing field `name`"));
    let cell = line("[[cell]]\nindex = 3\n");
    let wrong = refused("index = 3\n", "index = 4\n");
    assert_eq!(wrong, format!("plan.toml:{cell}: cell 4 is not the next that the axes span"));
    let wrong = refused("traffic = 0\n", "traffic = 7\n");
    assert_eq!(
        wrong,
        format!(
            "plan.toml:{}: cell 0: there is no traffic 7: there are 2",
            line("[[cell]]\nindex = 0\n")
        )
    );
    let wrong = refused("count = 7\n", "count = 7000\n");
    assert!(wrong.ends_with("cell 0: count: 7000 is out of range (1 to 1000)"), "{wrong}");
    let wrong = refused("repeats = 3\n", "repeats = 90000\n");
    assert!(wrong.ends_with("90000 repeats are out of range"), "{wrong}");
    let many = "values = [\"x\", ".to_owned() + &"\"x\", ".repeat(40_000) + "\"5 Mbit/s\", ";
    let wrong = refused("values = [\"5 Mbit/s\", ", &many);
    assert!(wrong.ends_with("the axes span more than 1000000 trials"), "{wrong}");
    let wrong = refused("name = \"rich\"", "name = \"../rich\"");
    assert!(wrong.ends_with("\"../rich\" is no plain file name"), "{wrong}");
    let wrong = refused("name = \"viewer-1\"", "name = \"../../etc\"");
    assert!(wrong.contains("is no name of a node"), "{wrong}");
    let wrong = refused("reordering_jitter = \"0 ns\"\n", "");
    assert!(wrong.contains("missing field `reordering_jitter`"), "{wrong}");
    // Said in another way.
    let delay = line("delay = \"5 ms\"\n");
    let wrong = refused("delay = \"5 ms\"\n", "delay = \"5000 us\"\n");
    let other = "this is not how this version of the program writes a plan";
    assert_eq!(wrong, format!("plan.toml:{delay}: {other}"));
    let last = read(&text[..text.rfind("[[cell]]").unwrap()]).unwrap_err();
    assert_eq!(last, "plan.toml: cell 23 is missing");
    assert!(read(&(text.clone() + "\n")).unwrap_err().contains(other));
}

#[test]
fn a_plan_of_a_live_stream_of_which_something_is_wrong_is_refused() {
    let text = rich_live().to_toml();
    assert_eq!(read(&text).unwrap().to_toml(), text);
    for (old, new, expected) in [
        ("window = 6", "window = 1", "window: 1 is out of range (3 to 100)"),
        ("key = \"stream\"", "key = \"../x\"", "\"../x\" is no name of a stream"),
        ("live = 0\n", "", "origins: 0 is out of range (1 to 64)"),
        ("lab = \"uml\"", "lab = \"model\"", "the lab has no live streams"),
        ("run = \"haproxy\"", "run = \"x\"", "there is no service \"x\""),
        ("node = \"front\"", "node = \"x\"", "\"front\" is nowhere"),
        ("upstream = [\"origin-a\", \"origin-b\"]", "upstream = [\"front\"]", "from itself"),
        ("upstream = [\"ingest\"]", "upstream = [\"studio\"]", "takes from what it cannot"),
        ("upstream = [\"ingest\"]", "upstream = []", "0 services, but publisher needs one"),
        ("interval = \"1s\"", "intervals = \"1s\"", "has settings that haproxy does not have"),
        ("interval = \"1s\"", "interval = \"{run}\"", "has settings that haproxy does not have"),
        ("streams = [\"front\"]", "streams = [\"ingest\"]", "nobody can watch [\"ingest\"] so"),
        ("streams = [\"front\"]", "streams = [\"origin-a\"]", "is not on \"front\""),
        ("kill = \"front\"", "kill = \"x\"", "nothing of this can happen"),
        ("down = \"uplink\"", "down = \"x\"", "nothing of this can happen"),
        ("status = 503", "status = 200", "status: 200 is out of range (500 to 599)"),
        ("every = \"30 s\"", "every = \"9 s\"", "9 s is not over when it happens again"),
        ("fixed = \"20 s\"", "fixed = \"2 min\"", "120 s is too late"),
        ("ready_within = \"5 s\"", "ready_within = \"5 h\"", "ready_within: this is out of range"),
        ("\"haproxy.cfg\" = ", "\"../x\" = ", "\"../x\" is no plain file name"),
        ("program = \"/usr/sbin/haproxy\"", "program = \"haproxy\"", "neither a whole path"),
    ] {
        assert!(text.contains(old), "{old}");
        let said = read(&text.replace(old, new)).err().unwrap_or_default();
        assert!(said.contains(expected), "{old}: {said}");
    }
}

#[test]
fn a_plan_without_a_sweep_can_be_read_back() {
    let plan = small("").unwrap();
    let again = read(&plan.to_toml()).unwrap();
    assert_eq!((again.cells().len(), again.to_toml()), (1, plan.to_toml()));
    assert_eq!(plan.only(&[]).unwrap().to_toml(), plan.to_toml());
    assert!(plan.only(&["abr=bola"]).unwrap_err().to_string().ends_with("(known axes: )"));
}
