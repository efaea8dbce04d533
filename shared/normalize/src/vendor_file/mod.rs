//! A vendor that is described by a file, for a CRM that is not among the built-in ones.
//!
//! The file says where values are, and no more: it has no conditions and no expressions. The types of the values are
//! those of the records' fields, so they are read as everywhere. A CRM that needs more has a module in Rust.
//!
//! ```text
//! File (as written) -> Plan (checked; what to read into which field) -> Vendor (lives as long as the process)
//! ```

mod changes;
mod compiler;
mod events;
mod file;
mod path;
mod plan;
mod problem;
mod proof;
#[cfg(feature = "schema")]
pub mod schema;
mod scope;
mod translate;

use std::fmt;
use std::time::Duration;

use jiff::SignedDuration;

pub use problem::{Hint, Problem, Problems};

use crate::body::{FORM, Syntax, XML};
use crate::crm::{self, AnswerForm, BodyForm, ChangeId, PATIENT, SecretMembers, Translation, Vendor, Webhook};
use crate::error::Quarantine;
use crate::json::Object;
use file::File;
use path::{Here, Path, Root};
use plan::Plan;
use proof::leaked;

/// The version of the files' format.
const VERSION: u32 = 1;
/// Names that other functions of a deployment have.
const RESERVED: [&str; 2] = ["consumer", "generic"];
/// A function's name has at most 64 characters, and contains the stack's.
const MAX_NAME_BYTES: usize = 24;
/// Within a shorter time, a function cannot try its queue and the overflow store after it.
const MIN_ANSWER_WITHIN: SignedDuration = SignedDuration::from_secs(2);

/// A vendor file without faults.
pub struct VendorFile {
    file: File,
    plan: Plan,
}

impl fmt::Debug for VendorFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VendorFile").field(&self.file.name).finish()
    }
}

impl VendorFile {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// If it is not such a file. Lists all faults, as far as they do not depend on each other.
    pub fn parse(toml: &str) -> Result<Self, Problems> {
        let (file, mut problems) = Self::read(toml)?;
        if crm::ALL.iter().any(|vendor| vendor.name == file.file.name) {
            problems.push(Problem::BuiltIn(file.file.name.clone()));
        }
        if problems.is_empty() { Ok(file) } else { Err(Problems(problems)) }
    }

