//! The one pass over the text.

use super::{Invalid, Kind, Node, Span, fingerprint, name_fingerprint};

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

    pub(super) fn peek(&self) -> Option<u8> {
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

    pub(super) fn skip_white_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.peek() {
            self.advance(1);
        }
    }

    /// The next byte that is not white space.
    fn next_visible(&mut self) -> Result<u8, Invalid> {
        self.skip_white_space();
        self.next()
    }

    pub(super) fn value(&mut self) -> Result<Node, Invalid> {
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
