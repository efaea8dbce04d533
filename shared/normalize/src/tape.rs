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
use crm_event::plain::{BLOCK, each, zeros};

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
    /// Of the nodes' names, apart from them to be searched as bytes.
    fingerprints: Fingerprints,
    root: Node,
}

/// A value.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    pub kind: Kind,
    name: Name,
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

/// The name of a member; of any other value [`Name::NONE`].
#[derive(Clone, Copy, Debug)]
struct Name {
    /// Without its quotes.
    text: Span,
    fingerprint: u8,
    is_escaped: bool,
}

impl Name {
    const NONE: Self = Self { text: Span::EMPTY, fingerprint: 0, is_escaped: false };
}

/// From and to, half the size of a `Range<usize>`.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    const EMPTY: Self = Self { start: 0, end: 0 };

    /// The tape takes no text in which a position would not fit, and a text has no more values than bytes.
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
    pub const NULL: Self = Self { kind: Kind::Null, name: Name::NONE, text: Span::EMPTY, children: Span::EMPTY };
}

impl<'a> Tape<'a> {
    /// # Errors
    /// Where the text is not one JSON value.
    pub fn new(text: &'a str) -> Result<Self, Invalid> {
        if u32::try_from(text.len()).is_err() {
            return Err(Invalid);
        }
        let mut parser = Parser::new(text);
        let root = parser.root()?;
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
    #[inline]
    pub fn string(&self, node: &Node) -> Option<Text<'a>> {
        match node.kind {
            Kind::PlainString => {
                let Span { start, end } = node.text;
                let within = Span { start: start.wrapping_add(1), end: end.wrapping_sub(1) };
                self.text.get(within.range()).map(Cow::Borrowed)
            }
            Kind::EscapedString => self.escaped_string(node),
            _ => None,
        }
    }

