//! The tables that lay results beside each other: `differences` between labs, and `agreement` with
//! values that were expected. A run has them only where there is something to lay beside.

use crate::schema::table;

table! {
    /// One row per segment request that two labs have in common; only of runs with the axis `lab`.
    "differences" => LabDifference {
        /// The trial.
        trial: String,
        /// The lab that it is compared with: the first value of the axis.
        reference_lab: String,
        /// The trial that it is compared with: the same repeat, and all other parameters equal.
        reference_trial: String,
        /// The session within both trials.
        session: u64,
        /// The request within both sessions.
        request: u64,
        /// The segment of the content.
        segment: u64,
        /// The rung.
        rung: u64,
        /// The rung in the reference.
        reference_rung: u64,
        /// Bytes of the body that arrived.
        bytes: u64,
        /// From the request to the last byte.
        download_us: u64,
        /// From the request to the last byte in the reference.
        reference_download_us: u64,
        /// `download_us` - `reference_download_us`; missing where they cannot be compared.
        difference_us: Option<f64>,
        /// What is computed beforehand for the kernel's TCP; missing where that does not apply.
        predicted_us: Option<f64>,
        /// (`download_us` - `predicted_us`) / `download_us`.
        deviation: Option<f64>,
        /// (`reference_download_us` - `predicted_us`) / `reference_download_us`; missing also where
        /// the two cannot be compared.
        reference_deviation: Option<f64>,
        /// Why the two cannot be compared, such as another rung; missing if they can.
        err: Option<String>,
    }
}

table! {
    /// One row per value that the experiment's table of expectations has; only of runs with such a
    /// table.
    "agreement" => Agreement {
        /// The line of the table of expectations.
        line: u64,
        /// The values of the axes that the line names; of all others the mean is meant.
        cells: String,
        /// The column of `sessions`.
        metric: String,
        /// What the table says, as it says it.
        expected: String,
        /// The mean over trials of the mean over their sessions; for a bound, the value farthest on
        /// its wrong side.
        found: Option<f64>,
        /// `found` - expected, over expected; missing for bounds and where zero is expected.
        deviation: Option<f64>,
        /// Sessions that have the value.
        n: u64,
        /// Whether it is as expected.
        agrees: bool,
        /// Why not, where that is not the value itself.
        err: Option<String>,
    }
}
