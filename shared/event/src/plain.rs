//! Bytes of JSON text, eight at once (<https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord>).
//!
//! A byte of a little-endian word is marked by its highest bit. The lowest mark is right; those above it may be marks
//! too many.

const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGHEST: u64 = u64::from_le_bytes([0x80; 8]);

/// Marks the bytes that are zero.
pub const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGHEST
}

/// Marks the bytes that do not stand as they are in a JSON string: quotes, backslashes, control characters.
pub const fn specials(bytes: [u8; 8]) -> u64 {
    let word = u64::from_le_bytes(bytes);
    let quotes = zeros(word ^ u64::from_le_bytes([b'"'; 8]));
    let backslashes = zeros(word ^ u64::from_le_bytes([b'\\'; 8]));
    let control_characters = word.wrapping_sub(u64::from_le_bytes([b' '; 8])) & !word & HIGHEST;
    quotes | backslashes | control_characters
}

/// Whether a byte does not stand as it is in a JSON string.
pub const fn is_special(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}
