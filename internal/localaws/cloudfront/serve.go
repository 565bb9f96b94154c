package cloudfront

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// visit is one request of a viewer.
type visit struct {
	*distribution

	id        string
	behaviour *behaviour
	request   *http.Request // as the viewer's function left it
	path      string        // likewise, as it stands in the request
	result    string        // X-Cache
}

// ServeHTTP answers a viewer.
func (p *Plane) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, path := address(r)
	d, err := p.config.find(r.Context(), name)
	if err != nil {
		p.options.Logger.Warn("cloudfront: reading a distribution", "name", name, "error", err)
		http.Error(w, "the local AWS cannot read the distribution; its proxy.log says why", http.StatusInternalServerError)
		return
	}
	if d == nil || !d.Config.Enabled {
		http.Error(w, "the local AWS has no distribution "+strconv.Quote(name)+" that is enabled", http.StatusNotFound)
		return
	}
	v := &visit{distribution: d, id: requestID(), behaviour: d.behaviour(path), request: r.Clone(r.Context()), path: path, result: "Miss from cloudfront"}
	answer, err := p.visit(v)
	if err != nil {
		p.options.Logger.Warn("cloudfront: serving", "distribution", d.ID, "path", path, "error", err)
		answer, v.result = generated(http.StatusServiceUnavailable, "The local AWS failed; its proxy.log says why."), "Error from cloudfront"
	}
	p.write(w, r, v, answer)
}

// visit gives the answer: the function's own, the cache's, or the origin's.
func (p *Plane) visit(v *visit) (*object, error) {
	if !slices.Contains(append([]string{http.MethodGet, http.MethodHead}, v.behaviour.AllowedMethods...), v.request.Method) {
		return p.orPage(v, generated(http.StatusForbidden, "This distribution is not configured to allow the HTTP request method that was used for this request."))
	}
	if arn := v.behaviour.function("viewer-request"); arn != "" {
		answer, err := p.viewerRequest(v, arn)
		if err != nil {
			p.options.Logger.Warn("cloudfront: a function failed", "function", arn, "error", err)
			v.result = "FunctionExecutionError from cloudfront"
			return generated(http.StatusServiceUnavailable, "The CloudFront function associated with the CloudFront distribution is invalid or could not run."), nil
		}
		if answer != nil {
			v.result = "FunctionGeneratedResponse from cloudfront"
			return answer, nil
		}
	}
	if v.path == "/" && v.Config.DefaultRootObject != "" {
		v.path = "/" + v.Config.DefaultRootObject
	}
	answer, err := p.cached(v, v.behaviour, v.path)
	if err != nil {
		return nil, err
	}
	return p.orPage(v, answer)
}

// viewerRequest lets a function change the request, or answer it.
func (p *Plane) viewerRequest(v *visit, arn string) (*object, error) {
	program, err := p.config.function(v.request.Context(), arn)
	if err != nil {
		return nil, err
	}
	event := eventOf(v.distribution, v.request, v.path, "viewer-request", v.id)
	vm, returned, err := run(program, event, p.log(arn))
	if err != nil {
		return nil, err
	}
	if returned.Get("statusCode") != nil {
		return respond(vm, returned)
	}
	v.path, err = apply(vm, returned, v.request)
	return nil, err
}

// log takes what a function prints.
func (p *Plane) log(arn string) func(string) {
	return func(text string) { p.options.Logger.Info("cloudfront: function", "function", arn, "says", text) }
}

// cached gives an object from the cache, else from the origin of the behaviour.
func (p *Plane) cached(v *visit, b *behaviour, path string) (*object, error) {
	policy, _, err := p.policies(v.request.Context(), b)
	if err != nil {
		return nil, err
	}
	to := v.origin(b.TargetOriginID)
	if to == nil {
		return nil, fmt.Errorf("the behaviour %q names no origin", b.PathPattern)
	}
	method := v.request.Method
	kept := method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions && slices.Contains(b.CachedMethods, method)
	k := key{v.ID, path, policy.rest(v.request, "")}
	if method == http.MethodOptions {
		k.rest += "\nOPTIONS"
	}
	if method == http.MethodHead && bucketHost.FindStringSubmatch(to.DomainName) == nil {
		k.rest += "\nHEAD" // what no bucket gives has no body to give again
	}
	if kept {
		if found := p.cache.get(k); found != nil {
			v.result = "Hit from cloudfront"
			return found, nil
		}
	}
	made, err := p.fetch(v.distribution, to, v.request, path, b)
	if err != nil || !kept {
		return made, err
	}
	lifetime := policy.lifetime(made.header, made.at)
	if made.status >= http.StatusBadRequest {
		lifetime = errorLifetime(v.errorResponse(made.status), made.status, lifetime, made.header.Get("Cache-Control") != "")
	}
	made.ends = made.at.Add(lifetime)
	p.cache.put(k, made)
	return made, nil
}

// orPage puts the distribution's page in the place of an error, if it has one.
func (p *Plane) orPage(v *visit, answer *object) (*object, error) {
	if answer.status < http.StatusBadRequest {
		return answer, nil
	}
	if v.result != "Hit from cloudfront" {
		v.result = "Error from cloudfront"
	}
	said := v.errorResponse(answer.status)
	if said == nil || said.ResponsePagePath == "" {
		return answer, nil
	}
	before := v.result
	page, err := p.cached(&visit{distribution: v.distribution, id: v.id, behaviour: v.behaviour, request: get(v.request)}, v.distribution.behaviour(said.ResponsePagePath), said.ResponsePagePath)
	v.result = before
	if err != nil || page.status != http.StatusOK {
		return answer, err // without its page, the error itself
	}
	status := answer.status
	if code, err := strconv.Atoi(said.ResponseCode); err == nil {
		status = code
	}
	return &object{status: status, header: page.header, body: page.body, at: page.at, mapped: true}, nil
}

// get is a request for a page in the place of any other.
func get(r *http.Request) *http.Request {
	page := r.Clone(r.Context())
	page.Method, page.Body, page.ContentLength = http.MethodGet, http.NoBody, 0
	return page
}

func viewerIP(r *http.Request) string {
	ip, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return ip
}

// requestID gives an id in the form of CloudFront's.
func requestID() string {
	const bytes = 40
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return strings.TrimRight(base64.URLEncoding.EncodeToString(b), "=") + "=="
}
