//! Many webhooks in one request: a body that is an array, and the limits of what a function has to hold.
//!
//! Each element is a webhook by itself, with the request's headers and query. A bad one costs itself alone.

use serde_json::value::RawValue;

use crate::crm::BodyForm;
use crate::error::{Quarantine, Reason};
use crate::{Request, Verified};

/// The most events of one request: they are on the queue while the vendor waits, ten to a batch.
const MAX_EVENTS: usize = 1000;
/// The most bytes that the vendor's JSON in the events of one request may have: each event carries that of its webhook.
const MAX_EVENT_BYTES: usize = 64 << 20;

/// The events of a request so far. A webhook about many records becomes as many events, each with the whole body.
#[derive(Debug, Default)]
pub(crate) struct Amount {
    events: usize,
    bytes: usize,
    pub(crate) is_exceeded: bool,
}

impl Amount {
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

impl<'a> Verified<'a> {
    /// The webhooks in the request: the elements of the array, or the request itself.
    ///
    /// # Errors
    /// If the body cannot be taken apart, or if there are too many.
    pub(crate) fn elements(&self) -> Result<Vec<Self>, Quarantine> {
        let is_one = self.vendor.body_form == BodyForm::Object || self.element.is_some() || !self.is_array();
        if is_one {
            return Ok(vec![self.clone()]);
        }
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
            // That is the whole request's.
            stored: None,
            ..self.clone()
        };
        Ok(elements.into_iter().enumerate().map(element).collect())
    }

    fn is_array(&self) -> bool {
        self.text().is_ok_and(|text| text.starts_with('['))
    }

    /// The body as JSON of whatever type.
    pub(crate) fn json(&self) -> Result<&'a RawValue, Quarantine> {
        let not_json = |error: serde_json::Error| Quarantine::new(Reason::NotJson, error.to_string());
        serde_json::from_str(self.text()?).map_err(not_json)
    }
}
