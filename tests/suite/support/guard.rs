//! Ends what a test started even when the test binary itself is killed.
//!
//! A guard is a shell in a process group of its own that reads a pipe whose other end only this process
//! holds. When the process ends, however it ends, the read fails and the shell runs its last words.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

pub struct Guard {
    child: Child,
}

impl Guard {
    /// `last_words` is a shell script; `args` are its `$1`, `$2` …
    pub fn new(last_words: &str, args: &[&str]) -> Self {
        let child = Command::new("/bin/sh")
            .arg("-c")
            .arg(format!("read word && exit 0\n{last_words}"))
            .arg("telltale-test-guard")
            .args(args)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("starting a guard shell");
        Self { child }
    }

    /// Lets the guard go without its last words: the work has been done properly.
    pub fn defuse(mut self) {
        if let Some(stdin) = self.child.stdin.as_mut() {
            let _ = stdin.write_all(b"done\n");
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
