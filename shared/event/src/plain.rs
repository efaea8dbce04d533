//! Bytes of JSON text, sixteen at once: most names and values have fewer.

use wide::u8x16;

/// How many bytes are looked at together.
pub const BLOCK: usize = 16;

/// Which bytes of a block are of a kind.
#[derive(Clone, Copy)]
pub struct Marks(u32);

impl Marks {
    #[inline(always)]
    fn new(marked: u8x16) -> Self {
        Self(marked.to_bitmask())
    }

    #[inline(always)]
    pub fn any(self) -> bool {
        self.0 != 0
    }

    /// How many bytes are in front of the first that is marked: [`BLOCK`] where none is.
    #[inline(always)]
    pub fn before_first(self) -> usize {
        (self.0 | 1 << BLOCK).trailing_zeros() as usize
    }

    /// How many bytes are behind the last that is marked.
    #[inline(always)]
    pub fn behind_last(self) -> Option<usize> {
        // Above those of the block, half of a `u32`'s bits are free.
        self.any().then(|| (self.0 << BLOCK).leading_zeros() as usize)
    }
}

/// Marks one byte.
#[inline(always)]
pub fn same(block: [u8; BLOCK], byte: u8) -> Marks {
    Marks::new(u8x16::new(block).simd_eq(u8x16::splat(byte)))
}

/// Marks every other byte.
#[inline(always)]
pub fn others(block: [u8; BLOCK], byte: u8) -> Marks {
    Marks::new(!u8x16::new(block).simd_eq(u8x16::splat(byte)))
}

/// Marks the bytes that do not stand as they are in a JSON string: quotes, backslashes, control characters.
#[inline(always)]
pub fn specials(block: [u8; BLOCK]) -> Marks {
    let block = u8x16::new(block);
    let control_characters = block.min(u8x16::splat(0x1f)).simd_eq(block);
    Marks::new(control_characters | block.simd_eq(u8x16::splat(b'"')) | block.simd_eq(u8x16::splat(b'\\')))
}

/// Whether a byte does not stand as it is in a JSON string.
pub const fn is_special(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

/// Marks the bytes that are not decimal digits.
#[inline(always)]
pub fn no_digits(block: [u8; BLOCK]) -> Marks {
    let block = u8x16::new(block);
    Marks::new(!block.max(u8x16::splat(b'0')).min(u8x16::splat(b'9')).simd_eq(block))
}

/// Whether a JSON string holds the text as it stands.
#[inline]
pub fn is_plain(text: &str) -> bool {
    let text = text.as_bytes();
    // What is left behind whole blocks is looked at together with what is in front of it, or twice.
    if let Some(last) = text.last_chunk() {
        let (blocks, _) = text.as_chunks();
        return blocks.iter().chain([last]).all(|block| !specials(*block).any());
    }
    let ends = if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        [u64::from_le_bytes(*first), u64::from_le_bytes(*last)]
    } else if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        let [first, last] = [u32::from_le_bytes(*first), u32::from_le_bytes(*last)].map(u64::from);
        [first | last << 32; 2]
    } else {
        return !text.iter().any(|byte| is_special(*byte));
    };
    let [first, last] = ends.map(u128::from);
    !specials((first | last << 64).to_le_bytes()).any()
}
