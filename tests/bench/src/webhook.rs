//! The webhooks to send: cases of `events/`, compact as vendors send them, some of them extended.

use anyhow::Context;
use serde_json::{Value, json};

use crate::prepare::{BATCH_FUNCTION, FUNCTION, event};

/// A webhook as API Gateway's event, and the bytes of its body.
#[derive(Clone, Debug)]
pub struct Webhook {
    pub event: String,
    pub body_bytes: usize,
}

/// The sizes for the comparison.
#[derive(Clone, Debug)]
pub struct Webhooks {
    pub small: Webhook,
    pub large: Webhook,
    contact: Value,
    members: Value,
}

impl Webhooks {
    pub fn read() -> anyhow::Result<Self> {
        let contact = event(FUNCTION, "contact_updated")?;
        let small = event(FUNCTION, "workflow_company_created")?;
        Ok(Self {
            small: with_body(&small, compact(body(&small)?)),
            large: with_body(&contact, compact(body(&contact)?)),
            members: event(BATCH_FUNCTION, "user_added")?,
            contact,
        })
    }

    /// The contact, extended with custom fields to this number of bytes, but never shortened.
    pub fn contact_of(&self, bytes: usize) -> anyhow::Result<Webhook> {
        let mut body = compact(body(&self.contact)?);
        let start = r#""contact":{"#;
        let at = body.find(start).context("the case has no contact")? + start.len();
        let mut fields = String::new();
        for number in 0.. {
            let field = format!(r#""cf_{number:06}":{{"label":"Field {number}","type":"text","value":"a text"}},"#);
            if body.len() + fields.len() + field.len() > bytes {
                break;
            }
            fields.push_str(&field);
        }
        body.insert_str(at, &fields);
        // Fill up the last bytes with white space.
        let missing = bytes.saturating_sub(body.len());
        body.insert_str(1, &" ".repeat(missing));
        Ok(with_body(&self.contact, body))
    }

    /// A webhook with this many events: users who join a team.
    pub fn members(&self, events: usize) -> anyhow::Result<Webhook> {
        let mut body: Value = serde_json::from_str(body(&self.members)?)?;
        let ids: Vec<String> = (0..events).map(|number| format!("user{number:013}")).collect();
        *body.pointer_mut("/doc/userIds").context("the case has no members")? = json!(ids);
        Ok(with_body(&self.members, body.to_string()))
    }
}

fn body(event: &Value) -> anyhow::Result<&str> {
    event["body"].as_str().context("the event has no body")
}

/// Replaces the body. The proof is a token, which is valid for any body.
fn with_body(event: &Value, body: String) -> Webhook {
    let mut event = event.clone();
    let body_bytes = body.len();
    event["body"] = Value::String(body);
    Webhook { event: event.to_string(), body_bytes }
}

/// Removes the white space between JSON tokens, because the cases are indented for people.
fn compact(json: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    json.chars()
        .filter(|&c| {
            let keep = in_string || !c.is_ascii_whitespace();
            if escaped {
                escaped = false;
            } else if c == '"' {
                in_string = !in_string;
            } else {
                escaped = in_string && c == '\\';
            }
            keep
        })
        .collect()
}
