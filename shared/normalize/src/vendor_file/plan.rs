//! The translation that a vendor file describes, checked and ready to run.
//!
//! The types of the fields are those of the records: a plan is made for a field of a known type.

use std::collections::{BTreeMap, BTreeSet};

use crm_event::record::Record;
use crm_event::{Actor, Entity, Text};

use super::compiler::Compiler;
use super::events::{EventPlan, events};
use super::file::{File, Paths};
use super::path::{Here, Path};
use super::problem::Problem;

pub(super) struct Plan {
    pub account: Vec<Path>,
    pub event: Vec<Path>,
    pub time: Vec<Leaf>,
    pub records: RecordsPlan,
    pub id: Vec<Path>,
    pub events: BTreeMap<String, EventPlan>,
    pub entities: BTreeMap<Entity, EntityPlan>,
    pub changes: Option<ChangesPlan>,
    pub actor: Option<FieldPlan>,
    /// True if a path leads to a header, or to a parameter other than `event`.
    pub reads_request: bool,
}

/// The place of the records.
pub(super) enum RecordsPlan {
    /// The body is the record.
    Body,
    One(Vec<Path>),
    Many(Path),
}

/// The fields of one entity, by their index in the record.
#[derive(Default)]
pub(super) struct EntityPlan {
    pub fields: Vec<(usize, FieldPlan)>,
    /// The canonical names of the vendor's fields, with the field's index if its value is a single one.
    pub canonical: BTreeMap<String, (&'static str, Option<usize>)>,
}

/// The source of one field.
pub(super) enum FieldPlan {
    /// The first leaf that has a value.
    Scalar(Vec<Leaf>),
    /// The first path that has a value.
    Json(Vec<Path>),
    /// All texts of all lists.
    Texts(Vec<TextsPlan>),
    /// The first object that has a value.
    Object(Vec<ObjectPlan>),
    /// All objects.
    Objects(Vec<ObjectPlan>),
}

/// A single value.
pub(super) struct Leaf {
    pub source: LeafSource,
    /// The vendor's words of a closed list, and what they become.
    pub words: Option<BTreeMap<String, String>>,
    pub form: Form,
}

pub(super) enum LeafSource {
    Path(Path),
    Constant(String),
    /// A name in two parts.
    FullName {
        first: Vec<Path>,
        last: Vec<Path>,
    },
}

impl Leaf {
    pub fn of_path(path: Path) -> Self {
        Self { source: LeafSource::Path(path), words: None, form: Form::Plain }
    }
}

/// The form of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    Id,
    /// The vendor's word, in lower case.
    Word,
}

pub(super) struct TextsPlan {
    pub list: Path,
    pub value: Vec<Leaf>,
}

pub(super) struct ObjectPlan {
    pub of: Of,
    pub fields: Vec<(usize, FieldPlan)>,
}

pub(super) enum Of {
    One,
    /// One for each entry of a list.
    Each(Path),
    /// One for each member of an object. A `*` at the end of the path stands for the rest of the names.
    Members(Path),
}

pub(super) struct ChangesPlan {
    pub list: Of,
    pub field: Vec<Path>,
    pub from: Option<Path>,
    pub to: Option<Path>,
}

impl Plan {
    /// The plan of a file. Its faults are added to the problems.
    pub fn new(file: &File, problems: &mut Vec<Problem>) -> Self {
        let mut at_top = Compiler { file, problems, here: Here::Top };
        let paths = |compiler: &mut Compiler<'_>, paths: &Option<Paths>, at| {
            paths.as_ref().map(|paths| compiler.paths(&paths.0, at)).unwrap_or_default()
        };
        let records = match (&file.record, &file.records) {
            (Some(_), Some(_)) => {
                at_top.problems.push(Problem::wrong("records", "there is a record too; only one of the two can be"));
                RecordsPlan::Body
            }
            (Some(record), None) => RecordsPlan::One(at_top.paths(&record.0, "record")),
            (None, Some(records)) => match at_top.path(records, "records") {
                Some(path) => RecordsPlan::Many(path),
                None => RecordsPlan::Body,
            },
            (None, None) => RecordsPlan::Body,
        };
        let account = paths(&mut at_top, &file.account, "account");
        let time = paths(&mut at_top, &file.time, "time").into_iter().map(Leaf::of_path).collect();
        let event = at_top.paths(&file.event.0, "event");
        let changes = file.changes.as_ref().and_then(|changes| at_top.changes(changes));
        let mut actor = None::<Actor<'_>>;
        let actor = file.actor.as_ref().map(|source| {
            let plans = at_top.objects(source, &mut actor, false, "actor");
            FieldPlan::Object(plans)
        });
        let id = Compiler { file, problems, here: Here::Record }.paths(&file.id.0, "id");
        let before = problems.len();
        let (events, entities) = events(file, problems);
        let are_all_known = problems.len() == before;
        let entities = fields(file, &entities, are_all_known, problems);
        Self { account, event, time, records, id, events, entities, changes, actor, reads_request: false }
    }
}

