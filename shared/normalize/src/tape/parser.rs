//! The grammar.

use crm_event::plain::{BLOCK, no_digits, others};

use super::buffers::Buffers;
use super::quotes::Quotes;
use super::{Fingerprints, Invalid, Kind, Node, Span, fingerprint, name_fingerprint};

/// How many containers may stand in each other. The event has up to five more around a value of the body, and what is
/// deeper than 127 in all many readers cannot read, `serde_json` for one.
const DEEPEST: u8 = 120;

pub(super) struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    /// The tape takes no text in which a position would not fit.
    at: u32,
    quotes: Quotes,
    depth: u8,
    nodes: Vec<Node>,
    fingerprints: Fingerprints,
    /// What stands in the containers that have not ended yet.
    open: Vec<Node>,
}

/// Stands for the end of the text: a byte that is nowhere right.
const END: u8 = 0;

const fn is_white_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\t' | b'\r')
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Result<Self, Invalid> {
        let Buffers { nodes, fingerprints, open, blocks } = Buffers::take(text.len());
        Ok(Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            quotes: Quotes::new(text, blocks).ok_or(Invalid)?,
            depth: 0,
            nodes,
            fingerprints,
            open,
        })
    }

    /// With them the nodes; what only the parser needs is empty.
    pub(super) fn into_buffers(self) -> Buffers {
        let Self { nodes, fingerprints, open, quotes: Quotes { mut blocks, .. }, .. } = self;
        blocks.clear();
        Buffers { nodes, fingerprints, open, blocks }
    }

    /// [`END`] behind the last byte.
    #[inline]
    fn peek(&self) -> u8 {
        self.bytes.get(self.at as usize).copied().unwrap_or(END)
    }

    #[inline]
    fn peek_block(&self) -> Option<[u8; BLOCK]> {
        self.bytes.get(self.at as usize..)?.first_chunk().copied()
    }

    #[inline]
    fn advance(&mut self, by: u32) {
        self.at = self.at.wrapping_add(by);
    }

    #[inline]
    fn next(&mut self) -> u8 {
        let byte = self.peek();
        self.advance(1);
        byte
    }

    /// The next byte that is not white space.
    #[inline]
    fn next_visible(&mut self) -> u8 {
        let byte = self.next();
        if is_white_space(byte) { self.next_behind_white_space() } else { byte }
    }

    /// Where there is white space, it is one byte, or a line end with spaces behind it, which are counted at once. The
    /// first byte of it is behind.
    #[inline]
    fn next_behind_white_space(&mut self) -> u8 {
        let byte = self.next();
        if !is_white_space(byte) {
            return byte;
        }
        while let Some(block) = self.peek_block() {
            let others = others(block, b' ');
            self.advance(others.before_first());
            if others.any() {
                break;
            }
        }
        loop {
            let byte = self.next();
            if !is_white_space(byte) {
                return byte;
            }
        }
    }

    /// The value that the text is.
    pub(super) fn root(&mut self) -> Result<Node, Invalid> {
        let first = self.next_visible();
        self.value(first, Node::NULL)?;
        // What is visible next is behind the text.
        self.next_visible();
        self.open.pop().filter(|_| self.at as usize > self.bytes.len()).ok_or(Invalid)
    }

    /// A value, its first byte behind. It goes to the end of `open`: it is written where it stays, for to hand it back
    /// costs more than to read it.
    #[inline(always)]
    fn value(&mut self, first: u8, named: Node) -> Result<(), Invalid> {
        let start = self.at.wrapping_sub(1);
        let kind = match first {
            b'"' => self.string()?,
            b'{' | b'[' => return self.container(first, named),
            b't' => self.literal(*b"rue", Kind::True)?,
            b'f' => self.literal(*b"alse", Kind::False)?,
            b'n' => self.literal(*b"ull", Kind::Null)?,
            b'-' => {
                let first = self.next();
                self.number(first)?
            }
            first => self.number(first)?,
        };
        self.open.push(Node { kind, text: Span::new(start, self.at), ..named });
        Ok(())
    }

    /// A container and what stands in it; its opening bracket is behind.
    fn container(&mut self, bracket: u8, named: Node) -> Result<(), Invalid> {
        if self.depth == DEEPEST {
            return Err(Invalid);
        }
        self.depth = self.depth.wrapping_add(1);
        let start = self.at.wrapping_sub(1);
        let first = self.open.len();
        let kind = if bracket == b'{' {
            self.members()?;
            Kind::Object
        } else {
            self.entries()?;
            Kind::Array
        };
        self.depth = self.depth.wrapping_sub(1);
        let children = match self.open.get(first..) {
            None | Some([]) => Span::EMPTY,
            Some(children) => {
                let start = self.nodes.len();
                self.fingerprints.extend(children.iter().map(|node| node.fingerprint));
                self.nodes.extend_from_slice(children);
                self.open.truncate(first);
                Span::fitting(start..self.nodes.len())
            }
        };
        self.open.push(Node { kind, text: Span::new(start, self.at), children, ..named });
        Ok(())
    }

    #[inline]
    fn entries(&mut self) -> Result<(), Invalid> {
        let mut first = self.next_visible();
        if first == b']' {
            return Ok(());
        }
        loop {
            self.value(first, Node::NULL)?;
            match self.next_visible() {
                b',' => first = self.next_visible(),
                b']' => return Ok(()),
                _ => return Err(Invalid),
            }
        }
    }

    #[inline]
    fn members(&mut self) -> Result<(), Invalid> {
        let mut byte = self.next_visible();
        if byte == b'}' {
            return Ok(());
        }
        loop {
            if byte != b'"' {
                return Err(Invalid);
            }
            let name = self.name()?;
            if self.next_visible() != b':' {
                return Err(Invalid);
            }
            let first = self.next_visible();
            self.value(first, name)?;
            match self.next_visible() {
                b',' => byte = self.next_visible(),
                b'}' => return Ok(()),
                _ => return Err(Invalid),
            }
        }
    }

    /// The name of a member, its opening quote behind.
    #[inline]
    fn name(&mut self) -> Result<Node, Invalid> {
        let start = self.at;
        let has_escaped_name = self.string()? == Kind::EscapedString;
        let name = Span::new(start, self.at.wrapping_sub(1));
        let fingerprint = if has_escaped_name {
            self.text.get(name.range()).map_or(0, name_fingerprint)
        } else {
            self.bytes.get(name.range()).map_or(0, fingerprint)
        };
        Ok(Node { name, fingerprint, has_escaped_name, ..Node::NULL })
    }

    #[inline]
    fn literal<const N: usize>(&mut self, rest: [u8; N], kind: Kind) -> Result<Kind, Invalid> {
        for expected in rest {
            if self.next() != expected {
                return Err(Invalid);
            }
        }
        Ok(kind)
    }

    /// A number, its sign and first digit behind.
    fn number(&mut self, first: u8) -> Result<Kind, Invalid> {
        match first {
            // What follows is no digit, for nothing that may follow a number is one.
            b'0' => {}
            b'1'..=b'9' => self.skip_digits(),
            _ => return Err(Invalid),
        }
        if self.peek() == b'.' {
            self.advance(1);
            self.digits()?;
        }
        if let b'e' | b'E' = self.peek() {
            self.advance(1);
            if let b'+' | b'-' = self.peek() {
                self.advance(1);
            }
            self.digits()?;
        }
        Ok(Kind::Number)
    }

    fn skip_digits(&mut self) {
        while let Some(block) = self.peek_block() {
            let found = no_digits(block);
            self.advance(found.before_first());
            if found.any() {
                return;
            }
        }
        while self.peek().is_ascii_digit() {
            self.advance(1);
        }
    }

    /// One digit at least.
    fn digits(&mut self) -> Result<(), Invalid> {
        if !self.next().is_ascii_digit() {
            return Err(Invalid);
        }
        self.skip_digits();
        Ok(())
    }

    /// A string and its closing quote, its opening quote behind.
    #[inline(always)]
    fn string(&mut self) -> Result<Kind, Invalid> {
        let start = self.at;
        // All strings in front of this one are behind.
        let end = self.quotes.next().ok_or(Invalid)?;
        self.at = end.wrapping_add(1);
        if self.quotes.may_have_backslash(start) { self.check_escapes(start, end) } else { Ok(Kind::PlainString) }
    }

    /// Checks what is behind each backslash of a string.
    #[inline(never)]
    fn check_escapes(&self, start: u32, end: u32) -> Result<Kind, Invalid> {
        let mut rest = self.bytes.get(Span::new(start, end).range()).unwrap_or_default();
        let mut kind = Kind::PlainString;
        while let Some(at) = memchr::memchr(b'\\', rest) {
            kind = Kind::EscapedString;
            rest = match rest.get(at.saturating_add(1)..).unwrap_or_default() {
                [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', rest @ ..] => rest,
                [b'u', a, b, c, d, rest @ ..] if [a, b, c, d].into_iter().all(u8::is_ascii_hexdigit) => rest,
                _ => return Err(Invalid),
            };
        }
        Ok(kind)
    }
}
