//! The parts of a body that may be logged: the ids and words by which the vendor's support finds a delivery.

use crm_event::Text;
use serde::{Serialize, Serializer};

use crate::json::{Object, Value};

/// Maximum length of a logged word, longer than any vendor's ids and field names.
const MAX_WORD_BYTES: usize = 128;
/// Maximum number of logged entries of a list.
const MAX_WORDS: usize = 20;

/// Members of a body by their paths, as listed in a vendor's `log_members`. A text with characters that ids do not have
/// is left out, such as an e-mail address or a sentence.
#[derive(Debug, Default)]
pub struct Logged<'a>(Vec<(&'static str, Words<'a>)>);

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Words<'a> {
    One(Text<'a>),
    Many(Vec<Text<'a>>),
}

impl<'a> Logged<'a> {
    pub(crate) fn of(body: &Object<'a>, paths: &[&'static str]) -> Self {
        Self(paths.iter().filter_map(|path| Some((*path, words(body.at(path)?)?))).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Logged<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(path, words)| (path, words)))
    }
}

fn words<'a>(value: Value<'_, 'a>) -> Option<Words<'a>> {
    if !value.is_array() {
        return word(value).map(Words::One);
    }
    let words: Vec<_> = value.children().filter_map(word).take(MAX_WORDS).collect();
    (!words.is_empty()).then_some(Words::Many(words))
}

fn word<'a>(value: Value<'_, 'a>) -> Option<Text<'a>> {
    value.text().filter(|word| is_plain(word, b"._:-"))
}

fn is_plain(text: &str, other_characters: &[u8]) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || other_characters.contains(&byte);
    text.len() <= MAX_WORD_BYTES && text.bytes().all(is_plain)
}

/// True if a path in a body may be logged. The names in it are the sender's, and one could be an e-mail address.
pub fn is_loggable_path(path: &str) -> bool {
    is_plain(path, b"._:-[]$")
}
