//! Makes the plans of fields from a vendor file.

use std::collections::BTreeMap;

use crm_event::field::{FieldMut, Fields, NamedField, Objects};
use crm_event::{CustomField, Entity, FormField, Text};
use jiff::tz::TimeZone;

use super::file::{Changes, File, Paths, Source};
use super::path::{Here, Path};
use super::plan::{ChangesPlan, FieldPlan, Form, Leaf, LeafSource, ObjectPlan, Of, TextsPlan};
use super::problem::Problem;
use crate::fields::word;
use crate::json::Scalar;

/// The members of a table that says more than a path.
const LEAF_WORDS: [&str; 5] = ["path", "words", "constant", "first_name", "last_name"];

/// Makes the plans of fields, and notes what is wrong with them.
pub(super) struct Compiler<'p> {
    pub file: &'p File,
    pub problems: &'p mut Vec<Problem>,
    pub here: Here,
}

impl Compiler<'_> {
    pub fn path(&mut self, text: &str, at: &str) -> Option<Path> {
        self.path_at(text, self.here, at)
    }

    fn path_at(&mut self, text: &str, here: Here, at: &str) -> Option<Path> {
        Path::parse_for(self.file, text, here, at).map_err(|problem| self.problems.push(problem)).ok()
    }

    pub fn paths(&mut self, texts: &[String], at: &str) -> Vec<Path> {
        texts.iter().filter_map(|text| self.path(text, at)).collect()
    }

    fn wrong<T>(&mut self, at: &str, message: impl Into<String>) -> Option<T> {
        self.problems.push(Problem::wrong(at, message));
        None
    }

    /// The plan of the field of this name, with its index. `what` names the fields' owner.
    pub fn field(
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
                return self.wrong(at, format!("words: {from:?} stands twice; case, blanks, - and _ do not count"));
            }
        }
        Some(words)
    }

    /// Lists of texts: a path of texts, or `{ each, value }` for a list of objects.
    fn texts(&mut self, source: &Source, at: &str) -> Vec<TextsPlan> {
        let mut plan = |list: &str, value: &Source| {
            let list = self.path(list, at)?;
            let mut compiler = Compiler { file: self.file, problems: self.problems, here: Here::Entry };
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

    pub fn objects(
        &mut self,
        source: &Source,
        objects: &mut dyn Objects<'_>,
        is_list: bool,
        at: &str,
    ) -> Vec<ObjectPlan> {
        match source {
            Source::Path(path) if is_list && is_named_value(objects) => {
                let Some(path) = self.path(path, at) else { return Vec::new() };
                let members = [("name", "$name"), ("value", "$entry")];
                let members = members.map(|(name, path)| (name.to_owned(), Source::Path(path.to_owned())));
                let mut compiler = Compiler { file: self.file, problems: self.problems, here: Here::Member };
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
        let mut compiler = Compiler { file: self.file, problems: self.problems, here };
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

    pub fn changes(&mut self, changes: &Changes) -> Option<ChangesPlan> {
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
