//! Where the strings of a JSON text end.
//!
//! As in [simdjson](https://arxiv.org/abs/1902.08318), 64 bytes are looked at together, without a branch and before all
//! else: who looks for the end of each string from where it begins has to wait for one before the next.

use wide::u8x16;

/// How many bytes are looked at together: as many as a word has bits.
const BLOCK: usize = u64::BITS as usize;
const LANE: usize = 16;

/// The quotes of a text that end a string, in order.
pub struct Quotes {
    pub blocks: Vec<Block>,
    /// Where the block begins whose marks are being read, and where the next one does.
    block: usize,
    next_block: usize,
    /// Its quotes that are still ahead.
    ahead: u64,
    /// Behind the last backslash of the blocks so far.
    behind_backslash: usize,
}

/// A bit for each byte.
#[derive(Clone, Copy)]
pub struct Block {
    ends: u64,
    backslashes: u64,
}

/// What is handed on from block to block.
#[derive(Default)]
struct Reader {
    /// Whether the last block ended within a string: no bit or all.
    in_string: u64,
    /// Whether it ended with a backslash that belongs to the next byte: 0 or 1.
    escapes: u64,
    /// Where there were control characters in strings.
    wrong: u64,
}

impl Quotes {
    /// `marks` is empty. None where a string does not end, or has a control character.
    pub fn new(text: &str, mut marks: Vec<Block>) -> Option<Self> {
        let (blocks, rest) = text.as_bytes().as_chunks();
        let mut last = [b' '; BLOCK];
        last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        let mut reader = Reader::default();
        marks.extend(blocks.iter().chain([&last]).map(|block| reader.read(block)));
        (reader.in_string == 0 && reader.wrong == 0).then_some(Self {
            blocks: marks,
            block: 0,
            next_block: 0,
            ahead: 0,
            behind_backslash: 0,
        })
    }

    #[inline(always)]
    pub fn next(&mut self) -> Option<usize> {
        while self.ahead == 0 {
            let block = self.blocks.get(self.next_block / BLOCK)?;
            self.block = self.next_block;
            self.next_block = self.block.wrapping_add(BLOCK);
            self.ahead = block.ends;
            if block.backslashes != 0 {
                self.behind_backslash = self.next_block.wrapping_sub(block.backslashes.leading_zeros() as usize);
            }
        }
        let at = self.block.wrapping_add(self.ahead.trailing_zeros() as usize);
        self.ahead &= self.ahead.wrapping_sub(1);
        Some(at)
    }

    /// Whether there may be a backslash between here and the last quote; behind that one there may be some too.
    #[inline(always)]
    pub fn may_have_backslash(&self, from: usize) -> bool {
        self.behind_backslash > from
    }
}

impl Reader {
    #[inline(always)]
    fn read(&mut self, block: &[u8; BLOCK]) -> Block {
        let (lanes, _) = block.as_chunks::<LANE>();
        let marks = |kind: fn(u8x16) -> u8x16| {
            let marks = lanes.iter().rev().map(|lane| u64::from(kind(u8x16::new(*lane)).to_bitmask()));
            marks.fold(0, |marks, lane| marks << LANE | lane)
        };
        let backslashes = marks(|bytes| bytes.simd_eq(u8x16::splat(b'\\')));
        let mut quotes = marks(|bytes| bytes.simd_eq(u8x16::splat(b'"')));
        let control_characters = marks(|bytes| bytes.min(u8x16::splat(0x1f)).simd_eq(bytes));
        if backslashes | self.escapes != 0 {
            quotes &= !self.escaped(backslashes);
        }
        // The opening quote and what is within.
        let in_string = parity(quotes) ^ self.in_string;
        self.in_string = 0_u64.wrapping_sub(in_string >> 63);
        self.wrong |= control_characters & in_string;
        Block { ends: quotes & !in_string, backslashes }
    }

    /// The bytes behind a backslash that itself is behind none.
    #[inline(never)]
    fn escaped(&mut self, backslashes: u64) -> u64 {
        let mut escaped = self.escapes;
        self.escapes = 0;
        let mut left = backslashes & !escaped;
        while left != 0 {
            let first = left & left.wrapping_neg();
            escaped |= first << 1;
            self.escapes = first >> 63;
            left &= !(first | first << 1);
        }
        escaped
    }
}

/// Each bit: whether up to it, itself included, an odd number is set.
#[inline(always)]
const fn parity(mut bits: u64) -> u64 {
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    bits ^ bits << 32
}
