//! What a container is made of: its image, its user, what it may be, do and use.

use bollard::Docker;
use bollard::models::{ContainerCreateBody, HostConfig, HostConfigLogConfig};

use super::docker::{WORKSPACE, reason, status};
use super::engine::{Attempt, Exit, Finished, Reports};
use super::identity::Identity;

/// A fork bomb ends here; a build with many jobs doesn't.
const PIDS_DEFAULT: u32 = 512;
/// What a node may use before it is killed for it.
const MEMORY_DEFAULT_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Whom a container runs as, unless its image names a user: nobody.
const UNPRIVILEGED_USER: &str = "65534:65534";
/// What a terminal's programs may expect of it; the page and `watch` draw that.
const TERMINAL: &str = "xterm-256color";
/// Rows and columns, as terminals have had them for fifty years.
pub const TERMINAL_SIZE: [u16; 2] = [24, 80];
/// The daemon's log is what is read after its restart, from the beginning; past the first file that begins is gone.
const LOG_BOUNDS: [(&str, &str); 2] = [("max-size", "200m"), ("max-file", "2")];
/// Up to here an output is surely whole in the log, where a short line takes thrice its length.
pub const LOG_WHOLE_BYTES: u64 = 64 * 1024 * 1024;
/// Docker counts processors in thousand millionths.
const NANO_CPUS_PER_MILLI: i64 = 1_000_000;

/// What the container may be and do.
pub fn body(attempt: &Attempt, image: &str, user: &str, identity: &Identity) -> ContainerCreateBody {
    let labels = [
        ("telltale.run", attempt.run_id.to_string()),
        ("telltale.node", attempt.node.to_string()),
        ("telltale.attempt", attempt.number.to_string()),
        ("telltale.runner", identity.to_string()),
    ];
    let home = [("HOME".to_owned(), WORKSPACE.to_owned())];
    let terminal = attempt.tty.then(|| ("TERM".to_owned(), TERMINAL.to_owned()));
    let env = home.iter().chain(&terminal).chain(&attempt.env);
    let resources = attempt.resources;
    let memory = whole(resources.memory_bytes.unwrap_or(MEMORY_DEFAULT_BYTES));
    let host = HostConfig {
        cap_drop: Some(vec!["ALL".to_owned()]),
        security_opt: Some(vec!["no-new-privileges".to_owned()]),
        pids_limit: Some(i64::from(resources.pids.unwrap_or(PIDS_DEFAULT))),
        memory: Some(memory),
        // Memory and swap together, so this means none.
        memory_swap: Some(memory),
        nano_cpus: resources.cpu_millis.map(|millis| i64::from(millis) * NANO_CPUS_PER_MILLI),
        console_size: attempt.tty.then(|| TERMINAL_SIZE.map(usize::from).to_vec()),
        privileged: Some(false),
        // `local` keeps raw bytes (json-file writes U+FFFD for what is no UTF-8) and rotates by itself.
        log_config: Some(HostConfigLogConfig {
            typ: Some("local".to_owned()),
            config: Some(
                LOG_BOUNDS.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            ),
        }),
        ..HostConfig::default()
    };
    ContainerCreateBody {
        image: Some(image.to_owned()),
        user: Some(user.to_owned()),
        // The words replace the image's entry point, so that a node means the same with and without an image.
        entrypoint: Some(attempt.words.clone()),
        cmd: Some(Vec::new()),
        env: Some(env.map(|(name, value)| format!("{name}={value}")).collect()),
        working_dir: Some(WORKSPACE.to_owned()),
        labels: Some(labels.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        attach_stdin: Some(false),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        tty: Some(attempt.tty),
        open_stdin: Some(false),
        host_config: Some(host),
        ..ContainerCreateBody::default()
    }
}

fn whole(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// Makes sure that the image is here, pulls it when it isn't, and gives the user to run as.
pub async fn ensure_image(docker: &Docker, image: &str, reports: &Reports) -> Result<String, Finished> {
    let found = match docker.inspect_image(image).await {
        Err(error) if status(&error) == Some(404) => {
            super::docker_pull::pull(docker, image, reports).await.map_err(|why| {
                Exit::not_started(
                    format!("the image `{image}` is not on this machine and can't be pulled: {why}"),
                    false,
                )
            })?;
            docker.inspect_image(image).await
        }
        other => other,
    };
    match found {
        Ok(image) => {
            let user = image.config.and_then(|config| config.user).unwrap_or_default();
            let is_root = matches!(user.split(':').next(), None | Some("" | "0" | "root"));
            Ok(if is_root { UNPRIVILEGED_USER.to_owned() } else { user })
        }
        Err(error) => Err(Exit::not_started(reason(&error), false)),
    }
}
