//! Which addresses a page may point to.

/// The longest address, in bytes.
const MAX_LEN: usize = 2_000;

/// Whether a link may have this address: `https:`, `http:`, `mailto:`, or a place on this site.
pub fn may_be_linked(url: &str) -> bool {
    is_external(url)
        || is_local(url)
        || (is_plain(url) && scheme(url).is_some_and(|(scheme, _)| scheme == "mailto"))
}

/// Whether it is an absolute `https:` or `http:` address with a host.
pub fn is_external(url: &str) -> bool {
    let Some((scheme, rest)) = scheme(url) else { return false };
    let host = rest.strip_prefix("//").and_then(|rest| rest.split(['/', '?', '#']).next());
    is_plain(url) && matches!(scheme.as_str(), "http" | "https") && host.is_some_and(|host| !host.is_empty())
}

/// Whether it is a place on this site: a path, relative or not, a query or a fragment.
pub fn is_local(url: &str) -> bool {
    is_plain(url) && !url.is_empty() && scheme(url).is_none() && !url.starts_with("//")
}

/// Browsers drop tabs and line breaks from addresses and take `\` for `/`, so that what such an address means is not
/// what it looks like.
fn is_plain(url: &str) -> bool {
    url.len() <= MAX_LEN && !url.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\')
}

/// The scheme in lower case and what follows its colon (RFC 3986 section 3.1). Whatever stands before a colon counts
/// as one, also what the standard would not allow: it is then none of those that may be linked.
fn scheme(url: &str) -> Option<(String, &str)> {
    let first = url.split(['/', '?', '#']).next().unwrap_or_default();
    let (scheme, _) = first.split_once(':')?;
    Some((scheme.to_lowercase(), &url[scheme.len() + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_places_here_and_elsewhere_apart() {
        for url in ["https://example.org", "HTTP://example.org/a?b#c"] {
            assert!(is_external(url) && !is_local(url) && may_be_linked(url), "{url}");
        }
        for url in ["/events", "events/a", "#top", "?q=1", "a/b:c"] {
            assert!(is_local(url) && !is_external(url) && may_be_linked(url), "{url}");
        }
        assert!(may_be_linked("mailto:crew@example.org"));
    }

    #[test]
    fn everything_else_may_not_be_linked() {
        for url in [
            "",
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            " javascript:alert(1)",
            "java\tscript:alert(1)",
            "\u{1}javascript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "//example.org",
            "/\\example.org",
            "\\\\example.org",
            "https:",
            "https:///x",
            "https:example.org",
            "mailto:a b",
        ] {
            assert!(!may_be_linked(url), "{url:?}");
        }
    }
}
