//! The one pass over the text.

use crm_event::plain::{each, is_special, no_digits, specials};

use super::{Fingerprints, Invalid, Kind, Name, Node, Span, fingerprint, name_fingerprint};

/// How many containers may stand in each other. The event has up to five more around a value of the body, and what is
/// deeper than 127 in all many readers cannot read, `serde_json` for one.
const DEEPEST: u8 = 120;

pub(super) struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    /// The tape takes no text in which a position would not fit.
    at: u32,
    depth: u8,
    pub(super) nodes: Vec<Node>,
    pub(super) fingerprints: Fingerprints,
    /// What stands in the containers that have not ended yet.
    open: Vec<Node>,
}

const fn is_white_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\t' | b'\r')
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        // A webhook has a value in every 20 to 40 bytes, rarely one in less.
        let (nodes, open) = (text.len() / 16, 64);
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            depth: 0,
            nodes: Vec::with_capacity(nodes),
            fingerprints: Fingerprints::with_capacity(nodes),
            open: Vec::with_capacity(open),
        }
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at as usize).copied()
    }

    #[inline]
    fn peek_block(&self) -> Option<u128> {
        self.bytes.get(self.at as usize..).and_then(<[u8]>::first_chunk).map(|block| u128::from_le_bytes(*block))
    }

    #[inline]
    fn advance(&mut self, by: u32) {
        self.at = self.at.wrapping_add(by);
    }

    #[inline]
    fn next(&mut self) -> Result<u8, Invalid> {
        let byte = self.peek().ok_or(Invalid)?;
        self.advance(1);
        Ok(byte)
    }

    /// The next byte that is not white space.
    #[inline]
    fn next_visible(&mut self) -> Result<u8, Invalid> {
        let byte = self.next()?;
        if is_white_space(byte) { self.next_behind_white_space() } else { Ok(byte) }
    }

    /// Where there is white space, it is one byte, or a line end with spaces behind it, which are counted at once. The
    /// first byte of it is behind.
    fn next_behind_white_space(&mut self) -> Result<u8, Invalid> {
        let byte = self.next()?;
        if !is_white_space(byte) {
            return Ok(byte);
        }
        while let Some(block) = self.peek_block() {
            let others = block ^ each(b' ');
            self.advance(others.trailing_zeros() / 8);
            if others != 0 {
                break;
            }
        }
        loop {
            let byte = self.next()?;
            if !is_white_space(byte) {
                return Ok(byte);
            }
        }
    }

    /// The value that the text is.
    pub(super) fn root(&mut self) -> Result<Node, Invalid> {
        let first = self.next_visible()?;
        self.value(first, Name::NONE)?;
        match (self.open.pop(), self.next_visible()) {
            (Some(root), Err(Invalid)) => Ok(root),
            _ => Err(Invalid),
        }
    }

    /// A value, its first byte behind. It goes to the end of `open`: it is written where it stays, for to hand it back
    /// costs more than to read it.
    #[inline(always)]
    fn value(&mut self, first: u8, name: Name) -> Result<(), Invalid> {
        let start = self.at.wrapping_sub(1);
        let kind = match first {
            b'"' => self.string()?,
            b'{' | b'[' => return self.container(first, name),
            b't' => self.literal(*b"rue", Kind::True)?,
            b'f' => self.literal(*b"alse", Kind::False)?,
            b'n' => self.literal(*b"ull", Kind::Null)?,
            b'-' => {
                let first = self.next()?;
                self.number(first)?
            }
            first => self.number(first)?,
        };
        self.open.push(Node { kind, name, text: Span { start, end: self.at }, children: Span::EMPTY });
        Ok(())
    }

    /// A container and what stands in it; its opening bracket is behind.
    fn container(&mut self, bracket: u8, name: Name) -> Result<(), Invalid> {
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
        let children = self.nodes.len();
        self.fingerprints.extend(self.open.iter().skip(first).map(|node| node.name.fingerprint));
        self.nodes.extend(self.open.drain(first..));
        let children = Span::new(children, self.nodes.len());
        self.open.push(Node { kind, name, text: Span { start, end: self.at }, children });
        Ok(())
    }

    #[inline]
    fn entries(&mut self) -> Result<(), Invalid> {
        let mut first = self.next_visible()?;
        if first == b']' {
            return Ok(());
        }
        loop {
            self.value(first, Name::NONE)?;
            match self.next_visible()? {
                b',' => first = self.next_visible()?,
                b']' => return Ok(()),
                _ => return Err(Invalid),
            }
        }
    }

    #[inline]
    fn members(&mut self) -> Result<(), Invalid> {
        let mut byte = self.next_visible()?;
        if byte == b'}' {
            return Ok(());
        }
        loop {
            if byte != b'"' {
                return Err(Invalid);
            }
            let name = self.name()?;
            if self.next_visible()? != b':' {
                return Err(Invalid);
            }
            let first = self.next_visible()?;
            self.value(first, name)?;
            match self.next_visible()? {
                b',' => byte = self.next_visible()?,
                b'}' => return Ok(()),
                _ => return Err(Invalid),
            }
        }
    }

    /// The name of a member, its opening quote behind.
    #[inline]
    fn name(&mut self) -> Result<Name, Invalid> {
        let start = self.at;
        let is_escaped = self.string()? == Kind::EscapedString;
        let text = Span { start, end: self.at.wrapping_sub(1) };
        let fingerprint = if is_escaped {
            self.text.get(text.range()).map_or(0, name_fingerprint)
        } else {
            self.bytes.get(text.range()).map_or(0, fingerprint)
        };
        Ok(Name { text, fingerprint, is_escaped })
    }

    #[inline]
    fn literal<const N: usize>(&mut self, rest: [u8; N], kind: Kind) -> Result<Kind, Invalid> {
        for expected in rest {
            if self.next()? != expected {
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
        while let Some(block) = self.peek_block() {
            let found = no_digits(block);
            self.advance(found.trailing_zeros() / 8);
            if found != 0 {
                return;
            }
        }
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
    #[inline(always)]
    fn string(&mut self) -> Result<Kind, Invalid> {
        self.skip_plain();
        match self.next()? {
            b'"' => Ok(Kind::PlainString),
            special => self.escaped_string(special),
        }
    }

    /// The rest of a string, behind the first byte that is not plain and no quote.
    fn escaped_string(&mut self, mut special: u8) -> Result<Kind, Invalid> {
        loop {
            match special {
                b'"' => return Ok(Kind::EscapedString),
                b'\\' => self.escape()?,
                // A control character.
                _ => return Err(Invalid),
            }
            self.skip_plain();
            special = self.next()?;
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

    /// Goes to the next quote, backslash or control character.
    #[inline]
    fn skip_plain(&mut self) {
        while let Some(block) = self.peek_block() {
            let found = specials(block);
            self.advance(found.trailing_zeros() / 8);
            if found != 0 {
                return;
            }
        }
        while self.peek().is_some_and(|byte| !is_special(byte)) {
            self.advance(1);
        }
    }
}
