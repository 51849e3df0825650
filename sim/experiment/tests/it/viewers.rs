//! Who watches, and how: presets, programs and logs.

use crate::{refusal, resolve, small};
use proptest::prelude::*;
use std::path::Path;
use strum::VariantArray as _;
use weir_abr::{Choice, Side};
use weir_core::{PlayerProfile, Preset, QoePreset, Viewing};
use weir_experiment::find_files;
use weir_plan::{Keep, LabName, Plan};
use weir_units::Span;

fn viewing(more: &str) -> Viewing {
    small(more).unwrap().cell(0).unwrap().setup.players[0].viewing.clone()
}

/// The algorithm that an experiment chooses with this text.
fn abr(text: &str) -> Result<Choice, String> {
    let text = format!("name = \"x\"\ntopology = \"one-origin\"\n[[players]]\nabr = {text}\n");
    let plan = resolve(&text).map_err(|error| error.to_string())?;
    Ok(plan.cell(0).unwrap().setup.players[0].viewing.abr.clone())
}

#[test]
fn a_preset_sets_what_is_not_said() {
    for &preset in Preset::VARIANTS {
        let set = viewing(&format!("preset = \"{preset}\"\n"));
        assert_eq!(set.profile, PlayerProfile { preset, ..PlayerProfile::default() });
        let expected = (preset.max_buffer(), preset.startup(), preset.resume());
        assert_eq!((set.max_buffer, set.startup, set.resume), expected);
        let said = viewing(&format!(
            "preset = \"{preset}\"\nmax_buffer = \"17 s\"\nstartup = \"1 s\"\nresume = \"3 s\"\n"
        ));
        let expected = [17, 1, 3].map(Span::from_s);
        assert_eq!([said.max_buffer, said.startup, said.resume], expected);
    }
    assert_eq!(viewing(""), viewing("preset = \"weir\"\nreplacement = \"none\"\n"));
}

#[test]
fn a_profile_is_an_axis() {
    let plan = small(
        "[sweep]\n\"players.preset\" = [\"weir\", \"dashjs\"]\n\
         \"players.abandonment\" = [true, false]\n\
         \"players.replacement\" = [\"none\", \"left\", \"right\"]\n",
    )
    .unwrap();
    assert_eq!(plan.cells().len(), 12);
    let last = plan.cells().last().unwrap();
    assert_eq!(plan.params(last.index), ["dashjs", "false", "right"]);
    let expected = PlayerProfile {
        preset: Preset::DashJs,
        abandonment: Some(false),
        replacement: Some(Side::Right),
    };
    assert_eq!(last.setup.players[0].viewing.profile, expected);
    assert_eq!(last.setup.players[0].viewing.max_buffer, Preset::DashJs.max_buffer());
    assert_eq!(plan.cell(0).unwrap().setup.players[0].viewing.profile.replacement, None);
}

#[test]
fn a_program_is_a_choice() {
    let plain = abr("{ exec = \"python3 my_abr.py\" }").unwrap();
    let program = plain.program().unwrap().unwrap();
    assert_eq!((program.command.as_str(), program.progress), ("python3 my_abr.py", false));
    let said = "{ exec = \"decide 'a b'\", patience = \"200 ms\", progress = true }";
    let program = abr(said).unwrap().program().unwrap().unwrap();
    assert_eq!((program.patience, program.progress), (Span::from_ms(200), true));
    // What is said as it is anyway is not said twice.
    let usual = "{ exec = \"python3 my_abr.py\", patience = \"1 s\", progress = false }";
    assert_eq!(abr(usual).unwrap(), plain);
    for wrong in [
        "{ exec = \"\" }",
        "{ exec = 1 }",
        "{ exec = \"a\", patience = \"0 s\" }",
        "{ exec = \"a\", progress = \"on\" }",
        "{ exec = \"a\", replay = \"b\" }",
        "{ replay = \"\" }",
        "{ name = \"exec\", command = \"a\" }",
        "{ name = \"replay\", log = \"a\" }",
        "\"exec\"",
        "{}",
    ] {
        assert!(abr(wrong).is_err(), "{wrong}");
    }
    assert!(abr("{ nmae = \"bola\" }").unwrap_err().contains("did you mean \"name\"?"));
    assert!(abr("{ repaly = \"log\" }").unwrap_err().contains("did you mean \"replay\"?"));
}