    /// Reads a file that has the name of a built-in vendor, to compare the two.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_like_built_in(toml: &str) -> Result<Self, Problems> {
        let (file, problems) = Self::read(toml)?;
        if problems.is_empty() { Ok(file) } else { Err(Problems(problems)) }
    }

    fn read(toml: &str) -> Result<(Self, Vec<Problem>), Problems> {
        let file: File = toml::from_str(toml).map_err(|error| Problems(vec![syntax(toml, &error)]))?;
        let mut problems = Vec::new();
        check(&file, &mut problems);
        proof::check(&file, &mut problems);
        let mut plan = Plan::new(&file, &mut problems);
        // A match in a comment only means that a replay sends dead letters unchanged.
        plan.reads_request = toml.contains("$header.") || toml.replace("$query.event\"", "").contains("$query.");
        Ok((Self { file, plan }, problems))
    }

    pub fn name(&self) -> &str {
        &self.file.name
    }

    /// What this vendor's webhooks cannot promise, each in one sentence.
    pub fn weaknesses(&self) -> Vec<String> {
        let mut all = proof::weaknesses(&self.file);
        if let Some(ChangeId::UnsignedHeader(header)) = self.change_id() {
            all.push(format!("the signature does not cover the change's id in {header}"));
        }
        if self.file.change_id.is_none() {
            all.push(if self.file.time.is_some() {
                "there is no change_id: a change is known again by its whole body and time alone".to_owned()
            } else {
                "there is neither change_id nor time: each redelivery is an event of its own".to_owned()
            });
        }
        all
    }

    /// Translates a webhook. Only a vendor's function can prove its origin.
    ///
    /// # Errors
    /// If the webhook is not understood.
    pub fn translate<'a>(&'a self, webhook: &Webhook<'a>) -> Result<Translation<'a>, Quarantine> {
        self.plan.translate(webhook)
    }

    /// The vendor. It lives as long as the process, like the built-in ones.
    pub fn into_vendor(self) -> &'static Vendor {
        let change_id = self.change_id();
        let Self { file, plan } = self;
        let secret_members = match &file.public_members {
            Some(names) => SecretMembers::RootBut(leaked_all(names)),
            None => SecretMembers::Named(leaked_all(file.secret_members.iter().chain(&file.token_member))),
        };
        let syntax = |syntax: &file::Syntax| match syntax {
            file::Syntax::Form => &FORM,
            file::Syntax::Xml => &XML,
        };
        let syntaxes: Vec<&'static Syntax> = file.syntaxes.iter().map(syntax).collect();
        let answer_within = file.answer_within.as_deref().and_then(proof::duration);
        Box::leak(Box::new(Vendor {
            name: leaked(&file.name),
            title: leaked(&file.title),
            body_form: match (&file.records, file.body) {
                (Some(path), _) => BodyForm::ArrayAt(leaked(path)),
                (None, file::BodyForm::Object) => BodyForm::Object,
                (None, file::BodyForm::Array) => BodyForm::Array,
            },
            answer_within: answer_within.and_then(|within| Duration::try_from(within).ok()).unwrap_or(PATIENT),
            syntaxes: syntaxes.leak(),
            answer: match &file.answer {
                Some(file::Answer { content_type, body }) => {
                    AnswerForm::Constant { content_type: leaked(content_type), body: leaked(body) }
                }
                None => AnswerForm::Json,
            },
            schemes: proof::schemes(&file),
            change_ids: change_id.into_iter().collect::<Vec<_>>().leak(),
            canonical_account: None,
            event_bridge_sources: &[],
            writes_local_times: file.local_times,
            has_opaque_field_ids: file.opaque_field_ids,
            reads_request: plan.reads_request,
            secret_members,
            log_members: leaked_all(&file.log_members),
            test_body: file.test_body.clone().unwrap_or_else(|| test_body(&plan.event)).leak(),
            catalog: events::catalog(&plan.events),
            normalize: Box::leak(Box::new(plan)),
        }))
    }

    /// The vendor's id of a change. A header that a signature may leave out does not count as signed.
    fn change_id(&self) -> Option<ChangeId> {
        let paths = self.file.change_id.as_ref()?;
        let paths: Vec<Path> = paths.0.iter().filter_map(|path| Path::parse(path, Here::Top, "").ok()).collect();
        if let [Path { root: Root::Header(name), .. }] = paths.as_slice() {
            let signs = |signature: &file::Signature| {
                signature.signed.contains("{id}")
                    && signature.id_header.as_ref().is_some_and(|header| header.eq_ignore_ascii_case(name))
            };
            let is_signed = self.file.signatures.iter().all(signs);
            let name = leaked(name);
            return Some(if is_signed { ChangeId::Header(name) } else { ChangeId::UnsignedHeader(name) });
        }
        let members = paths.iter().filter_map(|path| path.in_body()).map(|path| &*path.leak());
        Some(ChangeId::Members(members.collect::<Vec<_>>().leak()))
    }
}

fn leaked_all<'t>(texts: impl IntoIterator<Item = &'t String>) -> &'static [&'static str] {
    texts.into_iter().map(|text| leaked(text)).collect::<Vec<_>>().leak()
}

/// The fault of a text that is not TOML, or whose members are not those of a vendor file.
fn syntax(toml: &str, error: &toml::de::Error) -> Problem {
    let before = error.span().and_then(|span| toml.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count().saturating_add(1);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count().saturating_add(1);
    let message = error.message().replace('\n', " ");
    let unknown = message.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`'));
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
    let message = match (unknown, missing) {
        (Some((found, expected)), _) => {
            let known = expected.split('`').skip(1).step_by(2);
            Problem::unknown("", "member", found, known).to_string().trim_start_matches(": ").to_owned()
        }
        // The position is that of the table without the member, or the first line if that is the file itself.
        (None, Some(name)) => format!("the member {name:?} is missing"),
        (None, None) => message,
    };
    Problem::Syntax { line, column, message }
}

