//! Fetching an image that is not on the machine, with its progress in the run's history.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use bollard::Docker;
use bollard::query_parameters as query;
use futures_util::StreamExt;

use super::docker::{note, reason};
use super::engine::Reports;

/// A pull reports hundreds of steps a second; people read a few.
const NOTE_EVERY: Duration = Duration::from_secs(2);

/// Pulls `image`; the error is a fragment that completes "can't be pulled: …".
pub async fn pull(docker: &Docker, image: &str, reports: &Reports) -> Result<(), String> {
    note(reports, format!("pulling the image {image}")).await;
    let (name, tag) = name_and_tag(image);
    let options = query::CreateImageOptionsBuilder::default().from_image(name).tag(tag).build();
    let mut progress = docker.create_image(Some(options), None, None);
    let mut layers: HashMap<String, (i64, i64)> = HashMap::new();
    let mut noted = Instant::now();
    while let Some(step) = progress.next().await {
        let step = step.map_err(|error| reason(&error))?;
        if let (Some(layer), Some(detail)) = (step.id, step.progress_detail) {
            layers.insert(layer, (detail.current.unwrap_or(0), detail.total.unwrap_or(0)));
        }
        if noted.elapsed() >= NOTE_EVERY {
            noted = Instant::now();
            let (done, total) = layers.values().fold((0, 0), |sum, layer| (sum.0 + layer.0, sum.1 + layer.1));
            note(
                reports,
                format!("pulling the image {image}: {} of {} MB", done / 1_000_000, total / 1_000_000),
            )
            .await;
        }
    }
    note(reports, format!("pulled the image {image}")).await;
    Ok(())
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
    use super::*;

    #[test]
    fn names_tags_ports_and_digests_are_told_apart() {
        assert_eq!(name_and_tag("busybox"), ("busybox", "latest"));
        assert_eq!(name_and_tag("telltale/busybox:1.36"), ("telltale/busybox", "1.36"));
        assert_eq!(name_and_tag("localhost:5000/x"), ("localhost:5000/x", "latest"));
        assert_eq!(name_and_tag("x@sha256:ab"), ("x@sha256:ab", ""));
    }
}
