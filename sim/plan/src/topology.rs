//! The network: nodes, links, and how each direction of a link treats packets.

use crate::check::{Invalid, within};
use crate::error::clip;
use crate::limits;
use crate::names::{is_name, is_trace_name, is_trace_path, trace_stem};
use crate::queue::Queue;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::Path;
use weir_trace::{Csv, Format, Kind, Origin, Reader};
use weir_units::{BitRate, Ratio, Span};

/// The network.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Topology {
    /// Its name.
    pub name: String,
    /// Its nodes.
    pub nodes: Vec<Host>,
    /// Its links.
    pub links: Vec<Link>,
}

/// A node: a network namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Host {
    /// Its name.
    pub name: String,
}

/// A link between two nodes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Link {
    /// Its name.
    pub name: String,
    /// The nodes at its ends.
    pub between: (String, String),
    /// From the first end to the second.
    pub forward: Shape,
    /// From the second end to the first.
    pub backward: Shape,
}

/// A direction of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// From the first of the nodes that the link is between to the second.
    Forward,
    /// From the second to the first.
    Backward,
}

impl Link {
    /// How it treats packets in this direction.
    pub fn shape(&self, direction: Direction) -> &Shape {
        match direction {
            Direction::Forward => &self.forward,
            Direction::Backward => &self.backward,
        }
    }
}

/// How one direction of a link treats packets, in this order: queue, rate, loss, delay with jitter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shape {
    /// The bottleneck's rate; `None` does not limit.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rate: Option<Rate>,
    /// The one-way propagation delay.
    pub delay: Span,
    /// How much longer a packet may take: uniform from zero to this, each drawn by itself, and held
    /// back behind the one before it where it would overtake.
    pub jitter: Span,
    /// netem's own jitter: the delay is uniform within this much around [`Shape::delay`], and
    /// packets overtake each other. Zero where there is [`Shape::jitter`].
    pub reordering_jitter: Span,
    /// The depth of the buffer in front of the bottleneck.
    pub queue: Queue,
    /// Who is dropped from it.
    pub discipline: Discipline,
    /// Which packets are lost at random.
    pub loss: Loss,
}

impl Shape {
    /// The bottleneck's rate, if it has one that is always the same.
    pub fn constant_rate(&self) -> Option<BitRate> {
        self.rate.as_ref().and_then(Rate::constant)
    }
}

/// The rate of a bottleneck.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Rate {
    /// The same always, counted over Ethernet frames.
    Constant(BitRate),
    /// As a trace has it, of the link's capacity or of one flow's goodput.
    Trace(Traced),
}

impl Rate {
    /// The rate, if it is always the same.
    pub const fn constant(&self) -> Option<BitRate> {
        match self {
            Self::Constant(rate) => Some(*rate),
            Self::Trace(_) => None,
        }
    }
}

/// A trace that a link follows. The same trace in another form, or as another kind, is another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traced {
    /// The name of a trace in `topologies/traces`, or a path from the experiment's folder.
    pub trace: String,
    /// The form of the file.
    pub format: Format,
    /// What its rates are, where its form does not say so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<Kind>,
}

/// The queueing discipline of a bottleneck.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Discipline {
    /// First in, first out; what finds the buffer full is dropped.
    #[serde(rename = "fifo")]
    Fifo,
    /// A queue for each flow, each with CoDel (RFC 8290, with its defaults: target 5 ms,
    /// interval 100 ms).
    #[serde(rename = "fq_codel")]
    FqCodel,
}

/// Which packets are lost at random.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Loss {
    /// Each with this probability, independently of the others.
    Independent(Ratio),
    /// In bursts.
    GilbertElliott(GilbertElliott),
}

impl Loss {
    /// No loss.
    pub const NONE: Self = Self::Independent(Ratio::ZERO);

    /// Whether no packet can be lost.
    pub fn is_none(&self) -> bool {
        match self {
            Self::Independent(share) => *share == Ratio::ZERO,
            Self::GilbertElliott(model) => {
                model.loss_good == Ratio::ZERO
                    && (model.loss_bad == Ratio::ZERO || model.p == Ratio::ZERO)
            }
        }
    }
}

/// The Gilbert-Elliott model of bursty loss: a link is in a good or in a bad state, and may change
/// it with every packet (Gilbert 1960, Elliott 1963; names as in tc-netem(8)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GilbertElliott {
    /// The probability of going from good to bad.
    pub p: Ratio,
    /// The probability of going from bad to good.
    pub r: Ratio,
    /// The probability of a loss while bad: 1 - h.
    pub loss_bad: Ratio,
    /// The probability of a loss while good: 1 - k.
    pub loss_good: Ratio,
}

