//! The settings as flags, from the one list of settings, so that a new one needs no change here.
//!
//! The values are only collected: `facts::settings` parses and judges them, beside those of the
//! environment and the file, and names every fault at once.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, FromArgMatches};

use crate::config;
use crate::facts::settings::{Explained, Fault, Key, Settings};

use super::failure::Failure;

const CONFIG: &str = "config";
const HEADING: &str = "Settings (flags win over TELLTALE_* variables, those over telltale.toml)";

/// Settings that a command which only talks to a server needs.
#[derive(Debug, Clone)]
pub(crate) struct ClientFlags(Flags);

/// The settings of a worker: a client's, and what it executes with.
#[derive(Debug, Clone)]
pub(crate) struct WorkerFlags(Flags);

/// All settings of a server.
#[derive(Debug, Clone)]
pub(crate) struct ServerFlags(Flags);

#[derive(Debug, Clone, Default)]
struct Flags {
    values: Vec<(Key, String)>,
    config: Option<PathBuf>,
}

impl ClientFlags {
    pub(crate) fn settings(&self) -> Result<Settings, Failure> {
        config::load(self.0.values.clone(), self.0.config.as_deref()).map_err(Failure::Settings)
    }
}

impl WorkerFlags {
    pub(crate) fn settings(&self) -> Result<Settings, Failure> {
        config::load(self.0.values.clone(), self.0.config.as_deref()).map_err(Failure::Settings)
    }
}

impl ServerFlags {
    /// For `serve`, with the rules that only a server keeps.
    pub(crate) fn for_server(&self) -> Result<Settings, Failure> {
        config::load_for_server(self.0.values.clone(), self.0.config.as_deref()).map_err(Failure::Settings)
    }

    /// Every setting with its origin, and what is wrong with the sources themselves.
    pub(crate) fn explain(&self) -> Result<(Vec<Explained>, Vec<Fault>), Failure> {
        let sources = config::gather(self.0.values.clone(), self.0.config.as_deref());
        Ok(sources.map_err(Failure::Settings)?.explain())
    }

    /// For commands that look at a server's settings without serving.
    pub(crate) fn settings(&self) -> Result<Settings, Failure> {
        config::load(self.0.values.clone(), self.0.config.as_deref()).map_err(Failure::Settings)
    }
}

fn is_for_clients(key: Key) -> bool {
    matches!(key, Key::Url | Key::Token | Key::DataDir)
}

/// What a worker must know besides.
fn is_for_workers(key: Key) -> bool {
    is_for_clients(key) || matches!(key, Key::ProcessEngine | Key::LogFormat | Key::LogLevel)
}

fn is_for_servers(_: Key) -> bool {
    true
}

fn augment(command: Command, wanted: fn(Key) -> bool) -> Command {
    let args = Key::ALL.iter().copied().filter(|key| wanted(*key)).map(|key| {
        Arg::new(key.flag())
            .long(key.flag())
            .value_name(key.value_name())
            .help(format!("{} [{}]", key.help(), key.env()))
            .help_heading(HEADING)
    });
    let config = Arg::new(CONFIG).long(CONFIG).value_name("FILE");
    let help = "Settings file [TELLTALE_CONFIG] [default: telltale.toml here, then in the data directory]";
    command.args(args).arg(config.help(help).help_heading(HEADING))
}

fn read(matches: &ArgMatches, wanted: fn(Key) -> bool) -> Flags {
    let values = Key::ALL
        .iter()
        .copied()
        .filter(|key| wanted(*key))
        .filter_map(|key| matches.get_one::<String>(&key.flag()).map(|value| (key, value.clone())));
    Flags { values: values.collect(), config: matches.get_one::<String>(CONFIG).map(PathBuf::from) }
}

macro_rules! args {
    ($flags:ident, $wanted:ident) => {
        impl FromArgMatches for $flags {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
                Ok(Self(read(matches, $wanted)))
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
                self.0 = read(matches, $wanted);
                Ok(())
            }
        }

        impl clap::Args for $flags {
            fn augment_args(command: Command) -> Command {
                augment(command, $wanted)
            }

            fn augment_args_for_update(command: Command) -> Command {
                augment(command, $wanted)
            }
        }
    };
}
args!(ClientFlags, is_for_clients);
args!(WorkerFlags, is_for_workers);
args!(ServerFlags, is_for_servers);