#[test]
fn programs_and_logs_are_axes_and_the_plan_names_their_files() {
    let text = "name = \"x\"\ntopology = \"one-origin\"\n[[players]]\nabr = \"bola\"\n\
                [sweep]\n\"players.abr\" = [\n\"bba0\",\n{ exec = \"./decide\" },\n\
                { replay = \"../logs/bola_{trace}\" },\n]\n";
    let files = |path: &Path| {
        let found = path.ends_with("x.toml").then(|| text.to_owned());
        found.ok_or(std::io::ErrorKind::NotFound.into())
    };
    let plan = weir_experiment::resolve(Path::new("e/x.toml"), &files).unwrap();
    assert_eq!(
        plan.axes[0].values,
        ["bba0", "{exec = ./decide}", "{replay = ../logs/bola_{trace}}"]
    );
    let choices: Vec<Choice> =
        plan.cells().map(|cell| cell.setup.players[0].viewing.abr.clone()).collect();
    let log = choices[2].replay().unwrap();
    let file = &plan.log_files[log];
    assert_eq!(
        (file.path.as_path(), file.place.line),
        (Path::new("e/../logs/bola_{trace}"), Some(9))
    );
    let program = &plan.programs[&choices[1]];
    assert_eq!((program.path.as_path(), program.place.line), (Path::new("e/"), Some(8)));
    let said = plan.refuse_program(&choices[1], "no such program").unwrap().to_string();
    assert_eq!(said, "e/x.toml:8: no such program");
    let said = plan.refuse_log(log, "it is empty").unwrap().to_string();
    assert!(
        said.starts_with("e/x.toml:9: \"../logs/bola_{trace}\" cannot be used as a log: it is")
    );
    // They are not a part of the plan's text, and are found again from the folder.
    let mut again = Plan::from_toml(&plan.to_toml(), Path::new("plan.toml")).unwrap();
    assert!(again.log_files.is_empty() && again.programs.is_empty());
    find_files(&mut again, Path::new("e"), &program.place).unwrap();
    assert!(again.log_files[log].path.ends_with("logs/bola_{trace}"));
    assert_eq!(again.programs.keys().collect::<Vec<_>>(), [&choices[1]]);
}

#[test]
fn what_is_kept_and_compared_belongs_to_the_run() {
    let top = |keys: &str| resolve(&format!("{keys}{}", crate::SMALL));
    let plan = top("").unwrap();
    assert_eq!((plan.record, plan.oracle, plan.expect.clone()), (Keep::Segments, None, None));
    let said = top("record = \"sessions\"\noracle = \"pensieve-lin\"\nexpect = \"a/b.csv\"\n");
    let said = said.unwrap();
    assert_eq!((said.record, said.oracle), (Keep::Sessions, Some(QoePreset::PensieveLin)));
    let expect = said.expect.clone().unwrap();
    assert_eq!((expect.path.as_path(), expect.place.line), (Path::new("a/b.csv"), Some(3)));
    // What is expected changes no result, and is no part of the plan.
    let without = top("record = \"sessions\"\noracle = \"pensieve-lin\"\n").unwrap();
    assert_eq!(without.to_toml(), said.to_toml());
    assert_ne!(without.to_toml(), plan.to_toml());
    for key in ["record", "oracle", "expect"] {
        let message = refusal(&format!("[sweep]\n{key} = [\"x\"]\n"));
        assert!(message.contains(&format!("\"{key}\" cannot vary")), "{message}");
    }
}

#[test]
fn an_oracle_fits_every_ladder_of_the_sweep() {
    let own = [300, 750, 1200, 1850, 2850, 4300];
    let rungs =
        own.map(|kbps| format!("{{ width = 64, height = 36, bitrate = \"{kbps} kbit/s\" }}"));
    let text = |more: &str| {
        format!(
            "oracle = \"pensieve-hd\"\n{}[media]\nladder = [{}]\n{more}",
            crate::SMALL,
            rungs.join(", ")
        )
    };
    assert!(resolve(&text("")).is_ok());
    let said = resolve(&text("[sweep]\n\"media.ladder\" = [\"hd\"]\n")).unwrap_err().to_string();
    assert!(said.starts_with("x.toml:1: the oracle does not fit the ladder \"hd\""), "{said}");
    // A size table has its own ladder, which only its file says.
    assert!(resolve(&text("source = \"sizes/\"\n")).is_ok());
    let plan = resolve(&text("")).unwrap().to_toml().replace("300 kbit/s", "301 kbit/s");
    let said = Plan::from_toml(&plan, Path::new("plan.toml")).unwrap_err().to_string();
    assert!(said.contains("the oracle does not fit"), "{said}");
}

#[test]
fn labs_are_an_axis_or_one_for_all() {
    let mut plan = small("[sweep]\n\"players.watch\" = [\"5 s\", \"6 s\", \"5000 ms\"]\n").unwrap();
    assert_eq!(plan.labs().into_iter().collect::<Vec<_>>(), [LabName::Uml]);
    plan.run_in(LabName::Model).unwrap();
    assert_eq!(plan.labs().into_iter().collect::<Vec<_>>(), [LabName::Model]);
    let moved = resolve(&format!(
        "lab = \"model\"\n{}[sweep]\n\"players.watch\" = [\"5 s\", \"6 s\", \"5000 ms\"]\n",
        crate::SMALL
    ));
    assert_eq!(plan.to_toml(), moved.unwrap().to_toml());

    let mut swept = small("[sweep]\nlab = [\"model\", \"uml\"]\n").unwrap();
    assert_eq!(swept.params(1), ["uml"]);
    let labs: Vec<LabName> = swept.cells().map(|cell| cell.setup.lab).collect();
    assert_eq!(labs, [LabName::Model, LabName::Uml]);
    assert!(swept.run_in(LabName::Host).is_err());
    // Also beside other values, in tables.
    let zipped = small(
        "[sweep]\nwhere = [{ lab = \"model\", phase = \"fixed\" }, { lab = \"host\", phase = \"fixed\" }]\n",
    );
    assert_eq!(zipped.unwrap().labs().len(), 2);
}

