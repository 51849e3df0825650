//! What each viewer of a trial draws from its seed.
//!
//! Repeats are replicates: viewers press play at different moments, and the content does not begin
//! at the same place. Otherwise the repeats of a cell would be one and the same trial, and players
//! of one trial would ask for segments at the same instant. With `phase = "fixed"` that is so. The
//! draws depend on the repeat's seed and the viewer alone, so that cells are compared in pairs.

use crate::trial::assignment::Assignment;
use weir_core::Viewer;
use weir_plan::{Phase, Players};
use weir_units::Time;

/// One viewer of a group.
pub struct GroupViewer<'a> {
    /// The group.
    pub players: &'a Players,
    /// The viewer. The start is uniform over one segment, and the first segment over the content
    /// before it loops, if it does.
    pub viewer: Viewer,
}

/// All viewers of a trial, in the order of the experiment file.
pub fn viewers(assignment: &Assignment) -> Vec<GroupViewer<'_>> {
    let Assignment { trial, segments, segment, .. } = assignment;
    let recorded = trial.setup.live.is_none();
    let groups = trial.setup.players.iter().enumerate();
    let all =
        groups.flat_map(|(group, players)| (0..players.count).map(move |n| (group, players, n)));
    (0u64..)
        .zip(all)
        .map(|(session, (group, players, number))| {
            let seed = trial.seed.derive(&format!("players {group} viewer {number}"));
            let draw = |label, bound| match trial.setup.phase {
                Phase::Random => seed.derive(label).below(bound),
                Phase::Fixed => 0,
            };
            let loops = recorded && trial.setup.media.loops;
            let viewer = Viewer {
                session,
                node: players.node(number).to_owned(),
                start: Time::from_ns(draw("start", segment.ns())),
                first_segment: draw("content", if loops { *segments } else { 0 }),
                viewing: players.viewing.clone(),
            };
            GroupViewer { players, viewer }
        })
        .collect()
}
