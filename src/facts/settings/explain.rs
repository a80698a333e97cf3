//! Which settings count, and where each comes from: for people to look at, so that secrets are hidden.

use serde::Serialize;

use super::resolve::Sources;
use super::{Fault, Key};

/// What stands for a secret that is set.
const HIDDEN: &str = "***";

/// A setting with its value as it was given, and its origin as faults name it; `default` where nobody has set it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explained {
    pub name: &'static str,
    /// None: it is not set, and there is no default.
    pub value: Option<String>,
    pub origin: String,
}

impl Sources {
    /// Every setting, in their order, and what is wrong with the sources themselves.
    #[must_use]
    pub fn explain(&self) -> (Vec<Explained>, Vec<Fault>) {
        let mut faults = Vec::new();
        let given = self.gather(&mut faults);
        let explained = Key::ALL.iter().map(|key| match given.get(key) {
            Some(given) => {
                let value = if key.is_secret() { HIDDEN.to_owned() } else { given.parts.join(",") };
                Explained { name: key.name(), value: Some(value), origin: given.origin.clone() }
            }
            None => {
                let computed = || self.default_data_dir().filter(|_| *key == Key::DataDir);
                let default = key.default_text().map(str::to_owned);
                let value = default.or_else(|| computed().map(|dir| dir.display().to_string()));
                Explained { name: key.name(), value, origin: "default".to_owned() }
            }
        });
        (explained.collect(), faults)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::settings::{Machine, SettingsFile};

    #[test]
    fn each_value_says_where_it_comes_from_and_secrets_say_nothing() {
        let text = "lanes = 3\nallowed_hosts = [\"a\", \"b\"]\n[loki]\npassword = \"hush\"\n";
        let sources = Sources {
            flags: vec![(Key::Token, "s3cret-token".into())],
            env: vec![("TELLTALE_LANES".into(), "4".into()), ("HOME".into(), "/home/x".into())],
            file: Some(SettingsFile { name: "t.toml".into(), text: text.into() }),
            machine: Machine { is_root: false },
        };
        let (explained, faults) = sources.explain();
        assert!(faults.is_empty(), "{faults:?}");
        let of = |name: &str| {
            let found = explained.iter().find(|it| it.name == name).unwrap();
            (found.value.clone(), found.origin.clone())
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(of("lanes"), (some("4"), "TELLTALE_LANES".into()));
        assert_eq!(of("allowed_hosts"), (some("a,b"), "t.toml:2: allowed_hosts".into()));
        assert_eq!(of("token"), (some("***"), "--token".into()));
        assert_eq!(of("loki_password"), (some("***"), "t.toml:4: loki_password".into()));
        assert_eq!(of("listen"), (some("127.0.0.1:4780"), "default".into()));
        assert_eq!(of("data_dir"), (some("/home/x/.local/share/telltale"), "default".into()));
        assert_eq!(of("loki_url"), (None, "default".into()));
        assert_eq!(explained.len(), Key::ALL.len());
    }
}
