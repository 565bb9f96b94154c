package cloudfront

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Sizes that CloudFront compresses. Bytes.
const (
	compressLeast = 1000
	compressMost  = 10_000_000
)

// write gives an object to a viewer: with the behaviour's headers, compressed if
// wanted, in part or not at all if the viewer has it.
func (p *Plane) write(w http.ResponseWriter, r *http.Request, v *visit, o *object) {
	header := w.Header()
	for name, values := range o.header {
		header[name] = slices.Clone(values)
	}
	for _, hop := range []string{"Connection", "Content-Length", "Keep-Alive", "Transfer-Encoding"} {
		header.Del(hop)
	}
	if header.Get("Server") == "" {
		header.Set("Server", "CloudFront")
	}
	policy, _, err := p.policies(r.Context(), v.behaviour)
	if err == nil && v.behaviour.ResponseHeadersPolicyID != "" {
		var said *headersPolicy
		if said, err = ask[headersPolicy](r.Context(), p.config, "response-headers-policy/"+v.behaviour.ResponseHeadersPolicyID); err == nil {
			said.apply(header)
		}
	}
	if err != nil {
		p.options.Logger.Warn("cloudfront: reading policies", "distribution", v.ID, "error", err)
		http.Error(w, "the local AWS cannot read the distribution's policies", http.StatusInternalServerError)
		return
	}
	header.Set("Via", "1.1 local.cloudfront.net (CloudFront)")
	header.Set("X-Cache", v.result)
	header.Set("X-Amz-Cf-Id", v.id)
	if v.result == "Hit from cloudfront" {
		header.Set("Age", strconv.Itoa(int(p.options.Clock().Sub(o.at).Seconds())))
	}
	body := compress(header, r, v.behaviour, policy, o.body)
	whole := o.status == http.StatusOK && !o.mapped && (r.Method == http.MethodGet || r.Method == http.MethodHead)
	if whole && policy.MaxTTL > 0 { // what goes through to an origin is that origin's to answer
		if header.Get("Content-Type") == "" {
			header["Content-Type"] = nil // S3 gives what was stored, nothing made up
		}
		modified, _ := http.ParseTime(header.Get("Last-Modified"))
		if header.Get("Content-Encoding") != "" {
			header.Set("Content-Length", strconv.Itoa(len(body)))
		}
		http.ServeContent(w, r, "", modified, bytes.NewReader(body))
		return
	}
	if o.status != http.StatusNoContent && o.status != http.StatusNotModified {
		header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(o.status)
	if r.Method != http.MethodHead && o.status != http.StatusNoContent && o.status != http.StatusNotModified {
		_, _ = w.Write(body) // a viewer that left needs no answer
	}
}

// compress packs what CloudFront packs: text of some size that the origin has not
// packed, for a viewer that takes it. Brotli is left out.
func compress(header http.Header, r *http.Request, b *behaviour, policy *cachePolicy, body []byte) []byte {
	accepts := strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")
	if !b.Compress || !policy.Parameters.Gzip || header.Get("Content-Encoding") != "" ||
		len(body) < compressLeast || len(body) > compressMost || !compressible(header.Get("Content-Type")) {
		return body
	}
	header.Add("Vary", "Accept-Encoding")
	if !accepts || r.Header.Get("Range") != "" {
		return body
	}
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, _ = writer.Write(body) // memory does not fail
	_ = writer.Close()
	header.Set("Content-Encoding", "gzip")
	if tag := header.Get("Etag"); tag != "" && !strings.HasPrefix(tag, "W/") {
		header.Set("Etag", "W/"+tag)
	}
	return packed.Bytes()
}

func compressible(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	kind = strings.TrimSpace(kind)
	switch kind {
	case "application/javascript", "application/json", "application/manifest+json", "application/wasm", "application/xml",
		"application/x-javascript", "application/xhtml+xml", "font/otf", "font/ttf", "image/svg+xml":
		return true
	default:
		return strings.HasPrefix(kind, "text/")
	}
}

// apply sets the headers of a response-headers policy.
func (p *headersPolicy) apply(header http.Header) {
	for _, one := range p.Removed {
		header.Del(one.Header)
	}
	set := func(name, value string, override bool) {
		if override || header.Get(name) == "" {
			header.Set(name, value)
		}
	}
	s := p.Security
	if one := s.ContentSecurityPolicy; one != nil {
		set("Content-Security-Policy", one.Value, one.Override)
	}
	if one := s.ContentTypeOptions; one != nil {
		set("X-Content-Type-Options", "nosniff", one.Override)
	}
	if one := s.FrameOptions; one != nil {
		set("X-Frame-Options", one.Value, one.Override)
	}
	if one := s.ReferrerPolicy; one != nil {
		set("Referrer-Policy", one.Value, one.Override)
	}
	if one := s.StrictTransportSecurity; one != nil {
		value := "max-age=" + strconv.Itoa(one.Seconds)
		if one.IncludeSubdomains {
			value += "; includeSubDomains"
		}
		if one.Preload {
			value += "; preload"
		}
		set("Strict-Transport-Security", value, one.Override)
	}
	if one := s.XSSProtection; one != nil {
		value := "0"
		if one.Protection {
			value = "1"
		}
		if one.Protection && one.ModeBlock {
			value += "; mode=block"
		}
		set("X-XSS-Protection", value, one.Override)
	}
	for _, one := range p.Custom {
		set(one.Header, one.Value, one.Override)
	}
}
