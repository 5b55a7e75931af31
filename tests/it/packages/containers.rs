//! The images: what their health depends on, and where what is spilled goes. It builds none.

use super::build::top;

/// The image's part of the Dockerfile for each program, less its remarks.
fn images() -> [(&'static str, String); 2] {
    let whole = std::fs::read_to_string(top().join("deploy/docker/Dockerfile")).unwrap();
    ["hub", "node"].map(|name| {
        let begin = whole.find(&format!("FROM base AS {name}\n")).unwrap();
        let part = &whole[begin + 1..];
        let end = part.find("\nFROM ").unwrap_or(part.len());
        let spoken = part[..end].lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
        (name, spoken)
    })
}

/// A node without its hub works, and a hub with silent nodes does: restarting them mends neither.
#[test]
fn container_is_unhealthy_for_what_others_do() {
    for (name, image) in images() {
        assert!(image.contains("HEALTHCHECK") && image.contains(&format!("lintas-{name} status --ready")), "{image}");
        assert!(!image.contains("--check"), "{image}");
    }
}

#[test]
fn large_query_fills_a_small_tmp() {
    for (name, image) in images() {
        let volume = format!("/var/lib/lintas-{name}");
        assert!(image.lines().any(|line| line == format!("VOLUME {volume}")), "{image}");
        assert!(image.lines().any(|line| line == format!("ENV SQLITE_TMPDIR={volume}")), "{image}");
    }
}
