//! How a direction of a link treats packets: the keys that a topology, and the experiment after
//! it, say about both directions or about one.

use crate::document::section::{Field, Section};
use crate::library::Library;
use crate::sections::trace;
use weir_plan::{Discipline, Error, GilbertElliott, Link, Loss, Place, Queue, Rate, Shape, limits};
use weir_units::{Ratio, Span};

/// What FORMAT.md calls the tables of a link, by the folder of the file that is read.
#[derive(Clone, Copy)]
pub(crate) struct Pages {
    pub link: &'static str,
    direction: &'static str,
    loss: &'static str,
    trace: &'static str,
}

/// Those of a topology.
pub(crate) const TOPOLOGY: Pages = Pages {
    link: "topologies [links.NAME]",
    direction: "topologies forward, backward",
    loss: "topologies { p, r, loss_bad, loss_good }",
    trace: "topologies { trace, format, kind }",
};

/// Those of an experiment.
pub(crate) const EXPERIMENT: Pages = Pages {
    link: "experiments [links.NAME]",
    direction: "experiments forward, backward",
    loss: "experiments { p, r, loss_bad, loss_good }",
    trace: "experiments { trace, format, kind }",
};

/// Lays what a link's section says over what is known of both directions, and then what it says
/// of one.
pub(crate) fn read(
    section: &Section<'_>,
    link: &mut Link,
    pages: Pages,
    library: &Library<'_>,
) -> Result<(), Error> {
    let both = Change::read(section, pages, library)?;
    for (key, direction) in [("forward", &mut link.forward), ("backward", &mut link.backward)] {
        let title = format!("{key} of {}", section.title());
        let one = section.read(key, |field| {
            field.section(&title, pages.direction, |section| Change::read(section, pages, library))
        })?;
        *direction = both.clone().and(one.unwrap_or_default()).laid_over(direction)?;
        section.check(direction.check(key))?;
    }
    Ok(())
}

/// What a section says about a direction of a link.
#[derive(Clone, Default)]
struct Change {
    rate: Option<Rate>,
    delay: Option<Span>,
    jitter: Option<Span>,
    reordering_jitter: Option<Span>,
    queue: Option<Queue>,
    discipline: Option<Discipline>,
    loss: Option<LossChange>,
}

impl Change {
    fn read(section: &Section<'_>, pages: Pages, library: &Library<'_>) -> Result<Self, Error> {
        let rate = |f: Field<'_>| trace::rate(&f, section.title(), pages.trace, library);
        let span = |key, range| section.read(key, |f: Field<'_>| f.quantity(range));
        Ok(Self {
            rate: section.read("rate", rate)?,
            delay: span("delay", limits::DELAYS)?,
            jitter: span("jitter", limits::JITTERS)?,
            reordering_jitter: span("reordering_jitter", limits::REORDERING_JITTERS)?,
            loss: section.read("loss", |f| LossChange::read(&f, section.title(), pages))?,
            queue: section.read("queue", queue)?,
            discipline: section.read("discipline", |f| f.variant())?,
        })
    }

    /// This, and where `other` says something about the same, that.
    fn and(self, other: Self) -> Self {
        Self {
            rate: other.rate.or(self.rate),
            delay: other.delay.or(self.delay),
            jitter: other.jitter.or(self.jitter),
            reordering_jitter: other.reordering_jitter.or(self.reordering_jitter),
            queue: other.queue.or(self.queue),
            discipline: other.discipline.or(self.discipline),
            loss: match (self.loss, other.loss) {
                (Some(LossChange::Bursts(a)), Some(LossChange::Bursts(b))) => {
                    Some(LossChange::Bursts(a.and(b)))
                }
                (a, b) => b.or(a),
            },
        }
    }

    fn laid_over(self, shape: &Shape) -> Result<Shape, Error> {
        Ok(Shape {
            rate: self.rate.or_else(|| shape.rate.clone()),
            delay: self.delay.unwrap_or(shape.delay),
            jitter: self.jitter.unwrap_or(shape.jitter),
            reordering_jitter: self.reordering_jitter.unwrap_or(shape.reordering_jitter),
            queue: self.queue.unwrap_or(shape.queue),
            discipline: self.discipline.unwrap_or(shape.discipline),
            loss: match self.loss {
                None => shape.loss,
                Some(LossChange::Independent(share)) => Loss::Independent(share),
                Some(LossChange::Bursts(bursts)) => {
                    Loss::GilbertElliott(bursts.laid_over(shape.loss)?)
                }
            },
        })
    }
}

fn queue(field: Field<'_>) -> Result<Queue, Error> {
    // A bare number gets the same answer as any other text that is no depth.
    field.value.to_string().parse().map_err(|problem| field.refuse(problem))
}

/// What a section says about loss.
#[derive(Clone)]
enum LossChange {
    Independent(Ratio),
    Bursts(Bursts),
}

/// What it says about loss in bursts.
#[derive(Clone)]
struct Bursts {
    place: Place,
    title: String,
    p: Option<Ratio>,
    r: Option<Ratio>,
    loss_bad: Option<Ratio>,
    loss_good: Option<Ratio>,
}

impl LossChange {
    fn read(field: &Field<'_>, of: &str, pages: Pages) -> Result<Self, Error> {
        if field.value.table().is_none() {
            return field.quantity(limits::LOSSES).map(Self::Independent);
        }
        let title = format!("loss of {of}");
        field.section(&title, pages.loss, |section| {
            let share = |key| section.read(key, |f| f.quantity(limits::LOSSES));
            Ok(Self::Bursts(Bursts {
                place: field.value.place.clone(),
                title: title.clone(),
                p: share("p")?,
                r: share("r")?,
                loss_bad: share("loss_bad")?,
                loss_good: share("loss_good")?,
            }))
        })
    }
}

impl Bursts {
    fn and(self, other: Self) -> Self {
        Self {
            p: other.p.or(self.p),
            r: other.r.or(self.r),
            loss_bad: other.loss_bad.or(self.loss_bad),
            loss_good: other.loss_good.or(self.loss_good),
            ..other
        }
    }

    fn laid_over(self, loss: Loss) -> Result<GilbertElliott, Error> {
        let before = match loss {
            Loss::GilbertElliott(model) => Some(model),
            Loss::Independent(_) => None,
        };
        let need = |key: &str, said: Option<Ratio>, before: Option<Ratio>| {
            said.or(before).ok_or_else(|| {
                Error::at(&self.place, format!("missing key {key:?} in {}", self.title))
                    .hint("the probabilities are p from good to bad, and r back again")
            })
        };
        Ok(GilbertElliott {
            p: need("p", self.p, before.map(|model| model.p))?,
            r: need("r", self.r, before.map(|model| model.r))?,
            // tc-netem(8) has the same defaults: Gilbert's own model, in which a bad link loses all
            // and a good one nothing.
            loss_bad: self.loss_bad.or(before.map(|m| m.loss_bad)).unwrap_or(Ratio::ONE),
            loss_good: self.loss_good.or(before.map(|m| m.loss_good)).unwrap_or(Ratio::ZERO),
        })
    }
}
