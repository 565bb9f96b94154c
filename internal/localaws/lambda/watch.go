package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

const maxDeploy = 70_167_211 // bytes of a request that carries code; AWS's limit

// IsWatched reports whether the plane wants to see the request on its way to
// the emulator: changes of functions.
func IsWatched(r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return false
	}
	service, _ := upstream.Scope(r)
	_, _, ok := functionPath(r)
	return ok && (service == "lambda" || service == "")
}

// Watch gives a handler that passes requests on to the emulator and learns
// from them: it keeps the code that is deployed.
func (p *Plane) Watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, region := upstream.Scope(r)
		p.watchFunctions(next, w, r, region)
	})
}

// codeSource is where CreateFunction and UpdateFunctionCode take code from.
type codeSource struct {
	ZipFile                          []byte // base64 in JSON
	S3Bucket, S3Key, S3ObjectVersion string
}

func (p *Plane) watchFunctions(next http.Handler, w http.ResponseWriter, r *http.Request, region string) {
	text, rest, _ := functionPath(r)
	carries := text == "" && r.Method == http.MethodPost || rest == "code" && r.Method == http.MethodPut
	var source codeSource
	if carries {
		body, ok := upstream.Peek(r, maxDeploy)
		if !ok { // or it broke off, and nobody reads this
			writeError(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException",
				fmt.Sprintf("Request must be smaller than %d bytes", maxDeploy))
			return
		}
		source = parseSource(body, rest == "code")
	}
	p.deploys.RLock()
	answer := upstream.Forward(next, r)
	if answer.Succeeded() {
		if carries {
			if err := p.keep(r.Context(), region, source, answer.Body.Bytes()); err != nil {
				p.options.Logger.Warn("keeping a function's code", "error", err)
			}
		}
		p.changed(r, region)
	}
	p.deploys.RUnlock()
	if answer.Succeeded() && (carries || r.Method == http.MethodDelete) {
		p.sweep(r.Context(), region)
	}
	answer.Send(w)
}

// parseSource reads the source of the code; moto answers what cannot be read.
func parseSource(body []byte, update bool) codeSource {
	var request struct {
		codeSource
		Code codeSource
	}
	if json.Unmarshal(body, &request) != nil {
		return codeSource{}
	}
	if update {
		return request.codeSource
	}
	return request.Code
}

// keep stores the code that was just deployed; answer is moto's.
func (p *Plane) keep(ctx context.Context, region string, source codeSource, answer []byte) error {
	var configured configuration
	if err := json.Unmarshal(answer, &configured); err != nil {
		return err
	}
	archive := source.ZipFile
	if source.S3Key != "" {
		target := "/" + url.PathEscape(source.S3Bucket) + "/" + escapeKey(source.S3Key)
		if source.S3ObjectVersion != "" {
			target += "?versionId=" + url.QueryEscape(source.S3ObjectVersion)
		}
		request, err := p.emulator.Request(ctx, "s3", region, http.MethodGet, target, nil)
		if err != nil {
			return err
		}
		_, object, err := p.emulator.Send(request)
		if err != nil {
			return fmt.Errorf("reading s3://%s/%s: %w", source.S3Bucket, source.S3Key, err)
		}
		archive = object
	}
	if len(archive) == 0 {
		return nil // an image, or nothing new
	}
	digest, err := p.code.put(archive)
	if err != nil {
		return err
	}
	if told, err := hexDigest(configured.CodeSha256); err != nil || told != digest {
		return fmt.Errorf("the code of %s is %s, and the emulator says %q", configured.FunctionName, digest, configured.CodeSha256)
	}
	return nil
}

// escapeKey escapes what may not stand in a path, but no slash.
func escapeKey(key string) string { return strings.ReplaceAll(url.PathEscape(key), "%2F", "/") }

// changed forgets what may be different after the request, and ends processes
// that run what is no more.
func (p *Plane) changed(r *http.Request, region string) {
	p.resolver.forget()
	text, rest, _ := functionPath(r)
	n, ok := parseName(text, r.URL.Query().Get("Qualifier"), region)
	if !ok {
		return
	}
	switch {
	case r.Method == http.MethodDelete && rest == "":
		p.pools.retire(n.region, n.function, n.qualifier)
	case r.Method == http.MethodPut && (rest == "code" || rest == "configuration"):
		p.pools.retire(n.region, n.function, "$LATEST")
	}
}
