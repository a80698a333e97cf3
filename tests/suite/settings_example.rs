//! `.env.example` is what `telltale config example` prints: every setting there is, and none that isn't.

use std::collections::BTreeSet;

use telltale::facts::settings::{Key, example};

use crate::source::root;

#[test]
fn the_example_names_every_setting_and_no_other() {
    let text = std::fs::read_to_string(root().join(".env.example")).unwrap();
    assert!(text == example(), "`telltale config example > .env.example` writes it anew");
    let named = |line: &str| {
        let (name, _) = line.trim_start_matches('#').split_once('=')?;
        name.starts_with("TELLTALE_").then(|| name.to_owned())
    };
    let example: BTreeSet<String> = text.lines().filter_map(named).collect();
    let settings: BTreeSet<String> = Key::ALL.iter().map(|key| key.env()).collect();
    assert_eq!(example, settings);
}
