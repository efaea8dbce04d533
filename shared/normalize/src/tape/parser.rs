//! The grammar.

use crm_event::plain::{BLOCK, no_digits, others};

use super::buffers::Buffers;
use super::quotes::Quotes;
use super::{Fingerprints, Invalid, Kind, Node, Span, fingerprint, name_fingerprint};

/// How many containers may stand in each other. The event has up to five more around a value of the body, and what is
/// deeper than 127 in all many readers cannot read, `serde_json` for one.
const DEEPEST: u8 = 120;

/// The positions that its functions take and give are those behind what is read: in a field they would be written to
/// memory at each step. The tape takes no text in which a position would not fit in 32 bits.
pub(super) struct Parser<'a> {
    text: &'a str,
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

const fn behind(at: usize) -> usize {
    at.wrapping_add(1)
}

/// What is known of a node before its value is read.
#[derive(Clone, Copy)]
struct Named {
    name: Span,
    fingerprint: u8,
    is_escaped: bool,
}

impl Named {
    /// No member.
    const NOT: Self = Self { name: Span::EMPTY, fingerprint: 0, is_escaped: false };

    #[inline(always)]
    const fn node(self, kind: Kind, text: Span, children: Span) -> Node {
        let Self { name, fingerprint, is_escaped: has_escaped_name } = self;
        Node { name, text, children, fingerprint, has_escaped_name, kind }
    }
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Result<Self, Invalid> {
        let Buffers { nodes, fingerprints, open, blocks } = Buffers::take(text.len());
        let quotes = Quotes::new(text, blocks).ok_or(Invalid)?;
        Ok(Self { text, quotes, depth: 0, nodes, fingerprints, open })
    }

    /// With them the nodes; what only the parser needs is empty.
    pub(super) fn into_buffers(self) -> Buffers {
        let Self { nodes, fingerprints, open, quotes: Quotes { mut blocks, .. }, .. } = self;
        blocks.clear();
        Buffers { nodes, fingerprints, open, blocks }
    }

