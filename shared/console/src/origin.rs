//! Finds the source of each field of an event, with the translation itself.
//!
//! It changes one value of the webhook after the other and translates it again. The fields that change with a value
//! come from it. So the translation need not track sources, and the result always matches the code.

use std::collections::{BTreeMap, BTreeSet};

use crm_event::Event;
use crm_normalize::crm::ChangeId;
use crm_normalize::{Accepted, BodyTexts, Options, Pairs, Request, Secrets, Vendor};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::lines;
use crm_samples::Webhook;

/// Maximum number of values that are tried.
const MAX_VALUES: usize = 1000;
/// Maximum number of bytes that all tries parse together, about a second of work.
const MAX_COMPARED_BYTES: usize = 16 << 20;

/// Fields about the parsing of the webhook. They change if any value cannot be read, and have no single source.
const OF_READING: [&str; 3] = ["/timesource", "/data/partial", "/data/unreadable"];

/// The members that depend on the kind of event. After a change of the event's name, only these are compared.
const KIND: [&str; 6] =
    ["/type", "/dataschema", "/data/entity", "/data/action", "/data/deletion_reason", "/data/vendor_event"];

/// A part of the request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// JSON Pointer of a value; empty for the whole body.
    Body(String),
    Header(String),
    Query(String),
    /// The `{account}` segment of the URL.
    Account,
}

/// A field and its source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Index of the event in the webhook's events.
    pub event: usize,
    /// JSON Pointer of the field.
    pub field: String,
    pub from: Vec<Source>,
}

/// The sources of the fields.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Origins {
    pub links: Vec<Link>,
    /// The number of values in the body.
    pub values: usize,
    /// The number of values that were tried.
    pub tried: usize,
}

/// The fields of one event by JSON Pointer.
type Fields = BTreeMap<String, Value>;

/// Finds the sources of a webhook's fields. The result is empty if the webhook does not become events.
pub fn origins(vendor: &'static Vendor, webhook: &Webhook, now: Timestamp) -> Origins {
    let Some(asked) = Asked::new(vendor, webhook, now) else { return Origins::default() };
    let mut found = Found::default();
    found.ask_request(&asked);
    let text = std::str::from_utf8(&webhook.body).unwrap_or_default();
    let values = values(text);
    let most = MAX_COMPARED_BYTES.checked_div(text.len()).unwrap_or(0).min(MAX_VALUES);
    let tried = values.len().min(most);
    for line in values.iter().take(tried) {
        let (Some(before), Some(after)) = (text.get(..line.place.start), text.get(line.place.end..)) else { continue };
        let source = Source::Body(line.pointer.clone().unwrap_or_default());
        // Try another value first. Without a value, an entry of a list would shift the entries after it.
        let instead = [other_value(&line.text), "null".to_owned()];
        let _ = instead.iter().any(|instead| {
            let changed = Webhook { body: format!("{before}{instead}{after}").into(), ..webhook.clone() };
            found.ask(&asked, &changed, &source)
        });
    }
    Origins { links: found.links(), values: values.len(), tried }
}

/// The paths of the values in the body that are in no event, as a vendor file writes them (`payload.mails.0.type`). In
/// a body that is an array of webhooks, a path starts at its webhook. The vendor's id of the change counts as used: the
/// event's id is made from it. Empty if the webhook does not become events.
pub fn unused(vendor: &'static Vendor, webhook: &Webhook, now: Timestamp) -> Vec<String> {
    let Origins { links, tried, .. } = origins(vendor, webhook, now);
    if links.is_empty() {
        return Vec::new();
    }
    let used: BTreeSet<&Source> = links.iter().flat_map(|link| &link.from).collect();
    let text = std::str::from_utf8(&webhook.body).unwrap_or_default();
    let pointers = values(text).into_iter().take(tried).filter_map(|line| line.pointer);
    let unused = pointers.filter(|pointer| !used.contains(&Source::Body(pointer.clone())));
    let is_change_id = |path: &String| {
        let names = |id: &ChangeId| match id {
            ChangeId::Members(members) | ChangeId::MembersBeside { id: members, .. } => {
                members.contains(&path.as_str())
            }
            _ => false,
        };
        vendor.change_ids.iter().any(names)
    };
    let is_array = text.trim_start_matches(|c: char| c == '\u{feff}' || c.is_whitespace()).starts_with('[');
    let mut seen = BTreeSet::new();
    unused
        .map(|pointer| path(&pointer, if is_array { 2 } else { 1 }))
        .filter(|path| !is_change_id(path) && seen.insert(path.clone()))
        .collect()
}

