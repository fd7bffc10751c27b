//! The page's files, in the binary, compressed by the build. Every browser takes gzip; who says that it does not is
//! refused, because flash is scarce.

use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

struct Asset {
    path: &'static str,
    kind: &'static str,
    gzip: &'static [u8],
    /// Changes with the content.
    tag: &'static str,
}

// `static ASSETS: [Asset; _]`, written by build.rs.
include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The page may load its own files and open its own socket, nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// Answers every path but the socket's.
pub(super) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let Some(asset) = ASSETS.iter().find(|asset| asset.path == uri.path()) else {
        return (StatusCode::NOT_FOUND, "nothing here; the page is at /\n").into_response();
    };
    let has = |name, what: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.contains(what))
    };
    let mut response = if has(IF_NONE_MATCH, asset.tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else if headers.contains_key(ACCEPT_ENCODING)
        && !has(ACCEPT_ENCODING, "gzip")
        && !has(ACCEPT_ENCODING, "*")
    {
        return (StatusCode::NOT_ACCEPTABLE, "only as gzip\n").into_response();
    } else {
        let mut response = asset.gzip.into_response();
        response
            .headers_mut()
            .insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        response
    };
    for (name, value) in [
        (CONTENT_TYPE, asset.kind),
        (ETAG, asset.tag),
        (CACHE_CONTROL, "no-cache"),
        (VARY, "Accept-Encoding"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}
