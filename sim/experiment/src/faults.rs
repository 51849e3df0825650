//! `[[events]]`: what happens to the network and to services.

use crate::error::Error;
use crate::live::{Fault, Moment, Upstream, What, Wrong};
use crate::members::Network;
use crate::plan::{Link, Players, Rate};
use crate::players::node;
use crate::resolve::Variants;
use crate::section::{Field, Section};
use crate::services::Services;
use crate::shape::{DELAYS, LOSSES, RATES};
use std::ops::RangeInclusive;
use weir_units::{BitRate, Ratio, Span};

/// The most tables.
pub(crate) const MAX_FAULTS: usize = 64;

pub(crate) const TIMES: RangeInclusive<Span> = Span::ZERO..=Span::from_s(24 * 3600);
pub(crate) const LENGTHS: RangeInclusive<Span> = Span::from_ms(1)..=Span::from_s(24 * 3600);
/// More often than once a second is not a drill.
pub(crate) const PERIODS: RangeInclusive<Span> = Span::from_s(1)..=Span::from_s(24 * 3600);
pub(crate) const SHARES: RangeInclusive<Ratio> = Ratio::from_ppb(1)..=Ratio::ONE;
pub(crate) const STATUSES: RangeInclusive<u64> = 500..=599;
const STATUS: u64 = 503;

/// The kinds, and the keys that only some have.
pub(crate) const KINDS: [(&str, &[&str]); 15] = [
    ("none", &[]),
    ("kill", &["for"]),
    ("freeze", &["for"]),
    ("restart", &[]),
    ("down", &["for"]),
    ("partition", &["for"]),
    ("change", &["for", "rate", "delay", "loss"]),
    ("status", &["for", "status", "share"]),
    ("truncate", &["for", "share"]),
    ("trickle", &["for", "rate", "share"]),
    ("corrupt", &["for"]),
    ("empty", &["for"]),
    ("ahead", &["for", "by"]),
    ("behind", &["for", "by"]),
    ("full", &["for"]),
];

/// The keys that only some kinds have.
const OWN: [&str; 7] = ["for", "rate", "delay", "loss", "status", "share", "by"];

/// What faults can happen to.
pub(crate) struct Scene<'a> {
    pub network: &'a Network,
    pub services: &'a Services,
    pub players: &'a [Players],
    /// What happens in other cells.
    pub variants: &'a Variants<'a>,
}

