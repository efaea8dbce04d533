//! An index of a JSON text, made in the one pass that checks it.
//!
//! A body is read by name, field after field, and carried on as it stands. A tree (`serde_json::Value`) is built of
//! copies and loses digits; borrowed parts (`RawValue`) are read again at every level below. The tape notes where each
//! value begins and ends: nothing is copied, nothing is read twice, and a member is found without a walk.
//!
//! The grammar is that of [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259), as strict as `serde_json` is where it
//! skips a value: escapes are checked for their form, not for what they stand for, and a number has no limits.

mod parser;

use std::borrow::Cow;
use std::ops::Range;

use crm_event::Text;

use self::parser::Parser;

/// The text is not JSON, or too deep, or too long to be indexed.
#[derive(Debug)]
pub struct Invalid;

/// A checked JSON text and where everything is in it.
#[derive(Clone)]
pub struct Tape<'a> {
    text: &'a str,
    /// What stands in one container stands together, in order.
    nodes: Vec<Node>,
    /// The [`fingerprint`]s of the nodes' names, apart from them to be searched as bytes.
    fingerprints: Vec<u8>,
    root: Node,
}

/// A value.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    pub kind: Kind,
    name_fingerprint: u8,
    /// Of a member, without its quotes.
    name: Span,
    /// A string's has its quotes.
    text: Span,
    /// Of a container, in `nodes`.
    children: Span,
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

/// From and to, half the size of a `Range<usize>`.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    const EMPTY: Self = Self { start: 0, end: 0 };

    /// The tape takes no text in which a position would not fit.
    fn new(start: usize, end: usize) -> Self {
        let fitting = |at| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: fitting(start), end: fitting(end) }
    }

    fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl Node {
    /// A `null` that stands nowhere.
    pub const NULL: Self = Self::new(Kind::Null, Span::EMPTY);

    const fn new(kind: Kind, text: Span) -> Self {
        Self { kind, name_fingerprint: 0, name: Span::EMPTY, text, children: Span::EMPTY }
    }
}

impl<'a> Tape<'a> {
    /// # Errors
    /// Where the text is not one JSON value.
    pub fn new(text: &'a str) -> Result<Self, Invalid> {
        if u32::try_from(text.len()).is_err() {
            return Err(Invalid);
        }
        let mut parser = Parser::new(text);
        let root = parser.value()?;
        parser.skip_white_space();
        if parser.peek().is_some() {
            return Err(Invalid);
        }
        Ok(Self { text, nodes: parser.nodes, fingerprints: parser.fingerprints, root })
    }

    pub fn root(&self) -> &Node {
        &self.root
    }

    /// The JSON of a value.
    pub fn text(&self, node: &Node) -> &'a str {
        if node.kind == Kind::Null { "null" } else { self.slice(node.text) }
    }

    /// What a string says. None for what is no string, and for one that is not Unicode (a lone surrogate).
    pub fn string(&self, node: &Node) -> Option<Text<'a>> {
        match node.kind {
            Kind::PlainString => {
                let quoted = self.slice(node.text);
                quoted.get(1..quoted.len().saturating_sub(1)).map(Cow::Borrowed)
            }
            Kind::EscapedString => serde_json::from_str(self.slice(node.text)).ok().map(Cow::Owned),
            _ => None,
        }
    }

    /// The name of a member. None for what is no member, and for a name that is not Unicode.
    pub fn name(&self, node: &Node) -> Option<Text<'a>> {
        (node.name.start > 0).then(|| unescaped(self.slice(node.name))).flatten()
    }

    /// The entries of an array, the members of an object.
    pub fn children(&self, node: &Node) -> &[Node] {
        self.nodes.get(node.children.range()).unwrap_or_default()
    }

    /// The last member of an object that has the name, in any ASCII case.
    pub fn member(&self, object: &Node, name: &str) -> Option<&Node> {
        let fingerprints = self.fingerprints.get(object.children.range())?;
        let members = self.children(object);
        memchr::memrchr_iter(fingerprint(name.as_bytes()), fingerprints)
            .filter_map(|at| members.get(at))
            .find(|member| self.is_named(member, name))
    }

    /// Where the root's JSON has members of these names, at any depth, in order: from the first quote of the name to
    /// the end of the value. Without those that stand within another.
    pub fn outermost_members(&self, names: &[&str]) -> Vec<Range<usize>> {
        let named = |name: &&str| {
            let found = memchr::memchr_iter(fingerprint(name.as_bytes()), &self.fingerprints);
            let found = found.filter_map(|at| self.nodes.get(at)).filter(|node| self.is_named(node, name));
            found.map(|node| node.name.range().start.saturating_sub(1)..node.text.range().end).collect::<Vec<_>>()
        };
        let mut members: Vec<_> = names.iter().flat_map(named).collect();
        members.sort_unstable_by_key(|member| member.start);
        members.dedup_by(|inner, outer| inner.end <= outer.end);
        let before = self.root.text.range().start;
        members.iter().map(|at| at.start.saturating_sub(before)..at.end.saturating_sub(before)).collect()
    }

    fn is_named(&self, node: &Node, name: &str) -> bool {
        let own = self.slice(node.name);
        own == name
            || own.eq_ignore_ascii_case(name)
            || (own.contains('\\') && unescaped(own).is_some_and(|own| own.eq_ignore_ascii_case(name)))
    }

    /// The same text, and in it an object whose members' names are without a prefix where they had it.
    pub fn without_prefix(&self, object: &Node, prefix: &str) -> (Self, Node) {
        let mut tape = self.clone();
        let start = tape.nodes.len();
        for member in self.children(object) {
            let mut member = *member;
            if self.slice(member.name).starts_with(prefix) {
                member.name =
                    Span::new(member.name.range().start.saturating_add(prefix.len()), member.name.range().end);
                member.name_fingerprint = name_fingerprint(self.slice(member.name));
            }
            tape.nodes.push(member);
            tape.fingerprints.push(member.name_fingerprint);
        }
        let renamed = Node { children: Span::new(start, tape.nodes.len()), ..*object };
        (tape, renamed)
    }

    /// Where a value stands, as in `data.deals[2]`; empty for the root.
    pub fn path(&self, to: &Node) -> String {
        let mut path = String::new();
        let mut here = &self.root;
        while here.text.start < to.text.start {
            let children = self.children(here);
            let at = children.partition_point(|child| child.text.start <= to.text.start).saturating_sub(1);
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

/// The text of a string from between its quotes; none where it is not Unicode.
fn unescaped(inner: &str) -> Option<Text<'_>> {
    if !inner.contains('\\') {
        return Some(Cow::Borrowed(inner));
    }
    serde_json::from_str(&format!("\"{inner}\"")).ok().map(Cow::Owned)
}

/// A byte that names with the same letters, in any ASCII case, share, and few others do.
fn fingerprint(name: &[u8]) -> u8 {
    let folded = |at: usize| name.get(at).map_or(0, |byte| byte | 0x20);
    let [length, ..] = name.len().to_le_bytes();
    let last = name.len().saturating_sub(1);
    [folded(0), folded(last / 3), folded(last / 2), folded(last)]
        .into_iter()
        .fold(length, |mixed, byte| mixed.wrapping_mul(31).wrapping_add(byte))
}

/// The fingerprint of a name as it stands in the text, perhaps with escapes.
fn name_fingerprint(inner: &str) -> u8 {
    unescaped(inner).map_or(0, |name| fingerprint(name.as_bytes()))
}