/// Adds the faults of the members outside of the events, the fields and the proofs.
fn check(file: &File, problems: &mut Vec<Problem>) {
    let mut wrong = |at: &str, message: &str| problems.push(Problem::wrong(at, message));
    if file.version != VERSION {
        wrong("version", "expected 1");
    }
    let is_word = file.name.bytes().all(|byte| byte.is_ascii_lowercase());
    if !is_word || file.name.is_empty() || file.name.len() > MAX_NAME_BYTES {
        wrong("name", "expected one word of at most 24 lowercase letters, for the route /webhooks/<name>");
    }
    if RESERVED.contains(&file.name.as_str()) {
        wrong("name", "another function has this name");
    }
    let is_enough = |text: &str| proof::duration(text).is_some_and(|within| within >= MIN_ANSWER_WITHIN);
    if !file.answer_within.as_deref().is_none_or(is_enough) {
        wrong(
            "answer_within",
            "expected a duration of two seconds or more, such as \"5s\": the queue may take that long",
        );
    }
    if file.test_body.as_deref().is_some_and(|body| Object::parse(body).is_err()) {
        wrong("test_body", "expected a JSON object");
    }
    let in_body = |path: &str| Path::parse(path, Here::Top, "").ok().and_then(|path| path.in_body()).is_some();
    for path in file.log_members.iter().filter(|path| !in_body(path)) {
        wrong("log_members", &format!("{path:?} is not a path in the body"));
    }
    if let Some(name) = file.secret_members.iter().find(|name| name.starts_with('@')) {
        wrong("secret_members", &format!("{name:?}: an attribute of XML cannot be removed"));
    }
    if file.public_members.is_some() && file.syntaxes.iter().any(|syntax| matches!(syntax, file::Syntax::Xml)) {
        wrong("public_members", "XML has one root element; name the others in secret_members");
    }
    if file.records.as_deref().is_some_and(|path| !in_body(path)) {
        wrong("records", "expected a path in the body");
    }
    let is_array = matches!(file.body, file::BodyForm::Array);
    if file.records.is_some() && is_array {
        wrong("records", "the body is an array; expected one of the two");
    }
    if let Some(public) = &file.public_members {
        let is_public = |token: &String| public.iter().any(|name| name.eq_ignore_ascii_case(token));
        if !file.secret_members.is_empty() || is_array {
            wrong("public_members", "expected neither secret_members nor an array as the body");
        }
        if file.token_member.as_ref().is_some_and(is_public) {
            wrong("public_members", "the token of token_member must not leave the function");
        }
    }
    let change_id = file.change_id.as_ref().map(|paths| paths.0.as_slice()).unwrap_or_default();
    let is_header = matches!(change_id, [path] if path.starts_with("$header."));
    if !is_header && !change_id.iter().all(|path| in_body(path)) {
        wrong("change_id", "expected one \"$header.NAME\", or paths in the body");
    }
    for (at, paths) in [("change_id", change_id), ("log_members", &file.log_members)] {
        let readable = paths.iter().filter(|path| in_body(path));
        problems.extend(readable.filter_map(|path| Path::parse_for(file, path, Here::Top, at).err()));
    }
}

/// A made-up event, which becomes `crm.unknown.received`.
fn test_body(event: &[Path]) -> String {
    let body = event.iter().find(|path| path.root == Root::Body);
    let names = body.map(|path| path.steps.as_slice()).unwrap_or_default();
    let event = serde_json::Value::from("crm-events.check");
    let nested = |value, step: &crate::json::Step| serde_json::json!({ (step.name.clone()): value });
    match names {
        [] => "{}".to_owned(),
        names => names.iter().rev().fold(event, nested).to_string(),
    }
}