impl Scene<'_> {
    /// The faults of an experiment; there are none if nothing is said.
    pub fn read(&self, field: Option<Field<'_>>) -> Result<Vec<Fault>, Error> {
        let Some(field) = field else { return Ok(Vec::new()) };
        let mut faults = Vec::new();
        for item in field.items("tables [[events]]", MAX_FAULTS)? {
            let read = |section: &Section<'_>| self.fault(section);
            faults.extend(item.section("[[events]]", "experiments [[events]]", read)?);
        }
        Ok(faults)
    }

    fn fault(&self, section: &Section<'_>) -> Result<Option<Fault>, Error> {
        let names = KINDS.map(|(name, keys)| (name, (name, keys)));
        let (kind, keys) = section.need("fault", "expected what happens")?.one_of(&names)?;
        let at = section.read("at", moment)?;
        let lasts = section.read("for", |f| f.quantity(LENGTHS))?;
        let every = section.read("every", |f| f.quantity(PERIODS))?;
        let said = Said::read(section)?;
        section.skip(&["on"]);
        if kind == "none" {
            return Ok(None);
        }
        for key in OWN.into_iter().filter(|key| !keys.contains(key)) {
            let of = KINDS.iter().filter(|(_, keys)| keys.contains(&key));
            let of: Vec<&str> = of.map(|(name, _)| *name).collect();
            if section.get(key).is_some() && !self.happens_elsewhere(&of) {
                let problem = format!("this is {kind}, and only {} has it", of.join(" or "));
                return Err(section.refuse(&[key], problem));
            }
        }
        let lasts = lasts.filter(|_| keys.contains(&"for"));
        let at = at.ok_or_else(|| section.missing("at").hint("expected a time of the trial"))?;
        let what = self.what(kind, section, &said)?;
        let fault = Fault { at, lasts, every, what };
        check_times(&fault, self.players)
            .map_err(|(key, problem)| section.refuse(&[key], problem))?;
        Ok(Some(fault))
    }

    /// Whether one of these kinds of faults happens in another cell.
    fn happens_elsewhere(&self, kinds: &[&str]) -> bool {
        let fault = |path: &str| path.starts_with("events.") && path.ends_with(".fault");
        self.variants.of_axes(fault).any(|kind| kinds.contains(&kind))
    }

    fn what(&self, kind: &str, section: &Section<'_>, said: &Said) -> Result<What, Error> {
        let on = section.need("on", "expected the name of a service, a link or a node")?;
        let missing = |key: &str, hint: &str| section.missing(key).hint(hint.to_owned());
        let service = || self.services.named(&on).map(|(service, _)| service.name.clone());
        let how = match kind {
            "kill" => return service().map(What::Kill),
            "freeze" => return service().map(What::Freeze),
            "restart" => return service().map(What::Restart),
            "full" => return service().map(What::Full),
            "down" => return self.link(&on).map(|link| What::Down(link.name.clone())),
            "partition" => {
                return node(&on, self.network).map(|node| What::Partition(node.to_owned()));
            }
            "change" => {
                let link = self.link(&on)?;
                check_change(link, said)
                    .map_err(|(key, problem)| section.refuse(&[key], problem))?;
                let Said { rate, delay, loss, .. } = *said;
                return Ok(What::Change { link: link.name.clone(), rate, delay, loss });
            }
            "status" => Wrong::Status(said.status),
            "truncate" => Wrong::Truncated,
            "trickle" => Wrong::Trickle(
                said.rate.ok_or_else(|| missing("rate", "bodies trickle at a rate"))?,
            ),
            "corrupt" => Wrong::Corrupt,
            "empty" => Wrong::Empty,
            shifted => {
                let by = said.by.ok_or_else(|| missing("by", "times are wrong by a time"))?;
                if shifted == "ahead" { Wrong::Ahead(by) } else { Wrong::Behind(by) }
            }
        };
        // What has no share of its own concerns all requests.
        let shared = KINDS.iter().any(|(name, keys)| *name == kind && keys.contains(&"share"));
        let share = if shared { said.share } else { Ratio::ONE };
        let (service, is) = self.services.named(&on)?;
        if !is.watchable || is.upstream == Upstream::Some {
            return Err(on
                .refuse(format_args!("is {}, and no origin", service.run))
                .hint("only answers of an origin can be wrong"));
        }
        Ok(What::Answer { service: service.name.clone(), how, share })
    }

    fn link(&self, on: &Field<'_>) -> Result<&Link, Error> {
        let name = on.text()?;
        if self.network.is_group_of_links(name) {
            return Err(on
                .refuse("stands for several links")
                .hint(format!("name one of them, such as \"{name}-1\"")));
        }
        let found = self.network.topology.links.iter().find(|link| link.name == name);
        found.ok_or_else(|| on.unknown("link", self.network.link_names()))
    }
}

/// What a table says beside what happens, and when.
struct Said {
    rate: Option<BitRate>,
    delay: Option<Span>,
    loss: Option<Ratio>,
    status: u16,
    share: Ratio,
    by: Option<Span>,
}

impl Said {
    fn read(section: &Section<'_>) -> Result<Self, Error> {
        let status = section.read("status", |f| f.count(STATUSES))?.unwrap_or(STATUS);
        Ok(Self {
            rate: section.read("rate", |f| f.quantity(RATES))?,
            delay: section.read("delay", |f| f.quantity(DELAYS))?,
            loss: section.read("loss", |f| f.quantity(LOSSES))?,
            status: status as u16,
            share: section.read("share", |f| f.quantity(SHARES))?.unwrap_or(Ratio::ONE),
            by: section.read("by", |f| f.quantity(LENGTHS))?,
        })
    }
}

/// A time of the trial, or how one is drawn.
fn moment(field: Field<'_>) -> Result<Moment, Error> {
    let Some(table) = field.value.table() else {
        return field.quantity(TIMES).map(Moment::Fixed);
    };
    if table.get("after").is_some() || table.get("mean").is_some() {
        return field.section("at of [[events]]", "experiments { after, mean }", |section| {
            let hint = "an exponential time is { after, mean }";
            Ok(Moment::Exponential(
                section.need("after", hint)?.quantity(TIMES)?,
                section.need("mean", hint)?.quantity(LENGTHS)?,
            ))
        });
    }
    field.section("at of [[events]]", "experiments { from, to }", |section| {
        let hint = "a time that is drawn is { from, to } or { after, mean }";
        let from = section.need("from", hint)?.quantity(TIMES)?;
        let to = section.need("to", hint)?.quantity(TIMES)?;
        if to <= from {
            return Err(section.refuse(&["to"], format!("{to} is not after {from}")));
        }
        Ok(Moment::Between(from, to))
    })
}

