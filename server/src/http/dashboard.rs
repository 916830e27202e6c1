//! The page: files built by npm and embedded when the server was built.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

/// The page's files by their path below `/dashboard/`; made by the build script from `dashboard/dist`.
mod files {
    include!(concat!(env!("OUT_DIR"), "/dashboard.rs"));
}

const NOT_BUILT: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>Siskin</title>\
<h1>The dashboard was not built</h1><p>This server was compiled without it. Run <code>make build</code>, or \
<code>npm ci &amp;&amp; npm run build</code> in <code>dashboard/</code> and then compile the server again.</p>\
<p>Everything else works: <a href=/hosts>/hosts</a>, <a href=/data>/data</a>, <a href=/metrics>/metrics</a>.</p></html>";
/// No other origin, nothing inline.
const POLICY: &str = "default-src 'self'; style-src 'self'; img-src 'self'; \
frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

pub async fn home() -> Redirect {
    Redirect::temporary("/dashboard")
}

pub async fn page() -> Response {
    match find("index.html") {
        Some(html) => (
            [
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                (header::CACHE_CONTROL, "no-cache"),
                (header::CONTENT_SECURITY_POLICY, POLICY),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (header::REFERRER_POLICY, "no-referrer"),
            ],
            html,
        )
            .into_response(),
        None => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], NOT_BUILT).into_response(),
    }
}

/// A file of the page; what is no file is a place within it.
pub async fn file(Path(path): Path<String>) -> Response {
    let Some(bytes) = find(&path) else {
        // A missing script must not be answered with a page.
        return if path.starts_with("assets/") { StatusCode::NOT_FOUND.into_response() } else { page().await };
    };
    // Built files bear a hash of their content in their names.
    let caching = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [
        (header::CONTENT_TYPE, content_type(&path)),
        (header::CACHE_CONTROL, caching),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, bytes).into_response()
}

fn find(path: &str) -> Option<&'static [u8]> {
    files::FILES.iter().find(|(name, _)| *name == path).map(|(_, bytes)| *bytes)
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "json" | "webmanifest" => "application/json",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}
