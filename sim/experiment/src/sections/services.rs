//! `[services]`: the processes that make a live stream.

use crate::document::Entry;
use crate::document::section::{self, Field, Section, unknown_entry};
use crate::library::Library;
use crate::sections::members::Network;
use crate::sweep::Variants;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use weir_plan::{Error, Live, Service, ServiceKind, check_count, check_together, limits};

/// The kind that a service has that is left out.
const LEFT_OUT: &str = "none";

/// The services of an experiment.
#[derive(Default)]
pub(crate) struct Services {
    /// In the order of the file.
    pub list: Vec<Service>,
    /// What each of them is.
    kinds: Vec<Rc<ServiceKind>>,
    /// The names of those that are left out.
    left_out: Vec<String>,
}

impl Services {
    /// The service of this name, and what it is.
    pub fn called(&self, name: &str) -> Option<(&Service, &ServiceKind)> {
        let at = self.list.iter().position(|service| service.name == name)?;
        Some((self.list.get(at)?, self.kinds.get(at)?))
    }

    /// The service that a field names, and what it is.
    pub fn named(&self, field: &Field<'_>) -> Result<(&Service, &ServiceKind), Error> {
        let name = field.text()?;
        self.called(name).ok_or_else(|| self.unknown(field, name, |_| true))
    }

    /// The service that a field names, if players can watch there.
    pub fn watchable(&self, field: &Field<'_>) -> Result<&Service, Error> {
        let name = field.text()?;
        match self.called(name) {
            Some((service, kind)) if kind.watchable => Ok(service),
            Some((service, _)) => {
                Err(field.refuse(format_args!("is {}, where nobody can watch", service.run)).hint(
                    format!("expected one of: {}", self.names(|kind| kind.watchable).join(", ")),
                ))
            }
            None => Err(self.unknown(field, name, |kind| kind.watchable)),
        }
    }

    /// The last one where players can watch.
    pub fn last_watchable(&self) -> Option<&Service> {
        let all = self.list.iter().zip(&self.kinds);
        all.rev().find(|(_, kind)| kind.watchable).map(|(service, _)| service)
    }

    fn names(&self, fits: impl Fn(&ServiceKind) -> bool) -> Vec<&str> {
        let all = self.list.iter().zip(&self.kinds).filter(|(_, kind)| fits(kind));
        all.map(|(service, _)| service.name.as_str()).collect()
    }

    fn unknown(&self, field: &Field<'_>, name: &str, fits: impl Fn(&ServiceKind) -> bool) -> Error {
        if self.left_out.iter().any(|other| other == name) {
            return field
                .refuse("is left out")
                .hint(format!("[services.{name}] has run = {LEFT_OUT:?}"));
        }
        field.unknown("service", self.names(fits))
    }

    /// Reads `[services]`.
    pub fn read(
        experiment: &Section<'_>,
        network: &Network,
        live: Option<&Live>,
        variants: &Variants<'_>,
        library: &Library<'_>,
    ) -> Result<Self, Error> {
        let mut services = Self::default();
        let Some(field) = experiment.get("services") else {
            return match live {
                None => Ok(services),
                Some(_) => Err(experiment
                    .missing("services")
                    .hint("a live stream is made by services: [services.NAME]")),
            };
        };
        let entries = field.named("service", limits::MAX_SERVICES)?;
        if live.is_none() {
            return Err(Error::at(&field.value.place, "there are services, but no [live]")
                .hint("services make a live stream"));
        }
        if let Some(made) = entries.iter().find(|entry| entry.made_by.is_some()) {
            let known = entries.iter().filter(|entry| entry.made_by.is_none());
            let known = known.map(|entry| entry.key.as_str());
            return Err(unknown_entry(made, "service", "[services]", known));
        }
        // All of them first: what a service takes from may stand after it.
        for entry in entries {
            services.add(entry, network, library)?;
        }
        for entry in entries {
            services.join(entry, network, variants, library)?;
        }
        let place = |at: usize| {
            let name = services.list.get(at).map(|service| service.name.as_str());
            let entry = entries.iter().find(|entry| Some(entry.key.as_str()) == name);
            entry.map_or(&field.value.place, |entry| &entry.place)
        };
        check_together(&services.list, |name| services.called(name).map(|(_, kind)| kind))
            .map_err(|(at, problem)| {
                let name = services.list.get(at).map_or("", |service| &service.name);
                Error::at(place(at), format!("[services.{name}]: {problem}"))
            })?;
        Ok(services)
    }