/// Refuses times at which nothing can happen: the key, and why.
pub(crate) fn check_times(
    fault: &Fault,
    players: &[Players],
) -> Result<(), (&'static str, String)> {
    let Fault { at, lasts, every, what } = fault;
    let first = match at {
        Moment::Fixed(at) | Moment::Between(at, _) | Moment::Exponential(at, _) => at,
    };
    let longest = players.iter().map(|group| group.viewing.watch).max().unwrap_or(Span::ZERO);
    if *first >= longest {
        let problem = format!("{first} is too late: nobody watches for longer than {longest}");
        return Err(("at", problem));
    }
    match (lasts, every) {
        (Some(lasts), Some(every)) if lasts >= every => {
            Err(("for", format!("{lasts} is not over when it happens again, every {every}")))
        }
        (None, Some(_)) if !matches!(what, What::Restart(_)) => Err((
            "every",
            "it cannot happen again where nothing undoes it: \"for\" is missing".to_owned(),
        )),
        _ => Ok(()),
    }
}

/// Refuses a change that a link cannot have: the key, and why.
fn check_change(link: &Link, said: &Said) -> Result<(), (&'static str, String)> {
    let Said { rate, delay, loss, .. } = said;
    let shapes = [&link.forward, &link.backward];
    if rate.is_none() && delay.is_none() && loss.is_none() {
        return Err(("fault", "nothing changes: expected a rate, a delay or a loss".to_owned()));
    }
    // Without a rate there is no buffer either, whose depth could stay.
    for shape in shapes.iter().filter(|_| rate.is_some()) {
        match shape.rate {
            Some(Rate::Constant(_)) => {}
            Some(Rate::Trace(_)) => {
                return Err(("rate", format!("that of {:?} follows a trace", link.name)));
            }
            None => {
                let name = &link.name;
                return Err((
                    "rate",
                    format!("{name:?} has none in its topology that could change"),
                ));
            }
        }
    }
    let least = shapes.map(|shape| shape.reordering_jitter).into_iter().max().unwrap_or_default();
    match delay {
        Some(delay) if *delay < least => {
            Err(("delay", format!("{delay} is less than the reordering_jitter, {least}")))
        }
        _ => Ok(()),
    }
}

/// Refuses a fault that no experiment has, wherever it comes from.
pub(crate) fn check(
    fault: &Fault,
    players: &[Players],
    links: &[Link],
    has_node: impl Fn(&str) -> bool,
    kind: impl Fn(&str) -> Option<(bool, Upstream)>,
) -> Result<(), String> {
    let Fault { at, lasts, every, what } = fault;
    let good = match at {
        Moment::Fixed(at) => TIMES.contains(at),
        Moment::Between(from, to) => from < to && TIMES.contains(to),
        Moment::Exponential(after, mean) => TIMES.contains(after) && LENGTHS.contains(mean),
    };
    let good = good && lasts.is_none_or(|lasts| LENGTHS.contains(&lasts));
    if !good || !every.is_none_or(|every| PERIODS.contains(&every)) {
        return Err("its times are out of range".to_owned());
    }
    check_times(fault, players).map_err(|(key, problem)| format!("{key}: {problem}"))?;
    let link = |name: &str| links.iter().find(|link| link.name == name);
    let there = match what {
        What::Kill(name) | What::Freeze(name) | What::Full(name) => kind(name).is_some(),
        What::Restart(name) => lasts.is_none() && kind(name).is_some(),
        What::Down(name) => link(name).is_some(),
        What::Partition(name) => has_node(name),
        What::Change { link: name, rate, delay, loss } => {
            let (status, share) = (503, Ratio::ONE);
            let said = Said { rate: *rate, delay: *delay, loss: *loss, status, share, by: None };
            let ranges = rate.is_none_or(|rate| RATES.contains(&rate))
                && delay.is_none_or(|delay| DELAYS.contains(&delay))
                && loss.is_none_or(|loss| LOSSES.contains(&loss));
            ranges && link(name).is_some_and(|link| check_change(link, &said).is_ok())
        }
        What::Answer { service, how, share } => {
            let origin = kind(service)
                .is_some_and(|(watchable, upstream)| watchable && upstream != Upstream::Some);
            let good = match how {
                Wrong::Status(status) => STATUSES.contains(&u64::from(*status)),
                Wrong::Trickle(rate) => RATES.contains(rate),
                Wrong::Ahead(by) | Wrong::Behind(by) => LENGTHS.contains(by),
                Wrong::Truncated | Wrong::Corrupt | Wrong::Empty => true,
            };
            let whole = matches!(how, Wrong::Status(_) | Wrong::Truncated | Wrong::Trickle(_))
                || *share == Ratio::ONE;
            origin && good && whole && SHARES.contains(share)
        }
    };
    if there { Ok(()) } else { Err(format!("nothing of this can happen: {what:?}")) }
}
