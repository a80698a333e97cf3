//! `telltale completion`: a shell's script, made from the declarations that the commands are parsed by.

use clap::CommandFactory as _;

use crate::cli::args::Cli;
use crate::cli::failure::{DONE, Failure};
use crate::cli::tool_args::CompletionArgs;

use super::watch::say;

pub(crate) fn completion(args: &CompletionArgs) -> Result<u8, Failure> {
    say(&script(args.shell))?;
    Ok(DONE)
}

fn script(shell: clap_complete::Shell) -> String {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "telltale", &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;
    use clap_complete::Shell;

    use super::*;

    #[test]
    fn every_shell_learns_the_commands() {
        for shell in Shell::value_variants() {
            let script = script(*shell);
            for word in ["telltale", "exec", "secret", "completion", "follow"] {
                assert!(script.contains(word), "{shell}: {word}");
            }
        }
    }
}
