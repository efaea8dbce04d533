//! e2e placeholder
fn main() {}
