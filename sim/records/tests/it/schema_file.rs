//! `results/SCHEMA.md` says what the code declares.

use std::path::Path;
use weir_records::{
    Agreement, Alarm, Comparison, Drill, LabDifference, Row, Session, Summary, Table,
    schema_markdown, tables,
};

fn all() -> impl Iterator<Item = Table> {
    let derived = [
        Summary::TABLE,
        Comparison::TABLE,
        LabDifference::TABLE,
        Agreement::TABLE,
        Drill::TABLE,
        Alarm::TABLE,
    ];
    tables::ALL.into_iter().chain(derived)
}

#[test]
fn the_schema_file_is_what_the_code_declares() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../results/SCHEMA.md");
    let text = schema_markdown();
    if std::env::var_os("WEIR_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let file = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        file == text,
        "results/SCHEMA.md is out of date; write it anew with: \
         WEIR_BLESS=1 cargo test -p weir-records"
    );
}

#[test]
fn every_table_and_column_is_described() {
    let text = schema_markdown();
    for table in all() {
        assert!(text.contains(&format!("\n## {}\n", table.name)), "{}", table.name);
        for column in table.columns {
            assert!(text.contains(&format!("| `{}` |", column.name)), "{}", column.name);
            assert!(!column.doc.contains('|'), "a bar breaks the row of {}", column.name);
        }
    }
}

#[test]
fn no_two_columns_of_a_table_have_one_name() {
    for table in all() {
        let mut names: Vec<&str> = table.columns.iter().map(|c| c.name).collect();
        let keys: &[&str] = if tables::ALL.iter().any(|t| t.name == table.name) {
            &["run", "trial"]
        } else {
            &["run"]
        };
        names.extend(keys);
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{}: {names:?}", table.name);
    }
}

#[test]
fn a_row_has_one_cell_for_each_column() {
    let session: Session = serde_json::from_str(
        r#"{"session":0,"node":"viewer","abr":"bola","knows":"declared","protocol":null,
            "start_us":0,"first_segment":0,"startup_us":null,"session_us":1,"played_us":0,
            "stalls":0,"stall_us":0,"stall_ratio":null,"mean_bitrate_bps":null,
            "settled_bitrate_bps":null,"switches":0,"sabre_bitrate_bps":null,
            "sabre_bitrate_change_bps":null,"sabre_utility":null,"sabre_rebuffer_ratio":null,
            "sabre_score":null,"pensieve_lin":null,"pensieve_log":null,"qoe":null,
            "qoe_bound":null,"regret":null,"replay_deviation_us":null,"segments":0,"bytes":0,
            "mean_throughput_bps":null,"mean_buffer_us":null,"err":null}"#,
    )
    .unwrap();
    assert_eq!(session.cells().len(), Session::TABLE.columns.len());
}
