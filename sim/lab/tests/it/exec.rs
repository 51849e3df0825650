//! What programs that decide see of the experiment's folder, and what a run depends on because of
//! it.

use crate::runs::{Folder, HEAD, sessions};
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use weir_lab::{Cancel, Existing, Progress, Ran};

type Test = fn() -> Result<()>;

pub const ALL: [(&str, Test); 6] = [
    ("an_edit_while_a_run_goes_on_changes_nothing_of_it", edited),
    ("a_run_does_not_go_on_with_another_module_and_says_which", resumed),
    ("a_run_is_another_one_when_a_file_beside_its_program_is", named),
    ("programs_see_neither_results_nor_logs_nor_links_that_lead_out", seen),
    ("a_folder_that_holds_too_much_is_refused", too_much),
    ("a_program_that_is_left_out_of_the_copy_is_refused", left_out),
];

const PROGRAM: &str = "import sys, policy\n\
    for line in sys.stdin: print('{\"rung\": %d}' % policy.RUNG, flush=True)\n";

/// A folder with a program that imports a module.
fn folder() -> Result<Folder> {
    let folder = Folder::new()?;
    fs::write(folder.path().join("abr.py"), PROGRAM)?;
    fs::write(folder.path().join("policy.py"), "RUNG = 0\n")?;
    Ok(folder)
}

fn experiment(command: &str) -> String {
    format!("{HEAD}repeats = 3\n[[players]]\nabr = {{ exec = \"{command}\" }}\nwatch = \"10 s\"\n")
}

fn edited() -> Result<()> {
    let folder = folder()?;
    let options = folder.options(Existing::Discard, 1);
    let policy = folder.path().join("policy.py");
    let mut written = Ok(());
    let results = folder.run_with(&experiment("python3 abr.py"), &options, &mut |progress| {
        if matches!(progress, Progress::Trials { .. }) {
            written = fs::write(&policy, "RUNG = 2\n");
        }
    })?;
    written?;
    for session in results.iter().flat_map(sessions) {
        ensure!(session.mean_bitrate_bps == Some(250_000.0), "{session:?}");
    }
    Ok(())
}

/// Runs an experiment, and stops when all is finished but the tables.
fn interrupt(folder: &Folder, command: &str, existing: Existing) -> Result<()> {
    let plan = folder.plan(&experiment(command))?;
    let (cancel, options) = (Cancel::default(), folder.options(existing, 1));
    let ran = weir_lab::run(&plan, &options, &cancel, &mut |progress| {
        if matches!(progress, Progress::Finished { .. }) {
            cancel.cancel();
        }
    });
    match ran {
        Ok(_) => bail!("it was not interrupted"),
        Err(error) if error.to_string().starts_with("interrupted") => Ok(()),
        Err(error) => Err(error),
    }
}

fn resumed() -> Result<()> {
    let folder = folder()?;
    interrupt(&folder, "python3 abr.py", Existing::Discard)?;
    fs::write(folder.path().join("policy.py"), "RUNG = 1\n")?;
    fs::write(folder.path().join("new.py"), "")?;
    let error =
        interrupt(&folder, "python3 abr.py", Existing::Resume).err().context("it went on")?;
    let said = error.to_string();
    let files = "the files beside the programs (new.py was not there, policy.py is another)";
    ensure!(error.is::<weir_lab::Refused>() && said.contains(files), "{said}");
    // What is as it was is gone on with.
    fs::write(folder.path().join("policy.py"), "RUNG = 0\n")?;
    fs::remove_file(folder.path().join("new.py"))?;
    let options = folder.options(Existing::Resume, 1);
    folder.run_with(&experiment("python3 abr.py"), &options, &mut |_| {}).map(drop)
}

/// The name of the run of an experiment.
fn name(folder: &Folder) -> Result<String> {
    let plan = folder.plan(&experiment("python3 abr.py"))?;
    let options = folder.options(Existing::Discard, 2);
    match weir_lab::run(&plan, &options, &Cancel::default(), &mut |_| {})? {
        Ran::Finished(run) => {
            let listing = fs::read_to_string(run.store.folder().join("experiment.sha256"))?;
            ensure!(listing.lines().any(|line| line.ends_with("  policy.py")), "{listing}");
            Ok(run.id)
        }
        Ran::Complete { .. } => bail!("the run was complete before"),
    }
}

