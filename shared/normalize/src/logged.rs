//! What a log line may have of a body: the ids and words by which the vendor's support finds a delivery.

use serde::{Serialize, Serializer};

use crate::read::{Object, Value};

/// Longer than any vendor's ids and names of fields.
const LONGEST: usize = 128;
/// The most entries of a list.
const MOST: usize = 20;

/// Members of a body by their paths, as a vendor's `log_members` lists them. A text that is not of an id's letters is no
/// id, whatever stands there, and is left out: an e-mail address, a sentence.
#[derive(Debug, Default)]
pub struct Logged(Vec<(&'static str, Words)>);

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Words {
    One(String),
    Some(Vec<String>),
}

impl Logged {
    pub(crate) fn of(body: &Object<'_>, paths: &[&'static str]) -> Self {
        Self(paths.iter().filter_map(|path| Some((*path, words(at(body, path)?)?))).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Logged {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(path, words)| (path, words)))
    }
}

fn at<'o, 'a>(body: &'o Object<'a>, path: &str) -> Option<Value<'o, 'a>> {
    let mut names = path.split('.');
    let top = body.json(names.next()?)?;
    names.try_fold(top, Value::member)
}

fn words(value: Value<'_, '_>) -> Option<Words> {
    if !value.is_array() {
        return word(value).map(Words::One);
    }
    let words: Vec<String> = value.children().filter_map(word).take(MOST).collect();
    (!words.is_empty()).then_some(Words::Some(words))
}

fn word(value: Value<'_, '_>) -> Option<String> {
    let word = value.text()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    (word.len() <= LONGEST && word.bytes().all(plain)).then(|| word.into_owned())
}
