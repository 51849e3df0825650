//! The text of `results/SCHEMA.md`, made from the declared tables.

use crate::checks::{Agreement, LabDifference};
use crate::drills::{Alarm, Drill};
use crate::schema::{Kind, Table};
use crate::summary::{Comparison, Summary};
use crate::{Row, tables};
use std::fmt::Write;

const HEAD: &str = "\
# The tables of a run

Generated from `sim/records` by `WEIR_BLESS=1 cargo test -p weir-records`; edits here are lost.

[METRICS.md](METRICS.md) says how each metric is computed, and why so, with worked examples.

A run's folder holds each table twice, with the same rows: `<table>.parquet` and `<table>.csv`.
Rows are ordered by the cell and the repeat of their trial, and within a trial by the first columns
after the keys (`session` and `request`, for example).

- The unit is the last word of a column's name; a column without one is a count, an index, a share
  (1 is all of it) or text.
- A missing value is a null in Parquet and an empty field in CSV. It is never written as zero.
- The rows of invalid trials stand in every table but the last six: whoever computes from the others
  keeps the trials whose `verdict` is `valid`.
- Times are those of the trial's own clock, which is virtual in the labs `model` and `uml`; moments
  count from the start of the trial.
- Types: int is an unsigned 64-bit integer, float a 64-bit floating-point number (always finite),
  text is UTF-8, bool is `true` or `false`.

## Keys

Every table but the last six begins with these two columns; those have `run` only.

| column | type | may be missing | unit | meaning |
|---|---|---|---|---|
| `run` | text | no | | The run: a hash of its plan, kernel, programs and media. |
| `trial` | text | no | | The trial within the run: `c0012-r3` is repeat 3 of cell 12. |

## Axes

`trials`, `sessions`, `summary`, `comparisons`, `differences`, `drills` and `alarms` have one column for each
axis of the sweep, right after the keys and in the order of the plan. A column is named by the path of the value that varies, and its type
follows from the values. All values of an axis are converted in the same way; where one of them does
not fit, all of them stay text.

| values of the axis | column | type |
|---|---|---|
| bit rates, such as `5 Mbit/s` | `<path>_bps` | int |
| times in whole microseconds, such as `20 ms` | `<path>_us` | int |
| sizes, such as `64 kB` | `<path>_bytes` | int |
| ratios, such as `1 %` | `<path>` | float, as a share |
| whole numbers | `<path>` | int |
| decimal numbers | `<path>` | float |
| anything else | `<path>` | text |

`run.toml` lists the axes with the kind of their values.
";

const SUMMARY: &str = "
The statistic (`mean`, `mean_low`, `mean_high`, `median`) stands before the unit of the session column
that it summarises, and last where there is none. Sessions that lack a value are left out of its
statistics, and counted by the column that ends in `_n`; without any, the statistics are missing too.
Sums are taken in the order of the table `sessions`.

`mean_low` and `mean_high` are the ends of the 95 % interval of the mean: a bootstrap-t over trials,
not over sessions, from a fixed seed (Davison and Hinkley 1997, sections 3.8 and 5.2). Of more than 1,000
trials, neighbours are added up first. Where 100 or more are hardly skewed, the same tails are computed
instead of drawn (Hall, Annals of Statistics 16, 1988). The ends are missing where fewer than 10 valid
trials have the value. Where all of them have the same, both are that value.

Jain's index of a trial's sessions is (sum x)^2 / (n sum x^2) (Jain, Chiu, Hawe: DEC-TR-301, 1984): 1
where all get the same, 1/n where one gets everything. It is missing where there is but one session,
and where none gets anything. Its `_n` counts trials.
";

const COMPARISONS: &str = "
Repeats of equal number share everything that was drawn, in all cells: their differences say more than
the difference of two means. A pair is a repeat that is valid in both cells; a trial's value is the
mean over its sessions. Every value of an axis that is no number (the algorithm, for example) is
compared with the axis's first value, all other parameters being equal; the columns of the axes are
those of `cell`. Numbers are in the unit of `metric`, whose last word names it. The interval is that of
`summary`, over pairs, and missing where there are fewer than 10. Each is an interval of its own: of
twenty, one is expected not to hold the truth.
";

const DIFFERENCES: &str = "
Trials are paired that differ in the lab only, and their requests by session and number; what only one of
them has is left out. The columns of the axes are those of `trial`. `predicted_us` is of the lab with
a kernel (of `trial`, if both have one) and takes nothing from the download that it predicts: rate and
delays of the path, the size, and what the sender's kernel said after the request before. METRICS.md
has the derivation. It is missing where the link is not steady or is shared, and after a failed request.
";

const AGREEMENT: &str = "
How the table of expectations is written is in METRICS.md.
";

const DRILLS: &str = "
Only runs with live sessions and faults have it. METRICS.md defines each column. The columns of the axes are
those of `trial`.
";

const ALARMS: &str = "
Only runs with live sessions have it. METRICS.md says when a fault is in force, and how the bound is made.
";

/// The whole text of `results/SCHEMA.md`.
pub fn schema_markdown() -> String {
    let mut text = HEAD.to_owned();
    for table in tables::ALL {
        describe(&mut text, &table, "");
    }
    describe(&mut text, &Summary::TABLE, SUMMARY);
    describe(&mut text, &Comparison::TABLE, COMPARISONS);
    describe(&mut text, &LabDifference::TABLE, DIFFERENCES);
    describe(&mut text, &Agreement::TABLE, AGREEMENT);
    describe(&mut text, &Drill::TABLE, DRILLS);
    describe(&mut text, &Alarm::TABLE, ALARMS);
    text
}

fn describe(text: &mut String, table: &Table, more: &str) {
    let Table { name, doc, columns } = table;
    // Writing to a String cannot fail.
    let _ = writeln!(text, "\n## {name}\n\n{}\n{more}", doc.trim());
    text.push_str("| column | type | may be missing | unit | meaning |\n|---|---|---|---|---|\n");
    for column in *columns {
        let kind = match column.kind {
            Kind::Int => "int",
            Kind::Float => "float",
            Kind::Text => "text",
            Kind::Bool => "bool",
        };
        let missing = if column.nullable { "yes" } else { "no" };
        let unit = column.unit().unwrap_or("");
        let _ = writeln!(
            text,
            "| `{}` | {kind} | {missing} | {unit} | {} |",
            column.name,
            column.doc.trim()
        );
    }
}
