//! `telltale export`, `import` and `replay`: runs as files.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use futures_util::TryStreamExt as _;
use tokio::io::AsyncWriteExt as _;

use crate::cli::failure::{DONE, Failure};
use crate::cli::import_args::ImportArgs;
use crate::cli::regression_args::{ExportArgs, ReplayArgs};
use crate::cli::server;
use crate::client::ImportedRun;

/// The ending of a bundle's name.
const ENDING: &str = "telltale";

pub(crate) async fn export(args: &ExportArgs) -> Result<u8, Failure> {
    let client = server::client(&args.flags.settings()?)?;
    let run_id = server::run_id(&client, &args.run).await?;
    let ending = if args.html { "html" } else { ENDING };
    let path = match &args.output {
        Some(path) => path.clone(),
        // A run id has no slash in it; a colon is no letter of a file name everywhere.
        None => PathBuf::from(format!("{}.{ending}", run_id.as_str().replace(':', "_"))),
    };
    let mut parts = Box::pin(client.export_run(&run_id, args.html).await?);
    if path == Path::new("-") {
        while let Some(part) = parts.try_next().await? {
            io::stdout().lock().write_all(&part)?;
        }
        io::stdout().lock().flush()?;
        return Ok(DONE);
    }
    // Whole before it has its name.
    let partial = path.with_extension(format!("{ending}.partial"));
    let failed = |path: &Path, error: io::Error| {
        Failure::WrongUse(format!("{} can't be written: {error}", path.display()))
    };
    let mut file = tokio::fs::File::create(&partial).await.map_err(|error| failed(&partial, error))?;
    let copied = async {
        while let Some(part) = parts.try_next().await? {
            file.write_all(&part).await.map_err(|error| failed(&partial, error))?;
        }
        file.sync_all().await.map_err(|error| failed(&partial, error))
    };
    if let Err(failure) = copied.await {
        let _ = tokio::fs::remove_file(&partial).await;
        return Err(failure);
    }
    tokio::fs::rename(&partial, &path).await.map_err(|error| failed(&path, error))?;
    say(&format!("{}\n", path.display()))?;
    Ok(DONE)
}

pub(super) async fn import(args: &ImportArgs) -> Result<u8, Failure> {
    let client = server::client(&args.flags.settings()?)?;
    let (file, bytes) = open(Path::new(&args.source)).await?;
    let imported = client.import_run(file, bytes, args.dry_run).await?;
    let text = match args.json {
        true => serde_json::to_string(&imported).unwrap_or_default() + "\n",
        false => told(&imported),
    };
    say(&text)?;
    Ok(DONE)
}

fn told(imported: &ImportedRun) -> String {
    let ImportedRun { run_id, events, lines, artifacts, .. } = imported;
    let what = match (imported.dry_run, imported.created) {
        (true, true) => "would be imported",
        (false, true) => "is imported",
        (_, false) => "is here already, the same",
    };
    format!("{run_id} {what}: {events} events, {lines} lines, {artifacts} artifacts, all verified\n")
}

pub(crate) async fn replay(args: &ReplayArgs) -> Result<u8, Failure> {
    let client = server::client(&args.flags.settings()?)?;
    let (file, bytes) = open(&args.file).await?;
    let replayed = client.replay_run(file, bytes, args.speed).await?;
    eprintln!("{}", client.page_url(&replayed.run_id));
    say(&format!("{}\n", replayed.run_id))?;
    Ok(DONE)
}

async fn open(path: &Path) -> Result<(tokio::fs::File, u64), Failure> {
    let unread = |error| Failure::WrongUse(format!("{} can't be read: {error}", path.display()));
    let file = tokio::fs::File::open(path).await.map_err(unread)?;
    let bytes = file.metadata().await.map_err(unread)?.len();
    Ok((file, bytes))
}

pub(super) fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
