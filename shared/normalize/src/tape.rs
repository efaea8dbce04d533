//! An index of a JSON text, made as the text is checked.
//!
//! A body is read by name, field after field, and carried on as it stands. A tree (`serde_json::Value`) is built of
//! copies and loses digits; borrowed parts (`RawValue`) are read again at every level below. The tape notes where each
//! value begins and ends: nothing is copied, and a member is found without a walk. First all strings are found, 64 bytes
//! at once ([`quotes`]), then the grammar goes from one to the next ([`parser`]).
//!
//! The grammar is that of [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259), as strict as `serde_json` is where it
//! skips a value: escapes are checked for their form, not for what they stand for, and a number has no limits.

mod buffers;
mod parser;
mod quotes;

use std::borrow::Cow;
use std::ops::Range;
use std::str::Chars;

use crm_event::Text;
use crm_event::plain::{self, BLOCK};

use self::buffers::Lent;
use self::parser::Parser;
use crate::name::is_name;

/// The text is not JSON, or too deep, or too long to be indexed.
#[derive(Debug)]
pub struct Invalid;

/// A checked JSON text and where everything is in it.
#[derive(Clone)]
pub struct Tape<'a> {
    text: &'a str,
    buffers: Lent,
    root: Node,
}

/// A value.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// Of a member, without its quotes; of any other value empty.
    name: Span,
    /// A string's has its quotes.
    text: Span,
    /// Of a container, in `nodes`.
    children: Span,
    /// Of the name.
    fingerprint: u8,
    has_escaped_name: bool,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Null,
    True,
    False,
    Number,
    PlainString,
    /// A string with escapes.
    EscapedString,
    Array,
    Object,
}

/// The name of a member that is looked for. Of a name in the code the compiler knows it all.
#[derive(Clone, Copy)]
pub struct Wanted<'n> {
    pub name: &'n str,
    fingerprint: u8,
}

impl<'n> Wanted<'n> {
    #[inline(always)]
    pub fn new(name: &'n str) -> Self {
        Self { name, fingerprint: fingerprint(name.as_bytes()) }
    }
}

/// From and to, half the size of a `Range<usize>`. In one word: written in two, it could not be read in one as soon.
#[derive(Clone, Copy, Debug)]
struct Span(u64);

impl Span {
    const EMPTY: Self = Self::new(0, 0);

    /// The tape takes no text in which a position would not fit, and a text has no more values than bytes.
    const fn new(start: usize, end: usize) -> Self {
        Self((end as u64) << 32 | start as u64)
    }

    const fn range(self) -> Range<usize> {
        let [a, b, c, d, e, f, g, h] = self.0.to_le_bytes();
        u32::from_le_bytes([a, b, c, d]) as usize..u32::from_le_bytes([e, f, g, h]) as usize
    }

    fn start(self) -> usize {
        self.range().start
    }
}

impl Node {
    /// A `null` that stands nowhere.
    pub const NULL: Self = Self {
        name: Span::EMPTY,
        text: Span::EMPTY,
        children: Span::EMPTY,
        fingerprint: 0,
        has_escaped_name: false,
        kind: Kind::Null,
    };
}

impl<'a> Tape<'a> {
    /// # Errors
    /// Where the text is not one JSON value.
    pub fn new(text: &'a str) -> Result<Self, Invalid> {
        if u32::try_from(text.len()).is_err() {
            return Err(Invalid);
        }
        let mut parser = Parser::new(text)?;
        let root = parser.root()?;
        Ok(Self { text, buffers: Lent::new(parser.into_buffers()), root })
    }

    pub fn root(&self) -> &Node {
        &self.root
    }

