//! What the tests share: a folder with a program, and what it sees.

use std::fs;
use std::path::Path;
use tempfile::TempDir;
use weir_abr::exec::Program;
use weir_abr::{Abr, Observation, Rung};
use weir_exec::Start;
use weir_units::{BitRate, Span};

/// A folder with this Python program as `abr.py`.
pub struct Scene {
    pub folder: TempDir,
    pub program: Program,
}

impl Scene {
    pub fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("abr.py"), text).unwrap();
        // A machine that is busy with other tests takes its time.
        let patience = Span::from_s(5);
        Self { folder, program: Program { patience, ..Program::new("python3 abr.py") } }
    }

    /// The algorithm, started.
    pub fn start(&self) -> Box<dyn Abr> {
        self.start_as(&Start::Plain)
    }

    pub fn start_as(&self, start: &Start) -> Box<dyn Abr> {
        weir_exec::build(&self.program.choice(), self.folder.path(), start).unwrap()
    }

    /// The number that the program has left in a file.
    pub fn number(&self, file: &str) -> u32 {
        fs::read_to_string(self.folder.path().join(file)).unwrap().trim().parse().unwrap()
    }
}

/// The beginning of a program that leaves its number.
pub const LEAVES_PID: &str = "import os\nopen('pid', 'w').write(str(os.getpid()))\n";

/// A state of a session on a ladder of three rungs.
pub fn seen(segment: u64) -> Observation {
    let rung = |kbps: u64| {
        let rate = BitRate::from_bps(kbps * 1000);
        Rung { mean: rate, peak: rate }
    };
    Observation {
        max_buffer: Span::from_s(25),
        segment,
        segments_left: 1_000 - segment,
        segment_duration: Span::from_s(2),
        ladder: [500, 1000, 2000].map(rung).to_vec(),
        ..Observation::default()
    }
}

/// Whether this process is there and has not ended.
pub fn runs(pid: u32) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"));
    // After the name, which may contain anything.
    stat.is_ok_and(|stat| !stat.rsplit_once(") ").unwrap().1.starts_with('Z'))
}
