package cloudfront

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// wants reports whether parameters take a name by how they say it.
func wants(behaviour string, names []string, name string) bool {
	listed := slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
	switch behaviour {
	case "all", "allViewer", "allViewerAndWhitelistCloudFront":
		return true
	case "whitelist":
		return listed
	case "allExcept":
		return !listed
	default:
		return false
	}
}

// exactly keeps what the parameters of a cache or origin request policy take.
func exactly(query url.Values, p parameters) url.Values {
	kept := url.Values{}
	for name, values := range query {
		if wants(p.Query.Behaviour, p.Query.Names, name) {
			kept[name] = values
		}
	}
	return kept
}

// rest gives what the policy puts into the cache key beside the path.
func (p *cachePolicy) rest(r *http.Request, encoding string) string {
	var b strings.Builder
	b.WriteString(exactly(r.URL.Query(), p.Parameters).Encode())
	names := slices.Clone(p.Parameters.Headers.Names)
	slices.Sort(names)
	for _, name := range names {
		b.WriteString("\n" + strings.ToLower(name) + ":" + strings.Join(r.Header.Values(name), ","))
	}
	for _, cookie := range r.Cookies() {
		if wants(p.Parameters.Cookies.Behaviour, p.Parameters.Cookies.Names, cookie.Name) {
			b.WriteString("\n" + cookie.String())
		}
	}
	b.WriteString("\n" + encoding)
	return b.String()
}

// toOrigin makes the request that goes to an origin: the viewer's, without what
// neither policy takes.
func toOrigin(r *http.Request, to *origin, path string, cached *cachePolicy, asked *originRequestPolicy) *http.Request {
	out := r.Clone(r.Context())
	out.RequestURI = ""
	all := []parameters{cached.Parameters}
	if asked != nil {
		all = append(all, asked.Parameters)
	}
	query, header := url.Values{}, http.Header{}
	var cookies []string
	for _, p := range all {
		for name, values := range exactly(r.URL.Query(), p) {
			query[name] = values
		}
		for name, values := range r.Header {
			if wants(p.Headers.Behaviour, p.Headers.Names, name) && name != "Cookie" {
				header[name] = values
			}
		}
	}
	for _, cookie := range r.Cookies() {
		if slices.ContainsFunc(all, func(p parameters) bool { return wants(p.Cookies.Behaviour, p.Cookies.Names, cookie.Name) }) {
			cookies = append(cookies, cookie.Name+"="+cookie.Value)
		}
	}
	if len(cookies) > 0 {
		header.Set("Cookie", strings.Join(cookies, "; "))
	}
	// What CloudFront passes on, or says itself, whatever the policies say.
	for _, name := range []string{"Content-Type", "Content-Length", "If-Match", "If-Unmodified-Since"} {
		if values, ok := r.Header[name]; ok && r.Method != http.MethodGet && r.Method != http.MethodHead {
			header[name] = values
		}
	}
	if header.Get("User-Agent") == "" {
		header.Set("User-Agent", "Amazon CloudFront")
	}
	header.Del("Accept-Encoding") // compressed here, not there
	header.Set("Via", "1.1 local.cloudfront.net (CloudFront)")
	forwarded := viewerIP(r)
	if before := r.Header.Get("X-Forwarded-For"); before != "" {
		forwarded = before + ", " + forwarded
	}
	header.Set("X-Forwarded-For", forwarded)
	for _, own := range to.Headers {
		header.Set(own.Name, own.Value)
	}
	out.Header = header
	out.Host = to.DomainName
	out.URL = &url.URL{Path: path, RawQuery: query.Encode()}
	if decoded, err := url.PathUnescape(path); err == nil {
		out.URL.Path, out.URL.RawPath = decoded, path
	}
	return out
}
