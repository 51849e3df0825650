//! What a player could have reached that knew the whole trace: an upper bound, and a session that
//! nearly reaches it. The distance of an algorithm from the bound is its regret.
//!
//! # The session
//! One player downloads the segments of one ladder over a [`Trace`](weir_trace::Trace), one after
//! the other. For each it decides a rung and a wait; nothing is replaced and nothing abandoned.
//! [`simulate`] plays such a [`Plan`] in whole nanoseconds:
//!
//! 1. A request is made as soon as the segment fits: buffer + segment <= `max_buffer`. Then the
//!    plan's wait passes. Playback goes on meanwhile.
//! 2. The latency passes, and then the segment's bits flow at the rate of the trace
//!    ([`Trace::delivered`](weir_trace::Trace::delivered)). See [`Latency`].
//! 3. Playback begins when the buffer holds `startup`, or when no further segment fits or is left.
//!    What has passed until then is the startup.
//! 4. From then on, a download that takes longer than the buffer lasts is a stall of
//!    max(download - buffer, 0), and playback goes on with that very segment.
//! 5. After the last segment the buffer is played out.
//!
//! The QoE is of the linear family: [`Qoe`](weir_core::Qoe), and published definitions of it by
//! name: [`QoePreset`](weir_core::QoePreset).
//!
//! # What the bound covers
//! [`solve`] bounds every session of these rules that does not wait before playback begins. (Where
//! startup does not count, such a wait would be free, and the best session would begin when the
//! trace is at its best.) So it also bounds players that resume later after a stall, that leave
//! more room in the buffer, or that count time more finely than in nanoseconds. It does not bound
//! players that replace segments or abandon downloads, and none whose buffer limit, latency or
//! QoE is another one.
//!
//! # How it is found
//! After k segments a session is: now, t; the moment E at which the buffer will be dry; the last
//! rung; and the quality so far. Total stall is what E is behind schedule. Of two sessions with the
//! same last rung, the one with the smaller t, the smaller E and the higher quality is at least as
//! good, whatever comes: it can make each further request when the other one does, for it has room
//! then, its buffer has at most the same stalls to pay in all, and it may wait. It follows that
//! waiting is never of use once playback has begun, and that rounding t and E down can only raise
//! the QoE that is reached.
//!
//! So the bound is a dynamic program, backward over segments, with t rounded down to a grid and E
//! to layers of sessions that are about as far behind schedule. The same program with both rounded
//! up is a policy that a real session can follow: it is always better off than it is taken for.
//! That session is the plan. Until the two are within the gap, the grid is refined, or the layer
//! that makes the bound is divided, until the work is spent; what gap is left is then said. Before
//! playback begins nothing is rounded: all beginnings are enumerated.
//!
//! Where stalls are cheap (a rebuffer penalty far below the utility of the highest rung), the best
//! sessions stall at every segment. Layers then have to be narrow everywhere, and the gap may stay
//! at a few per cent.
//!
//! # More bandwidth
//! A trace that carries at least as much at every moment never lowers what can be reached, as long
//! as the startup penalty is at least the rebuffer penalty: the bound is then never below the QoE
//! of a plan for the slower trace. Where startup counts less, a slower start can be the better one:
//! what it delays is free.

mod error;
mod grid;
mod layers;
mod limits;
mod linear;
mod problem;
mod program;
mod simple;
mod simulate;
mod solve;
mod startup;

pub use error::Error;
pub use problem::{Latency, Problem};
pub use simulate::{Fetched, Plan, Played, simulate};
pub use solve::{Limits, Solution, solve, solve_within};
