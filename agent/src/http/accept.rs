//! What a client would like to get: the format of a page, and whether packed. Pure.

use crate::exposition::Format;

/// The version of OpenMetrics that is written.
const OPEN_METRICS_VERSION: &str = "1.0.0";

/// The format for an `Accept` header: OpenMetrics where it is asked for by name and liked no less than plain text.
pub fn format(accept: &str) -> Format {
    let mut open = 0.0;
    let mut plain = 0.0_f64;
    for choice in accept.split(',') {
        let (name, quality, version) = choice_of(choice);
        // A client that knows only a draft of OpenMetrics names its version.
        if name.eq_ignore_ascii_case("application/openmetrics-text")
            && version.is_none_or(|v| v == OPEN_METRICS_VERSION)
        {
            open = quality.max(open);
        } else if name.eq_ignore_ascii_case("text/plain") {
            plain = quality.max(plain);
        }
    }
    if open > 0.0 && open >= plain { Format::OpenMetrics } else { Format::Prometheus }
}

/// Whether an `Accept-Encoding` header takes gzip.
pub fn takes_gzip(accept_encoding: &str) -> bool {
    let choices = || accept_encoding.split(',').map(choice_of);
    let quality =
        |wanted: &str| choices().find(|(name, ..)| name.eq_ignore_ascii_case(wanted)).map(|(_, quality, _)| quality);
    quality("gzip").or_else(|| quality("*")).is_some_and(|quality| quality > 0.0)
}

/// One choice of a list: its name, how much it is liked (0 to 1), and its version.
fn choice_of(choice: &str) -> (&str, f64, Option<&str>) {
    let mut parts = choice.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let (mut quality, mut version) = (1.0, None);
    for (key, value) in parts.filter_map(|part| part.split_once('=')) {
        match key.trim() {
            "q" | "Q" => quality = value.trim().parse().ok().filter(|q| (0.0..=1.0).contains(q)).unwrap_or(0.0),
            "version" => version = Some(value.trim().trim_matches('"')),
            _ => {}
        }
    }
    (name, quality, version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_metrics_is_for_those_who_ask() {
        let of_prometheus_2 = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;\
                               q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        let of_prometheus_3 = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
                               application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;q=0.3,\
                               text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
        for accept in [
            of_prometheus_2,
            of_prometheus_3,
            "Application/OpenMetrics-Text",
            "application/openmetrics-text; version=\"1.0.0\"",
        ] {
            assert_eq!(format(accept), Format::OpenMetrics, "{accept}");
        }
        for accept in [
            "",
            "*/*",
            "text/html,application/xhtml+xml,*/*;q=0.8",
            "text/plain;version=0.0.4;q=0.9,application/openmetrics-text;q=0.5",
            "application/openmetrics-text;version=0.0.1",
            "application/openmetrics-text;q=0",
            "application/openmetrics-text;q=nonsense",
            ";;,=;q",
        ] {
            assert_eq!(format(accept), Format::Prometheus, "{accept}");
        }
    }

    #[test]
    fn gzip_is_for_those_who_take_it() {
        for accept in ["gzip", "deflate, GZIP;q=0.5", "br, *"] {
            assert!(takes_gzip(accept), "{accept}");
        }
        for accept in ["", "identity", "gzip;q=0", "gzip; q=0.0, *", "gzipped", "*;q=0"] {
            assert!(!takes_gzip(accept), "{accept}");
        }
    }
}
