//! Bytes of JSON text, sixteen at once (<https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord>): most names
//! and values have fewer.
//!
//! A byte of a little-endian block is marked by its highest bit. The lowest mark is right; those above it may be marks
//! too many.

/// How many bytes are looked at together.
pub const BLOCK: usize = 16;

const ONES: u128 = each(1);
const HIGHEST: u128 = each(0x80);

/// A block of one byte.
pub const fn each(byte: u8) -> u128 {
    u128::from_le_bytes([byte; BLOCK])
}

/// Marks the bytes that are zero.
#[inline]
pub const fn zeros(block: u128) -> u128 {
    block.wrapping_sub(ONES) & !block & HIGHEST
}

/// Marks the bytes that do not stand as they are in a JSON string: quotes, backslashes, control characters.
#[inline]
pub const fn specials(block: u128) -> u128 {
    // With this bit turned, a quote is a space, a space a quote, and every control character still one.
    let turned = block ^ each(b'"' ^ b' ');
    let quotes_and_control_characters = turned.wrapping_sub(each(b'!')) & !turned;
    let backslashes = block ^ each(b'\\');
    (quotes_and_control_characters | (backslashes.wrapping_sub(ONES) & !backslashes)) & HIGHEST
}

/// Whether a byte does not stand as it is in a JSON string.
pub const fn is_special(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

/// Marks the bytes that are not decimal digits.
#[inline]
pub const fn no_digits(block: u128) -> u128 {
    // Digits are 0 to 9 now, all else is more.
    let block = block ^ each(b'0');
    (block.wrapping_add(each(0x7f - 9)) | block) & HIGHEST
}

/// Whether a JSON string holds the text as it stands.
#[inline]
pub fn is_plain(text: &str) -> bool {
    let text = text.as_bytes();
    // What is left behind whole blocks is looked at together with what is in front of it, or twice.
    if let Some(last) = text.last_chunk() {
        let (blocks, _) = text.as_chunks();
        let mut each = blocks.iter().chain([last]);
        return each.all(|block| specials(u128::from_le_bytes(*block)) == 0);
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
    specials(first | last << 64) == 0
}
