//! `telltale import`: a bundle, or the past of another system.

use crate::cli::failure::Failure;
use crate::cli::import_args::{From, ImportArgs};

use super::{bundle, import_history};

pub(crate) async fn import(args: &ImportArgs) -> Result<u8, Failure> {
    if args.run_id.is_some() && args.from != From::Temporal {
        return Err(Failure::WrongUse("--run-id is for --from temporal only".into()));
    }
    match args.from {
        From::Bundle => bundle::import(args).await,
        _ => import_history::import(args).await,
    }
}
