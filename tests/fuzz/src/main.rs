//! One fuzzer for all targets of `tests::invariants`. `FUZZ_TARGET` selects the target; without it the names are
//! printed. `FUZZ_SEEDS` is a folder to write the target's initial inputs to.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use tests::invariants::Target;

static TARGET: OnceLock<Target> = OnceLock::new();

fuzz_target!(
    init: {
        let Some(target) = std::env::var("FUZZ_TARGET").ok().and_then(|name| named(&name)) else {
            for target in Target::all() {
                println!("{}", target.name());
            }
            std::process::exit(0);
        };
        if let Some(folder) = std::env::var_os("FUZZ_SEEDS") {
            for (number, seed) in target.seeds().unwrap().into_iter().enumerate() {
                std::fs::write(std::path::Path::new(&folder).join(format!("seed-{number:03}")), seed).unwrap();
            }
        }
        TARGET.get_or_init(|| target);
    },
    |input: &[u8]| {
        if let Some(target) = TARGET.get() {
            target.check(input);
        }
    }
);

/// Finds a target. An unknown name is an error, and does not print the list.
fn named(name: &str) -> Option<Target> {
    let target = Target::all().into_iter().find(|target| target.name() == name);
    assert!(target.is_some(), "there is no target {name:?}");
    target
}
