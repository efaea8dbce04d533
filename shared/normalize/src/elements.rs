//! Many webhooks in one request, and the limits that bound a function's memory.
//!
//! Each webhook has the request's headers and query. A bad one does not affect the others.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use serde_json::value::RawValue;

use crate::body::Syntax;
use crate::crm::BodyForm;
use crate::error::{Quarantine, Reason};
use crate::json::Object;
use crate::{Request, Verified};

/// Maximum number of events of one request. The vendor waits until all are on the queue, ten to a batch.
const MAX_EVENTS: usize = 1000;
/// Maximum size of the vendor's JSON in all events of one request. Each event carries the JSON of its webhook.
const MAX_EVENT_BYTES: usize = 64 << 20;

/// The events of a request so far. A webhook about many records becomes as many events, each with the whole body.
#[derive(Debug, Default)]
pub(crate) struct EventBudget {
    events: usize,
    bytes: usize,
    pub(crate) is_exceeded: bool,
}

impl EventBudget {
    /// Adds the events of one webhook.
    ///
    /// # Errors
    /// If they are too many.
    pub(crate) fn add(&mut self, events: usize, body_bytes: usize) -> Result<(), Quarantine> {
        self.events = self.events.saturating_add(events);
        self.bytes = self.bytes.saturating_add(events.saturating_mul(body_bytes));
        self.is_exceeded |= self.events > MAX_EVENTS || (self.events > 1 && self.bytes > MAX_EVENT_BYTES);
        if self.is_exceeded { Err(self.quarantine(body_bytes)) } else { Ok(()) }
    }

    pub(crate) fn quarantine(&self, body_bytes: usize) -> Quarantine {
        too_many(self.events, body_bytes)
    }
}

fn too_many(records: usize, body_bytes: usize) -> Quarantine {
    Quarantine::new(Reason::TooManyEvents, format!("{records} records in a body of {body_bytes} bytes"))
}

/// The texts that are made of one request's body for its webhooks. Its events borrow from them, so the caller keeps them
/// as long as the request. Another request needs its own.
#[derive(Debug, Default)]
pub struct BodyTexts {
    /// The body without the vendor's secrets. `None` if there is nothing to remove.
    redacted: OnceLock<Option<String>>,
    webhooks: OnceLock<Result<Vec<WebhookTexts>, Quarantine>>,
}

impl BodyTexts {
    /// The body without the vendor's secrets, if that is another text than the body.
    pub(crate) fn redacted<'b>(&self, redact: impl FnOnce() -> Option<Cow<'b, str>>) -> Option<&str> {
        let redact = || match redact() {
            Some(Cow::Owned(text)) => Some(text),
            Some(Cow::Borrowed(_)) | None => None,
        };
        self.redacted.get_or_init(redact).as_deref()
    }
}

impl Clone for BodyTexts {
    /// Empty, for a copy of the request, whose body may then be changed.
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// The texts of one webhook.
#[derive(Debug)]
struct WebhookTexts {
    /// The body with this webhook's element alone. `None` if that is the request's body.
    source: Option<String>,
    /// The body rendered as JSON. `None` if it is JSON itself.
    rendered: Option<String>,
}

impl<'a> Verified<'a> {
    /// The webhooks in the request: the elements of the array, or the request itself.
    ///
    /// # Errors
    /// If the body cannot be split, or if there are too many.
    pub(crate) fn webhooks(&self, texts: &'a BodyTexts) -> Result<Vec<Self>, Quarantine> {
        let syntax = self.syntax();
        let form = if self.element.is_some() { BodyForm::Object } else { self.vendor.body_form };
        let places = match (form, syntax) {
            (BodyForm::Array, None) if self.text()?.starts_with('[') => return self.elements(),
            (BodyForm::ArrayAt(path), Some(syntax)) => {
                Some(syntax.elements(self.text()?, path)?).filter(|places| !places.is_empty())
            }
            (BodyForm::ArrayAt(path), None) => elements_at(self.text()?, path),
            (BodyForm::Object | BodyForm::Array, _) => None,
        };
        if places.is_none() && syntax.is_none() {
            return Ok(vec![self.clone()]);
        }
        let texts =
            texts.webhooks.get_or_init(|| self.texts(places.as_deref(), syntax)).as_ref().map_err(Clone::clone)?;
        let webhook = |(index, texts): (usize, &'a WebhookTexts)| Self {
            request: Request {
                body: texts.source.as_ref().map_or(self.request.body, String::as_bytes),
                ..self.request
            },
            rendered: texts.rendered.as_deref(),
            element: if places.is_some() { Some(index) } else { self.element },
            // The stored identity is that of the whole request.
            stored: self.stored.filter(|_| places.is_none()),
            ..self.clone()
        };
        Ok(texts.iter().enumerate().map(webhook).collect())
    }

