//! The translation that a vendor file describes, checked and ready to run.
//!
//! The types of the fields are those of the records: a plan is made for a field of a known type.

use std::collections::{BTreeMap, BTreeSet};

use crm_event::field::{FieldMut, Fields, NamedField, Objects};
use crm_event::record::Record;
use crm_event::{Actor, CustomField, Entity, FormField, Text};
use jiff::tz::TimeZone;

use super::events::{EventPlan, events};
use super::file::{Changes, File, Paths, Source};
use super::path::{Here, Path};
use super::problem::Problem;
use crate::fields::word;
use crate::json::Scalar;

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

/// The members of a table that says more than a path.
const LEAF_WORDS: [&str; 5] = ["path", "words", "constant", "first_name", "last_name"];

impl Plan {
    /// The plan of a file. Its faults are added to the problems.
    pub fn new(file: &File, problems: &mut Vec<Problem>) -> Self {
        let mut at_top = Compiler { problems, here: Here::Top };
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
        let id = Compiler { problems, here: Here::Record }.paths(&file.id.0, "id");
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
            let mut compiler = Compiler { problems, here: Here::Record };
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

/// Makes the plans of fields, and notes what is wrong with them.
struct Compiler<'p> {
    problems: &'p mut Vec<Problem>,
    here: Here,
}

impl Compiler<'_> {
    fn path(&mut self, text: &str, at: &str) -> Option<Path> {
        self.path_at(text, self.here, at)
    }

    fn path_at(&mut self, text: &str, here: Here, at: &str) -> Option<Path> {
        Path::parse(text, here, at).map_err(|problem| self.problems.push(problem)).ok()
    }

    fn paths(&mut self, texts: &[String], at: &str) -> Vec<Path> {
        texts.iter().filter_map(|text| self.path(text, at)).collect()
    }

    fn wrong<T>(&mut self, at: &str, message: impl Into<String>) -> Option<T> {
        self.problems.push(Problem::wrong(at, message));
        None
    }

    /// The plan of the field of this name, with its index. `what` names the fields' owner.
    fn field(
        &mut self,
        fields: &mut [NamedField<'_, '_>],
        name: &str,
        source: &Source,
        what: &str,
        at: &str,
    ) -> Option<(usize, FieldPlan)> {
        let Some((index, (_, field))) = fields.iter_mut().enumerate().find(|(_, (known, _))| *known == name) else {
            let known: Vec<&str> = fields.iter().map(|(known, _)| *known).collect();
            self.problems.push(Problem::unknown_field(what, name, &known));
            return None;
        };
        let plan = match field {
            FieldMut::Json(_) => FieldPlan::Json(self.only_paths(source, at)?),
            FieldMut::Texts(_) => FieldPlan::Texts(self.texts(source, at)),
            FieldMut::Object(objects) => FieldPlan::Object(self.objects(source, *objects, false, at)),
            FieldMut::Objects(objects) => FieldPlan::Objects(self.objects(source, *objects, true, at)),
            scalar => FieldPlan::Scalar(self.leaves(source, scalar, form(name, what), at)),
        };
        Some((index, plan))
    }

    fn only_paths(&mut self, source: &Source, at: &str) -> Option<Vec<Path>> {
        match source {
            Source::Path(path) => self.path(path, at).map(|path| vec![path]),
            Source::List(list) => list
                .iter()
                .map(|source| self.only_paths(source, at))
                .collect::<Option<Vec<_>>>()
                .map(|all| all.concat()),
            Source::Table(_) => self.wrong(at, "expected a path"),
        }
    }

    fn leaves(&mut self, source: &Source, field: &FieldMut<'_, '_>, form: Form, at: &str) -> Vec<Leaf> {
        match source {
            Source::Path(path) => self.leaf_of_path(path, None, form, at).into_iter().collect(),
            Source::List(list) => list.iter().flat_map(|source| self.leaves(source, field, form, at)).collect(),
            Source::Table(members) => self.leaves_of_table(members, field, form, at),
        }
    }

    fn leaf_of_path(
        &mut self,
        path: &str,
        words: Option<BTreeMap<String, String>>,
        form: Form,
        at: &str,
    ) -> Option<Leaf> {
        Some(Leaf { source: LeafSource::Path(self.path(path, at)?), words, form })
    }

