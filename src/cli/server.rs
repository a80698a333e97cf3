//! Finding the server that the client commands talk to, and the run they talk about.

use std::path::Path;

use serde::Deserialize;

use crate::app::OPERATOR_TOKEN_FILE;
use crate::client::{Client, RunQuery};
use crate::facts::id::RunId;
use crate::facts::settings::Settings;

use super::failure::Failure;

/// The file that a running server leaves in its data directory.
const SERVER_FILE: &str = "server.json";
/// What stands for the newest run.
const LATEST: &str = "@latest";

#[derive(Debug, Deserialize)]
struct ServerFile {
    url: String,
}

/// The server's address: as set, else of the server on this machine's data directory, else where one with these settings would
/// listen.
pub(crate) fn address(settings: &Settings) -> String {
    let set = settings.url.clone();
    set.or_else(|| of_data_dir(&settings.data_dir)).unwrap_or_else(|| format!("http://{}", settings.listen))
}

/// The address of the server that runs on this data directory.
pub(crate) fn of_data_dir(data_dir: &Path) -> Option<String> {
    let text = std::fs::read_to_string(data_dir.join(SERVER_FILE)).ok()?;
    serde_json::from_str::<ServerFile>(&text).ok().map(|file| file.url)
}

/// A client of that server.
pub(crate) fn client(settings: &Settings) -> Result<Client, Failure> {
    Ok(Client::new(&address(settings), token(settings).as_deref())?)
}

/// The token that is set, else the one that the data directory of this machine's server holds for those who may read it.
pub(crate) fn token(settings: &Settings) -> Option<String> {
    settings.token.clone().or_else(|| operator_token(settings))
}

/// Only ever sent to the server that has this data directory.
fn operator_token(settings: &Settings) -> Option<String> {
    if settings.url.is_some() || of_data_dir(&settings.data_dir).is_none() {
        return None;
    }
    let text = std::fs::read_to_string(settings.data_dir.join(OPERATOR_TOKEN_FILE)).ok()?;
    Some(text.trim().to_owned()).filter(|token| !token.is_empty())
}

/// The run that `text` names; `@latest` asks the server for its newest.
pub(crate) async fn run_id(client: &Client, text: &str) -> Result<RunId, Failure> {
    if text != LATEST {
        return run_id_of(text);
    }
    let page = client.list_runs(&RunQuery { limit: Some(1), ..RunQuery::default() }).await?;
    let newest = page.runs.into_iter().next();
    newest.map(|run| run.run_id).ok_or_else(|| Failure::WrongUse("there is no run yet".into()))
}

/// The run with exactly this id.
pub(crate) fn run_id_of(text: &str) -> Result<RunId, Failure> {
    text.parse().map_err(|fault| Failure::WrongUse(format!("`{text}` is no run: {fault}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_this_data_directory_is_found() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(of_data_dir(dir.path()), None);
        std::fs::write(dir.path().join(SERVER_FILE), r#"{"url":"http://127.0.0.1:9","pid":1}"#).unwrap();
        assert_eq!(of_data_dir(dir.path()).as_deref(), Some("http://127.0.0.1:9"));
        std::fs::write(dir.path().join(SERVER_FILE), "half a fi").unwrap();
        assert_eq!(of_data_dir(dir.path()), None);
    }
}
