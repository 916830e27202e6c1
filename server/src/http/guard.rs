//! Before every handler: who asks, and from where.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;

use super::App;
use super::body::discard;
use super::error::ApiError;

/// Lets in who shows a token (if any is set), and nobody whom a foreign page sent.
pub async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Result<Response, ApiError> {
    let refusal = if !app.auth.allows(text(request.headers(), header::AUTHORIZATION.as_str())) {
        Some(ApiError::unauthorized())
    } else if app.loopback_only && !is_local(request.headers()) {
        Some(ApiError::foreign("this server answers to localhost: a token is required under any other name"))
    } else if !request.method().is_safe() && is_cross_site(request.headers()) {
        Some(ApiError::foreign("a page of another site may not do this"))
    } else {
        None
    };
    let Some(refusal) = refusal else {
        return Ok(next.run(request).await);
    };
    app.telemetry.refuse(refusal.reason());
    discard(request.into_body().into_data_stream()).await;
    Err(refusal)
}

/// Whether the request was meant for this machine under a name of its own: a page that had its name resolved to
/// 127.0.0.1 comes under its own name.
fn is_local(headers: &HeaderMap) -> bool {
    let Some(host) = text(headers, header::HOST.as_str()) else {
        return true;
    };
    let name = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(host, |(name, _)| name);
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether a browser sent this for a page of another origin. Programs send none of these headers.
fn is_cross_site(headers: &HeaderMap) -> bool {
    if text(headers, "sec-fetch-site").is_some_and(|site| !["same-origin", "none"].contains(&site)) {
        return true;
    }
    let Some(origin) = text(headers, header::ORIGIN.as_str()) else {
        return false;
    };
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    authority.is_none() || authority != text(headers, header::HOST.as_str())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| ((*name).parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn only_names_of_this_machine_are_local() {
        for host in ["localhost", "LOCALHOST:5050", "127.0.0.1:5050", "[::1]:5050", "[::1]", "127.8.0.1"] {
            assert!(is_local(&headers(&[("host", host)])), "{host}");
        }
        for host in ["evil.example", "evil.example:5050", "192.168.1.2:5050", "localhost.evil.example", ""] {
            assert!(!is_local(&headers(&[("host", host)])), "{host}");
        }
    }

    #[test]
    fn a_foreign_page_is_told_by_its_headers() {
        let host = ("host", "127.0.0.1:5050");
        for pairs in [
            &[host] as &[_],
            &[host, ("origin", "http://127.0.0.1:5050")],
            &[host, ("sec-fetch-site", "same-origin")],
            &[host, ("sec-fetch-site", "none")],
        ] {
            assert!(!is_cross_site(&headers(pairs)), "{pairs:?}");
        }
        for pairs in [
            &[host, ("origin", "http://evil.example")] as &[_],
            &[host, ("origin", "null")],
            &[host, ("sec-fetch-site", "cross-site")],
            &[host, ("sec-fetch-site", "same-site")],
        ] {
            assert!(is_cross_site(&headers(pairs)), "{pairs:?}");
        }
    }
}
