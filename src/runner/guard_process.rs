//! The guard itself: waits for its runner's end, and then ends and removes everything that the runner left.
//!
//! What it ends: the process groups that it was told of and that are still the same (a leader's start time makes its
//! number unmistakable); every process whose working directory or home is beneath the runner's directory,
//! which are those that were being started, and those that left their group; that directory; the runner's
//! containers. It never touches anything while the runner lives.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::{Pid, getppid, setsid};

use super::docker;
use super::identity::{Identity, started};

/// The pipe ends a moment before its holder does. A runner that lives longer has only closed it.
const DYING_MAX: Duration = Duration::from_secs(5);
/// Between two looks at what nobody announces.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// Processes that start others faster than they are found get no more than this.
const ROUNDS_MAX: usize = 1_000;
/// How long Docker may be away, when containers may have been left.
const DOCKER_PATIENCE: Duration = Duration::from_secs(120);
const DOCKER_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// A container that was being made when its runner died is there within this time.
const LATECOMERS_AFTER: Duration = Duration::from_secs(2);

/// What the runner has said.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    groups: BTreeMap<i32, u64>,
    uses_docker: bool,
}

/// Reads standard input to its end, and then cleans up after the runner. The error is a sentence.
pub fn main(runner: &str, directory: &Path) -> Result<(), String> {
    let runner = Identity::parse(runner).ok_or("this is no runner's identity")?;
    let parent = getppid();
    // A key pressed in the runner's terminal is not for the guard. It fails for leaders of a group, who are alone.
    let _ = setsid();
    let told = listen(std::io::stdin().lock());
    if !is_gone(&runner, parent, DYING_MAX) {
        return Ok(());
    }
    end_groups(&told.groups);
    end_strays(directory);
    if told.uses_docker {
        remove_containers(&runner)?;
    }
    Ok(())
}

fn listen(input: impl BufRead) -> Told {
    let mut told = Told::default();
    for line in input.lines().map_while(Result::ok) {
        let mut words = line.split(' ');
        let number =
            |words: &mut std::str::Split<'_, char>| words.next().and_then(|word| word.parse::<u64>().ok());
        match words.next() {
            Some("docker") => told.uses_docker = true,
            Some("+") => {
                let group = number(&mut words).and_then(|group| i32::try_from(group).ok());
                if let (Some(group), Some(since)) = (group, number(&mut words)) {
                    told.groups.insert(group, since);
                }
            }
            Some("-") => {
                if let Some(group) = number(&mut words).and_then(|group| i32::try_from(group).ok()) {
                    told.groups.remove(&group);
                }
            }
            _ => {}
        }
    }
    told
}

/// Waits until the runner is dead; false when it lives on.
fn is_gone(runner: &Identity, parent: Pid, patience: Duration) -> bool {
    let since = Instant::now();
    // Its remains may wait for their own parent for ever, but a guard of the dead has another parent.
    while !runner.is_dead() && getppid() == parent {
        if since.elapsed() > patience {
            return false;
        }
        std::thread::park_timeout(LOOK_EVERY);
    }
    true
}

fn end_groups(groups: &BTreeMap<i32, u64>) {
    for (leader, since) in groups {
        if u32::try_from(*leader).ok().and_then(started) == Some(*since) {
            // ESRCH: it went by itself.
            let _ = killpg(Pid::from_raw(*leader), Signal::SIGKILL);
        }
    }
}

/// Ends what lives in the runner's directory, and removes it.
fn end_strays(directory: &Path) {
    for _ in 0..ROUNDS_MAX {
        let strays = strays(directory);
        for stray in &strays {
            let _ = kill(*stray, Signal::SIGKILL);
        }
        let is_removed = match std::fs::remove_dir_all(directory) {
            Ok(()) => true,
            Err(error) => error.kind() == std::io::ErrorKind::NotFound,
        };
        if strays.is_empty() && is_removed {
            return;
        }
        std::thread::park_timeout(LOOK_EVERY);
    }
}

fn strays(directory: &Path) -> Vec<Pid> {
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let home = [b"HOME=", directory.as_os_str().as_bytes(), b"/"].concat();
    let mut strays = Vec::new();
    for process in processes.flatten() {
        let Some(pid) = process.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let path = process.path();
        let is_within = std::fs::read_link(path.join("cwd")).is_ok_and(|cwd| cwd.starts_with(directory));
        let is_at_home = || {
            let environment = std::fs::read(path.join("environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable.starts_with(&home))
        };
        if is_within || is_at_home() {
            strays.push(Pid::from_raw(pid));
        }
    }
    strays
}

fn remove_containers(runner: &Identity) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(async {
        let since = Instant::now();
        loop {
            match sweep(runner).await {
                Ok(()) => break,
                Err(error) if since.elapsed() > DOCKER_PATIENCE => return Err(error),
                Err(_) => tokio::time::sleep(DOCKER_AGAIN_AFTER).await,
            }
        }
        tokio::time::sleep(LATECOMERS_AFTER).await;
        sweep(runner).await
    })
}

async fn sweep(runner: &Identity) -> Result<(), String> {
    let engine = docker::connect().await.map_err(|error| error.to_string())?;
    docker::sweep_runner(&engine, runner).await.map(drop).map_err(|error| docker::reason(&error))
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt as _;
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::Command;

    use super::*;

    #[test]
    fn it_knows_what_it_was_told_and_what_is_over() {
        let told = listen(&b"+ 10 777\n+ 11 778\n- 10\ndocker\nnonsense\n+ x y\n+ 12\n"[..]);
        assert_eq!(told, Told { groups: BTreeMap::from([(11, 778)]), uses_docker: true });
        assert_eq!(listen(&b""[..]), Told::default());
    }

    #[test]
    fn a_group_is_killed_and_a_recycled_number_is_not() {
        let mut child = Command::new("sleep").arg("1000").process_group(0).spawn().unwrap();
        let leader = i32::try_from(child.id()).unwrap();
        let since = started(child.id()).unwrap();
        end_groups(&BTreeMap::from([(leader, since + 1)]));
        assert_eq!(child.try_wait().unwrap(), None);
        end_groups(&BTreeMap::from([(leader, since)]));
        assert_eq!(child.wait().unwrap().signal(), Some(9));
    }

    #[test]
    fn those_who_live_in_the_directory_are_ended_and_it_is_removed() {
        let directory = std::env::temp_dir().join(format!("telltale-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(directory.join("workspace")).unwrap();
        let home = directory.join("workspace");
        let mut inside = Command::new("sleep").arg("1000").current_dir(&home).spawn().unwrap();
        let mut at_home = Command::new("sleep").arg("1000").env("HOME", &home).spawn().unwrap();
        let mut other = Command::new("sleep").arg("1000").spawn().unwrap();
        end_strays(&directory);
        assert_eq!(inside.wait().unwrap().signal(), Some(9));
        assert_eq!(at_home.wait().unwrap().signal(), Some(9));
        assert!(!directory.exists());
        assert_eq!(other.try_wait().unwrap(), None);
        other.kill().unwrap();
        other.wait().unwrap();
    }

    #[test]
    fn nothing_is_touched_while_the_runner_lives() {
        let me = Identity::of_this_process();
        assert!(!is_gone(&me, getppid(), Duration::ZERO));
        assert!(is_gone(&me, Pid::from_raw(i32::MAX), Duration::ZERO));
    }
}
