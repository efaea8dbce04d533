//! Checks the invariants on the fuzzer's initial inputs, on its stored inputs, and on those that once broke them.

use std::panic::catch_unwind;

use tests::invariants::Target;
use tests::{corpus, names};

fn failures(target: Target, inputs: impl IntoIterator<Item = (String, Vec<u8>)>) -> Vec<String> {
    let fails = |input: &[u8]| catch_unwind(|| target.check(input)).is_err();
    let failed = inputs.into_iter().filter(|(_, input)| fails(input));
    failed.map(|(name, _)| format!("{}: {name}", target.name())).collect()
}

#[test]
fn every_case_under_events_holds_as_an_input() {
    let failed = Target::all().into_iter().flat_map(|target| {
        let seeds = target.seeds().unwrap();
        assert!(!seeds.is_empty(), "{} has no seed", target.name());
        failures(target, seeds.into_iter().enumerate().map(|(number, seed)| (format!("seed {number}"), seed)))
    });
    let failed: Vec<_> = failed.collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn every_kept_input_holds() {
    let mut failed = Vec::new();
    for folder in names(&corpus()).unwrap() {
        let target = Target::all().into_iter().find(|target| target.name() == folder);
        let target = target.unwrap_or_else(|| panic!("tests/corpus/{folder} is of no target"));
        let files = names(&corpus().join(&folder)).unwrap().into_iter();
        let inputs = files.map(|file| {
            let input = std::fs::read(corpus().join(&folder).join(&file)).unwrap();
            (file, input)
        });
        failed.extend(failures(target, inputs));
    }
    assert!(failed.is_empty(), "{failed:#?}");
}
