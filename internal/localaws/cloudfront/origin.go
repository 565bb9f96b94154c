package cloudfront

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

// bucketHost is the address of a bucket: BUCKET.s3.amazonaws.com or
// BUCKET.s3.REGION.amazonaws.com.
var bucketHost = regexp.MustCompile(`^(.+)\.s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com$`)

// fetch asks an origin for a path, as it stands in the request.
func (p *Plane) fetch(d *distribution, to *origin, r *http.Request, path string, b *behaviour) (*object, error) {
	cached, asked, err := p.policies(r.Context(), b)
	if err != nil {
		return nil, err
	}
	path = to.OriginPath + path
	var made *object
	if bucket := bucketHost.FindStringSubmatch(to.DomainName); bucket != nil {
		made, err = p.fromBucket(r.Context(), d, to, bucket[1], r.Method, path)
	} else {
		made, err = p.fromOrigin(toOrigin(r, to, path, cached, asked))
	}
	if err != nil {
		return nil, err
	}
	made.at = p.options.Clock()
	return made, nil
}

// policies gives a behaviour's policies. One without a cache policy, from the time
// before them, keeps nothing here.
func (p *Plane) policies(ctx context.Context, b *behaviour) (*cachePolicy, *originRequestPolicy, error) {
	cached := &cachePolicy{}
	var asked *originRequestPolicy
	var err error
	if b.CachePolicyID != "" {
		if cached, err = ask[cachePolicy](ctx, p.config, "cache-policy/"+b.CachePolicyID); err != nil {
			return nil, nil, err
		}
	}
	if b.OriginRequestPolicyID != "" {
		if asked, err = ask[originRequestPolicy](ctx, p.config, "origin-request-policy/"+b.OriginRequestPolicyID); err != nil {
			return nil, nil, err
		}
	}
	return cached, asked, nil
}

// fromBucket reads an object as S3 gives it to this distribution: by what the
// bucket's policy grants. Whoever may not list is not told that a key is missing.
func (p *Plane) fromBucket(ctx context.Context, d *distribution, from *origin, bucket, method, path string) (*object, error) {
	if method != http.MethodGet && method != http.MethodHead {
		return denied(http.StatusForbidden, "AccessDenied", "Access Denied"), nil
	}
	granted, err := p.config.grants(ctx, bucket, d.ARN, from.Control != "")
	if err != nil {
		return nil, err
	}
	if !granted.read {
		return denied(http.StatusForbidden, "AccessDenied", "Access Denied"), nil
	}
	// The whole object, whatever is asked of it: it may serve others, too.
	request, err := p.emulator.Request(ctx, "s3", "us-east-1", http.MethodGet, "/"+bucket+path, nil)
	if err != nil {
		return nil, err
	}
	header, body, err := p.emulator.Send(request)
	var answer *upstream.Error
	switch {
	case errors.As(err, &answer) && answer.Status == http.StatusNotFound && answer.Code == "NoSuchBucket":
		return denied(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist"), nil
	case errors.As(err, &answer) && answer.Status == http.StatusNotFound && granted.list:
		return denied(http.StatusNotFound, "NoSuchKey", "The specified key does not exist."), nil
	case errors.As(err, &answer) && answer.Status < http.StatusInternalServerError:
		return denied(http.StatusForbidden, "AccessDenied", "Access Denied"), nil
	case err != nil:
		return nil, fmt.Errorf("reading s3://%s%s: %w", bucket, path, err)
	}
	kept := http.Header{"Server": {"AmazonS3"}}
	for _, name := range []string{"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Type", "Etag", "Expires", "Last-Modified"} {
		if values := header.Values(name); len(values) > 0 {
			kept[name] = values
		}
	}
	for name, values := range header {
		if strings.HasPrefix(name, "X-Amz-Meta-") {
			kept[name] = values
		}
	}
	return &object{status: http.StatusOK, header: kept, body: body}, nil
}

// denied is an error as S3 words it.
func denied(status int, code, message string) *object {
	return &object{
		status: status, header: http.Header{"Content-Type": {"application/xml"}, "Server": {"AmazonS3"}},
		body: []byte(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<Error><Code>" + code + "</Code><Message>" + message + "</Message></Error>"),
	}
}

// fromOrigin asks an origin that is no bucket. Only what the local AWS serves
// itself can be asked.
func (p *Plane) fromOrigin(r *http.Request) (*object, error) {
	handler, ok := p.options.Origin(r)
	if !ok {
		p.options.Logger.Warn("cloudfront: the local AWS asks no origin outside", "origin", r.Host)
		return generated(http.StatusBadGateway, "CloudFront wasn't able to connect to the origin."), nil
	}
	recorder := &recorded{header: http.Header{}, status: http.StatusOK}
	handler.ServeHTTP(recorder, r)
	return &object{status: recorder.status, header: recorder.header, body: recorder.body.Bytes()}, nil
}

// recorded is an http.ResponseWriter that keeps the answer.
type recorded struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *recorded) Header() http.Header               { return w.header }
func (w *recorded) WriteHeader(status int)            { w.status = status }
func (w *recorded) Write(content []byte) (int, error) { return w.body.Write(content) }

// generated is an error of CloudFront's own.
func generated(status int, text string) *object {
	page := "<!DOCTYPE HTML><HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD><BODY><H1>" +
		fmt.Sprint(status) + " ERROR</H1><H2>The request could not be satisfied.</H2><HR>" + text + "</BODY></HTML>"
	return &object{status: status, header: http.Header{"Content-Type": {"text/html"}, "Server": {"CloudFront"}}, body: []byte(page)}
}
