//! `telltale import`: a bundle, or the past of another system.

use crate::cli::failure::Failure;
use crate::cli::import_args::{From, ImportArgs};

use super::{bundle, import_history};

pub(crate) async fn import(args: &ImportArgs) -> Result<u8, Failure> {
    if args.run_id.is_some() && args.from != From::Temporal {
        return Err(Failure::WrongUse("--run-id is for --from temporal only".into()));
    }
    let copies = args.copy.copy_logs.is_some() || args.copy.copy_files.is_some();
    if copies && args.from != From::Shipsec {
        return Err(Failure::WrongUse("--copy-logs and --copy-files are for --from shipsec only".into()));
    }
    if args.users.is_some() && args.from != From::Automateos {
        return Err(Failure::WrongUse("--users is for --from automateos only".into()));
    }
    match args.from {
        From::Bundle => bundle::import(args).await,
        _ => import_history::import(args).await,
    }
}