    /// [`END`] behind the last byte.
    #[inline(always)]
    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(END)
    }

    #[inline(always)]
    fn block(&self, at: usize) -> Option<[u8; BLOCK]> {
        self.text.as_bytes().get(at..)?.first_chunk().copied()
    }

    /// The next byte that is not white space, and the position behind it.
    #[inline(always)]
    fn visible(&self, at: usize) -> (u8, usize) {
        let byte = self.byte(at);
        if is_white_space(byte) { self.visible_behind_white_space(behind(at)) } else { (byte, behind(at)) }
    }

    /// Where there is white space, it is one byte, or a line end with spaces behind it, which are counted at once. The
    /// first byte of it is behind.
    #[inline(always)]
    fn visible_behind_white_space(&self, mut at: usize) -> (u8, usize) {
        let byte = self.byte(at);
        at = behind(at);
        if !is_white_space(byte) {
            return (byte, at);
        }
        while let Some(block) = self.block(at) {
            let others = others(block, b' ');
            at = at.wrapping_add(others.before_first());
            if others.any() {
                break;
            }
        }
        loop {
            let byte = self.byte(at);
            at = behind(at);
            if !is_white_space(byte) {
                return (byte, at);
            }
        }
    }

    /// The value that the text is.
    pub(super) fn root(&mut self) -> Result<Node, Invalid> {
        let (first, at) = self.visible(0);
        let at = self.value(first, at, Named::NOT)?;
        // What is visible next is behind the text.
        let (_, at) = self.visible(at);
        self.open.pop().filter(|_| at > self.text.len()).ok_or(Invalid)
    }

    /// A value, its first byte behind. It goes to the end of `open`: it is written where it stays, for to hand it back
    /// costs more than to read it.
    #[inline(always)]
    fn value(&mut self, first: u8, at: usize, named: Named) -> Result<usize, Invalid> {
        let start = at.wrapping_sub(1);
        let (kind, at) = match first {
            b'"' => self.string(at)?,
            b'{' | b'[' => return self.container(first, at, named),
            b't' => (Kind::True, self.literal(*b"rue", at)?),
            b'f' => (Kind::False, self.literal(*b"alse", at)?),
            b'n' => (Kind::Null, self.literal(*b"ull", at)?),
            b'-' => (Kind::Number, self.number(self.byte(at), behind(at))?),
            first => (Kind::Number, self.number(first, at)?),
        };
        self.open.push(named.node(kind, Span::new(start, at), Span::EMPTY));
        Ok(at)
    }

    /// A container and what stands in it; its opening bracket is behind.
    fn container(&mut self, bracket: u8, at: usize, named: Named) -> Result<usize, Invalid> {
        if self.depth == DEEPEST {
            return Err(Invalid);
        }
        self.depth = self.depth.wrapping_add(1);
        let start = at.wrapping_sub(1);
        let first = self.open.len();
        let (kind, at) = match bracket {
            b'{' => (Kind::Object, self.members(at)?),
            _ => (Kind::Array, self.entries(at)?),
        };
        self.depth = self.depth.wrapping_sub(1);
        let children = match self.open.get(first..) {
            None | Some([]) => Span::EMPTY,
            Some(children) => {
                let start = self.nodes.len();
                self.fingerprints.extend(children.iter().map(|node| node.fingerprint));
                self.nodes.extend_from_slice(children);
                self.open.truncate(first);
                Span::new(start, self.nodes.len())
            }
        };
        self.open.push(named.node(kind, Span::new(start, at), children));
        Ok(at)
    }

    #[inline]
    fn entries(&mut self, at: usize) -> Result<usize, Invalid> {
        let (mut byte, mut at) = self.visible(at);
        if byte == b']' {
            return Ok(at);
        }
        loop {
            at = self.value(byte, at, Named::NOT)?;
            (byte, at) = self.visible(at);
            match byte {
                b',' => (byte, at) = self.visible(at),
                b']' => return Ok(at),
                _ => return Err(Invalid),
            }
        }
    }

    #[inline]
    fn members(&mut self, at: usize) -> Result<usize, Invalid> {
        let (mut byte, mut at) = self.visible(at);
        if byte == b'}' {
            return Ok(at);
        }
        loop {
            if byte != b'"' {
                return Err(Invalid);
            }
            let name;
            (name, at) = self.name(at)?;
            (byte, at) = self.visible(at);
            if byte != b':' {
                return Err(Invalid);
            }
            (byte, at) = self.visible(at);
            at = self.value(byte, at, name)?;
            (byte, at) = self.visible(at);
            match byte {
                b',' => (byte, at) = self.visible(at),
                b'}' => return Ok(at),
                _ => return Err(Invalid),
            }
        }
    }

    /// The name of a member, its opening quote behind.
    #[inline(always)]
    fn name(&mut self, start: usize) -> Result<(Named, usize), Invalid> {
        let (kind, at) = self.string(start)?;
        let inner = start..at.wrapping_sub(1);
        let name = Span::new(inner.start, inner.end);
        if kind == Kind::EscapedString {
            let fingerprint = self.text.get(inner).map_or(0, name_fingerprint);
            return Ok((Named { name, fingerprint, is_escaped: true }, at));
        }
        let fingerprint = self.text.as_bytes().get(inner).map_or(0, fingerprint);
        Ok((Named { name, fingerprint, is_escaped: false }, at))
    }

    #[inline]
    fn literal<const N: usize>(&self, rest: [u8; N], at: usize) -> Result<usize, Invalid> {
        let is_there = self.text.as_bytes().get(at..).and_then(<[u8]>::first_chunk) == Some(&rest);
        if is_there { Ok(at.wrapping_add(N)) } else { Err(Invalid) }
    }

    /// A number, its sign and first digit behind.
    fn number(&self, first: u8, mut at: usize) -> Result<usize, Invalid> {
        match first {
            // What follows is no digit, for nothing that may follow a number is one.
            b'0' => {}
            b'1'..=b'9' => at = self.behind_digits(at),
            _ => return Err(Invalid),
        }
        if self.byte(at) == b'.' {
            at = self.digits(behind(at))?;
        }
        if let b'e' | b'E' = self.byte(at) {
            at = behind(at);
            if let b'+' | b'-' = self.byte(at) {
                at = behind(at);
            }
            at = self.digits(at)?;
        }
        Ok(at)
    }

    fn behind_digits(&self, mut at: usize) -> usize {
        while let Some(block) = self.block(at) {
            let found = no_digits(block);
            at = at.wrapping_add(found.before_first());
            if found.any() {
                return at;
            }
        }
        while self.byte(at).is_ascii_digit() {
            at = behind(at);
        }
        at
    }

    /// One digit at least.
    fn digits(&self, at: usize) -> Result<usize, Invalid> {
        if self.byte(at).is_ascii_digit() { Ok(self.behind_digits(at)) } else { Err(Invalid) }
    }

    /// A string and its closing quote, its opening quote behind.
    #[inline(always)]
    fn string(&mut self, start: usize) -> Result<(Kind, usize), Invalid> {
        // All strings in front of this one are behind.
        let end = self.quotes.next().ok_or(Invalid)?;
        let kind =
            if self.quotes.may_have_backslash(start) { self.check_escapes(start, end)? } else { Kind::PlainString };
        Ok((kind, behind(end)))
    }

    /// Checks what is behind each backslash of a string.
    #[inline(never)]
    fn check_escapes(&self, start: usize, end: usize) -> Result<Kind, Invalid> {
        let mut rest = self.text.as_bytes().get(start..end).unwrap_or_default();
        let mut kind = Kind::PlainString;
        while let Some(at) = memchr::memchr(b'\\', rest) {
            kind = Kind::EscapedString;
            rest = match rest.get(behind(at)..).unwrap_or_default() {
                [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', rest @ ..] => rest,
                [b'u', a, b, c, d, rest @ ..] if [a, b, c, d].into_iter().all(u8::is_ascii_hexdigit) => rest,
                _ => return Err(Invalid),
            };
        }
        Ok(kind)
    }
}
