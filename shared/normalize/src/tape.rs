//! An index of a JSON text, made in the one pass that checks it.
//!
//! A body is read by name, field after field, and carried on as it stands. A tree (`serde_json::Value`) is built of
//! copies and loses digits; borrowed parts (`RawValue`) are read again at every level below. The tape notes where each
//! value begins and ends: nothing is copied, nothing is read twice, and a member is found without a walk.
//!
//! The grammar is that of [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259), as strict as `serde_json` is where it
//! skips a value: escapes are checked for their form, not for what they stand for, and a number has no limits.

use std::borrow::Cow;
use std::ops::Range;

use crm_event::Text;

/// Containers may stand in each other as deep as `serde_json` goes for a `Value`: what is deeper most readers of the
/// event could not read.
const DEEPEST: u8 = 127;

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

    /// Whether any object, at any depth, has a member of that name.
    pub fn has_member_anywhere(&self, name: &str) -> bool {
        memchr::memchr_iter(fingerprint(name.as_bytes()), &self.fingerprints)
            .filter_map(|at| self.nodes.get(at))
            .any(|node| self.is_named(node, name))
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

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    depth: u8,
    nodes: Vec<Node>,
    fingerprints: Vec<u8>,
    /// What stands in the containers that have not ended yet.
    open: Vec<Node>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        // A webhook has a value in every 20 to 40 bytes.
        let (nodes, open) = (text.len() / 24, 64);
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            depth: 0,
            nodes: Vec::with_capacity(nodes),
            fingerprints: Vec::with_capacity(nodes),
            open: Vec::with_capacity(open),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn advance(&mut self, by: usize) {
        self.at = self.at.wrapping_add(by);
    }

    fn next(&mut self) -> Result<u8, Invalid> {
        let byte = self.peek().ok_or(Invalid)?;
        self.advance(1);
        Ok(byte)
    }

    fn skip_white_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.peek() {
            self.advance(1);
        }
    }

    /// The next byte that is not white space.
    fn next_visible(&mut self) -> Result<u8, Invalid> {
        self.skip_white_space();
        self.next()
    }

    fn value(&mut self) -> Result<Node, Invalid> {
        self.skip_white_space();
        let start = self.at;
        let mut children = Span::EMPTY;
        let kind = match self.next()? {
            b'"' => self.string()?,
            b'{' => {
                children = self.container(Self::members)?;
                Kind::Object
            }
            b'[' => {
                children = self.container(Self::entries)?;
                Kind::Array
            }
            b't' => self.literal(b"rue", Kind::True)?,
            b'f' => self.literal(b"alse", Kind::False)?,
            b'n' => self.literal(b"ull", Kind::Null)?,
            b'-' => {
                let first = self.next()?;
                self.number(first)?
            }
            first => self.number(first)?,
        };
        Ok(Node { children, ..Node::new(kind, Span::new(start, self.at)) })
    }

    /// What stands in a container; its opening bracket is behind.
    fn container(&mut self, contents: impl FnOnce(&mut Self) -> Result<(), Invalid>) -> Result<Span, Invalid> {
        if self.depth == DEEPEST {
            return Err(Invalid);
        }
        self.depth = self.depth.wrapping_add(1);
        let first = self.open.len();
        contents(self)?;
        self.depth = self.depth.wrapping_sub(1);
        let start = self.nodes.len();
        self.fingerprints.extend(self.open.iter().skip(first).map(|node| node.name_fingerprint));
        self.nodes.extend(self.open.drain(first..));
        Ok(Span::new(start, self.nodes.len()))
    }

    fn entries(&mut self) -> Result<(), Invalid> {
        self.skip_white_space();
        if self.peek() == Some(b']') {
            self.advance(1);
            return Ok(());
        }
        loop {
            let entry = self.value()?;
            self.open.push(entry);
            match self.next_visible()? {
                b',' => {}
                b']' => return Ok(()),
                _ => return Err(Invalid),
            }
        }
    }

    fn members(&mut self) -> Result<(), Invalid> {
        let mut byte = self.next_visible()?;
        if byte == b'}' {
            return Ok(());
        }
        loop {
            if byte != b'"' {
                return Err(Invalid);
            }
            let start = self.at;
            let kind = self.string()?;
            let name = Span::new(start, self.at.wrapping_sub(1));
            if self.next_visible()? != b':' {
                return Err(Invalid);
            }
            let value = self.value()?;
            let name_fingerprint = match kind {
                Kind::PlainString => self.bytes.get(name.range()).map_or(0, fingerprint),
                _ => self.text.get(name.range()).map_or(0, name_fingerprint),
            };
            self.open.push(Node { name, name_fingerprint, ..value });
            match self.next_visible()? {
                b',' => byte = self.next_visible()?,
                b'}' => return Ok(()),
                _ => return Err(Invalid),
            }
        }
    }

    fn literal(&mut self, rest: &[u8], kind: Kind) -> Result<Kind, Invalid> {
        let found = self.bytes.get(self.at..).is_some_and(|bytes| bytes.starts_with(rest));
        self.advance(rest.len());
        if found { Ok(kind) } else { Err(Invalid) }
    }

    /// A number, its sign and first digit behind.
    fn number(&mut self, first: u8) -> Result<Kind, Invalid> {
        match first {
            // What follows is no digit, for nothing that may follow a number is one.
            b'0' => {}
            b'1'..=b'9' => self.skip_digits(),
            _ => return Err(Invalid),
        }
        if self.peek() == Some(b'.') {
            self.advance(1);
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.advance(1);
            if let Some(b'+' | b'-') = self.peek() {
                self.advance(1);
            }
            self.digits()?;
        }
        Ok(Kind::Number)
    }

    fn skip_digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.advance(1);
        }
    }

    /// One digit at least.
    fn digits(&mut self) -> Result<(), Invalid> {
        if !self.next()?.is_ascii_digit() {
            return Err(Invalid);
        }
        self.skip_digits();
        Ok(())
    }

    /// A string and its closing quote, its opening quote behind.
    fn string(&mut self) -> Result<Kind, Invalid> {
        let mut kind = Kind::PlainString;
        loop {
            self.skip_plain();
            match self.next()? {
                b'"' => return Ok(kind),
                b'\\' => {
                    kind = Kind::EscapedString;
                    self.escape()?;
                }
                // A control character.
                _ => return Err(Invalid),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Invalid> {
        match self.next()? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(()),
            b'u' => {
                for _ in 0..4 {
                    if !self.next()?.is_ascii_hexdigit() {
                        return Err(Invalid);
                    }
                }
                Ok(())
            }
            _ => Err(Invalid),
        }
    }

    /// Goes to the next quote, backslash or control character, eight bytes at a time.
    fn skip_plain(&mut self) {
        while let Some(chunk) = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk) {
            match special(*chunk) {
                0 => self.advance(chunk.len()),
                found => return self.advance(found.trailing_zeros() as usize / 8),
            }
        }
        while self.peek().is_some_and(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
            self.advance(1);
        }
    }
}

/// Marks bytes that end a plain run of a string by their highest bit. The lowest mark is right; those above it may be
/// marks too many (<https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord>).
fn special(bytes: [u8; 8]) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGHEST: u64 = u64::from_le_bytes([0x80; 8]);
    let word = u64::from_le_bytes(bytes);
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word;
    let quotes = zeros(word ^ u64::from_le_bytes([b'"'; 8]));
    let backslashes = zeros(word ^ u64::from_le_bytes([b'\\'; 8]));
    let control_characters = word.wrapping_sub(u64::from_le_bytes([b' '; 8])) & !word;
    (quotes | backslashes | control_characters) & HIGHEST
}
