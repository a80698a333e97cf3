//! `telltale config`: every fault at once, every value with its origin, and what production refuses.

use std::process::Output;

use crate::support::server::{Options, tempdir};

fn telltale(options: &Options, args: &[&str]) -> Output {
    let dir = tempdir("config");
    options.command(dir.path(), "127.0.0.1:0").args(args).output().unwrap()
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_check_tells_all_faults_at_once() {
    let options = Options::embedded().env("TELLTALE_LANES", "99").env("TELLTALE_LISEN", "x");
    let (status, _, stderr) =
        said(&telltale(&options, &["config", "check", "--object-store-url", "http://x"]));
    assert_eq!(status, Some(2));
    for part in [
        "TELLTALE_LANES: ",
        "TELLTALE_LISEN: no such setting; is TELLTALE_LISTEN meant?",
        "--object-store-url: ",
    ] {
        assert!(stderr.contains(part), "{part}: {stderr}");
    }
    let (status, stdout, _) = said(&telltale(&Options::embedded(), &["config", "check"]));
    assert_eq!(status, Some(0));
    assert!(stdout.contains("mode development"), "{stdout}");
}

#[test]
fn a_show_names_origins_and_hides_secrets() {
    let options = Options::embedded()
        .env("TELLTALE_TOKEN", "s3cret-token")
        .env("TELLTALE_DATABASE_URL", "postgres://u:s3cret-pass@db/t");
    let (status, stdout, stderr) = said(&telltale(&options, &["config", "show", "--lanes", "3"]));
    assert_eq!((status, stderr.as_str()), (Some(0), ""));
    assert!(!stdout.contains("s3cret"), "{stdout}");
    let line = |name: &str| stdout.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(line("lanes ").ends_with("--lanes") && line("lanes ").contains(" 3 "), "{stdout}");
    assert!(line("token ").contains("***") && line("token ").ends_with("TELLTALE_TOKEN"), "{stdout}");
    assert!(
        line("database_pool ").contains(" 16 ") && line("database_pool ").ends_with("default"),
        "{stdout}"
    );
    let (_, stdout, _) = said(&telltale(&options, &["config", "show", "--json"]));
    let shown: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(shown[0]["name"], "data_dir");
    let (status, stdout, _) = said(&telltale(&Options::embedded(), &["config", "example"]));
    assert_eq!(status, Some(0));
    assert!(stdout.contains("#TELLTALE_MODE=production"), "{stdout}");
}

#[test]
fn production_refuses_to_start_and_says_why() {
    let options = Options::embedded()
        .env("TELLTALE_MODE", "production")
        .env("TELLTALE_TOKEN", "changeme")
        .env("TELLTALE_PROCESS_ENGINE", "true");
    for command in [&["serve", "--listen", "0.0.0.0:0"][..], &["config", "check", "--listen", "0.0.0.0:0"]] {
        let (status, _, stderr) = said(&telltale(&options, command));
        assert_eq!(status, Some(2), "{stderr}");
        for part in ["listen: ", "token: ", "process_engine: ", "mode is production"] {
            assert!(stderr.contains(part), "{part}: {stderr}");
        }
        assert!(!stderr.contains("changeme"), "{stderr}");
    }
    let fine =
        Options::embedded().env("TELLTALE_MODE", "production").env("TELLTALE_TOKEN", "0123456789abcdef0123");
    let args = ["config", "check", "--listen", "0.0.0.0:0", "--trusted-proxy", "10.0.0.5,fd00::/8"];
    let (status, stdout, stderr) = said(&telltale(&fine, &args));
    assert_eq!(status, Some(0), "{stderr}");
    assert!(stdout.contains("mode production"), "{stdout}");
}
