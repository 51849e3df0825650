//! What is found, and what is refused before anything starts.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use weir_abr::Choice;
use weir_abr::exec::Program;
use weir_exec::{Start, check, check_within, inputs};

tests! {
    a_program_is_a_file_of_the_folder_or_of_the_system_or_a_path,
    a_program_that_is_not_there_is_refused_by_its_name,
    a_script_that_is_not_there_is_refused_by_its_name,
    the_files_of_a_command_are_its_inputs,
    what_a_guest_does_not_see_is_refused,
    other_choices_are_built_as_ever,
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["my_abr.py", "weights.bin", "mine"] {
        fs::write(folder.path().join(name), "#!/bin/sh\n").unwrap();
    }
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(folder.path().join("mine"), executable).unwrap();
    folder
}

fn refused(command: &str, folder: &Path) -> String {
    check(&Program::new(command), folder).unwrap_err().to_string()
}

fn a_program_is_a_file_of_the_folder_or_of_the_system_or_a_path() {
    let folder = folder();
    for command in ["mine", "./mine --fast", "sh -c true", "/bin/sh", "python3 my_abr.py a.txt"] {
        check(&Program::new(command), folder.path()).unwrap_or_else(|e| panic!("{command}: {e}"));
    }
}

fn a_program_that_is_not_there_is_refused_by_its_name() {
    let folder = folder();
    let said = refused("python9 my_abr.py", folder.path());
    assert!(
        said.starts_with("there is no program \"python9\" for \"python9 my_abr.py\""),
        "{said}"
    );
    assert!(said.contains("/usr/local/bin, /usr/sbin, /usr/bin"), "{said}");
    assert!(refused("./mind", folder.path()).ends_with("; did you mean \"./mine\"?"));
    let said = refused("my_abr.py", folder.path());
    assert!(said.contains("my_abr.py") && said.contains("is not executable"), "{said}");
    let said = refused("sh", &folder.path().join("gone"));
    assert!(said.contains("gone of \"sh\": No such file"), "{said}");
    let choice = Program::new("python9").choice();
    let error = weir_exec::build(&choice, folder.path(), &Start::Plain).err().unwrap().to_string();
    assert!(error.starts_with("there is no program \"python9\""), "{error}");
}

fn a_script_that_is_not_there_is_refused_by_its_name() {
    let folder = folder();
    let said = refused("python3 my_arb.py", folder.path());
    let path = fs::canonicalize(folder.path()).unwrap().join("my_arb.py");
    let expected = format!(
        "there is no file {} for \"python3 my_arb.py\"; did you mean \"my_abr.py\"?",
        path.display()
    );
    assert_eq!(said, expected);
    // What is no name of a script may be anything.
    check(&Program::new("python3 -m my_abr --log out.txt"), folder.path()).unwrap();
}

fn the_files_of_a_command_are_its_inputs() {
    let folder = folder();
    let program = Program::new("python3 my_abr.py --weights weights.bin --seed 7");
    let found = inputs(&program, folder.path()).unwrap();
    let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["python3", "my_abr.py", "weights.bin"]);
    assert!(found.iter().all(|(_, path)| path.is_absolute() && path.is_file()));
}

fn what_a_guest_does_not_see_is_refused() {
    let (folder, elsewhere) = (folder(), folder());
    let usr = [Path::new("/usr")];
    let check = |command: &str| check_within(&Program::new(command), folder.path(), &usr);
    check("python3 my_abr.py").unwrap();
    check("mine").unwrap();
    symlink("/usr/bin/env", folder.path().join("linked")).unwrap();
    check("./linked").unwrap();
    symlink(elsewhere.path().join("mine"), folder.path().join("away")).unwrap();
    for command in [
        "./away".to_owned(),
        format!("python3 {}/my_abr.py", elsewhere.path().display()),
        // There the folder has another name.
        format!("python3 {}/my_abr.py", fs::canonicalize(folder.path()).unwrap().display()),
    ] {
        let said = check(&command).unwrap_err().to_string();
        assert!(said.contains("which the program does not see (expected a file in /usr"), "{said}");
    }
}

fn other_choices_are_built_as_ever() {
    let folder = Path::new("/nowhere");
    assert!(weir_exec::build(&Choice::named("bola"), folder, &Start::Plain).is_ok());
    let refused = |choice: Choice| {
        weir_exec::build(&choice, folder, &Start::Plain).err().unwrap().to_string()
    };
    assert!(refused(Choice::named("bolo")).starts_with("no algorithm is called \"bolo\""));
    assert!(refused(Choice::of_replay("log")).contains("it must be read, not built"));
}