    /// The JSON of a value.
    pub fn text(&self, node: &Node) -> &'a str {
        if node.kind == Kind::Null { "null" } else { self.slice(node.text) }
    }

    /// What a string says. None for what is no string, and for one that is not Unicode (a lone surrogate).
    #[inline]
    pub fn string(&self, node: &Node) -> Option<Text<'a>> {
        match node.kind {
            Kind::PlainString => self.inner(node).map(Cow::Borrowed),
            Kind::EscapedString => self.escaped_string(node),
            _ => None,
        }
    }

    /// A string as it stands between its quotes.
    #[inline(always)]
    pub fn inner(&self, node: &Node) -> Option<&'a str> {
        let Range { start, end } = node.text.range();
        self.text.get(start.wrapping_add(1)..end.wrapping_sub(1))
    }

    #[cold]
    fn escaped_string(&self, node: &Node) -> Option<Text<'a>> {
        unescaped(self.inner(node)?)
    }

    /// The name of a member. None for what is no member, and for a name that is not Unicode.
    pub fn name(&self, node: &Node) -> Option<Text<'a>> {
        let name = self.slice(node.name);
        match node {
            node if node.name.start() == 0 => None,
            Node { has_escaped_name: true, .. } => unescaped(name),
            _ => Some(Cow::Borrowed(name)),
        }
    }

    /// The entries of an array, the members of an object.
    pub fn children(&self, node: &Node) -> &[Node] {
        self.buffers.nodes.get(node.children.range()).unwrap_or_default()
    }

    /// The last member of an object that has the name, in any ASCII case.
    #[inline(always)]
    pub fn member(&self, object: &Node, wanted: Wanted<'_>) -> Option<&Node> {
        let at = self.buffers.fingerprints.last(object.children, wanted.fingerprint)?;
        let member = self.buffers.nodes.get(at)?;
        if self.has_name(member, wanted.name) { Some(member) } else { self.member_otherwise(at, object, wanted) }
    }

    /// The same, from the last member with the fingerprint on, which does not have the name as it stands.
    #[cold]
    #[inline(never)]
    fn member_otherwise(&self, mut at: usize, object: &Node, wanted: Wanted<'_>) -> Option<&Node> {
        loop {
            let member = self.buffers.nodes.get(at)?;
            if self.is_named(member, wanted.name) {
                return Some(member);
            }
            let before = Span::new(object.children.start(), at);
            at = self.buffers.fingerprints.last(before, wanted.fingerprint)?;
        }
    }

    /// Where the root's JSON has members of these names, at any depth, in order: from the first quote of the name to
    /// the end of the value. Without those that stand within another.
    pub fn outermost_members(&self, names: &[&str]) -> Vec<Range<usize>> {
        let named = |name: &&str| {
            let found = self.buffers.fingerprints.all(fingerprint(name.as_bytes()));
            let found = found.filter_map(|at| self.buffers.nodes.get(at)).filter(|node| self.is_named(node, name));
            found.map(|node| node.name.start().saturating_sub(1)..node.text.range().end).collect::<Vec<_>>()
        };
        let mut members: Vec<_> = names.iter().flat_map(named).collect();
        members.sort_unstable_by_key(|member| member.start);
        members.dedup_by(|inner, outer| inner.end <= outer.end);
        let before = self.root.text.start();
        members.iter().map(|at| at.start.saturating_sub(before)..at.end.saturating_sub(before)).collect()
    }

    /// Whether a member has the name as it stands.
    #[inline(always)]
    fn has_name(&self, node: &Node, name: &str) -> bool {
        !node.has_escaped_name && self.text.as_bytes().get(node.name.range()).is_some_and(|own| is_name(own, name))
    }

    /// The same in any ASCII case, and with escapes.
    fn is_named(&self, node: &Node, name: &str) -> bool {
        let own = self.slice(node.name);
        let own = if node.has_escaped_name { unescaped(own) } else { Some(Cow::Borrowed(own)) };
        own.is_some_and(|own| own.eq_ignore_ascii_case(name))
    }

    /// The same text, and in it an object whose members' names are without a prefix where they had it.
    pub fn without_prefix(&self, object: &Node, prefix: &str) -> (Self, Node) {
        let mut tape = self.clone();
        let start = tape.buffers.nodes.len();
        for member in self.children(object) {
            let mut member = *member;
            if self.slice(member.name).starts_with(prefix) {
                let old = member.name.range();
                member.name = Span::new(old.start.saturating_add(prefix.len()), old.end);
                member.fingerprint = name_fingerprint(self.slice(member.name));
            }
            tape.buffers.nodes.push(member);
            tape.buffers.fingerprints.extend([member.fingerprint]);
        }
        let renamed = Node { children: Span::new(start, tape.buffers.nodes.len()), ..*object };
        (tape, renamed)
    }

    /// Where a value stands, as in `data.deals[2]`; empty for the root.
    pub fn path(&self, to: &Node) -> String {
        let mut path = String::new();
        let mut here = &self.root;
        while here.text.start() < to.text.start() {
            let children = self.children(here);
            let at = children.partition_point(|child| child.text.start() <= to.text.start()).saturating_sub(1);
            let Some(child) = children.get(at) else { break };
            match self.name(child) {
                Some(name) if path.is_empty() => path.push_str(&name),
                Some(name) => path.extend([".", &name]),
                None => path.push_str(&format!("[{at}]")),
            }
            here = child;
        }
        path
    }

    fn slice(&self, span: Span) -> &'a str {
        self.text.get(span.range()).unwrap_or_default()
    }
}

