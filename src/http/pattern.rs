//! Path patterns such as `/api/v1/runs/{runId}/events`, matched once for each request.

use percent_encoding::percent_decode_str;

/// What stands in a path's place holders, decoded, in order. No path has more than two.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<String>);

impl Params {
    /// The place holder at `index`, empty where there is none.
    pub fn get(&self, index: usize) -> &str {
        self.0.get(index).map_or("", String::as_str)
    }
}

/// The place holders' values if `path` fits `pattern`. A value that is not UTF-8 once decoded fits nothing. A last place
/// holder that ends in `...` takes all segments that are left.
pub fn fit(pattern: &str, path: &str) -> Option<Params> {
    let mut params = Params::default();
    let mut wanted = pattern.split('/');
    let mut given = path.split('/');
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(params),
            (Some(holder), Some(value)) if holder.starts_with('{') => {
                if value.is_empty() {
                    return None;
                }
                let mut value = percent_decode_str(value).decode_utf8().ok()?.into_owned();
                if holder.ends_with("...}") {
                    for segment in given.by_ref() {
                        value = value + "/" + &percent_decode_str(segment).decode_utf8().ok()?;
                    }
                }
                params.0.push(value);
            }
            (Some(word), Some(value)) if word == value => {}
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn place_holders_take_one_decoded_segment() {
        let pattern = "/api/v1/runs/{runId}/events";
        assert_eq!(fit(pattern, "/api/v1/runs/a%3Ab/events").unwrap().get(0), "a:b");
        for other in [
            "/api/v1/runs//events",
            "/api/v1/runs/a/events/",
            "/api/v1/runs/a",
            "/api/v1/runs/%ff/events",
            "/api/v1/runs/a/b/events",
        ] {
            assert_eq!(fit(pattern, other), None, "{other}");
        }
        assert_eq!(fit("/", "/"), Some(Params::default()));
    }

    #[test]
    fn a_last_place_holder_may_take_the_rest() {
        let pattern = "/ui/{path...}";
        assert_eq!(fit(pattern, "/ui/theme.js").unwrap().get(0), "theme.js");
        assert_eq!(fit(pattern, "/ui/runs/a%3Ab/").unwrap().get(0), "runs/a:b/");
        for other in ["/ui", "/ui/", "/ui//x", "/ui/runs/%ff"] {
            assert_eq!(fit(pattern, other), None, "{other}");
        }
    }
}