    fn leaves_of_table(
        &mut self,
        members: &[(String, Source)],
        field: &FieldMut<'_, '_>,
        form: Form,
        at: &str,
    ) -> Vec<Leaf> {
        if let Some((name, _)) = members.iter().find(|(name, _)| !LEAF_WORDS.contains(&name.as_str())) {
            self.problems.push(Problem::unknown(at, "member", name, LEAF_WORDS));
            return Vec::new();
        }
        let get = |name: &str| members.iter().find(|(known, _)| known == name).map(|(_, source)| source);
        match LEAF_WORDS.map(get) {
            [Some(path), words, None, None, None] => {
                let words = match words.map(|words| self.words(words, at)) {
                    Some(None) => return Vec::new(),
                    words => words.flatten(),
                };
                let Some(paths) = path_texts(path) else {
                    return self.wrong(at, "path: expected a path or a list of paths").unwrap_or_default();
                };
                paths.iter().filter_map(|path| self.leaf_of_path(path, words.clone(), form, at)).collect()
            }
            [None, None, Some(constant), None, None] => match constant {
                Source::Path(text) if is_readable(field, text) => {
                    vec![Leaf { source: LeafSource::Constant(text.clone()), words: None, form: Form::Plain }]
                }
                _ => self.wrong(at, format!("constant: expected {} in quotes", type_word(field))).unwrap_or_default(),
            },
            [None, None, None, first, last]
                if (first.is_some() || last.is_some()) && matches!(field, FieldMut::Text(_)) =>
            {
                let mut part =
                    |part: Option<&Source>| part.map_or(Some(Vec::new()), |source| self.only_paths(source, at));
                let (Some(first), Some(last)) = (part(first), part(last)) else { return Vec::new() };
                vec![Leaf { source: LeafSource::FullName { first, last }, words: None, form }]
            }
            _ => {
                let message = format!(
                    "expected {}: a path, {{ path, words }}, {{ constant }}, or for a person's name {{ first_name, \
                     last_name }}",
                    type_word(field)
                );
                self.wrong(at, message).unwrap_or_default()
            }
        }
    }

    fn words(&mut self, source: &Source, at: &str) -> Option<BTreeMap<String, String>> {
        let expected = "words: expected a table of the vendor's words and what they become";
        let Source::Table(members) = source else { return self.wrong(at, expected) };
        let mut words = BTreeMap::new();
        for (from, to) in members {
            let Source::Path(to) = to else { return self.wrong(at, expected) };
            let from = word(Text::Borrowed(from)).into_owned();
            if words.insert(from.clone(), to.clone()).is_some() {
                return self.wrong(at, format!("words: {from:?} stands twice; words match in any case"));
            }
        }
        Some(words)
    }

    /// Lists of texts: a path of texts, or `{ each, value }` for a list of objects.
    fn texts(&mut self, source: &Source, at: &str) -> Vec<TextsPlan> {
        let mut plan = |list: &str, value: &Source| {
            let list = self.path(list, at)?;
            let mut compiler = Compiler { problems: self.problems, here: Here::Entry };
            let mut text = None::<Text<'_>>;
            let value = compiler.leaves(value, &FieldMut::Text(&mut text), Form::Plain, at);
            Some(TextsPlan { list, value })
        };
        match source {
            Source::Path(list) => plan(list, &Source::Path("$entry".to_owned())).into_iter().collect(),
            Source::List(all) => all.iter().flat_map(|source| self.texts(source, at)).collect(),
            Source::Table(members) => match members.as_slice() {
                [(each, Source::Path(list)), (value, source)] | [(value, source), (each, Source::Path(list))]
                    if each == "each" && value == "value" =>
                {
                    plan(list, source).into_iter().collect()
                }
                _ => self.wrong(at, "expected a path of texts, or { each, value }").unwrap_or_default(),
            },
        }
    }

    fn objects(&mut self, source: &Source, objects: &mut dyn Objects<'_>, is_list: bool, at: &str) -> Vec<ObjectPlan> {
        match source {
            Source::Path(path) if is_list && is_named_value(objects) => {
                let Some(path) = self.path(path, at) else { return Vec::new() };
                let members = [("name", "$name"), ("value", "$entry")];
                let members = members.map(|(name, path)| (name.to_owned(), Source::Path(path.to_owned())));
                let mut compiler = Compiler { problems: self.problems, here: Here::Member };
                let fields = compiler.object_fields(&members, objects, at);
                vec![ObjectPlan { of: Of::Members(path), fields }]
            }
            Source::Path(_) => {
                let names = names_of(objects);
                let example = names.first().copied().unwrap_or_default();
                let each = if is_list {
                    format!(", or {{ each = PATH, {example} = PATH }} for a list ($entry is the entry itself)")
                } else {
                    String::new()
                };
                let names = names.join(", ");
                let message = format!("expected a table such as {{ {example} = PATH }}{each}, of {names}");
                self.wrong(at, message).unwrap_or_default()
            }
            Source::List(all) => all.iter().flat_map(|source| self.objects(source, objects, is_list, at)).collect(),
            Source::Table(members) => self.object(members, objects, is_list, at).into_iter().collect(),
        }
    }