/// The text of a string from between its quotes, whose escapes are well-formed; none where it is not Unicode.
fn unescaped(inner: &str) -> Option<Text<'_>> {
    let mut text = String::new();
    let mut rest = inner;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        let (plain, escape) = rest.split_at_checked(at)?;
        text.reserve(rest.len());
        text.push_str(plain);
        let mut escape = escape.chars();
        escape.next();
        text.push(match escape.next()? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => unicode(&mut escape)?,
            itself => itself,
        });
        rest = escape.as_str();
    }
    if rest.len() == inner.len() {
        return Some(Cow::Borrowed(inner));
    }
    text.push_str(rest);
    Some(Cow::Owned(text))
}

/// The character of an escape from behind its `\u` on. One beyond 16 bits is two escapes, a pair of UTF-16 surrogates.
fn unicode(escape: &mut Chars<'_>) -> Option<char> {
    fn unit(escape: &mut Chars<'_>) -> Option<u16> {
        let (digits, rest) = escape.as_str().split_at_checked(4)?;
        *escape = rest.chars();
        u16::from_str_radix(digits, 16).ok()
    }

    let first = unit(escape)?;
    if let Some(character) = char::from_u32(first.into()) {
        return Some(character);
    }
    *escape = escape.as_str().strip_prefix("\\u")?.chars();
    char::decode_utf16([first, unit(escape)?]).next()?.ok()
}

/// A byte that names with the same letters, in any ASCII case, share, and few others do: of the first and the last eight
/// bytes, and the length.
#[inline(always)]
fn fingerprint(name: &[u8]) -> u8 {
    // 2^64 by the golden ratio, which spreads differences over the highest byte.
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    // With the letters small. Where the two overlap, some bytes count twice.
    let mixed = if let (Some(first), Some(last)) = (name.first_chunk(), name.last_chunk()) {
        let [first, last] = [first, last].map(|word| u64::from_le_bytes(*word) | u64::from_le_bytes([b' '; 8]));
        first.wrapping_add(last.rotate_left(29))
    } else if let (Some(first), Some(last)) = (name.first_chunk(), name.last_chunk()) {
        let [first, last] = [first, last].map(|half| u32::from_le_bytes(*half) | u32::from_le_bytes([b' '; 4]));
        u64::from(first) << 32 | u64::from(last)
    } else {
        name.iter().fold(0, |word, byte| (word << 8) | u64::from(byte | b' '))
    };
    let [length, ..] = name.len().to_le_bytes();
    let [highest, ..] = mixed.wrapping_mul(SPREAD).to_be_bytes();
    highest.wrapping_add(length)
}

