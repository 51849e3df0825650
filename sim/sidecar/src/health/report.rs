//! What is said.

use super::encoder::Encoder;
use super::stream::seconds;
use serde::Serialize;
use std::fmt::Write;
use std::net::SocketAddr;
use weir_units::Span;

/// What was found; the keys are in the order in which they are said.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Report {
    pub ok: bool,
    problems: Vec<String>,
    #[serde(rename = "segment_age_s", serialize_with = "in_seconds")]
    age: Option<Span>,
    encoder: Encoder,
    ingest: Option<&'static str>,
    server: Option<&'static str>,
}

const CONNECTED: &str = "connected";
const NOT_CONNECTED: &str = "not connected";
const ANSWERS: &str = "answers";
const SILENT: &str = "does not answer";

impl Report {
    /// A report of a stream.
    pub fn new(age: Option<Span>, problems: Vec<String>) -> Self {
        let ok = problems.is_empty();
        Self { ok, problems, age, encoder: Encoder::Unknown, ingest: None, server: None }
    }

    /// And of the service's encoder.
    pub fn encoder(&mut self, found: Encoder) {
        self.encoder = found;
        match found {
            Encoder::Running => {}
            Encoder::Frozen => self.problem("the encoder stands still".to_owned()),
            Encoder::Dead => self.problem("no encoder runs".to_owned()),
            Encoder::Unknown => self.problem("it is not known which process encodes".to_owned()),
        }
    }

    /// And of the encoder's connection.
    pub fn ingest(&mut self, address: SocketAddr, connected: bool) {
        self.ingest = Some(if connected { CONNECTED } else { NOT_CONNECTED });
        if !connected {
            self.problem(format!("nothing is connected to the ingest at {address}"));
        }
    }

    /// And of the service's own server.
    pub fn server(&mut self, address: SocketAddr, answers: bool) {
        self.server = Some(if answers { ANSWERS } else { SILENT });
        if !answers {
            self.problem(format!("the server at {address} does not answer"));
        }
    }

    fn problem(&mut self, problem: String) {
        self.ok = false;
        self.problems.push(problem);
    }

    /// As JSON, in one line.
    pub fn json(&self) -> String {
        // Texts and numbers: nothing that JSON has not.
        let mut text = serde_json::to_string(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// As Prometheus reads it (text format 0.0.4).
    pub fn metrics(&self, service: &str) -> String {
        let service = escaped(service);
        let mut text = String::new();
        let mut gauge = |name: &str, about: &str, values: &[(&str, String)]| {
            // Writing to a text cannot fail.
            let _ = writeln!(text, "# HELP {name} {about}\n# TYPE {name} gauge");
            for (label, value) in values {
                let _ = writeln!(text, "{name}{{service=\"{service}\"{label}}} {value}");
            }
        };
        let flag = |on: bool| u8::from(on).to_string();
        gauge("health_ok", "Whether nothing is wrong.", &[("", flag(self.ok))]);
        if let Some(age) = self.age {
            let about = "Seconds since the newest segment ended.";
            gauge("segment_age_seconds", about, &[("", seconds(age))]);
        }
        let states = [
            (",state=\"running\"", Encoder::Running),
            (",state=\"frozen\"", Encoder::Frozen),
            (",state=\"dead\"", Encoder::Dead),
            (",state=\"unknown\"", Encoder::Unknown),
        ];
        let states = states.map(|(label, state)| (label, flag(state == self.encoder)));
        gauge("encoder_state", "What the encoder does.", &states);
        if let Some(ingest) = self.ingest {
            let about = "Whether the encoder is connected to the ingest.";
            gauge("ingest_connected", about, &[("", flag(ingest == CONNECTED))]);
        }
        if let Some(server) = self.server {
            let about = "Whether the server answers.";
            gauge("server_answers", about, &[("", flag(server == ANSWERS))]);
        }
        text
    }
}

fn in_seconds<S: serde::Serializer>(age: &Option<Span>, out: S) -> Result<S::Ok, S::Error> {
    // Whole milliseconds, as in the metrics.
    age.map(|age| age.ms() as f64 / 1e3).serialize(out)
}

/// The value of a label.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_everything_in_this_order() {
        let healthy = Report::new(Some(Span::from_ms(1_250)), vec![]);
        assert_eq!(
            healthy.json(),
            "{\"ok\":true,\"problems\":[],\"segment_age_s\":1.25,\"encoder\":\"unknown\",\
             \"ingest\":null,\"server\":null}\n"
        );
        let address = "10.77.0.1:1935".parse().unwrap();
        let mut ill = Report::new(None, vec!["a".to_owned()]);
        ill.encoder(Encoder::Frozen);
        ill.ingest(address, false);
        ill.server(address, true);
        assert_eq!(
            ill.json(),
            "{\"ok\":false,\"problems\":[\"a\",\"the encoder stands still\",\"nothing is connected \
             to the ingest at 10.77.0.1:1935\"],\"segment_age_s\":null,\"encoder\":\"frozen\",\
             \"ingest\":\"not connected\",\"server\":\"answers\"}\n"
        );
    }

    #[test]
    fn the_metrics_say_the_same() {
        let mut report = Report::new(Some(Span::from_ms(20_005)), vec![]);
        report.encoder(Encoder::Running);
        report.server("10.77.0.1:80".parse().unwrap(), false);
        let text = report.metrics("packager \"a\"");
        for line in [
            "health_ok{service=\"packager \\\"a\\\"\"} 0",
            "segment_age_seconds{service=\"packager \\\"a\\\"\"} 20.005",
            "encoder_state{service=\"packager \\\"a\\\"\",state=\"running\"} 1",
            "encoder_state{service=\"packager \\\"a\\\"\",state=\"dead\"} 0",
            "server_answers{service=\"packager \\\"a\\\"\"} 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
        assert!(!text.contains("ingest"), "{text}");
    }
}
