//! The events of a vendor file, and what each becomes.

use std::collections::{BTreeMap, BTreeSet};

use crm_event::{Action, Entity, Text};

use super::file::{EventBy, File, Partial, TextOr};
use super::path::{Here, Path};
use super::problem::Problem;
use crate::crm::{CatalogEntry, Target};
use crate::fields::word;

pub(super) struct EventPlan {
    pub target: TargetPlan,
    /// True if its records may lack fields.
    pub partial: bool,
}

pub(super) enum TargetPlan {
    One(Target),
    By {
        by: Vec<Path>,
        /// By the value in this project's spelling.
        types: BTreeMap<String, Target>,
        otherwise: Option<Target>,
    },
}

/// The events, and the entities that they are about.
pub(super) fn events(file: &File, problems: &mut Vec<Problem>) -> (BTreeMap<String, EventPlan>, BTreeSet<Entity>) {
    let mut entities = BTreeSet::new();
    let mut plans = BTreeMap::new();
    for (name, rule) in &file.events {
        let at = format!("events.{name:?}");
        let mut target = |text: &str, at: &str| match target(text, at) {
            Ok(target) => {
                if let Target::Event(entity, _) = target {
                    entities.insert(entity);
                }
                Some(target)
            }
            Err(problem) => {
                problems.push(problem);
                None
            }
        };
        let plan = match rule {
            TextOr::Text(text) => target(text, &at).map(TargetPlan::One),
            TextOr::Table(EventBy { by, types, otherwise }) => {
                let mut known = BTreeMap::new();
                let mut doubled = Vec::new();
                for (value, text) in types {
                    let at = format!("{at}.types.{value:?}");
                    let Some(target) = target(text, &at) else { continue };
                    if known.insert(word(Text::Borrowed(value)).into_owned(), target).is_some() {
                        doubled.push(Problem::wrong(&at, "stands twice; case, blanks, - and _ do not count"));
                    }
                }
                let are_all_known = known.len() == types.len();
                let otherwise = otherwise.as_ref().map(|text| target(text, &format!("{at}.else")));
                problems.append(&mut doubled);
                let by = by.0.iter().map(|path| Path::parse_for(file, path, Here::Record, &format!("{at}.by")));
                match by.collect::<Result<Vec<_>, _>>() {
                    Ok(by) => {
                        are_all_known.then(|| TargetPlan::By { by, types: known, otherwise: otherwise.flatten() })
                    }
                    Err(problem) => {
                        problems.push(problem);
                        None
                    }
                }
            }
        };
        let partial = match &file.partial {
            Partial::Always(partial) => *partial,
            Partial::Events(names) => names.contains(name),
        };
        if let Some(target) = plan {
            plans.insert(name.clone(), EventPlan { target, partial });
        }
    }
    if let Partial::Events(names) = &file.partial {
        for name in names.iter().filter(|name| !file.events.contains_key(*name)) {
            problems.push(Problem::unknown("partial", "event", name, file.events.keys().map(String::as_str)));
        }
    }
    if file.events.is_empty() {
        problems.push(Problem::wrong("events", "there is no event"));
    }
    (plans, entities)
}

/// Reads `contact.updated` or `ignored`.
fn target(text: &str, at: &str) -> Result<Target, Problem> {
    const IGNORED: &str = "ignored";
    if text == IGNORED {
        return Ok(Target::Ignored);
    }
    let Some((entity, action)) = text.split_once('.') else {
        return Err(Problem::wrong(at, format!("expected a type such as \"contact.updated\", or {IGNORED:?}")));
    };
    let entities = || Entity::ALL.iter().filter(|entity| **entity != Entity::Unknown);
    let Some(entity) = entities().find(|known| known.as_str() == entity) else {
        return Err(Problem::unknown(at, "entity", entity, entities().map(|entity| entity.as_str())));
    };
    let actions = Action::ALL.iter().map(|action| action.as_str());
    let action = action.parse::<Action>().map_err(|_| Problem::unknown(at, "action", action, actions))?;
    Ok(Target::Event(*entity, action))
}

/// The rows of the catalogue. They live as long as the process.
pub(super) fn catalog(events: &BTreeMap<String, EventPlan>) -> &'static [CatalogEntry] {
    let mut rows = Vec::new();
    for (name, plan) in events {
        let vendor_event: &'static str = name.clone().leak();
        let targets: Vec<Target> = match &plan.target {
            TargetPlan::One(target) => vec![*target],
            TargetPlan::By { types, otherwise, .. } => types.values().copied().chain(*otherwise).collect(),
        };
        for target in targets {
            let row = CatalogEntry { vendor_event, target };
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
    }
    rows.leak()
}
