//! The one pass over the text.

use crm_event::plain::{is_special, specials};

use super::{Invalid, Kind, Name, Node, Span, fingerprint, name_fingerprint};

/// How many containers may stand in each other. The event has up to five more around a value of the body, and what is
/// deeper than 127 in all many readers cannot read, `serde_json` for one.
const DEEPEST: u8 = 120;

pub(super) struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    depth: u8,
    pub(super) nodes: Vec<Node>,
    pub(super) fingerprints: Vec<u8>,
    /// What stands in the containers that have not ended yet.
    open: Vec<Node>,
}

const fn is_white_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\t' | b'\r')
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Self {
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

    #[inline]
    fn skip_white_space(&mut self) {
        if self.peek().is_some_and(is_white_space) {
            self.skip_indentation();
        }
    }

    /// Where there is white space, it is one byte, or a line end with spaces behind it, which are counted at once.
    fn skip_indentation(&mut self) {
        self.advance(1);
        while let Some(word) = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk) {
            let others = u64::from_le_bytes(*word) ^ u64::from_le_bytes([b' '; 8]);
            self.advance(others.trailing_zeros() as usize / 8);
            if others != 0 {
                break;
            }
        }
        while self.peek().is_some_and(is_white_space) {
            self.advance(1);
        }
    }

    /// The next byte that is not white space.
    fn next_visible(&mut self) -> Result<u8, Invalid> {
        self.skip_white_space();
        self.next()
    }

    /// The value that the text is.
    pub(super) fn root(&mut self) -> Result<Node, Invalid> {
        self.value(Name::NONE)?;
        self.skip_white_space();
        match self.open.pop() {
            Some(root) if self.peek().is_none() => Ok(root),
            _ => Err(Invalid),
        }
    }

    /// A value, which goes to the end of `open`: it is written where it stays, for to hand it back costs more than to
    /// read it.
    fn value(&mut self, name: Name) -> Result<(), Invalid> {
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
        self.open.push(Node { kind, name, text: Span::new(start, self.at), children });
        Ok(())
    }

    /// What stands in a container; its opening bracket is behind.
    #[inline]
    fn container(&mut self, contents: impl FnOnce(&mut Self) -> Result<(), Invalid>) -> Result<Span, Invalid> {
        if self.depth == DEEPEST {
            return Err(Invalid);
        }
        self.depth = self.depth.wrapping_add(1);
        let first = self.open.len();
        contents(self)?;
        self.depth = self.depth.wrapping_sub(1);
        let start = self.nodes.len();
        self.fingerprints.extend(self.open.iter().skip(first).map(|node| node.name.fingerprint));
        self.nodes.extend(self.open.drain(first..));
        Ok(Span::new(start, self.nodes.len()))
    }

    #[inline]
    fn entries(&mut self) -> Result<(), Invalid> {
        self.skip_white_space();
        if self.peek() == Some(b']') {
            self.advance(1);
            return Ok(());
        }
        loop {
            self.value(Name::NONE)?;
            match self.next_visible()? {
                b',' => {}
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
            self.value(name)?;
            match self.next_visible()? {
                b',' => byte = self.next_visible()?,
                b'}' => return Ok(()),
                _ => return Err(Invalid),
            }
        }
    }

    /// The name of a member, its opening quote behind.
    fn name(&mut self) -> Result<Name, Invalid> {
        let start = self.at;
        let is_escaped = self.string()? == Kind::EscapedString;
        let text = Span::new(start, self.at.wrapping_sub(1));
        let fingerprint = if is_escaped {
            self.text.get(text.range()).map_or(0, name_fingerprint)
        } else {
            self.bytes.get(text.range()).map_or(0, fingerprint)
        };
        Ok(Name { text, fingerprint, is_escaped })
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
        let text = self.bytes.get(self.at..).unwrap_or_default();
        let (words, rest) = text.as_chunks();
        let mut plain = 0_usize;
        for word in words {
            let found = specials(*word);
            if found != 0 {
                return self.advance(plain.wrapping_add(found.trailing_zeros() as usize / 8));
            }
            plain = plain.wrapping_add(word.len());
        }
        let in_rest = rest.iter().position(|byte| is_special(*byte));
        self.advance(plain.wrapping_add(in_rest.unwrap_or(rest.len())));
    }
}
