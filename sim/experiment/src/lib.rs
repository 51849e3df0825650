//! Experiment file to plan: pure, it never looks at the machine.

pub mod plan;

pub use plan::{
    Axis, Cell, Host, Knows, LabName, Ladder, Link, Media, Origin, Plan, Players, Queue, Setup,
    Shape, Source, TcpProfile, Topology, Trial,
};