fn named() -> Result<()> {
    let folder = folder()?;
    let at = |name: &str| folder.path().join(name);
    let mut names = vec![name(&folder)?];
    // What is no part of the experiment changes nothing.
    for (place, file) in [
        (".git", "index"),
        ("__pycache__", "policy.pyc"),
        ("results/a", "run.toml"),
        ("results/b", "inputs.toml"),
        ("b.partial", "lock"),
        (".", "some.log"),
    ] {
        fs::create_dir_all(at(place))?;
        fs::write(at(place).join(file), "x")?;
        ensure!(name(&folder)? == names[0], "{place}/{file}");
    }
    fs::create_dir(at("weights"))?;
    ensure!(name(&folder)? == names[0], "an empty folder");
    // And everything else something.
    fs::write(at("weights").join("a\nb"), "1")?;
    names.push(name(&folder)?);
    fs::set_permissions(at("weights").join("a\nb"), fs::Permissions::from_mode(0o755))?;
    names.push(name(&folder)?);
    symlink("abr.py", at("linked"))?;
    names.push(name(&folder)?);
    fs::remove_file(at("linked"))?;
    symlink("policy.py", at("linked"))?;
    names.push(name(&folder)?);
    let count = names.len();
    names.sort();
    names.dedup();
    ensure!(names.len() == count, "{names:?}");
    Ok(())
}

fn seen() -> Result<()> {
    let folder = folder()?;
    let at = |name: &str| folder.path().join(name);
    let outside = tempfile::tempdir()?;
    fs::write(outside.path().join("secret"), "secret")?;
    symlink(outside.path().join("secret"), at("linked"))?;
    fs::create_dir(at("models"))?;
    fs::write(at("models").join("weights"), "1")?;
    fs::set_permissions(at("models").join("weights"), fs::Permissions::from_mode(0o4755))?;
    fs::write(at("some.log"), "x")?;
    fs::write(
        at("abr.py"),
        "import os, sys\n\
         names = [name for name in sorted(os.listdir('.')) if not name.startswith('exp')]\n\
         about = os.stat('models/weights')\n\
         mode, changed = oct(about.st_mode & 0o7777), int(about.st_mtime)\n\
         sys.exit('%s %s %d %s' % (' '.join(names), mode, changed, os.readlink('linked')[-6:]))\n",
    )?;
    let plan = folder.plan(&experiment("python3 abr.py"))?;
    let options = folder.options(Existing::Discard, 1);
    let Ran::Finished(run) = weir_lab::run(&plan, &options, &Cancel::default(), &mut |_| {})?
    else {
        bail!("the run was complete before");
    };
    let result = run.results().next().context("no trial")??;
    let said = result.row.err.context("it did not say what it sees")?;
    let expected = "abr.py linked models policy.py steps.txt table.json 0o755 1704067200 secret";
    ensure!(said.ends_with(expected), "{said}");
    // The folder itself is as it was.
    ensure!(fs::metadata(at("models").join("weights"))?.mode() & 0o7777 == 0o4755, "another mode");
    Ok(())
}

fn too_much() -> Result<()> {
    let folder = folder()?;
    let many = folder.path().join("many");
    fs::create_dir(&many)?;
    for number in 0..20_000 {
        fs::write(many.join(number.to_string()), "")?;
    }
    let said = folder.refusal(&experiment("python3 abr.py"))?;
    let (path, files) = (folder.path().display().to_string(), "holds 20005 files");
    ensure!(said.contains(&path) && said.contains(files), "{said}");
    ensure!(said.contains("give the experiment and its programs a folder of their own"), "{said}");
    // Where no program decides, nobody sees the folder.
    folder.plan(&format!("{HEAD}[[players]]\nabr = \"bola\"\n")).map(drop)?;
    fs::remove_dir_all(&many)?;
    fs::File::create(folder.path().join("film"))?.set_len(3 << 30)?;
    let said = folder.refusal(&experiment("python3 abr.py"))?;
    ensure!(said.contains("holds 6 files with 32212"), "{said}");
    Ok(())
}

fn left_out() -> Result<()> {
    let folder = folder()?;
    let at = |name: &str| folder.path().join(name);
    fs::write(at("weights.log"), "x")?;
    let outside = tempfile::tempdir()?;
    fs::write(outside.path().join("other.py"), PROGRAM)?;
    symlink(outside.path().join("other.py"), at("linked.py"))?;
    let said = folder.refusal(&experiment("python3 linked.py"))?;
    ensure!(said.contains("which the program does not see (expected a file in /usr"), "{said}");
    let error = interrupt(&folder, "python3 abr.py weights.log", Existing::Discard);
    let error = error.err().context("it ran")?;
    let expected = "programs do not see \"weights.log\" of \"python3 abr.py weights.log\"";
    ensure!(error.is::<weir_lab::Refused>() && error.to_string().contains(expected), "{error}");
    Ok(())
}
