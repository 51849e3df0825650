//! `[[events]]`: what happens to the network and to services.

use crate::document::section::{Field, Section};
use crate::sections::members::Network;
use crate::sections::services::Services;
use crate::sweep::Variants;
use std::iter;
use strum::VariantArray;
use weir_plan::{Error, Fault, Link, Moment, Players, What, Wrong, limits};
use weir_records::FaultKind;
use weir_units::{BitRate, Ratio, Span};

const STATUS: u64 = 503;

/// The kind of what does not happen.
const NONE: &str = "none";

/// The keys of a kind that not all have.
const fn keys(kind: FaultKind) -> &'static [&'static str] {
    match kind {
        FaultKind::Restart => &[],
        FaultKind::Change => &["for", "rate", "delay", "loss"],
        FaultKind::Status => &["for", "status", "share"],
        FaultKind::Truncate => &["for", "share"],
        FaultKind::Trickle => &["for", "rate", "share"],
        FaultKind::Ahead | FaultKind::Behind => &["for", "by"],
        FaultKind::Kill
        | FaultKind::Freeze
        | FaultKind::Down
        | FaultKind::Partition
        | FaultKind::Corrupt
        | FaultKind::Empty
        | FaultKind::Full => &["for"],
    }
}

/// The kinds by their names, and none.
pub(crate) fn kinds() -> Vec<(&'static str, Option<FaultKind>)> {
    let kinds = FaultKind::VARIANTS.iter().map(|kind| (kind.into(), Some(*kind)));
    iter::once((NONE, None)).chain(kinds).collect()
}

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
        for item in field.items("tables [[events]]", limits::MAX_FAULTS)? {
            let read = |section: &Section<'_>| self.fault(section);
            faults.extend(item.section("[[events]]", "experiments [[events]]", read)?);
        }
        Ok(faults)
    }

    fn fault(&self, section: &Section<'_>) -> Result<Option<Fault>, Error> {
        let kind = section.need("fault", "expected what happens")?.one_of(&kinds())?;
        let at = section.read("at", moment)?;
        let lasts = section.read("for", |f| f.quantity(limits::FAULT_LENGTHS))?;
        let every = section.read("every", |f| f.quantity(limits::FAULT_PERIODS))?;
        let said = Said::read(section)?;
        section.skip(&["on"]);
        let Some(kind) = kind else { return Ok(None) };
        let keys = keys(kind);
        for key in OWN.into_iter().filter(|key| !keys.contains(key)) {
            let of = FaultKind::VARIANTS.iter().filter(|kind| self::keys(**kind).contains(&key));
            let of: Vec<&str> = of.map(<&str>::from).collect();
            if section.get(key).is_some() && !self.happens_elsewhere(&of) {
                let problem = format!("this is {kind}, and only {} has it", of.join(" or "));
                return Err(section.refuse(&[key], problem));
            }
        }
        let lasts = lasts.filter(|_| keys.contains(&"for"));
        let at = at.ok_or_else(|| section.missing("at").hint("expected a time of the trial"))?;
        let what = self.what(kind, section, &said)?;
        let fault = Fault { at, lasts, every, what };
        section.check(fault.check_times(self.players))?;
        Ok(Some(fault))
    }

    /// Whether one of these kinds of faults happens in another cell.
    fn happens_elsewhere(&self, kinds: &[&str]) -> bool {
        let fault = |path: &str| path.starts_with("events.") && path.ends_with(".fault");
        self.variants.of_axes(fault).any(|kind| kinds.contains(&kind))
    }

    fn what(&self, kind: FaultKind, section: &Section<'_>, said: &Said) -> Result<What, Error> {
        let on = section.need("on", "expected the name of a service, a link or a node")?;
        let missing = |key: &str, hint: &str| section.missing(key).hint(hint.to_owned());
        let service = || self.services.named(&on).map(|(service, _)| service.name.clone());
        let by = || said.by.ok_or_else(|| missing("by", "times are wrong by a time"));
        let how = match kind {
            FaultKind::Kill => return service().map(What::Kill),
            FaultKind::Freeze => return service().map(What::Freeze),
            FaultKind::Restart => return service().map(What::Restart),
            FaultKind::Full => return service().map(What::Full),
            FaultKind::Down => return self.link(&on).map(|link| What::Down(link.name.clone())),
            FaultKind::Partition => {
                return self.network.node_named(&on).map(|node| What::Partition(node.to_owned()));
            }
            FaultKind::Change => {
                let link = self.link(&on)?;
                let Said { rate, delay, loss, .. } = *said;
                let change = What::Change { link: link.name.clone(), rate, delay, loss };
                section.check(change.check_change(link))?;
                return Ok(change);
            }
            FaultKind::Status => Wrong::Status(said.status),
            FaultKind::Truncate => Wrong::Truncated,
            FaultKind::Trickle => {
                let rate = said.rate.ok_or_else(|| missing("rate", "bodies trickle at a rate"));
                Wrong::Trickle(rate?)
            }
            FaultKind::Corrupt => Wrong::Corrupt,
            FaultKind::Empty => Wrong::Empty,
            FaultKind::Ahead => Wrong::Ahead(by()?),
            FaultKind::Behind => Wrong::Behind(by()?),
        };
        // What has no share of its own concerns all requests.
        let share = if how.has_share() { said.share } else { Ratio::ONE };
        let (service, is) = self.services.named(&on)?;
        if !is.is_origin() {
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
        self.network
            .topology
            .link(name)
            .ok_or_else(|| on.unknown("link", self.network.link_names()))
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
        let status = section.read("status", |f| f.count(limits::STATUSES))?.unwrap_or(STATUS);
        Ok(Self {
            rate: section.read("rate", |f| f.quantity(limits::RATES))?,
            delay: section.read("delay", |f| f.quantity(limits::DELAYS))?,
            loss: section.read("loss", |f| f.quantity(limits::LOSSES))?,
            status: status as u16,
            share: section.read("share", |f| f.quantity(limits::SHARES))?.unwrap_or(Ratio::ONE),
            by: section.read("by", |f| f.quantity(limits::FAULT_LENGTHS))?,
        })
    }
}

/// A time of the trial, or how one is drawn.
fn moment(field: Field<'_>) -> Result<Moment, Error> {
    let Some(table) = field.value.table() else {
        return field.quantity(limits::FAULT_TIMES).map(Moment::Fixed);
    };
    if table.get("after").is_some() || table.get("mean").is_some() {
        return field.section("at of [[events]]", "experiments { after, mean }", |section| {
            let hint = "an exponential time is { after, mean }";
            Ok(Moment::Exponential(
                section.need("after", hint)?.quantity(limits::FAULT_TIMES)?,
                section.need("mean", hint)?.quantity(limits::FAULT_LENGTHS)?,
            ))
        });
    }
    field.section("at of [[events]]", "experiments { from, to }", |section| {
        let hint = "a time that is drawn is { from, to } or { after, mean }";
        let from = section.need("from", hint)?.quantity(limits::FAULT_TIMES)?;
        let to = section.need("to", hint)?.quantity(limits::FAULT_TIMES)?;
        if to <= from {
            return Err(section.refuse(&["to"], format!("{to} is not after {from}")));
        }
        Ok(Moment::Between(from, to))
    })
}