    #[cold]
    fn escaped_string(&self, node: &Node) -> Option<Text<'a>> {
        serde_json::from_str(self.slice(node.text)).ok().map(Cow::Owned)
    }

    /// The name of a member. None for what is no member, and for a name that is not Unicode.
    pub fn name(&self, node: &Node) -> Option<Text<'a>> {
        let text = self.slice(node.name.text);
        match node.name {
            Name { text: Span { start: 0, .. }, .. } => None,
            Name { is_escaped: true, .. } => unescaped(text),
            _ => Some(Cow::Borrowed(text)),
        }
    }

    /// The entries of an array, the members of an object.
    pub fn children(&self, node: &Node) -> &[Node] {
        self.nodes.get(node.children.range()).unwrap_or_default()
    }

    /// The last member of an object that has the name, in any ASCII case.
    #[inline]
    pub fn member(&self, object: &Node, wanted: Wanted<'_>) -> Option<&Node> {
        let at = self.fingerprints.last(object.children, wanted.fingerprint)?;
        let member = self.nodes.get(at)?;
        if self.has_name(member, wanted.name) { Some(member) } else { self.member_otherwise(at, object, wanted) }
    }

    /// The same, from the last member with the fingerprint on, which does not have the name as it stands.
    #[cold]
    #[inline(never)]
    fn member_otherwise(&self, mut at: usize, object: &Node, wanted: Wanted<'_>) -> Option<&Node> {
        loop {
            let member = self.nodes.get(at)?;
            if self.is_named(member, wanted.name) {
                return Some(member);
            }
            let before = Span::new(object.children.range().start, at);
            at = self.fingerprints.last(before, wanted.fingerprint)?;
        }
    }

    /// Where the root's JSON has members of these names, at any depth, in order: from the first quote of the name to
    /// the end of the value. Without those that stand within another.
    pub fn outermost_members(&self, names: &[&str]) -> Vec<Range<usize>> {
        let named = |name: &&str| {
            let found = self.fingerprints.all(fingerprint(name.as_bytes()));
            let found = found.filter_map(|at| self.nodes.get(at)).filter(|node| self.is_named(node, name));
            found.map(|node| node.name.text.range().start.saturating_sub(1)..node.text.range().end).collect::<Vec<_>>()
        };
        let mut members: Vec<_> = names.iter().flat_map(named).collect();
        members.sort_unstable_by_key(|member| member.start);
        members.dedup_by(|inner, outer| inner.end <= outer.end);
        let before = self.root.text.range().start;
        members.iter().map(|at| at.start.saturating_sub(before)..at.end.saturating_sub(before)).collect()
    }

    /// Whether a member has the name as it stands.
    #[inline]
    fn has_name(&self, node: &Node, name: &str) -> bool {
        let own = self.text.as_bytes().get(node.name.text.range()).unwrap_or_default();
        own.len() == name.len() && same(own, name.as_bytes()) && !node.name.is_escaped
    }

    /// The same in any ASCII case, and with escapes.
    fn is_named(&self, node: &Node, name: &str) -> bool {
        let own = self.slice(node.name.text);
        let own = if node.name.is_escaped { unescaped(own) } else { Some(Cow::Borrowed(own)) };
        own.is_some_and(|own| own.eq_ignore_ascii_case(name))
    }

    /// The same text, and in it an object whose members' names are without a prefix where they had it.
    pub fn without_prefix(&self, object: &Node, prefix: &str) -> (Self, Node) {
        let mut tape = self.clone();
        let start = tape.nodes.len();
        for member in self.children(object) {
            let mut member = *member;
            if self.slice(member.name.text).starts_with(prefix) {
                let old = member.name.text.range();
                let text = Span::new(old.start.saturating_add(prefix.len()), old.end);
                member.name = Name { text, fingerprint: name_fingerprint(self.slice(text)), ..member.name };
            }
            tape.nodes.push(member);
            tape.fingerprints.extend([member.name.fingerprint]);
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

/// `==` of names of one length: most have at most sixteen bytes, which need no call.
#[inline(always)]
fn same(a: &[u8], b: &[u8]) -> bool {
    match (a.first_chunk::<8>(), b.first_chunk::<8>()) {
        (Some(first_of_a), Some(first_of_b)) => {
            first_of_a == first_of_b && a.last_chunk::<8>() == b.last_chunk() && (a.len() <= 16 || a == b)
        }
        _ => match (a.first_chunk::<4>(), b.first_chunk::<4>()) {
            (Some(first_of_a), Some(first_of_b)) => first_of_a == first_of_b && a.last_chunk::<4>() == b.last_chunk(),
            _ => a.iter().eq(b),
        },
    }
}

/// The text of a string from between its quotes; none where it is not Unicode.
fn unescaped(inner: &str) -> Option<Text<'_>> {
    if !inner.contains('\\') {
        return Some(Cow::Borrowed(inner));
    }
    serde_json::from_str(&format!("\"{inner}\"")).ok().map(Cow::Owned)
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
#[derive(Clone)]
struct Fingerprints(Vec<u8>);

impl Fingerprints {
    /// So many stand in front of the first, that those before any place can be looked at together.
    const BEFORE: [u8; BLOCK] = [0; BLOCK];

    fn with_capacity(nodes: usize) -> Self {
        let mut bytes = Vec::with_capacity(nodes.saturating_add(Self::BEFORE.len()));
        bytes.extend(Self::BEFORE);
        Self(bytes)
    }

    /// The last place in a range where a fingerprint is. A record has some twenty members, too few for `memrchr` to be
    /// worth its preparations.
    #[inline]
    fn last(&self, among: Span, wanted: u8) -> Option<usize> {
        let Range { start, mut end } = among.range();
        while start < end {
            let block = self.0.get(end..)?.first_chunk()?;
            // From the last byte on, for only the lowest mark is right.
            let found = zeros(u128::from_be_bytes(*block) ^ each(wanted));
            if found != 0 {
                let behind = found.trailing_zeros() as usize / 8;
                return end.checked_sub(behind.wrapping_add(1)).filter(|at| *at >= start);
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

/// The fingerprint of a name as it stands in the text, perhaps with escapes.
fn name_fingerprint(inner: &str) -> u8 {
    unescaped(inner).map_or(0, |name| fingerprint(name.as_bytes()))
}