/// A pointer as a path, without its first parts.
fn path(pointer: &str, skipped: usize) -> String {
    let name = |name: &str| {
        let name = name.replace("~1", "/").replace("~0", "~");
        if name.contains('.') { format!("\"{name}\"") } else { name }
    };
    pointer.split('/').skip(skipped).map(name).collect::<Vec<_>>().join(".")
}

/// The values of a body that are not empty.
fn values(text: &str) -> Vec<lines::Line> {
    let mut values = lines::lines(text, "").unwrap_or_default();
    values.retain(|line| line.pointer.is_some() && !["null", "\"\""].contains(&line.text.as_str()));
    values
}

/// A JSON scalar of the same type and another value.
fn other_value(json: &str) -> String {
    match json {
        "true" => "false".to_owned(),
        "false" => "true".to_owned(),
        _ if json.ends_with('"') => format!("{}x\"", json.strip_suffix('"').unwrap_or_default()),
        number => {
            let mut done = false;
            let other = |c: char| match c {
                '0'..='8' if !done => {
                    done = true;
                    char::from_digit(c.to_digit(10).unwrap_or(0).saturating_add(1), 10).unwrap_or(c)
                }
                '9' if !done => {
                    done = true;
                    '8'
                }
                _ => c,
            };
            number.chars().map(other).collect()
        }
    }
}

/// The original webhook and its events.
struct Asked<'w> {
    vendor: &'static Vendor,
    webhook: &'w Webhook,
    secrets: Secrets,
    now: Timestamp,
    events: Vec<Fields>,
}

impl<'w> Asked<'w> {
    fn new(vendor: &'static Vendor, webhook: &'w Webhook, now: Timestamp) -> Option<Self> {
        // Accounts other than that of the URL must be known too.
        let secrets = Secrets::parse(&webhook.sample_secrets(vendor), vendor.schemes).ok()?;
        let mut asked = Self { vendor, webhook, secrets, now, events: Vec::new() };
        asked.events = asked.events_of(webhook)?;
        (!asked.events.is_empty()).then_some(asked)
    }

    /// The events of a webhook, which gets its proof first; `None` if it becomes anything else.
    fn events_of(&self, webhook: &Webhook) -> Option<Vec<Fields>> {
        let Webhook { body, mut headers, mut query, account, .. } = webhook.clone();
        crm_samples::prove(self.vendor, "", &body, &mut headers, &mut query, self.now);
        let account = account.as_deref();
        let (headers, query) = (Pairs(&headers), Pairs(&query));
        let request = Request { method: "POST", url: "", body: &body, headers, query, account };
        let verified = self.vendor.verify(request, &self.secrets, self.now).ok()?;
        let mut all = Vec::new();
        let texts = BodyTexts::default();
        for normalized in verified.normalize(Options { include_raw: false }, &texts) {
            if let Ok(Accepted::Events(events)) = normalized.result {
                all.extend(events.iter().map(fields));
            }
        }
        (!all.is_empty()).then_some(all)
    }
}

/// All fields of an event, without empty lists and objects.
fn fields(event: &Event<'_>) -> Fields {
    fn walk(value: Value, pointer: &str, fields: &mut Fields) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    walk(value, &format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")), fields);
                }
            }
            Value::Array(entries) => {
                for (index, value) in entries.into_iter().enumerate() {
                    walk(value, &format!("{pointer}/{index}"), fields);
                }
            }
            scalar => {
                fields.insert(pointer.to_owned(), scalar);
            }
        }
    }
    let mut fields = Fields::new();
    walk(serde_json::to_value(event).unwrap_or_default(), "", &mut fields);
    fields
}

#[derive(Default)]
struct Found(BTreeMap<(usize, String), BTreeSet<Source>>);