    /// What a service is, and where it runs.
    fn add(
        &mut self,
        entry: &Entry,
        network: &Network,
        library: &Library<'_>,
    ) -> Result<(), Error> {
        let name = &entry.key;
        of_service(entry, |section| {
            section.skip(&["upstream", "set"]);
            let run = section.need("run", "expected the name of a kind of service, or \"none\"")?;
            if run.text()? == LEFT_OUT {
                section.skip(&["node"]);
                self.left_out.push(name.clone());
                return Ok(());
            }
            let kind = library.kind(&run)?;
            library.use_kind(run.text()?, &kind);
            let node = match section.get("node") {
                Some(field) => network.node_named(&field)?,
                None => network.node(name).ok_or_else(|| {
                    let names = network.node_names().join(", ");
                    let hint = format!("known nodes: {names}; none is called {name:?}");
                    section.missing("node").hint(hint)
                })?,
            };
            self.list.push(Service {
                name: name.clone(),
                node: node.to_owned(),
                run: run.text()?.to_owned(),
                upstream: Vec::new(),
                settings: BTreeMap::new(),
            });
            self.kinds.push(kind);
            Ok(())
        })
    }

    /// What a service takes from, and what is set.
    fn join(
        &mut self,
        entry: &Entry,
        network: &Network,
        variants: &Variants<'_>,
        library: &Library<'_>,
    ) -> Result<(), Error> {
        let Some(at) = self.list.iter().position(|service| service.name == entry.key) else {
            return Ok(());
        };
        let (upstream, settings) = of_service(entry, |section| {
            section.skip(&["run", "node"]);
            let (service, kind) = (&self.list[at], &self.kinds[at]);
            let upstream = self.upstream(section, service, network)?;
            section.check(check_count(service, upstream.len(), kind))?;
            // What it is in other cells has settings too.
            let run = format!("services.{}.run", service.name);
            let mut elsewhere = BTreeSet::new();
            for name in variants.of_axes(|path| path == run) {
                let kind = library.kind_called(name, section.place())?;
                elsewhere.extend(kind.iter().flat_map(|kind| kind.settings.keys().cloned()));
            }
            let settings = |field| settings(&field, service, kind, &elsewhere);
            let settings = section.read("set", settings)?;
            Ok((upstream, settings.unwrap_or_default()))
        })?;
        let service = &mut self.list[at];
        (service.upstream, service.settings) = (upstream, settings);
        Ok(())
    }

    fn upstream(
        &self,
        section: &Section<'_>,
        service: &Service,
        network: &Network,
    ) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        let Some(field) = section.get("upstream") else { return Ok(names) };
        for item in field.one_or_more("services", limits::MAX_SERVICES)? {
            let (other, kind) = self.named(&item)?;
            if kind.port.is_none() {
                let problem = format!("is {}, which serves nobody", other.run);
                return Err(item.refuse(problem));
            }
            if names.contains(&other.name) {
                return Err(item.refuse("stands there twice"));
            }
            if other.node != service.node && !network.reaches(&other.node, &service.node) {
                let problem =
                    format!("is on {:?}, which no path joins with {:?}", other.node, service.node);
                return Err(item.refuse(problem));
            }
            names.push(other.name.clone());
        }
        Ok(names)
    }
}

fn of_service<T>(
    entry: &Entry,
    read: impl FnOnce(&Section<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let title = format!("[services.{}]", entry.key);
    section::read(&entry.value, &title, "experiments [services.NAME]", read)
}

fn settings(
    field: &Field<'_>,
    service: &Service,
    kind: &ServiceKind,
    elsewhere: &BTreeSet<String>,
) -> Result<BTreeMap<String, String>, Error> {
    let Some(table) = field.value.table() else {
        return Err(field.refuse("is not a table of settings"));
    };
    let title = format!("set of [services.{}]", service.name);
    let mut settings = BTreeMap::new();
    for entry in &table.entries {
        let default = kind.settings.get(&entry.key);
        if default.is_none() && !elsewhere.contains(&entry.key) {
            let known: BTreeSet<&String> = kind.settings.keys().chain(elsewhere).collect();
            let known = known.into_iter().map(String::as_str);
            return Err(unknown_entry(entry, "setting", &title, known));
        }
        let field = Field::of(entry, &title);
        let value = field.text_or_number()?;
        if !ServiceKind::is_setting(value) {
            return Err(field.refuse("is no value of a setting").hint(SETTING_HINT));
        }
        // What is said as it is anyway is not said twice.
        if default.is_some_and(|default| default != value) {
            settings.insert(entry.key.clone(), value.to_owned());
        }
    }
    Ok(settings)
}

const SETTING_HINT: &str = "expected one line of at most 256 bytes, without braces";