    fn object(
        &mut self,
        members: &[(String, Source)],
        objects: &mut dyn Objects<'_>,
        is_list: bool,
        at: &str,
    ) -> Option<ObjectPlan> {
        let (lists, members): (Vec<_>, Vec<_>) =
            members.iter().cloned().partition(|(name, _)| is_list && (name == "each" || name == "members"));
        let (of, here) = match lists.as_slice() {
            [] => (Of::One, self.here),
            [(name, Source::Path(path))] if name == "each" => (Of::Each(self.path(path, at)?), Here::Entry),
            [(_, Source::Path(path))] => (Of::Members(self.path(path, at)?), Here::Member),
            _ => return self.wrong(at, "expected one path in each or in members"),
        };
        let mut compiler = Compiler { problems: self.problems, here };
        let fields = compiler.object_fields(&members, objects, at);
        if fields.is_empty() { self.wrong(at, "it has no fields") } else { Some(ObjectPlan { of, fields }) }
    }

    fn object_fields(
        &mut self,
        members: &[(String, Source)],
        objects: &mut dyn Objects<'_>,
        at: &str,
    ) -> Vec<(usize, FieldPlan)> {
        let what = format!("{at} ({})", objects.type_name());
        let mut fields = objects.push();
        let plans = members
            .iter()
            .filter_map(|(name, source)| self.field(&mut fields, name, source, &what, &format!("{at}.{name}")));
        let mut plans: Vec<_> = plans.collect();
        drop(fields);
        objects.pop();
        plans.sort_by_key(|(index, _)| *index);
        plans
    }

    fn changes(&mut self, changes: &Changes) -> Option<ChangesPlan> {
        let (list, here) = match (&changes.each, &changes.members) {
            (Some(path), None) => (Of::Each(self.path(path, "changes.each")?), Here::Entry),
            (None, Some(path)) => (Of::Members(self.path(path, "changes.members")?), Here::Member),
            _ => return self.wrong("changes", "expected one path in each or in members"),
        };
        let itself = if here == Here::Entry { "$entry" } else { "$name" };
        let itself = Paths(vec![itself.to_owned()]);
        let fields = &changes.field.as_ref().unwrap_or(&itself).0;
        let field: Vec<Path> = fields.iter().filter_map(|path| self.path_at(path, here, "changes.field")).collect();
        let mut value = |path: &Option<String>, at| match path {
            Some(path) => self.path_at(path, here, at).map(Some),
            None => Some(None),
        };
        let (from, to) = (value(&changes.from, "changes.from")?, value(&changes.to, "changes.to")?);
        Some(ChangesPlan { list, field, from, to })
    }
}

/// The form of a text field by its name: ids, and the types of e-mails and the like.
fn form(name: &str, owner: &str) -> Form {
    match name {
        "id" => Form::Id,
        // Of the values with a type, only custom fields keep the vendor's spelling.
        "type" if owner.ends_with(')') && !owner.ends_with("(CustomField)") => Form::Word,
        _ => Form::Plain,
    }
}

fn path_texts(source: &Source) -> Option<Vec<&str>> {
    match source {
        Source::Path(path) => Some(vec![path]),
        Source::List(list) => list
            .iter()
            .map(|source| match source {
                Source::Path(path) => Some(path.as_str()),
                Source::List(_) | Source::Table(_) => None,
            })
            .collect(),
        Source::Table(_) => None,
    }
}

fn names_of(objects: &mut dyn Objects<'_>) -> Vec<&'static str> {
    let names = objects.push().iter().map(|(name, _)| *name).collect();
    objects.pop();
    names
}

/// True for the types that are a name and a value of any type: an object's members are a list of them.
fn is_named_value(objects: &dyn Objects<'_>) -> bool {
    [CustomField::NAME, FormField::NAME].contains(&objects.type_name())
}

fn is_readable(field: &FieldMut<'_, '_>, text: &str) -> bool {
    let text = || Scalar::Text(Text::Borrowed(text));
    match field {
        FieldMut::Decimal(_) => matches!(text().decimal(), Ok(Some(_))),
        FieldMut::Bool(_) => matches!(text().bool(), Ok(Some(_))),
        FieldMut::Time(_) => matches!(text().time(&TimeZone::UTC), Ok(Some(_))),
        FieldMut::Date(_) => matches!(text().date(), Ok(Some(_))),
        FieldMut::Entity(_) => matches!(text().text(), Ok(Some(text)) if text.parse::<Entity>().is_ok()),
        _ => matches!(text().text(), Ok(Some(_))),
    }
}

fn type_word(field: &FieldMut<'_, '_>) -> &'static str {
    match field {
        FieldMut::Decimal(_) => "a number",
        FieldMut::Bool(_) => "true or false",
        FieldMut::Time(_) => "a time",
        FieldMut::Date(_) => "a date",
        FieldMut::Entity(_) => "an entity",
        _ => "a text",
    }
}