impl Found {
    /// Headers, query and account.
    fn ask_request(&mut self, asked: &Asked<'_>) {
        let webhook = asked.webhook;
        for (index, (name, _)) in webhook.headers.iter().enumerate() {
            let mut changed = webhook.clone();
            let Some((_, value)) = changed.headers.get_mut(index) else { continue };
            // Change the last character instead of adding one, because some headers have a fixed length.
            let other = if value.ends_with('0') { "1" } else { "0" };
            *value = format!("{}{other}", value.get(..value.len().saturating_sub(1)).unwrap_or_default()).into();
            self.ask(asked, &changed, &Source::Header(name.to_ascii_lowercase()));
        }
        for (index, (name, _)) in webhook.query.iter().enumerate() {
            let mut changed = webhook.clone();
            changed.query.remove(index);
            self.ask(asked, &changed, &Source::Query(name.clone().into_owned()));
        }
        if webhook.account.is_some() {
            let changed = Webhook { account: None, ..webhook.clone() };
            self.ask(asked, &changed, &Source::Account);
        }
    }

    /// Records the fields that change. True if any did.
    fn ask(&mut self, asked: &Asked<'_>, changed: &Webhook, source: &Source) -> bool {
        let changed_events = asked.events_of(changed);
        let same_number = changed_events.filter(|events| events.len() == asked.events.len());
        let mut any = false;
        for (event, before) in asked.events.iter().enumerate() {
            let after = same_number.as_ref().and_then(|events| events.get(event));
            let of_its_kind = after.is_some_and(|after| after.get("/data/entity") == before.get("/data/entity"));
            for (field, value) in before {
                let is_of_reading = OF_READING.iter().any(|name| field.starts_with(name));
                let counts = !is_of_reading && (of_its_kind || KIND.contains(&field.as_str()));
                if counts && after.and_then(|after| after.get(field)) != Some(value) {
                    any |= self.note(event, field, value, after, source);
                }
            }
        }
        any
    }

    /// Records one changed field. The id is special: it ends with a digest of the whole body (or of the delivery's id),
    /// so not every value is its source.
    fn note(&mut self, event: usize, field: &str, value: &Value, after: Option<&Fields>, source: &Source) -> bool {
        let mut source = source.clone();
        if field == "/id" && matches!(source, Source::Body(_)) {
            let head = |id: &Value| id.as_str().and_then(|id| Some(id.rsplit_once(':')?.0.to_owned()));
            if after.and_then(|after| head(after.get("/id")?)) == head(value) {
                source = Source::Body(String::new());
                self.0.entry((event, field.to_owned())).or_default().insert(source);
                return false;
            }
        }
        self.0.entry((event, field.to_owned())).or_default().insert(source);
        true
    }