    /// The elements of a body that is an array.
    fn elements(&self) -> Result<Vec<Self>, Quarantine> {
        let elements: Vec<&'a RawValue> = serde_json::from_str(self.text()?).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            Quarantine::new(Reason::NotJson, format!("the body is not a JSON array (line {line}, column {column})"))
        })?;
        if elements.len() > MAX_EVENTS {
            return Err(too_many(elements.len(), self.request.body.len()));
        }
        let element = |(index, json): (usize, &'a RawValue)| Self {
            request: Request { body: json.get().as_bytes(), ..self.request },
            element: Some(index),
            // The stored identity is that of the whole request.
            stored: None,
            ..self.clone()
        };
        Ok(elements.into_iter().enumerate().map(element).collect())
    }

    /// The texts of each webhook, or of the only one if the body has no array.
    fn texts(&self, places: Option<&[Range<usize>]>, syntax: Option<&Syntax>) -> Result<Vec<WebhookTexts>, Quarantine> {
        let text = self.text()?;
        let sources = match places {
            None | Some([_]) => vec![None],
            Some(places) => each_alone(text, places)?.into_iter().map(Some).collect(),
        };
        let texts = |source: Option<String>| {
            let rendered = syntax.map(|syntax| syntax.to_json(source.as_deref().unwrap_or(text))).transpose()?;
            Ok(WebhookTexts { source, rendered })
        };
        sources.into_iter().map(texts).collect()
    }
}

/// The places of the elements at a path of a JSON object. `None` if there is no array, so that the body is one webhook.
fn elements_at(json: &str, path: &str) -> Option<Vec<Range<usize>>> {
    let body = Object::parse(json).ok()?;
    let array = body.at(path).filter(|value| value.is_array())?;
    array.children().map(|element| place(json, element.get())).collect()
}

/// The place of a part that was borrowed from a text.
fn place(text: &str, part: &str) -> Option<Range<usize>> {
    let start = part.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
    Some(start..start.checked_add(part.len())?)
}

/// The text with each of the elements alone.
fn each_alone(text: &str, places: &[Range<usize>]) -> Result<Vec<String>, Quarantine> {
    let (Some(first), Some(last)) = (places.first(), places.last()) else { return Ok(Vec::new()) };
    let before = text.get(..first.start).unwrap_or_default();
    let after = text.get(last.end..).unwrap_or_default();
    let around = before.len().saturating_add(after.len());
    let bytes = around.saturating_mul(places.len()).saturating_add(text.len());
    if places.len() > MAX_EVENTS || bytes > MAX_EVENT_BYTES {
        return Err(too_many(places.len(), text.len()));
    }
    let alone = |place: &Range<usize>| [before, text.get(place.clone()).unwrap_or_default(), after].concat();
    Ok(places.iter().map(alone).collect())
}

#[cfg(test)]
mod tests {
    use super::{EventBudget, MAX_EVENT_BYTES};

    #[test]
    fn one_event_may_be_of_any_size() {
        let mut budget = EventBudget::default();
        assert!(budget.add(1, MAX_EVENT_BYTES + 1).is_ok());
        assert!(budget.add(1, 0).is_err());
    }
}
