//! Reads what settings are made of: the environment, the user, and `telltale.toml`.
//!
//! Owns the effects around [`crate::facts::settings`]; decides nothing itself.

use std::io;
use std::path::{Path, PathBuf};

use crate::facts::settings::{Fault, Key, Machine, Place, Settings, SettingsFile, Sources};

/// No settings file is longer; more would be a wrong path.
const FILE_LIMIT_BYTES: u64 = 1024 * 1024;

/// The sources of this process. `config` is the file that `--config` names; without it
/// `TELLTALE_CONFIG`, then `telltale.toml` in the working directory, then in the data directory.
pub fn gather(flags: Vec<(Key, String)>, config: Option<&Path>) -> Result<Sources, Vec<Fault>> {
    let machine = Machine { is_root: nix::unistd::geteuid().is_root() };
    let mut sources = Sources { flags, env: std::env::vars_os().collect(), file: None, machine };
    let named = config.map(Path::to_owned).or_else(|| sources.variable("TELLTALE_CONFIG").map(PathBuf::from));
    sources.file = match named {
        Some(path) => Some(read(&path).map_err(|error| vec![unreadable(&path, &error)])?),
        None => find(&sources)?,
    };
    Ok(sources)
}

/// Settings for a client command.
pub fn load(flags: Vec<(Key, String)>, config: Option<&Path>) -> Result<Settings, Vec<Fault>> {
    Settings::resolve(&gather(flags, config)?)
}

/// Settings for a server, with the rules that only a server keeps.
pub fn load_for_server(flags: Vec<(Key, String)>, config: Option<&Path>) -> Result<Settings, Vec<Fault>> {
    Settings::resolve_for_server(&gather(flags, config)?, |settings| place(&settings.data_dir))
}

/// What is to be known about the data directory, which need not be there yet.
fn place(data_dir: &Path) -> Place {
    let there = data_dir.ancestors().find_map(|dir| nix::sys::statfs::statfs(dir).ok());
    let magic = there.map(|found| found.filesystem_type().0);
    let network = magic.and_then(|magic| NETWORK.iter().find(|(known, _)| *known == magic));
    Place { network_filesystem: network.map(|(_, name)| *name) }
}

/// File systems of other machines, by the numbers of statfs(2).
const NETWORK: [(i64, &str); 8] = [
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB2"),
    (0x0102_1997, "9P"),
    (0x00c3_6400, "Ceph"),
    (0x5346_414f, "AFS"),
    (0x0bd0_0bd0, "Lustre"),
];

fn find(sources: &Sources) -> Result<Option<SettingsFile>, Vec<Fault>> {
    let working_dir = std::env::current_dir().unwrap_or_default();
    for path in sources.file_candidates(&working_dir) {
        match read(&path) {
            Ok(file) => return Ok(Some(file)),
            // A directory that can't be entered holds no settings of ours.
            Err(error) if is_absent(&error) => {}
            Err(error) => return Err(vec![unreadable(&path, &error)]),
        }
    }
    Ok(None)
}

fn is_absent(error: &io::Error) -> bool {
    use io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}

fn read(path: &Path) -> io::Result<SettingsFile> {
    use io::Read as _;
    let mut text = String::new();
    std::fs::File::open(path)?.take(FILE_LIMIT_BYTES).read_to_string(&mut text)?;
    Ok(SettingsFile { name: path.display().to_string(), text })
}

fn unreadable(path: &Path, error: &io::Error) -> Fault {
    Fault { name: path.display().to_string(), reason: format!("the settings file can't be read: {error}") }
}
