//! `telltale config`: what is set, where it comes from, and what is wrong with it.

use crate::cli::config_args::{ConfigAction, ConfigArgs, ConfigFlags};
use crate::cli::failure::{DONE, Failure};
use crate::cli::lines::one_line;
use crate::facts::settings::{Explained, example};

use super::watch::say;

pub(crate) fn config(args: &ConfigArgs) -> Result<u8, Failure> {
    match &args.action {
        ConfigAction::Check(flags) => check(flags),
        ConfigAction::Show(args) => show(&args.flags, args.json),
        ConfigAction::Example => {
            say(&example())?;
            Ok(DONE)
        }
    }
}

/// All faults at once, those of a server among them.
fn check(flags: &ConfigFlags) -> Result<u8, Failure> {
    let settings = flags.flags.for_server()?;
    let (explained, _) = flags.flags.explain()?;
    let set = explained.iter().filter(|it| it.origin != "default").count();
    say(&format!("The settings are as they should be: {set} set, mode {}.\n", settings.mode))?;
    Ok(DONE)
}

fn show(flags: &ConfigFlags, json: bool) -> Result<u8, Failure> {
    let (explained, faults) = flags.flags.explain()?;
    if json {
        let text = serde_json::to_string_pretty(&explained);
        say(&format!("{}\n", text.unwrap_or_default()))?;
    } else {
        say(&table(&explained))?;
    }
    // Shown all the same, so that one sees what is there; the status tells that it does not do.
    if faults.is_empty() { flags.flags.for_server().map(|_| DONE) } else { Err(Failure::Settings(faults)) }
}

fn table(explained: &[Explained]) -> String {
    let text = |it: &Explained| it.value.as_deref().map_or("-".to_owned(), one_line);
    let width = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
    let names = width(&mut explained.iter().map(|it| it.name.len()));
    let values = width(&mut explained.iter().map(|it| text(it).chars().count())).min(VALUE_MAX_WIDTH);
    let line =
        |it: &Explained| format!("{:names$}  {:values$}  {}\n", it.name, text(it), one_line(&it.origin));
    explained.iter().map(line).collect()
}

/// One long value should not push all origins out of sight.
const VALUE_MAX_WIDTH: usize = 40;