impl Topology {
    /// The link of this name.
    pub fn link(&self, name: &str) -> Option<&Link> {
        self.links.iter().find(|link| link.name == name)
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        let Self { name, nodes, links } = self;
        within("nodes", &nodes.len(), &(0..=limits::MAX_NODES))?;
        within("links", &links.len(), &(0..=limits::MAX_LINKS))?;
        let (mut known, mut names) = (BTreeSet::new(), BTreeSet::new());
        if !is_name(name) {
            return Err(format!("{name:?} is no name of a topology"));
        }
        if let Some(node) = nodes.iter().find(|n| !is_name(&n.name) || !known.insert(&n.name)) {
            return Err(format!("{:?} is no name of a node, or of two", node.name));
        }
        if let Some(link) = links.iter().find(|l| !is_name(&l.name) || !names.insert(&l.name)) {
            return Err(format!("{:?} is no name of a link, or of two", link.name));
        }
        for Link { name, between: (a, b), forward, backward } in links {
            if a == b || !known.contains(a) || !known.contains(b) {
                return Err(format!("the link {name:?} does not join two nodes"));
            }
            for (direction, shape) in [("forward", forward), ("backward", backward)] {
                let wrong = |problem| format!("the link {name:?}: {problem}");
                shape.check(direction).map_err(wrong)?;
            }
        }
        Ok(())
    }
}

impl Shape {
    /// A direction about which nothing is said.
    pub const PLAIN: Self = Self {
        rate: None,
        delay: Span::ZERO,
        jitter: Span::ZERO,
        reordering_jitter: Span::ZERO,
        queue: Queue::Bdp(Ratio::ONE),
        discipline: Discipline::Fifo,
        loss: Loss::NONE,
    };

    /// Refuses what no link can do in this direction, which messages call `direction`. The depth of
    /// a queue was checked when its text was read.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self, direction: &'static str) -> Result<(), Invalid> {
        let Self { rate, delay, jitter, reordering_jitter, loss, .. } = self;
        match rate {
            None => {}
            Some(Rate::Constant(rate)) => within("rate", rate, &limits::RATES)?,
            Some(Rate::Trace(traced)) => traced.check()?,
        }
        within("delay", delay, &limits::DELAYS)?;
        within("jitter", jitter, &limits::JITTERS)?;
        within("reordering_jitter", reordering_jitter, &limits::REORDERING_JITTERS)?;
        if reordering_jitter.min(jitter).ns() > 0 {
            let keys = ["reordering_jitter", "jitter", direction];
            let problem = format!("{reordering_jitter} beside a jitter of {jitter}");
            return Err(Invalid::new(&keys, problem)
                .hint("packets overtake each other, or they do not: one of the two is \"0 ns\""));
        }
        if reordering_jitter > delay {
            let problem =
                format!("{reordering_jitter} is more than the {direction} delay, {delay}");
            return Err(Invalid::new(&["reordering_jitter", direction, "delay"], problem));
        }
        let losses = match loss {
            Loss::Independent(share) => vec![share],
            Loss::GilbertElliott(m) => vec![&m.p, &m.r, &m.loss_bad, &m.loss_good],
        };
        losses.into_iter().try_for_each(|share| within("loss", share, &limits::LOSSES))
    }
}

/// The longest path, in bytes: PATH_MAX of Linux.
const MAX_PATH: usize = 4096;

impl Traced {
    /// What the trace is called: its name, or that of its file without the extension.
    pub fn name(&self) -> &str {
        trace_stem(&self.trace)
    }

    /// How its file is to be read. A file of another program than this one says neither who
    /// measured it nor under which licence.
    pub fn reader(&self) -> Reader {
        let unknown = || "not said by the file".to_owned();
        let origin = Origin {
            name: self.name().to_owned(),
            kind: self.kind,
            repeats: true,
            source: unknown(),
            licence: unknown(),
            obtained: None,
        };
        Reader { format: self.format, origin, csv: Csv::default(), packet: Reader::PACKET }
    }

    /// Refuses what is neither a name nor the path of a file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check_text(trace: &str) -> Result<(), Invalid> {
        let path = is_trace_path(trace)
            && trace.len() <= MAX_PATH
            && Path::new(trace).file_name().is_some()
            && !trace.ends_with('/')
            && !trace.contains(char::is_control);
        if is_trace_name(trace) || path {
            return Ok(());
        }
        let problem = format!("{:?} is neither a name nor the path of a file", clip(trace));
        Err(Invalid::new(&["trace"], problem))
    }

    /// Refuses what no experiment can ask for.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), Invalid> {
        let Self { trace, format, kind } = self;
        Self::check_text(trace)?;
        let wrong = |key, problem: String| Err(Invalid::new(&[key, "trace"], problem));
        if *format == Format::Csv {
            let problem = "a table does not say what its columns are: convert it with `weir trace \
                           import` first";
            return wrong("format", problem.to_owned());
        }
        if is_trace_name(trace) && *format != Format::Weir {
            return wrong("format", format!("{trace:?} is a name, and those are of the form weir"));
        }
        let form = format;
        match kind {
            Some(_) if format.says_kind() => {
                wrong("kind", format!("the form {form} says itself what its rates are"))
            }
            None if !format.says_kind() => {
                wrong("kind", format!("missing, and the form {form} does not say it"))
            }
            _ => Ok(()),
        }
    }
}
