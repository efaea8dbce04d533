//! What a log line may have of a body: the ids and words by which the vendor's support finds a delivery.

use crm_event::Text;
use serde::{Serialize, Serializer};

use crate::json::{Object, Value};

/// Longer than any vendor's ids and names of fields.
const LONGEST: usize = 128;
/// The most entries of a list.
const MOST: usize = 20;

/// Members of a body by their paths, as a vendor's `log_members` lists them. A text that is not of an id's letters is no
/// id, whatever stands there, and is left out: an e-mail address, a sentence.
#[derive(Debug, Default)]
pub struct Logged<'a>(Vec<(&'static str, Words<'a>)>);

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Words<'a> {
    One(Text<'a>),
    Some(Vec<Text<'a>>),
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
    let words: Vec<_> = value.children().filter_map(word).take(MOST).collect();
    (!words.is_empty()).then_some(Words::Some(words))
}

fn word<'a>(value: Value<'_, 'a>) -> Option<Text<'a>> {
    let word = value.text()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    (word.len() <= LONGEST && word.bytes().all(plain)).then_some(word)
}