    fn links(self) -> Vec<Link> {
        let link = |((event, field), from): ((usize, String), BTreeSet<Source>)| Link {
            event,
            field,
            from: from.into_iter().collect(),
        };
        self.0.into_iter().map(link).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_VALUES, Origins, Source, origins, unused};
    use crm_normalize::{Vendor, crm};
    use crm_samples::Webhook;
    use jiff::Timestamp;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn heffl() -> &'static Vendor {
        crm::find("heffl").unwrap()
    }

    fn of(origins: &Origins, event: usize, field: &str) -> Vec<Source> {
        let mut links = origins.links.iter().filter(|link| link.event == event && link.field == field);
        links.next().map(|link| link.from.clone()).unwrap_or_default()
    }

    fn body(pointer: &str) -> Source {
        Source::Body(pointer.to_owned())
    }

    #[test]
    fn each_field_is_traced_to_the_value_it_changes_with() {
        let text = r#"{"event":"deal.updated","timestamp":"2025-01-16T08:05:12.480Z",
            "payload":{"id":"d1","title":"A","price":10.50,"ownerId":42,"ownerName":"Jane"}}"#;
        let webhook = Webhook { body: text.into(), account: Some("acme".to_owned()), ..Webhook::default() };
        let found = origins(heffl(), &webhook, NOW);
        assert_eq!(of(&found, 0, "/data/record/amount"), [body("/payload/price")]);
        assert_eq!(of(&found, 0, "/data/record/owner/name"), [body("/payload/ownerName")]);
        assert_eq!(of(&found, 0, "/time"), [body("/timestamp")]);
        assert_eq!(of(&found, 0, "/type"), [body("/event")]);
        assert_eq!(of(&found, 0, "/data/account"), [Source::Account]);
        // Without a delivery id it ends with a digest of the body.
        assert_eq!(of(&found, 0, "/id"), [body(""), body("/payload/id"), Source::Account]);
        assert_eq!(of(&found, 0, "/specversion"), []);
        assert_eq!((found.values, found.tried), (7, 7));
    }

    #[test]
    fn an_array_of_webhooks_is_traced_too() {
        let element = |id: u32| {
            format!(
                r#"{{"eventId":{id},"subscriptionId":1,"portalId":62515,"appId":2,"occurredAt":1767225600000,
                "subscriptionType":"contact.propertyChange","attemptNumber":0,"objectId":{id},
                "propertyName":"firstname","propertyValue":"Jane","changeSource":"CRM"}}"#
            )
        };
        let body_text = format!("[{},{}]", element(7), element(8));
        let webhook = Webhook { body: body_text.into(), ..Webhook::default() };
        let hubspot = crm::find("hubspot").unwrap();
        let found = origins(hubspot, &webhook, NOW);
        assert_eq!(of(&found, 0, "/data/record/id"), [body("/0/objectId")]);
        assert_eq!(of(&found, 1, "/data/record/id"), [body("/1/objectId")]);
        let unused = unused(hubspot, &webhook, NOW);
        assert!(unused.contains(&"subscriptionId".to_owned()), "{unused:?}");
        assert!(unused.iter().all(|path| !path.starts_with('0')), "{unused:?}");
    }

    #[test]
    fn a_delivery_id_is_a_source_of_the_key() {
        let text = r#"{"event":"deal.updated","timestamp":"2025-01-16T08:05:12Z","payload":{"id":"d1"}}"#;
        let headers = vec![("Webhook-Id".into(), "msg_1".into()), ("user-agent".into(), "x".into())];
        let webhook = Webhook { body: text.into(), headers, ..Webhook::default() };
        let found = origins(heffl(), &webhook, NOW);
        assert_eq!(of(&found, 0, "/id"), [body("/payload/id"), Source::Header("webhook-id".to_owned())]);
    }

    #[test]
    fn an_event_of_the_query_and_several_events() {
        let query = vec![("event".into(), "deal.updated".into())];
        let webhook = Webhook { body: br#"{"deal_id":"1","deal_name":"A"}"#.into(), query, ..Webhook::default() };
        let found = origins(crm::find("freshsales").unwrap(), &webhook, NOW);
        assert!(of(&found, 0, "/type").contains(&Source::Query("event".to_owned())), "{found:?}");
        let text = r#"{"event":"user_added","collection":"teams","doc":{"_id":"t","userIds":["a","b"]}}"#;
        let webhook = Webhook { body: text.into(), ..Webhook::default() };
        let found = origins(crm::find("teamgrid").unwrap(), &webhook, NOW);
        assert_eq!(of(&found, 0, "/data/record/id"), [body("/doc/userIds/0")]);
        assert_eq!(of(&found, 1, "/data/record/id"), [body("/doc/userIds/1")]);
    }

    #[test]
    fn what_becomes_no_event_has_none_and_a_large_body_is_tried_in_part() {
        let webhook = Webhook { body: b"not JSON".into(), ..Webhook::default() };
        assert!(origins(heffl(), &webhook, NOW).links.is_empty());
        let many = "1,".repeat(MAX_VALUES);
        let text = format!(r#"{{"event":"deal.updated","payload":{{"id":"d1"}},"rest":[{many}1]}}"#);
        let found = origins(heffl(), &Webhook { body: text.into(), ..Webhook::default() }, NOW);
        assert_eq!((found.values, found.tried), (MAX_VALUES + 3, MAX_VALUES));
        assert_eq!(of(&found, 0, "/data/record/id"), [body("/payload/id")]);
    }
}
