//! XML, as SOAP messages use it: no document type, no entities but the five of XML, a bounded number of elements.
//!
//! The names are local names, because senders choose their prefixes freely. An element becomes:
//!
//! | element | JSON |
//! |---|---|
//! | `<a>text</a>`, `<a/>` | `"text"`, `""` |
//! | with elements in it | an object; several of one name are an array |
//! | with attributes | an object with members such as `"@type"`, and `"$text"` for its text |
//! | `xsi:nil="true"` | `null` |
//!
//! Namespace declarations are left out.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::{MAX_VALUES, Rendered, Syntax, json_string};
use crate::error::{Quarantine, Reason};
use crate::redact::SecretMembers;

pub static XML: Syntax = Syntax { media_type: "text/xml", is_syntax_of, render, redact };

/// Maximum nesting depth of elements. A SOAP message of records has five levels.
const MAX_DEPTH: usize = 64;
/// Maximum number of attributes of an element. The reader compares each with all others, so thousands would take
/// seconds.
const MAX_ATTRIBUTES: usize = 100;

fn is_syntax_of(_content_type: &str, text: &str) -> bool {
    text.starts_with('<')
}

/// An element whose end has not been read yet.
struct Open {
    name: String,
    /// The place of its first byte in the text.
    start: usize,
    is_nil: bool,
    text: String,
    /// Attributes and elements: names and JSON.
    members: Vec<(String, String)>,
}

/// The state of a reader that goes through the text once.
struct Document<'p> {
    open: Vec<Open>,
    /// The root element's name and JSON, once it has ended.
    root: Option<(String, String)>,
    values: usize,
    array: Vec<&'p str>,
    elements: Vec<Range<usize>>,
}

