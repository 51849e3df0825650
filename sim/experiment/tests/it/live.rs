//! Live streams: the services that make them, who watches, and what happens to them.

use crate::resolve;
use std::collections::BTreeMap;
use std::path::Path;
use weir_core::{CatchUp, LiveRules};
use weir_plan::{Fault, LabName, Live, Moment, Plan, Service, Setup, What, Wrong};
use weir_units::{BitRate, Ratio, Span};

/// A live stream with two origins and a proxy before them, in the lab of the default.
pub const LIVE: &str = "\
name = \"live\"
topology = \"live\"
[live]
[services.studio]
run = \"publisher\"
upstream = \"ingest\"
[services.ingest]
run = \"ingest\"
[services.packager-a]
run = \"packager\"
node = \"origin-a\"
upstream = [\"ingest\"]
[services.origin-a]
run = \"origin\"
[services.packager-b]
run = \"packager\"
node = \"origin-b\"
upstream = [\"ingest\"]
[services.origin-b]
run = \"origin\"
[services.front]
run = \"haproxy\"
upstream = [\"origin-a\", \"origin-b\"]
set = { interval = \"1s\", probes = 2 }
[[players]]
abr = \"bola\"
watch = \"2 min\"
";

/// The plan of that stream with `more` at its end.
fn live(more: &str) -> Result<Plan, String> {
    resolve(&format!("{LIVE}{more}")).map_err(|error| error.to_string())
}

fn setup(more: &str) -> Setup {
    Setup::clone(&live(more).unwrap().cell(0).unwrap().setup)
}

/// The plan of that stream with another text in the place of `old`.
fn with(old: &str, new: &str) -> Result<Plan, String> {
    assert!(LIVE.contains(old), "{old}");
    resolve(&LIVE.replacen(old, new, 1)).map_err(|error| error.to_string())
}

/// The faults of the event `text`.
fn faults(text: &str) -> Vec<Fault> {
    setup(&format!("[[events]]\nat = \"60 s\"\n{text}\n")).faults
}

fn what(text: &str) -> What {
    faults(text).remove(0).what
}

#[test]
fn a_live_stream_has_services_in_the_order_of_the_file_and_no_origins() {
    let plan = live("").unwrap();
    let setup = &plan.cell(0).unwrap().setup;
    assert_eq!(setup.lab, LabName::Uml);
    let stream = Live { key: "stream".to_owned(), window: 6 };
    assert_eq!((&setup.live, setup.origins.len()), (&Some(stream), 0));
    let names: Vec<&str> = setup.services.iter().map(|service| &*service.name).collect();
    let expected =
        ["studio", "ingest", "packager-a", "origin-a", "packager-b", "origin-b", "front"];
    assert_eq!(names, expected);
    let front = Service {
        name: "front".to_owned(),
        node: "front".to_owned(),
        run: "haproxy".to_owned(),
        upstream: vec!["origin-a".to_owned(), "origin-b".to_owned()],
        settings: BTreeMap::from([
            ("interval".to_owned(), "1s".to_owned()),
            ("probes".to_owned(), "2".to_owned()),
        ]),
    };
    assert_eq!(setup.services.last(), Some(&front));
    assert_eq!(setup.services[2].node, "origin-a");
    let kinds: Vec<&str> = plan.services.keys().map(String::as_str).collect();
    assert_eq!(kinds, ["haproxy", "ingest", "origin", "packager", "publisher"]);
}

#[test]
fn recorded_content_has_its_own_kind_of_origin() {
    let plan = crate::small("").unwrap();
    let kinds: Vec<&str> = plan.services.keys().map(String::as_str).collect();
    assert_eq!(kinds, ["nginx"]);
    let setup = &plan.cell(0).unwrap().setup;
    assert_eq!((&setup.live, setup.services.len(), setup.faults.len()), (&None, 0, 0));
    assert_eq!((setup.players[0].viewing.live, setup.players[0].streams.len()), (None, 0));
    let refused = crate::refusal("[[origins]]\nservice = \"haproxy\"\n");
    assert!(refused.contains("\"haproxy\" does not serve recorded content"), "{refused}");
}

#[test]
fn what_is_said_as_it_is_anyway_is_not_said_twice() {
    let usual = with("interval = \"1s\", probes = 2", "interval = \"5s\"").unwrap();
    assert_eq!(usual.cell(0).unwrap().setup.services[6].settings, BTreeMap::new());
}

#[test]
fn viewers_watch_the_last_service_that_can_be_watched_or_those_that_they_name() {
    let players = |more: &str| {
        let group = setup(more).players.remove(0);
        (group.origin, group.streams)
    };
    let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(players(""), ("front".to_owned(), list(&["front"])));
    let one = players("origin = \"origin-b\"\n");
    assert_eq!(one, ("origin-b".to_owned(), list(&["origin-b"])));
    let both = players("origin = [\"origin-b\", \"origin-a\"]\n");
    assert_eq!(both, ("origin-b".to_owned(), list(&["origin-b", "origin-a"])));
    let alone = with("run = \"haproxy\"", "run = \"none\"").unwrap();
    assert_eq!(alone.cell(0).unwrap().setup.players[0].streams, ["origin-b"]);
}

#[test]
fn viewers_follow_a_live_stream_by_rules_with_defaults() {
    assert_eq!(setup("").players[0].viewing.live, Some(LiveRules::default()));
    let said = setup(
        "catch_up = \"dashjs\"\ntarget_latency = \"6 s\"\nmax_latency = \"30 s\"\nstale = \"10 s\"\n",
    );
    let rules = LiveRules {
        catch_up: CatchUp::DashJs,
        target: Some(Span::from_s(6)),
        max_latency: Some(Span::from_s(30)),
        stale: Some(Span::from_s(10)),
    };
    assert_eq!(said.players[0].viewing.live, Some(rules));
}

#[test]
fn every_fault_is_what_it_is_called() {
    let service = || "origin-a".to_owned();
    let answer = |how, share| What::Answer { service: service(), how, share };
    let half = Ratio::from_ppb(500_000_000);
    let rate = BitRate::from_bps(100_000);
    let by = Span::from_s(10);
    for (text, expected) in [
        ("fault = \"kill\"", What::Kill(service())),
        ("fault = \"freeze\"", What::Freeze(service())),
        ("fault = \"restart\"", What::Restart(service())),
        ("fault = \"full\"", What::Full(service())),
        ("fault = \"partition\"", What::Partition(service())),
        ("fault = \"status\"", answer(Wrong::Status(503), Ratio::ONE)),
        ("fault = \"status\"\nstatus = 500\nshare = \"50 %\"", answer(Wrong::Status(500), half)),
        ("fault = \"truncate\"\nshare = \"50 %\"", answer(Wrong::Truncated, half)),
        ("fault = \"trickle\"\nrate = \"100 kbit/s\"", answer(Wrong::Trickle(rate), Ratio::ONE)),
        ("fault = \"corrupt\"", answer(Wrong::Corrupt, Ratio::ONE)),
        ("fault = \"empty\"", answer(Wrong::Empty, Ratio::ONE)),
        ("fault = \"ahead\"\nby = \"10 s\"", answer(Wrong::Ahead(by), Ratio::ONE)),
        ("fault = \"behind\"\nby = \"10 s\"", answer(Wrong::Behind(by), Ratio::ONE)),
    ] {
        assert_eq!(what(&format!("on = \"origin-a\"\n{text}")), expected, "{text}");
    }
    assert_eq!(what("on = \"access\"\nfault = \"down\""), What::Down("access".to_owned()));
    let change = What::Change {
        link: "access".to_owned(),
        rate: Some(rate),
        delay: Some(Span::from_ms(80)),
        loss: None,
    };
    let text = "on = \"access\"\nfault = \"change\"\nrate = \"100 kbit/s\"\ndelay = \"80 ms\"";
    assert_eq!(what(text), change);
    assert_eq!(faults("on = \"origin-a\"\nfault = \"none\"\nfor = \"1 s\""), []);
}

#[test]
fn times_of_faults_are_fixed_or_drawn() {
    let fault = |text: &str| {
        let event = format!("[[events]]\nfault = \"kill\"\non = \"front\"\n{text}\n");
        setup(&event).faults.remove(0)
    };
    let (twenty, thirty, forty) = (Span::from_s(20), Span::from_s(30), Span::from_s(40));
    let fixed = fault("at = \"20 s\"\nfor = \"20 s\"\nevery = \"30 s\"");
    let times = (Moment::Fixed(twenty), Some(twenty), Some(thirty));
    assert_eq!((fixed.at, fixed.lasts, fixed.every), times);
    let drawn = fault("at = { from = \"30 s\", to = \"40 s\" }");
    assert_eq!((drawn.at, drawn.lasts, drawn.every), (Moment::Between(thirty, forty), None, None));
    let drawn = fault("at = { after = \"20 s\", mean = \"30 s\" }");
    assert_eq!(drawn.at, Moment::Exponential(twenty, thirty));
}

#[test]
fn links_fail_under_recorded_content_too() {
    let event = "[[events]]\nat = \"5 s\"\nfor = \"2 s\"\nfault = \"down\"\non = \"access\"\n";
    let plan = crate::small(event).unwrap();
    assert_eq!(plan.cell(0).unwrap().setup.faults[0].what, What::Down("access".to_owned()));
    let refused = resolve(&format!("lab = \"model\"\n{}{event}", crate::SMALL));
    let refused = refused.unwrap_err().to_string();
    assert!(refused.starts_with("x.toml:1: lab in the experiment: \"model\" has no faults"));
    let kill = event.replace("down", "kill");
    let refused = crate::refusal(&kill);
    assert!(refused.contains("unknown service \"access\""), "{refused}");
}

#[test]
fn a_drill_of_mechanisms_and_faults_is_a_sweep() {
    let plan = live(
        "[[events]]\nat = { from = \"40 s\", to = \"50 s\" }\nfor = \"30 s\"\nby = \"10 s\"\n\
         rate = \"100 kbit/s\"\nfault = \"kill\"\non = \"origin-a\"\n\
         [sweep]\n\
         mechanism = [\n\
         { \"services.front.run\" = \"haproxy\", \"players.origin\" = \"front\" },\n\
         { \"services.front.run\" = \"none\", \"players.origin\" = [\"origin-a\", \"origin-b\"] },\n\
         ]\n\
         fault = [\n\
         { \"events.fault\" = \"kill\", \"events.on\" = \"origin-a\" },\n\
         { \"events.fault\" = \"freeze\", \"events.on\" = \"packager-a\" },\n\
         { \"events.fault\" = \"ahead\", \"events.on\" = \"origin-a\" },\n\
         { \"events.fault\" = \"trickle\", \"events.on\" = \"origin-a\" },\n\
         { \"events.fault\" = \"down\", \"events.on\" = \"origin-b\" },\n\
         { \"events.fault\" = \"none\", \"events.on\" = \"origin-a\" },\n\
         ]\n",
    )
    .unwrap();
    assert_eq!(plan.cells().len(), 12);
    assert_eq!(plan.params(0), ["haproxy", "front", "kill", "origin-a"]);
    let players = &plan.cell(6).unwrap();
    assert_eq!(plan.params(6), ["none", "origin-a+origin-b", "kill", "origin-a"]);
    assert_eq!(players.setup.players[0].streams, ["origin-a", "origin-b"]);
    assert_eq!(players.setup.services.len(), 6);
    assert_eq!(plan.cell(1).unwrap().setup.faults[0].what, What::Freeze("packager-a".to_owned()));
    assert!(plan.cell(5).unwrap().setup.faults.is_empty());
    assert!(matches!(plan.cell(3).unwrap().setup.faults[0].what, What::Answer { .. }));
    read_back(&plan);
    let part = plan.only(&["players.origin=origin-a+origin-b"]).unwrap();
    assert_eq!(part.cells().len(), 6);
    assert!(!part.to_toml().contains("[kinds.haproxy"));
    read_back(&part);
}

#[test]
fn whatever_belongs_to_a_live_stream_is_an_axis() {
    let event = "[[events]]\nat = \"5 s\"\nfor = \"2 s\"\nfault = \"kill\"\non = \"front\"\n";
    for (axis, values) in [
        ("live.key", "[\"a\", \"b\"]"),
        ("live.window", "{ from = 3, to = 6, step = 1 }"),
        ("services.front.set.interval", "[\"1s\", \"2s\"]"),
        ("services.front.set", "[{ interval = \"1s\" }, { probes = 4 }]"),
        ("services.front.upstream", "[[\"origin-a\"], [\"origin-b\", \"origin-a\"]]"),
        ("services.front.node", "[\"front\", \"core\"]"),
        ("players.origin", "[\"front\", [\"origin-a\", \"origin-b\"]]"),
        ("players.catch_up", "[\"none\", \"dashjs\", \"hlsjs\", \"media3\"]"),
        ("players.target_latency", "[\"6 s\", \"9 s\"]"),
        ("events.at", "[\"5 s\", { from = \"5 s\", to = \"6 s\" }]"),
        ("events.0.on", "[\"front\", \"origin-a\"]"),
        ("events.for", "[\"1 s\", \"2 s\"]"),
    ] {
        let plan = live(&format!("{event}[sweep]\n\"{axis}\" = {values}\n")).unwrap();
        let setups: std::collections::BTreeSet<_> = plan.cells().map(|cell| cell.setup).collect();
        assert!(setups.len() > 1 && setups.len() == plan.cells().len(), "{axis}");
        read_back(&plan);
    }
}

#[test]
fn axes_of_live_streams_that_match_nothing_are_refused() {
    let refused = |axis: &str| live(&format!("[sweep]\n\"{axis}\" = [\"1\"]\n")).unwrap_err();
    let said = refused("services.frint.run");
    assert!(
        said.contains(
            "\"services.frint.run\" matches nothing; did you mean \"services.front.run\"?"
        ),
        "{said}"
    );
    let said = refused("services.front.set.intervall");
    assert!(said.contains("did you mean \"services.front.set.interval\"?"), "{said}");
    let said = refused("live.windw");
    assert!(said.contains("did you mean \"live.window\"?"), "{said}");
}

/// A plan is its text, and its setups get to a guest.
fn read_back(plan: &Plan) {
    let text = plan.to_toml();
    let again = Plan::from_toml(&text, Path::new("plan.toml")).unwrap();
    assert_eq!(again.to_toml(), text);
    for (one, other) in plan.cells().zip(again.cells()) {
        assert_eq!(one.setup, other.setup);
        let json = serde_json::to_string(&one.setup).unwrap();
        assert_eq!(serde_json::from_str::<Setup>(&json).unwrap(), *one.setup);
    }
    for name in again.services.keys() {
        assert_eq!(again.services[name], plan.services[name]);
    }
}

/// What is said of a live stream whose ingest is of the kind `text`.
fn kind(text: &str) -> Result<Plan, String> {
    let experiment = LIVE.replace("run = \"ingest\"", "run = \"mine\"");
    weir_experiment::resolve(Path::new("e/x.toml"), &|path: &Path| match path.to_str() {
        Some("e/x.toml") => Ok(experiment.clone()),
        Some("topologies/services/mine.toml") => Ok(text.to_owned()),
        _ => Err(std::io::ErrorKind::NotFound.into()),
    })
    .map_err(|error| error.to_string())
}

const MINE: &str = "\
about = \"mine\"
program = \"/bin/true\"
command = [\"{program}\"]
version = [\"{program}\"]
port = 1935
ready_within = \"1 s\"
stop_within = \"1 s\"
";

#[test]
fn a_kind_of_service_is_looked_for_beside_the_experiment_and_above() {
    let plan = kind(&format!("{MINE}ready = {{ file = \"{{run}}/x\" }}\nrestart = \"1 s\"\n"));
    let plan = plan.unwrap();
    let mine = &plan.services["mine"];
    assert_eq!((&*mine.about, mine.port, mine.watchable), ("mine", Some(1935), false));
    assert_eq!(mine.ready, weir_plan::Ready::File("{run}/x".to_owned()));
    assert_eq!((mine.ready_within, mine.restart), (Span::from_s(1), Some(Span::from_s(1))));
    assert!(!plan.services.contains_key("ingest"));
    read_back(&plan);
}

#[test]
fn the_examples_of_the_pages_are_right() {
    let example = |page: &str, heading: &str| {
        let path = crate::root().join(page);
        let text = std::fs::read_to_string(path).unwrap();
        let (_, text) = text.split_once(heading).unwrap();
        let (_, text) = text.split_once("```toml\n").unwrap();
        text.split_once("```").unwrap().0.to_owned()
    };
    let head = "name = \"x\"\ntopology = \"live\"\n[[players]]\nabr = \"bola\"\n";
    let text = example("experiments/FORMAT.md", "## `[live]`");
    let plan = resolve(&format!("{head}{text}")).unwrap();
    assert_eq!(plan.cell(0).unwrap().setup.players[0].streams, ["origin-a"]);
    let plan = kind(&example("topologies/services/FORMAT.md", "# Services")).unwrap();
    assert_eq!(plan.services["mine"].port, Some(8000));
}

#[test]
fn a_live_stream_and_faults_cannot_be_moved_to_the_model() {
    let mut plan = live("").unwrap();
    let said = plan.run_in(LabName::Model).unwrap_err().to_string();
    assert_eq!(said, "the lab model has no live streams (expected uml or host)");
    plan.run_in(LabName::Host).unwrap();
    let event = "[[events]]\nat = \"5 s\"\nfault = \"down\"\non = \"access\"\n";
    let mut plan = crate::small(event).unwrap();
    let said = plan.run_in(LabName::Model).unwrap_err().to_string();
    assert_eq!(said, "the lab model has no faults (expected uml or host)");
}

#[test]
fn a_key_that_only_another_cell_has_a_use_for_is_good_where_that_varies() {
    let event = "[[events]]\nat = \"5 s\"\non = \"origin-a\"\nfault = \"kill\"\nby = \"1 s\"\n";
    assert!(live(event).unwrap_err().contains("this is kill, and only ahead or behind has it"));
    let sweep =
        |fault: &str| format!("{event}[sweep]\n\"events.fault\" = [\"kill\", \"{fault}\"]\n");
    assert_eq!(live(&sweep("ahead")).unwrap().cells().len(), 2);
    assert!(live(&sweep("status")).unwrap_err().contains("this is kill"));
    let text = LIVE.replace("probes = 2", "threshold = \"9 s\"");
    let sweep = |run: &str| {
        let values = format!("[\"haproxy\", \"{run}\"]");
        resolve(&format!("{text}[sweep]\n\"services.front.run\" = {values}\n"))
    };
    let plan = sweep("switcher").unwrap();
    let settings = |cell: u64| plan.cell(cell).unwrap().setup.services[6].settings.len();
    assert_eq!((settings(0), settings(1)), (1, 2));
    let said = sweep("nginx-proxy").unwrap_err().to_string();
    assert!(said.contains("unknown setting \"threshold\""), "{said}");
}

#[test]
fn a_kind_of_service_that_is_too_much_is_refused() {
    let refused = |more: &str| kind(&format!("{MINE}{more}")).unwrap_err();
    let many: String = (0..33).map(|n| format!("a{n} = \"b\"\n")).collect();
    for table in ["settings", "logs.usual", "files"] {
        let said = refused(&format!("[{table}]\n{many}"));
        assert!(said.starts_with("topologies/services/mine.toml:"), "{said}");
        assert!(said.contains("33 entries") && said.contains("at most 32"), "{said}");
    }
    let said = refused(&format!("files.a = \"{}\"\n", "x".repeat(70_000)));
    assert_eq!(said, "topologies/services/mine.toml: the file is longer than 65536 bytes");
    let said = refused(&format!("settings.a = \"{}\"\n", "x".repeat(257)));
    assert!(said.contains("the default of \"a\" is no value of a setting"), "{said}");
    let said = refused("settings.a = \"x\"\nlogs.usual.a = \"y\"\n");
    assert!(said.contains("the word \"a\" has another meaning already"), "{said}");
    let said = refused("[logs.loud]\na = \"x\"\n");
    assert!(said.contains("unknown key \"loud\" in [logs]"), "{said}");
    assert!(kind(&MINE.replace("\"/bin/true\"", "\"true\"")).is_err());
    assert!(kind(&MINE.replace("[\"{program}\"]", "[]")).is_err());
}
