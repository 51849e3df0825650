//! The tables that follow from faults: `drills`, what each fault did to viewers and how the system
//! reacted; and `alarms`, how often a switcher left an origin without need. A run has them only
//! where it has live sessions.

use crate::schema::table;

table! {
    /// One row per fault of each valid trial that has live sessions: what followed until the next
    /// fault, or until the trial's end.
    "drills" => Drill {
        /// The trial.
        trial: String,
        /// The fault within the trial, counted from 0 in the order of time.
        fault: u64,
        /// When it began.
        at_us: u64,
        /// What it is, in the words of its event.
        kind: String,
        /// What it struck: the service, or the node or link where no service is named.
        target: String,
        /// When it was undone; missing if it never was.
        over_us: Option<u64>,
        /// The end of what counts as its consequences: when the next fault began, or the end of the
        /// trial.
        until_us: u64,
        /// From the fault to the first sign of a reaction; missing if there was none.
        detection_us: Option<u64>,
        /// From the fault until every session had received a whole segment from another origin than
        /// before; missing if a session of the origin that was struck never did, and if none did.
        switch_us: Option<u64>,
        /// Stalls that began.
        stalls: u64,
        /// The time that these lasted, over all sessions.
        stall_us: u64,
        /// Requests of playlists and segments that failed.
        failures: u64,
        /// Sessions that ended with an error.
        lost: u64,
        /// From the fault to the last moment at which a session was stalled, late, or refused; 0 if
        /// none ever was.
        recovery_us: u64,
        /// Whether at least a second without any of it followed, and no session was lost.
        recovered: bool,
        /// The largest age of a playlist that viewers were given; missing if none said its age.
        age_max_us: Option<u64>,
    }
}

table! {
    /// One row per valid trial that has live sessions: how often a switcher changed the origin
    /// while nothing was wrong.
    "alarms" => Alarm {
        /// The trial.
        trial: String,
        /// Time without a fault in force, from the first viewer's start to the end of the trial.
        observed_us: u64,
        /// Times that a switcher called an origin bad, in that time.
        bad: u64,
        /// Times that a switcher left an origin for another, with a fault in force or without.
        failovers: u64,
        /// Those of them without a fault in force: the false ones.
        false_failovers: u64,
        /// The 95 % upper bound of the number of false ones per hour; missing if no time was
        /// observed.
        false_failovers_high_per_hour: Option<f64>,
    }
}