/// The fields of the entities that events are about.
fn fields(
    file: &File,
    used: &BTreeSet<Entity>,
    are_all_known: bool,
    problems: &mut Vec<Problem>,
) -> BTreeMap<Entity, EntityPlan> {
    const COMMON: &str = "common";
    for name in file.fields.keys().filter(|name| *name != COMMON) {
        let at = format!("fields.{name}");
        match name.parse::<Entity>() {
            // An event with a fault may be about it.
            Ok(entity) if used.contains(&entity) || !are_all_known => {}
            Ok(_) => problems.push(Problem::wrong(&at, "no event is about such a record")),
            Err(_) => {
                let known = Entity::ALL.iter().map(|entity| entity.as_str()).chain([COMMON]);
                problems.push(Problem::unknown("fields", "entity", name, known));
            }
        }
    }
    let mut plans = BTreeMap::new();
    for entity in used {
        let Some(mut record) = Record::empty(*entity, Text::default()) else { continue };
        let mut fields = record.fields_mut();
        let own = file.fields.get(entity.as_str());
        let common = file.fields.get(COMMON).into_iter().flatten();
        let common = common.filter(|(name, _)| own.is_none_or(|own| !own.contains_key(*name)));
        let all = common.map(|field| (COMMON, field));
        let all = all.chain(own.into_iter().flatten().map(|field| (entity.as_str(), field)));
        let mut plan = EntityPlan::default();
        for (table, (name, source)) in all {
            let at = format!("fields.{table}.{name}");
            let mut compiler = Compiler { file, problems, here: Here::Record };
            let what =
                if table == COMMON { format!("fields.{table}: for a {entity}") } else { format!("fields.{table}") };
            if let Some(field) = compiler.field(&mut fields, name, source, &what, &at) {
                plan.fields.push(field);
            }
        }
        plan.fields.sort_by_key(|(index, _)| *index);
        let names: Vec<&'static str> = fields.iter().map(|(name, _)| *name).collect();
        plan.canonical = canonical(&plan.fields, &names);
        plans.insert(*entity, plan);
    }
    // A common field is checked for every entity, with the same fault each time.
    let mut seen = Vec::new();
    problems.retain(|problem| {
        let is_new = !seen.contains(problem);
        if is_new {
            seen.push(problem.clone());
        }
        is_new
    });
    plans
}

/// The vendor's names of the fields, by their paths in the record.
fn canonical(fields: &[(usize, FieldPlan)], names: &[&'static str]) -> BTreeMap<String, (&'static str, Option<usize>)> {
    let mut canonical = BTreeMap::new();
    for (index, plan) in fields {
        let Some(name) = names.get(*index) else { continue };
        let single = matches!(plan, FieldPlan::Scalar(_)).then_some(*index);
        let mut paths = Vec::new();
        plan.paths(&mut paths);
        for path in paths.into_iter().filter_map(Path::in_record) {
            canonical.entry(path).or_insert((*name, single));
        }
    }
    canonical
}

impl FieldPlan {
    /// All paths of the plan that begin outside of a list.
    fn paths<'p>(&'p self, paths: &mut Vec<&'p Path>) {
        match self {
            Self::Scalar(leaves) => paths.extend(leaves.iter().filter_map(|leaf| match &leaf.source {
                LeafSource::Path(path) => Some(path),
                LeafSource::Constant(_) | LeafSource::FullName { .. } => None,
            })),
            Self::Json(all) => paths.extend(all),
            Self::Texts(lists) => paths.extend(lists.iter().map(|list| &list.list)),
            Self::Object(plans) | Self::Objects(plans) => {
                for plan in plans {
                    match &plan.of {
                        Of::One => plan.fields.iter().for_each(|(_, plan)| plan.paths(paths)),
                        Of::Each(list) | Of::Members(list) => paths.push(list),
                    }
                }
            }
        }
    }
}
