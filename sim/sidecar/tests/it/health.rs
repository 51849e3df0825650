//! The health endpoint beside services that come and go.

use crate::toy::{Answer, free, origin, request, say, until};
use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};
use tempfile::TempDir;
use weir_sidecar::{HealthJob, health};
use weir_units::Span;

const THRESHOLD: Span = Span::from_s(3_600);

fn stream(date: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let master = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=100000\nv0.m3u8\n";
    fs::write(folder.path().join("master.m3u8"), master).unwrap();
    write(folder.path(), date);
    folder
}

fn write(folder: &Path, date: &str) {
    let text = format!(
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:URI=\"i.mp4\"\n\
         {date}#EXTINF:2,\n1.m4s\n"
    );
    fs::write(folder.join("v0.m3u8"), text).unwrap();
}

/// An endpoint that serves until the end of the test run.
fn start(folder: &Path, complete: impl FnOnce(&mut HealthJob)) -> SocketAddr {
    let mut job = HealthJob {
        listen: free(),
        service: "packager-a".to_owned(),
        folder: folder.to_owned(),
        threshold: THRESHOLD,
        encoder: None,
        ingest: None,
        server: None,
    };
    complete(&mut job);
    let listen = job.listen;
    std::thread::spawn(move || health(&job).unwrap());
    until(|| TcpStream::connect(listen).ok());
    listen
}

fn get(address: SocketAddr, path: &str) -> Answer {
    request(address, "GET", path, "").unwrap()
}

fn healthz(address: SocketAddr) -> (u16, serde_json::Value) {
    let found = get(address, "/healthz");
    (found.status, serde_json::from_slice(&found.body).unwrap())
}

#[test]
fn a_stream_that_goes_on_is_well_and_one_that_does_not_is_not() {
    let folder = stream("");
    let address = start(folder.path(), |_| {});
    let (status, report) = healthz(address);
    assert_eq!((status, &report["ok"]), (200, &true.into()), "{report}");
    assert!(report["segment_age_s"].as_f64().unwrap() < 3_600.0);
    write(folder.path(), "#EXT-X-PROGRAM-DATE-TIME:2020-01-01T00:00:00.000Z\n");
    let (status, report) = healthz(address);
    assert_eq!((status, &report["ok"]), (503, &false.into()), "{report}");
    let problem = report["problems"][0].as_str().unwrap();
    assert!(problem.starts_with("v0.m3u8: its newest segment ended "), "{problem}");
    fs::remove_file(folder.path().join("master.m3u8")).unwrap();
    let (status, report) = healthz(address);
    assert_eq!(status, 503);
    assert!(report["problems"][0].as_str().unwrap().starts_with("master.m3u8: "), "{report}");
}

#[test]
fn a_report_has_all_keys_in_order() {
    let address = start(Path::new("/nonexistent"), |_| {});
    let found = get(address, "/healthz");
    assert_eq!(found.status, 503);
    assert_eq!(found.header("content-type"), Some("application/json"));
    assert_eq!(
        found.text(),
        "{\"ok\":false,\"problems\":[\"master.m3u8: No such file or directory (os error 2)\"],\
         \"segment_age_s\":null,\"encoder\":\"unknown\",\"ingest\":null,\"server\":null}\n"
    );
    let metrics = get(address, "/metrics");
    assert_eq!(metrics.status, 200);
    assert!(metrics.text().contains("health_ok{service=\"packager-a\"} 0\n"), "{metrics:?}");
    assert_eq!(get(address, "/").status, 404);
    assert_eq!(request(address, "POST", "/healthz", "").unwrap().status, 405);
    let head = request(address, "HEAD", "/healthz", "").unwrap();
    assert_eq!((head.status, head.body.len()), (503, 0));
}

/// A shell that starts a program, as a packager does.
struct Group(Child);

impl Group {
    fn start() -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", "tail -f /dev/null & sleep 600 & wait"]);
        Self(command.process_group(0).spawn().unwrap())
    }

    fn signal(&self, signal: &str) {
        let group = format!("-{}", self.0.id());
        assert!(Command::new("kill").args([signal, "--", &group]).status().unwrap().success());
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal("-KILL");
        self.0.wait().unwrap();
    }
}

#[test]
fn an_encoder_that_stands_still_or_is_gone_is_a_problem() {
    let files = stream("");
    let pid = files.path().join("pid");
    let group = Group::start();
    fs::write(&pid, group.0.id().to_string()).unwrap();
    let address = start(files.path(), |job| job.encoder = Some(pid.clone()));
    let comes = |state: &str| {
        until(|| {
            let (status, report) = healthz(address);
            (report["encoder"] == state).then_some((status, report))
        })
    };
    assert_eq!(comes("running").0, 200);
    group.signal("-STOP");
    let (status, report) = comes("frozen");
    assert_eq!((status, &report["problems"][0]), (503, &"the encoder stands still".into()));
    group.signal("-CONT");
    assert_eq!(comes("running").0, 200);
    drop(group);
    assert_eq!(comes("dead").0, 503);
    fs::remove_file(&pid).unwrap();
    assert_eq!(comes("unknown").0, 503);
}

#[test]
fn a_connection_and_a_server_that_are_missing_are_problems() {
    let files = stream("");
    let ingest = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = origin(|_, stream| say(stream, "404 Not Found", "", b""));
    let address = start(files.path(), |job| {
        job.ingest = Some(ingest.local_addr().unwrap());
        job.server = Some(server);
    });
    let (status, report) = healthz(address);
    assert_eq!((status, &report["ingest"]), (503, &"not connected".into()), "{report}");
    let _connection = TcpStream::connect(ingest.local_addr().unwrap()).unwrap();
    let (status, report) = healthz(address);
    assert_eq!((status, &report["ingest"]), (200, &"connected".into()), "{report}");
    assert_eq!(report["server"], "answers");
}

/// The kernel accepts its connections, and nobody says anything.
#[test]
fn a_server_that_stands_still_does_not_answer() {
    let files = stream("");
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = start(files.path(), |job| job.server = Some(silent.local_addr().unwrap()));
    let (status, report) = healthz(address);
    assert_eq!((status, &report["server"]), (503, &"does not answer".into()), "{report}");
    drop(silent);
    assert_eq!(healthz(address).1["server"], "does not answer");
}