fn render(text: &str, array: &str) -> Result<Rendered, Quarantine> {
    let mut document =
        Document { open: Vec::new(), root: None, values: 0, array: array.split('.').collect(), elements: Vec::new() };
    let mut reader = Reader::from_str(text);
    loop {
        let start = position(&reader);
        // The parser's own message contains names from the body.
        let event = reader.read_event().map_err(|_| not_xml(format!("byte {}", reader.error_position())))?;
        match event {
            Event::Start(tag) => document.start(&tag, start)?,
            Event::End(_) => document.end(position(&reader)),
            Event::Empty(tag) => {
                document.start(&tag, start)?;
                document.end(position(&reader));
            }
            Event::Text(text) => document.text(&text.xml10_content())?,
            Event::CData(text) => document.text(&text.xml10_content())?,
            Event::GeneralRef(entity) => match entity.resolve_char_ref().map_err(|_| not_xml(NO_CHARACTER))? {
                Some(character) => document.text(character.encode_utf8(&mut [0; 4]))?,
                None => document.text(
                    resolve_predefined_entity(&entity)
                        .ok_or_else(|| not_xml("it uses an entity that XML does not define"))?,
                )?,
            },
            Event::DocType(_) => return Err(not_xml("it has a document type, which is not read")),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    let Document { open, root: Some((name, json)), elements, .. } = document else {
        return Err(not_xml("it has no root element, or one that does not end"));
    };
    if !open.is_empty() {
        return Err(not_xml("an element does not end"));
    }
    Ok(Rendered { json: format!("{{{}:{json}}}", json_string(&name)), elements })
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

const NO_CHARACTER: &str = "it refers to a character or an entity that XML does not have";

fn not_xml(why: impl Into<Cow<'static, str>>) -> Quarantine {
    Quarantine::new(Reason::NotXml, ["the body is not XML: ", &why.into()].concat())
}

impl Document<'_> {
    fn start(&mut self, tag: &BytesStart<'_>, start: usize) -> Result<(), Quarantine> {
        if self.root.is_some() {
            return Err(not_xml("it has two root elements"));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(not_xml(format!("it is nested deeper than {MAX_DEPTH} elements")));
        }
        let mut open = Open {
            name: local(tag.local_name().as_ref()).to_owned(),
            start,
            is_nil: false,
            text: String::new(),
            members: Vec::new(),
        };
        self.count()?;
        for (index, attribute) in tag.attributes().enumerate() {
            if index >= MAX_ATTRIBUTES {
                let detail = format!("an element with more than {MAX_ATTRIBUTES} attributes");
                return Err(Quarantine::new(Reason::TooManyValues, detail));
            }
            let attribute = attribute.map_err(|_| not_xml("an attribute has no value in quotes, or is there twice"))?;
            let key: &str = attribute.key.as_ref();
            if key == "xmlns" || key.starts_with("xmlns:") {
                continue;
            }
            self.count()?;
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| not_xml(NO_CHARACTER))?;
            match local(attribute.key.local_name().as_ref()) {
                "nil" => open.is_nil = matches!(&*value, "true" | "1"),
                name => open.members.push((["@", name].concat(), json_string(&value))),
            }
        }
        self.open.push(open);
        Ok(())
    }

    fn count(&mut self) -> Result<(), Quarantine> {
        self.values = self.values.saturating_add(1);
        if self.values > MAX_VALUES {
            return Err(Quarantine::new(
                Reason::TooManyValues,
                format!("more than {MAX_VALUES} elements and attributes"),
            ));
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Quarantine> {
        match self.open.last_mut() {
            Some(open) => open.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err(not_xml("it has text outside of its root element")),
        }
        Ok(())
    }

    /// Ends the innermost element. The reader has checked the name of the end tag.
    fn end(&mut self, end: usize) {
        let is_element = self.open.iter().map(|open| open.name.as_str()).eq(self.array.iter().copied());
        let Some(open) = self.open.pop() else { return };
        if is_element {
            self.elements.push(open.start..end);
        }
        let (name, json) = open.into_json();
        match self.open.last_mut() {
            Some(parent) => parent.members.push((name, json)),
            None => self.root = Some((name, json)),
        }
    }
}

impl Open {
    fn into_json(mut self) -> (String, String) {
        if self.is_nil {
            return (self.name, "null".to_owned());
        }
        if self.members.is_empty() {
            return (self.name, json_string(&self.text));
        }
        if !self.text.trim().is_empty() {
            self.members.push(("$text".to_owned(), json_string(&self.text)));
        }
        // Members of one name become an array, at the place of the first.
        let mut values: Vec<(String, Vec<String>)> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for (name, json) in self.members {
            let place = *places.entry(name.clone()).or_insert(values.len());
            match values.get_mut(place) {
                Some((_, values)) => values.push(json),
                None => values.push((name, vec![json])),
            }
        }
        let member = |(name, values): (String, Vec<String>)| {
            let name = json_string(&name);
            match values.as_slice() {
                [value] => format!("{name}:{value}"),
                values => format!("{name}:[{}]", values.join(",")),
            }
        };
        let members: Vec<String> = values.into_iter().map(member).collect();
        (self.name, format!("{{{}}}", members.join(",")))
    }
}

/// The beginning and the end of a text without markup, after `<`.
const CDATA: &str = "![CDATA[";
const CDATA_END: &str = "]]>";

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// Removes the elements of the secrets' names. It reads tags only, so that text that is not XML does not leak either: an
/// element that does not end takes the rest of the text with it. CDATA is text, in which tags mean nothing. Attributes
/// stay.
fn redact<'t>(text: &'t str, secrets: &SecretMembers) -> Cow<'t, str> {
    let mut kept = String::new();
    let mut rest = text;
    let mut may_have_cdata = true;
    while let Some((before, tag)) = rest.split_once('<') {
        kept.push_str(before);
        if may_have_cdata && tag.starts_with(CDATA) {
            if let Some((section, after)) = tag.find(CDATA_END).and_then(|end| tag.split_at_checked(end)) {
                kept.push('<');
                kept.push_str(section);
                rest = after;
                continue;
            }
            may_have_cdata = false;
        }
        // No name contains `<`. Without it, a text of `<` alone would take quadratic time.
        let name_end = tag.find(|c: char| c.is_whitespace() || matches!(c, '/' | '>' | '<')).unwrap_or(tag.len());
        let name = tag.get(..name_end).unwrap_or_default();
        if secrets.has_name(local(name)) {
            rest = after_element(tag, local(name));
        } else {
            kept.push('<');
            rest = tag;
        }
    }
    kept.push_str(rest);
    if kept.len() == text.len() { Cow::Borrowed(text) } else { Cow::Owned(kept) }
}

/// The text after an element, from the `<` of its start tag on.
fn after_element<'t>(tag: &'t str, name: &str) -> &'t str {
    let mut quote = None;
    let is_end = |c: char| {
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '"' | '\'') => quote = Some(c),
            _ => {}
        }
        c == '>' && quote.is_none()
    };
    let Some((start_tag, mut rest)) = tag.find(is_end).and_then(|end| tag.split_at_checked(end)) else { return "" };
    if start_tag.ends_with('/') {
        return rest.strip_prefix('>').unwrap_or_default();
    }
    while let Some((_, tag)) = rest.split_once('<') {
        if tag.starts_with(CDATA) {
            let Some((_, after)) = tag.split_once(CDATA_END) else { return "" };
            rest = after;
            continue;
        }
        let Some(end_tag) = tag.strip_prefix('/') else {
            rest = tag;
            continue;
        };
        let end = end_tag.find(['<', '>']);
        let Some((end_name, after)) = end.and_then(|end| end_tag.split_at_checked(end)) else { return "" };
        match after.strip_prefix('>') {
            Some(after) if local(end_name.trim_end()).eq_ignore_ascii_case(name) => return after,
            _ => rest = after,
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::{MAX_DEPTH, MAX_VALUES, SecretMembers, XML};

    fn json(xml: &str) -> String {
        XML.to_json(xml).unwrap()
    }

    #[test]
    fn elements_become_members_by_their_local_names() {
        for (xml, expected) in [
            ("<a>1</a>", r#"{"a":"1"}"#),
            (
                "<?xml version=\"1.0\"?><!-- c --><x:a xmlns:x=\"urn:x\"><x:b> t </x:b><c/><b/></x:a>\n",
                r#"{"a":{"b":[" t ",""],"c":""}}"#,
            ),
            ("<a t:type='sf:Contact' xmlns='u'><b t:nil=\"true\"/></a>", r#"{"a":{"@type":"sf:Contact","b":null}}"#),
            ("<a k='&lt;&#x41;&quot;'>text</a>", r#"{"a":{"@k":"<A\"","$text":"text"}}"#),
            ("<a>Sample &amp; Daughter &#233;<![CDATA[<b>&amp;]]></a>", r#"{"a":"Sample & Daughter é<b>&amp;"}"#),
            ("<a>line\r\nend</a>", r#"{"a":"line\nend"}"#),
        ] {
            assert_eq!(json(xml), expected, "{xml}");
        }
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        let deep = "<a>".repeat(MAX_DEPTH + 1);
        for xml in [
            "<",
            "<a",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<a/>text",
            "text<a/>",
            "<!-- only -->",
            "<a b=1/>",
            "<a b='1' b='2'/>",
            "<a>&unknown;</a>",
            "<a b='&unknown;'/>",
            "<a>&#0;</a>",
            "<a>& </a>",
            &deep,
            "<!DOCTYPE a [<!ENTITY b 'x'>]><a>&b;</a>",
            "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>",
        ] {
            let why = XML.to_json(xml).expect_err(xml).to_string();
            assert!(why.starts_with("not_xml: ") && !why.contains("passwd"), "{xml}: {why}");
        }
    }

    #[test]
    fn too_many_elements_are_refused() {
        let xml = format!("<a>{}</a>", "<b/>".repeat(MAX_VALUES));
        assert!(XML.to_json(&xml).unwrap_err().to_string().starts_with("too_many_values: "));
        let xml = format!("<a>{}</a>", "<b/>".repeat(MAX_VALUES - 1));
        assert!(XML.to_json(&xml).is_ok());
    }

    #[test]
    fn the_elements_of_an_array_have_their_places() {
        let xml = "<?xml version='1.0'?>\n<E> <n:B xmlns:n='u'><i>7</i>\n <n:N><i>1</i></n:N>\n<N/>, <N a='>'>3</N> </n:B><N/></E>";
        let found = XML.elements(xml, "E.B.N").unwrap();
        let found: Vec<&str> = found.into_iter().filter_map(|place| xml.get(place)).collect();
        assert_eq!(found, ["<n:N><i>1</i></n:N>", "<N/>", "<N a='>'>3</N>"]);
        assert!(XML.elements(xml, "E.N.B").unwrap().is_empty());
    }

    #[test]
    fn a_secret_goes_and_the_rest_stays_byte_for_byte() {
        let secrets = SecretMembers::Named(&["SessionId"]);
        for (xml, expected) in [
            ("<a>\n <SessionId>s3cret</SessionId>\n <b>1</b></a>", "<a>\n \n <b>1</b></a>"),
            ("<a><x:sessionid a='>'>s3<b/>cret</x:sessionid ></a>", "<a></a>"),
            ("<a><SessionId xsi:nil=\"true\"/><b/></a>", "<a><b/></a>"),
            ("<a><SessionId v='s3cret/>'/><b/></a>", "<a><b/></a>"),
            ("<a><SessionIds>1</SessionIds>SessionId</a>", "<a><SessionIds>1</SessionIds>SessionId</a>"),
            ("<a><SessionId>s3cret", "<a>"),
            ("<a><SessionId>s3cret</Session", "<a>"),
            ("<a><SessionId 's3cret", "<a>"),
            ("<a><b><![CDATA[our <SessionId> tag]]></b></a>", "<a><b><![CDATA[our <SessionId> tag]]></b></a>"),
            ("<a><SessionId><![CDATA[</SessionId>s3cret]]></SessionId>b</a>", "<a>b</a>"),
            ("<a><SessionId><![CDATA[</SessionId>s3cret", "<a>"),
            ("<a><![CDATA[<SessionId>s3cret</SessionId>", "<a><![CDATA["),
        ] {
            assert_eq!(XML.without(xml, &secrets), expected, "{xml}");
        }
    }

    /// In quadratic time this would take minutes.
    #[test]
    fn many_brackets_are_searched_once() {
        let secrets = SecretMembers::Named(&["SessionId"]);
        let xml = format!("<a><!--{}--></a>", "<".repeat(1 << 20));
        assert_eq!(XML.without(&xml, &secrets), xml);
        let xml = format!("<a><SessionId>{}>x</SessionId>b</a>", "</".repeat(1 << 20));
        assert_eq!(XML.without(&xml, &secrets), "<a>b</a>");
        let xml = format!("<a>{}</a>", "<![CDATA[".repeat(1 << 17));
        assert_eq!(XML.without(&xml, &secrets), xml);
        let xml = format!("<a>{}</a>", "<SessionId/>".repeat(1 << 17));
        assert_eq!(XML.without(&xml, &secrets), "<a></a>");
    }
}
