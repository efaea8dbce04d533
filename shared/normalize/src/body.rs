//! Bodies that are not JSON. Each syntax renders a body as JSON text, so that vendors read all bodies in one way.
//!
//! The vendor's own text stays next to the JSON: an event's `raw` and a record in the quarantine contain the text.

mod form;
mod xml;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

pub use form::FORM;
pub use xml::XML;

use crate::error::Quarantine;
use crate::redact::SecretMembers;

/// A syntax of bodies other than JSON. A vendor lists its own, so that no function contains the parser of a syntax that
/// its vendor does not use.
pub struct Syntax {
    /// The media type of the text, for [`crm_event::Data::raw_media_type`].
    pub media_type: &'static str,
    /// True for a body of this syntax, by its `Content-Type` and its text.
    is_syntax_of: fn(content_type: &str, text: &str) -> bool,
    render: fn(text: &str, array: &str) -> Result<Rendered, Quarantine>,
    redact: for<'t> fn(text: &'t str, secrets: &SecretMembers) -> Cow<'t, str>,
}

/// A body as JSON.
struct Rendered {
    json: String,
    /// The places in the source text of the elements at the path of the array.
    elements: Vec<Range<usize>>,
}

impl fmt::Debug for Syntax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Syntax").field(&self.media_type).finish()
    }
}

impl Syntax {
    /// The syntax of a body. `None` for JSON, and for a body of no known syntax, which is then reported as invalid JSON.
    pub(crate) fn of(among: &'static [&'static Self], content_type: &str, text: &str) -> Option<&'static Self> {
        among.iter().copied().find(|syntax| (syntax.is_syntax_of)(content_type, text))
    }

    /// The body as the text of a JSON object.
    ///
    /// # Errors
    /// If the text is not of this syntax, or if it holds too many values.
    pub fn to_json(&self, text: &str) -> Result<String, Quarantine> {
        (self.render)(text, "").map(|rendered| rendered.json)
    }

    /// The places of the elements at a path such as `Envelope.Body.Notification`.
    ///
    /// # Errors
    /// As [`Self::to_json`].
    pub(crate) fn elements(&self, text: &str, path: &str) -> Result<Vec<Range<usize>>, Quarantine> {
        (self.render)(text, path).map(|rendered| rendered.elements)
    }

    /// The text without secrets. Text that is not of this syntax does not leak them either.
    pub(crate) fn without<'t>(&self, text: &'t str, secrets: &SecretMembers) -> Cow<'t, str> {
        (self.redact)(text, secrets)
    }
}

/// Maximum number of values in a body that is not JSON, which bounds a function's memory. The largest documented body,
/// a hundred records of some hundred fields each, has far fewer.
const MAX_VALUES: usize = 100_000;

fn json_string(text: &str) -> String {
    // A text can always be written as JSON.
    serde_json::to_string(text).unwrap_or_default()
}