#[test]
fn traffic_begins_while_somebody_watches() {
    let traffic = "[[traffic]]\nkind = \"tcp\"\nfrom = \"origin\"\nto = \"viewer\"\n";
    let late = |start: &str| {
        let group = "watch = \"10 s\"\n[[players]]\nabr = \"bba0\"\nwatch = \"20 s\"\n";
        small(&format!("{group}{traffic}start = \"{start}\"\n"))
    };
    let plan = late("19999 ms").unwrap();
    let said = late("20 s").unwrap_err().to_string();
    assert!(said.ends_with("20 s is too late: nobody watches for longer than 20 s"), "{said}");
    let text = plan.to_toml().replace("start = \"19999 ms\"", "start = \"25 s\"");
    let said = Plan::from_toml(&text, Path::new("plan.toml")).unwrap_err().to_string();
    assert!(said.contains("start: 25 s is too late"), "{said}");
}

/// Lines of an experiment: keys at its top, of its players, and of its sweep.
fn experiment() -> impl Strategy<Value = String> {
    fn some(lines: &[&'static str]) -> impl Strategy<Value = String> + use<> {
        proptest::sample::select(lines.to_vec()).prop_map(str::to_owned)
    }
    let top = (
        some(&["", "lab = \"model\"\n", "lab = \"host\"\n"]),
        some(&["", "record = \"sessions\"\n", "record = \"segments\"\n"]),
        some(&["", "oracle = \"sabre-score\"\n", "oracle = \"pensieve-log\"\n"]),
    );
    let abr = some(&[
        "\"bola\"",
        "{ name = \"fixed\", rung = 3 }",
        "{ exec = \"decide 'now' \\\"or\\\"\", patience = \"1500 ms\", progress = true }",
        "{ replay = \"logs/{trace}\" }",
    ]);
    let players = (
        some(&["", "preset = \"sabre\"\n", "preset = \"hlsjs\"\n", "preset = \"pensieve\"\n"]),
        some(&["", "abandonment = true\n", "abandonment = false\n"]),
        some(&["", "replacement = \"none\"\n", "replacement = \"left\"\n"]),
        some(&["", "resume = \"1500 ms\"\n", "max_buffer = \"20 s\"\n"]),
    );
    let rate = some(&[
        "\"3 Mbit/s\"",
        "{ trace = \"sine-slow\" }",
        "{ trace = \"a/b\", format = \"pensieve\", kind = \"goodput\" }",
        "{ trace = \"m.txt\", format = \"mahimahi\" }",
    ]);
    let axes = proptest::sample::subsequence(
        vec![
            "lab = [\"model\", \"uml\"]\n",
            "\"players.preset\" = [\"weir\", \"sabre-fixed\", \"dashjs\"]\n",
            "\"players.abandonment\" = [true, false]\n",
            "\"players.replacement\" = [\"none\", \"right\"]\n",
            "\"players.abr\" = [\"bola\", { exec = \"a b\" }, { replay = \"c\" }]\n",
            "\"links.access.rate\" = [{ traces = \"lte-[12]\" }, \"1 Mbit/s\"]\n",
            "\"links.core.forward.rate\" = [{ trace = \"x/y.json\", format = \"sabre\", kind = \"capacity\" }]\n",
        ],
        0..=7,
    );
    (top, abr, players, rate, axes).prop_map(|((lab, keep, oracle), abr, players, rate, axes)| {
        let (preset, abandonment, replacement, buffer) = players;
        format!(
            "name = \"random\"\ntopology = \"one-origin\"\n{lab}{keep}{oracle}\
             [[players]]\nabr = {abr}\n{preset}{abandonment}{replacement}{buffer}\
             [links.access.backward]\nrate = {rate}\n[sweep]\n{}",
            axes.concat()
        )
    })
}

proptest! {
    #[test]
    fn any_plan_is_read_back_as_it_was_written(text in experiment()) {
        let plan = resolve(&text).unwrap();
        let written = plan.to_toml();
        let again = Plan::from_toml(&written, Path::new("plan.toml")).unwrap();
        prop_assert_eq!(again.to_toml(), written);
        prop_assert_eq!((again.record, again.oracle), (plan.record, plan.oracle));
        prop_assert_eq!(again.cells().len(), plan.cells().len());
        for (a, b) in again.cells().zip(plan.cells()) {
            prop_assert_eq!((&a.setup, a.index), (&b.setup, b.index));
            prop_assert_eq!(again.params(a.index), plan.params(b.index));
        }
    }
}
