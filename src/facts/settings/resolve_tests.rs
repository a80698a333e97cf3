use super::*;

fn sources() -> Sources {
    let env = vec![("HOME".into(), "/home/ann".into())];
    Sources { flags: vec![], env, file: None, machine: Machine { is_root: false } }
}

fn with_env(pairs: &[(&str, &str)]) -> Sources {
    let mut sources = sources();
    sources.env.extend(pairs.iter().map(|(k, v)| (OsString::from(k), OsString::from(v))));
    sources
}

fn with_file(text: &str) -> Sources {
    Sources { file: Some(SettingsFile { name: "telltale.toml".into(), text: text.into() }), ..sources() }
}

fn faults(sources: &Sources) -> Vec<String> {
    Settings::resolve(sources).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn nothing_set_gives_the_defaults() {
    let settings = Settings::resolve(&sources()).unwrap();
    assert_eq!(settings.data_dir, Path::new("/home/ann/.local/share/telltale"));
    assert_eq!(settings.listen, "127.0.0.1:4780");
    assert_eq!((settings.database_url, settings.token, settings.url), (None, None, None));
    assert!(settings.database_prepared);
}

#[test]
fn the_default_data_dir_depends_on_who_asks() {
    let root = Sources { machine: Machine { is_root: true }, ..sources() };
    assert_eq!(Settings::resolve(&root).unwrap().data_dir, Path::new("/var/lib/telltale"));
    let xdg = with_env(&[("XDG_DATA_HOME", "/data")]);
    assert_eq!(Settings::resolve(&xdg).unwrap().data_dir, Path::new("/data/telltale"));
    let homeless = Sources { env: vec![], ..sources() };
    assert_eq!(faults(&homeless), ["TELLTALE_DATA_DIR: there is no home directory to put data in; set one"]);
}

#[test]
fn flags_win_over_variables_and_those_over_the_file() {
    let file = "listen = '127.0.0.1:1'\nlanes = 2\n[database]\npool = 9\n";
    let mut sources = with_file(file);
    assert_eq!(Settings::resolve(&sources).unwrap().listen, "127.0.0.1:1");
    sources.env.push(("TELLTALE_LISTEN".into(), "127.0.0.1:2".into()));
    assert_eq!(Settings::resolve(&sources).unwrap().listen, "127.0.0.1:2");
    sources.flags.push((Key::Listen, "127.0.0.1:3".into()));
    let settings = Settings::resolve(&sources).unwrap();
    assert_eq!((settings.listen.as_str(), settings.lanes, settings.database_pool), ("127.0.0.1:3", 2, 9));
}

#[test]
fn every_fault_is_named_at_once() {
    let mut sources =
        with_file("lisen = '127.0.0.1:1'\n\nlanes = 99\ncors_origins = ['*', 'https://a.example']\n");
    sources.env.push(("TELLTALE_DATABASE_POOL".into(), "many".into()));
    sources.env.push(("TELLTALE_LOKI".into(), "http://loki".into()));
    sources.flags.push((Key::LogFormat, "xml".into()));
    let mut found = faults(&sources);
    found.sort();
    assert_eq!(
        found,
        [
            "--log-format: text or json is expected, not `xml`",
            "TELLTALE_DATABASE_POOL: a number from 4 to 200 is expected, not `many`",
            "TELLTALE_LOKI: no such setting",
            "telltale.toml:1: lisen: no such setting; is `listen` meant?",
            "telltale.toml:3: lanes: a number from 1 to 16 is expected, not `99`",
            "telltale.toml:4: cors_origins: an origin like https://app.example.com is expected, not `*`",
        ]
    );
}

#[test]
fn a_broken_file_is_named_with_its_line() {
    let found = faults(&with_file("lanes = 2\nlisten = \n"));
    assert!(found[0].starts_with("telltale.toml:2: "), "{found:?}");
}

#[test]
fn variables_of_tests_and_of_nodes_are_nobodys_setting() {
    let env = [("TELLTALE_TEST_X", "1"), ("TELLTALE_RUN_ID", "r"), ("TELLTALE_TOKEN", "")];
    assert!(Settings::resolve(&with_env(&env)).is_ok());
}

#[test]
fn addresses_are_checked() {
    for good in ["127.0.0.1:0", "[::1]:80", "localhost:4780", "0.0.0.0:65535"] {
        assert!(Settings::resolve(&with_env(&[("TELLTALE_LISTEN", good)])).is_ok(), "{good}");
    }
    for bad in
        ["4780", ":4780", "127.0.0.1", "127.0.0.1:65536", "::1:80", "http://127.0.0.1:1", "127.0.0.1:+1"]
    {
        assert_eq!(faults(&with_env(&[("TELLTALE_LISTEN", bad)])).len(), 1, "{bad}");
    }
}

#[test]
fn an_open_address_takes_no_token_that_is_guessed() {
    for open in ["0.0.0.0:4780", "[::]:0", "192.168.1.2:1", "[::ffff:10.0.0.1]:1"] {
        let listen = ("TELLTALE_LISTEN", open);
        assert!(
            Settings::resolve_for_server(&with_env(&[listen]), |_| Place::default()).is_ok(),
            "one signs in there"
        );
        for bad in ["short-one", "please-changeme-soon", "MyPassword-1234"] {
            let sources = with_env(&[listen, ("TELLTALE_TOKEN", bad)]);
            assert!(Settings::resolve(&sources).is_ok(), "a client does not mind");
            let found = Settings::resolve_for_server(&sources, |_| Place::default()).unwrap_err();
            assert!(found[0].to_string().starts_with("token: "), "{found:?}");
            assert!(!found[0].to_string().contains(bad), "{found:?}");
        }
        let good = with_env(&[listen, ("TELLTALE_TOKEN", "a-long-secret")]);
        assert!(Settings::resolve_for_server(&good, |_| Place::default()).is_ok());
    }
    assert!(
        Settings::resolve_for_server(&with_env(&[("TELLTALE_TOKEN", "short-one")]), |_| Place::default())
            .is_ok()
    );
}

#[test]
fn an_openid_provider_comes_with_its_client() {
    let issuer = ("TELLTALE_OPENID_ISSUER", "https://id.example/");
    let found = faults(&with_env(&[issuer]));
    assert_eq!(found.len(), 2, "{found:?}");
    let (id, secret) = (("TELLTALE_OPENID_CLIENT_ID", "t"), ("TELLTALE_OPENID_CLIENT_SECRET", "hunter2-s"));
    let map = ("TELLTALE_OPENID_ROLE_MAP", "a=b=owner, *=viewer");
    let settings = Settings::resolve(&with_env(&[issuer, id, secret, map])).unwrap();
    assert!(!format!("{settings:?}").contains("hunter2"));
    let openid = settings.openid.unwrap();
    assert_eq!((openid.issuer.as_str(), openid.groups_claim.as_str()), ("https://id.example", "groups"));
    assert_eq!(openid.role_map.iter().map(|(group, _)| group.as_str()).collect::<Vec<_>>(), ["a=b", "*"]);
    let found = faults(&with_env(&[issuer, id, secret, ("TELLTALE_OPENID_ROLE_MAP", "ops=king")]));
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn secrets_show_neither_in_faults_nor_in_debug() {
    let env = [("TELLTALE_DATABASE_URL", "mysql://u:hunter2@h/d"), ("TELLTALE_TOKEN", "hunter2 x y z")];
    let sources = with_env(&[env[0], env[1], ("TELLTALE_LOKI_URL", "ftp://u:hunter2@h")]);
    let found = faults(&sources).join("\n");
    assert!(!found.contains("hunter2") && found.lines().count() == 3, "{found}");
    let env = [("TELLTALE_DATABASE_URL", "postgres://u:hunter2@h/d"), ("TELLTALE_TOKEN", "hunter2-long")];
    let settings = Settings::resolve(&with_env(&env)).unwrap();
    assert!(!format!("{settings:?}").contains("hunter2"));
}

#[test]
fn the_file_is_looked_for_where_the_data_will_be() {
    let mut sources = with_env(&[("TELLTALE_DATA_DIR", "/srv/t")]);
    let work = Path::new("/work");
    assert_eq!(
        sources.file_candidates(work),
        [Path::new("/work/telltale.toml"), Path::new("/srv/t/telltale.toml")]
    );
    sources.flags.push((Key::DataDir, "/flag".into()));
    assert_eq!(sources.file_candidates(work)[1], Path::new("/flag/telltale.toml"));
}

#[test]
fn urls_lose_their_trailing_slash() {
    let settings = Settings::resolve(&with_env(&[("TELLTALE_URL", "http://h:1/base/")])).unwrap();
    assert_eq!(settings.url.as_deref(), Some("http://h:1/base"));
}

#[test]
fn lists_are_written_with_commas_or_as_arrays() {
    let settings =
        Settings::resolve(&with_env(&[("TELLTALE_ALLOWED_HOSTS", "a.example, B.example,")])).unwrap();
    assert_eq!(settings.allowed_hosts, ["a.example", "b.example"]);
    let settings = Settings::resolve(&with_file("allowed_hosts = ['c.example', '[::1]']")).unwrap();
    assert_eq!(settings.allowed_hosts, ["c.example", "[::1]"]);
}

#[test]
fn a_loki_is_set_whole_or_not_at_all() {
    assert_eq!(Settings::resolve(&sources()).unwrap().loki, None);
    let settings = Settings::resolve(&with_file(
        "log_spool_max = '64KiB'\n[loki]\nurl = 'https://loki.example/base/loki/api/v1/push'\nlabels = 'low'\ntenant = 't-1'\n\
         user = 'ann'\npassword = 'pässwörd: hunter2'\ngrace = '90s'\nrate = '8MiB'\n",
    ))
    .unwrap();
    assert!(!format!("{settings:?}").contains("hunter2"));
    let loki = settings.loki.unwrap();
    assert_eq!((loki.url.as_str(), loki.labels), ("https://loki.example/base", LokiLabels::Low));
    assert_eq!((loki.grace.as_secs(), loki.rate, settings.log_spool_max), (90, Some(8 << 20), 64 << 10));
    assert!(matches!(loki.auth, Some(crate::facts::settings::LokiAuth::Basic { user, .. }) if user == "ann"));
}

#[test]
fn what_is_set_wrongly_about_loki_is_named_without_its_secret() {
    let of = |name: &'static str, value: &'static str| faults(&with_env(&[(name, value)]));
    for (name, value) in [
        ("TELLTALE_LOKI_URL", "https://ann:hunter2@loki.example"),
        ("TELLTALE_LOKI_LABELS", "all"),
        ("TELLTALE_LOKI_TENANT", "../x"),
        ("TELLTALE_LOKI_PASSWORD", "hunter2"),
        ("TELLTALE_LOKI_USER", "ann"),
        ("TELLTALE_LOKI_TOKEN", "hunter2\n"),
        ("TELLTALE_LOKI_GRACE", "10"),
        ("TELLTALE_LOKI_RATE", "8MB"),
        ("TELLTALE_LOG_SPOOL_MAX", "0GiB"),
    ] {
        let found = of(name, value);
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        assert!(!found[0].contains("hunter2"), "{found:?}");
    }
    let both = [("TELLTALE_LOKI_USER", "a"), ("TELLTALE_LOKI_PASSWORD", "b"), ("TELLTALE_LOKI_TOKEN", "c")];
    assert!(faults(&with_env(&both))[0].contains("one of them"));
}
