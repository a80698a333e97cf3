//! Which process a runner is: the label of its containers, by which others know that their owner is dead.
//!
//! `<host>/<boot id>/<pid>/<start time>`: the boot id and the start time make the pid unmistakable, the host name
//! keeps hands off the containers of other machines that share the daemon.

use std::fmt;

/// A runner's process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    host: String,
    boot: String,
    pid: u32,
    started: u64,
}

impl Identity {
    #[must_use]
    pub fn of_this_process() -> Self {
        let pid = std::process::id();
        Self { host: host(), boot: boot(), pid, started: started(pid).unwrap_or(0) }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let identity = Self {
            host: parts.next()?.to_owned(),
            boot: parts.next()?.to_owned(),
            pid: parts.next()?.parse().ok()?,
            started: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(identity)
    }

    /// Whether this runner was one of this machine and is no more.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.host == host() && (self.boot != boot() || started(self.pid) != Some(self.started))
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/{}", self.host, self.boot, self.pid, self.started)
    }
}

fn host() -> String {
    read("/proc/sys/kernel/hostname").replace('/', "_")
}

fn boot() -> String {
    read("/proc/sys/kernel/random/boot_id")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

/// When the process began, in ticks since the machine did (field 22 of `proc(5)`'s stat). `None` when there is none,
/// or only its remains, which wait for their parent.
pub fn started(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") { None } else { fields.nth(18)?.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_living_runner_is_not_dead_and_a_recycled_pid_is() {
        let me = Identity::of_this_process();
        assert_eq!(Identity::parse(&me.to_string()), Some(me.clone()));
        assert!(!me.is_dead());
        assert!(Identity { started: me.started + 1, ..me.clone() }.is_dead());
        assert!(Identity { boot: "another".into(), ..me.clone() }.is_dead());
        assert!(!Identity { host: "elsewhere".into(), boot: "another".into(), ..me }.is_dead());
        assert_eq!(Identity::parse("x/y/z"), None);
    }
}