/// The [`fingerprint`]s of nodes' names, in the order of the nodes.
#[derive(Clone, Default)]
pub struct Fingerprints(Vec<u8>);

impl Fingerprints {
    /// So many stand in front of the first, that those before any place can be looked at together.
    const BEFORE: [u8; BLOCK] = [0; BLOCK];

    /// None, and room for so many.
    fn clear(&mut self, nodes: usize) {
        self.0.clear();
        self.0.reserve(nodes.saturating_add(Self::BEFORE.len()));
        self.0.extend(Self::BEFORE);
    }

    /// The last place in a range where a fingerprint is. A record has some twenty members, too few for `memrchr` to be
    /// worth its preparations.
    #[inline(always)]
    fn last(&self, among: Span, wanted: u8) -> Option<usize> {
        let Range { start, mut end } = among.range();
        while start < end {
            let block = self.0.get(end..)?.first_chunk()?;
            if let Some(behind) = plain::same(*block, wanted).behind_last() {
                // In front of the first of all, it wraps to what is behind the range.
                let at = end.wrapping_sub(behind.wrapping_add(1));
                return (start..end).contains(&at).then_some(at);
            }
            end = end.saturating_sub(BLOCK);
        }
        None
    }

    fn all(&self, wanted: u8) -> impl Iterator<Item = usize> {
        memchr::memchr_iter(wanted, self.0.get(Self::BEFORE.len()..).unwrap_or_default())
    }
}

impl Extend<u8> for Fingerprints {
    fn extend<T: IntoIterator<Item = u8>>(&mut self, fingerprints: T) {
        self.0.extend(fingerprints);
    }
}

/// The fingerprint of a name as it stands in the text, with escapes.
#[cold]
#[inline(never)]
fn name_fingerprint(inner: &str) -> u8 {
    unescaped(inner).map_or(0, |name| fingerprint(name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use serde::de::IgnoredAny;

    use super::{Tape, unescaped};

    /// Wherever the blocks begin that are looked at together, the same texts are JSON as for `serde_json`.
    #[test]
    fn what_is_json_does_not_depend_on_where_it_stands() {
        let text =
            r#"{"a\"b\\":[1,-0.5e+7,"x\u00e9\\",true,null],"long long long name":{"":"é \\\" ]} ,:"},"z":[{},[]]}"#;
        let mut texts = vec![text.to_owned()];
        for (at, original) in text.char_indices() {
            for other in
                ["", "\"", "\\", "\n", "\t", "\u{1}", "\0", " ", "0", "u", "{", "]", ",", ":", "\"\"", "\\\\", "\\\\\\"]
            {
                let mut text = text.to_owned();
                text.replace_range(at..at + original.len_utf8(), other);
                texts.push(text);
            }
        }
        for text in &texts {
            let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok();
            for before in 0..65 {
                let text = format!("{}{text}", " ".repeat(before));
                assert_eq!(Tape::new(&text).is_ok(), is_json, "{text:?}");
            }
        }
    }

    #[test]
    fn strings_are_read_as_serde_json_reads_them() {
        let pieces = [
            "",
            "plain",
            "é",
            r#"\""#,
            r"\\",
            r"\/",
            r"\b",
            r"\f",
            r"\n",
            r"\r",
            r"\t",
            r"\u0041",
            r"\u00e9",
            r"\ud83d\ude00",
            r"\ud83d",
            r"\ude00",
            r"\ud83dx",
            r"\ud83d\n",
            r"\uD83D\u0041",
            r"\u0000",
        ];
        for (a, b, c) in pieces.iter().flat_map(|a| pieces.iter().flat_map(move |b| pieces.map(|c| (a, b, c)))) {
            let inner = format!("{a}{b}{c}");
            let expected = serde_json::from_str::<String>(&format!("\"{inner}\"")).ok();
            assert_eq!(unescaped(&inner).as_deref(), expected.as_deref(), "{inner}");
        }
    }
}
