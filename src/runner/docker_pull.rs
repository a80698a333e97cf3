//! Fetching an image that is not on the machine, with its progress in the run's history.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use bollard::Docker;
use bollard::models::CreateImageInfo;
use bollard::query_parameters as query;
use futures_util::StreamExt;

use super::docker::{note, reason};
use super::engine::{Report, Reports};

/// A pull reports hundreds of steps a second; people read a few.
const TELL_EVERY: Duration = Duration::from_millis(250);

/// What registries and the daemon say, and what it means; the first that is found.
const MEANINGS: [(&str, &str); 14] = [
    ("no matching manifest", "there is none for this machine's architecture"),
    ("manifest unknown", "the registry has no such tag"),
    ("may require 'docker login'", "the registry doesn't know it, or wants a login"),
    ("unauthorized", "the registry wants a login"),
    ("denied", "the registry doesn't allow it"),
    ("toomanyrequests", "the registry allows no more pulls for now"),
    ("no space left on device", "the disk is full"),
    ("no such host", "the registry's name is unknown"),
    ("server misbehaving", "the registry's name can't be looked up"),
    ("connection refused", "the registry can't be reached"),
    ("no route to host", "the registry can't be reached"),
    ("timeout", "the registry doesn't answer in time"),
    ("certificate", "the registry's certificate is not trusted"),
    ("not found", "the registry doesn't know it"),
];

/// Pulls `image`; the error is a fragment that completes "can't be pulled: …".
pub async fn pull(docker: &Docker, image: &str, reports: &Reports) -> Result<(), String> {
    note(reports, format!("pulling the image {image}")).await;
    let (name, tag) = name_and_tag(image);
    let options = query::CreateImageOptionsBuilder::default().from_image(name).tag(tag).build();
    let mut steps = docker.create_image(Some(options), None, None);
    let (mut layers, mut told, mut last) = (Layers::default(), None, (0, 0));
    while let Some(step) = steps.next().await {
        layers.see(step.map_err(|error| in_clear_words(&reason(&error)))?);
        let now = layers.sum();
        let is_time = told.is_none_or(|told: Instant| told.elapsed() >= TELL_EVERY);
        let is_done = now.0 == now.1;
        if now.1 > 0 && now != last && (is_time || is_done) {
            (told, last) = (Some(Instant::now()), now);
            let message = format!("pulling the image {image}");
            let (completed, total) = now;
            drop(reports.send(Report::Progress { completed, total, message }).await);
        }
    }
    note(reports, format!("pulled the image {image}")).await;
    Ok(())
}

/// Bytes of each layer that are here, and that there are.
#[derive(Default)]
struct Layers(HashMap<String, (u64, u64)>);

impl Layers {
    /// Only downloads count: unpacking begins at 0 again.
    fn see(&mut self, step: CreateImageInfo) {
        let (Some(layer), Some(status)) = (step.id, step.status) else { return };
        let count = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok()).unwrap_or(0);
        match status.as_str() {
            "Downloading" => {
                let detail = step.progress_detail.unwrap_or_default();
                let (current, total) = (count(detail.current), count(detail.total));
                // A registry that tells no size gives a total that grows.
                self.0.insert(layer, (current, total.max(current)));
            }
            "Download complete" | "Pull complete" => {
                if let Some((current, total)) = self.0.get_mut(&layer) {
                    *current = *total;
                }
            }
            _ => {}
        }
    }

    fn sum(&self) -> (u64, u64) {
        self.0.values().fold((0, 0), |sum, layer| (sum.0 + layer.0, sum.1 + layer.1))
    }
}

/// What it means, with what was said behind it.
fn in_clear_words(said: &str) -> String {
    let lower = said.to_ascii_lowercase();
    let meaning = MEANINGS.iter().find(|(sign, _)| lower.contains(sign));
    meaning.map_or_else(|| said.to_owned(), |(_, meaning)| format!("{meaning} ({said})"))
}

/// Without a tag the daemon would fetch every tag there is.
fn name_and_tag(image: &str) -> (&str, &str) {
    if image.contains('@') {
        return (image, "");
    }
    match image.rsplit_once(':') {
        // A colon before a slash belongs to a registry's port.
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => (image, "latest"),
    }
}

#[cfg(test)]
mod tests {
    use bollard::models::ProgressDetail;

    use super::*;

    #[test]
    fn names_tags_ports_and_digests_are_told_apart() {
        assert_eq!(name_and_tag("busybox"), ("busybox", "latest"));
        assert_eq!(name_and_tag("telltale/busybox:1.36"), ("telltale/busybox", "1.36"));
        assert_eq!(name_and_tag("localhost:5000/x"), ("localhost:5000/x", "latest"));
        assert_eq!(name_and_tag("x@sha256:ab"), ("x@sha256:ab", ""));
    }

    #[test]
    fn only_downloads_are_summed_up() {
        let mut layers = Layers::default();
        let mut see = |layer: &str, status: &str, current, total| {
            layers.see(CreateImageInfo {
                id: Some(layer.into()),
                status: Some(status.into()),
                progress_detail: Some(ProgressDetail { current, total }),
                ..CreateImageInfo::default()
            });
            layers.sum()
        };
        assert_eq!(see("latest", "Pulling from x", None, None), (0, 0));
        assert_eq!(see("a", "Downloading", Some(10), Some(100)), (10, 100));
        assert_eq!(see("b", "Downloading", Some(5), None), (15, 105));
        assert_eq!(see("a", "Download complete", None, None), (105, 105));
        assert_eq!(see("a", "Extracting", Some(1), Some(100)), (105, 105));
        assert_eq!(see("c", "Already exists", None, None), (105, 105));
    }

    #[test]
    fn failures_are_told_in_clear_words() {
        let said = "Get \"http://localhost:1/v2/\": dial tcp 127.0.0.1:1: connect: connection refused";
        assert_eq!(in_clear_words(said), format!("the registry can't be reached ({said})"));
        let said = "pull access denied for x, repository does not exist or may require 'docker login'";
        assert!(in_clear_words(said).starts_with("the registry doesn't know it, or wants a login ("));
        assert_eq!(in_clear_words("something else"), "something else");
    }
}
