//! Names: of members, headers, events.

/// `==`, without a call: most names have at most sixteen bytes, and most are looked for among others of their length.
#[inline(always)]
pub fn is_name(own: &[u8], name: &str) -> bool {
    let name = name.as_bytes();
    if own.len() != name.len() {
        return false;
    }
    match (own.first_chunk::<8>(), name.first_chunk::<8>()) {
        (Some(first), Some(expected)) => {
            first == expected
                && own.last_chunk::<8>() == name.last_chunk()
                && (own.len() <= 16 || is_long_name(own, name))
        }
        _ => match (own.first_chunk::<4>(), name.first_chunk::<4>()) {
            (Some(first), Some(expected)) => first == expected && own.last_chunk::<4>() == name.last_chunk(),
            _ => own.iter().eq(name),
        },
    }
}

#[cold]
#[inline(never)]
fn is_long_name(own: &[u8], name: &[u8]) -> bool {
    own == name
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn each_byte_counts() {
        let long = "abcdefghijklmnopqrstuvwxyz";
        for length in 0..=long.len() {
            let (name, _) = long.split_at(length);
            assert!(is_name(name.as_bytes(), name));
            assert!(!is_name(format!("{name}-").as_bytes(), name));
            for at in 0..length {
                let mut other = name.to_owned();
                other.replace_range(at..=at, "-");
                assert!(!is_name(other.as_bytes(), name), "{other}");
            }
        }
    }
}
