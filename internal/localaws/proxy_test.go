package localaws_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/localaws"
)

const (
	page   = "<!doctype html>\n<html lang=en><title>500 Internal Server Error</title>"
	signed = "AWS4-HMAC-SHA256 Credential=AKIA/20260101/ap-northeast-1/%s/aws4_request, SignedHeaders=host, Signature=sensitive"
	form   = "application/x-www-form-urlencoded; charset=utf-8"
)

// answer is what a client of the proxy sees.
type answer struct {
	Status int
	Type   string
	Body   string
}

func TestProxyMendsPagesOfTheWebFramework(t *testing.T) {
	t.Parallel()
	const missing, broken = "NotImplementedByLocalAWS", "InternalFailure"
	tests := []struct {
		name     string
		service  string
		target   string
		body     string
		upstream answer
		want     answer // Body: a part of it
		log      string
	}{
		{"json service lacks operation", "kms", "TrentService.Fly", "{}", answer{501, "text/plain", "no"},
			answer{501, "application/x-amz-json-1.1", `"__type":"` + missing + `"`}, "service=kms operation=Fly status=501"},
		{"query service lacks operation", "rds", "", "Action=Fly&Password=sensitive", answer{501, "text/plain", "no"},
			answer{501, "text/xml", "<ErrorResponse><Error><Type>Sender</Type><Code>" + missing}, "service=rds operation=Fly status=501"},
		{"ec2 lacks operation", "ec2", "", "Action=Fly", answer{501, "text/plain", "no"},
			answer{501, "text/xml", "<Response><Errors><Error><Code>" + missing}, "service=ec2 operation=Fly status=501"},
		{"path without a handler", "cloudfront", "", "", answer{404, "text/html; charset=utf-8", "<!DOCTYPE HTML><title>404"},
			answer{501, "text/xml", "<Code>" + missing}, `service=cloudfront operation="POST /thing?acl" status=501`},
		{"failure inside", "s3", "", "", answer{500, "text/html; charset=utf-8", page},
			answer{500, "application/xml", "<Error><Code>" + broken}, "status=500"},
		{"error of the service itself", "s3", "", "", answer{404, "application/xml", "<Error><Code>NoSuchKey</Code></Error>"},
			answer{404, "application/xml", "<Code>NoSuchKey</Code>"}, "status=404"},
		{"error that calls itself a page", "kms", "TrentService.DescribeKey", "{}", answer{400, "text/html", `{"__type":"NotFoundException"}`},
			answer{400, "text/html", `{"__type":"NotFoundException"}`}, "status=400"},
		{"short error", "kms", "TrentService.DescribeKey", "{}", answer{400, "text/html", "no"},
			answer{400, "text/html", "no"}, "status=400"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if body, err := io.ReadAll(r.Body); err != nil || string(body) != tt.body {
					t.Errorf("the emulator got %q, %v; want %q", body, err, tt.body)
				}
				w.Header().Set("Content-Type", tt.upstream.Type)
				w.WriteHeader(tt.upstream.Status)
				_, _ = io.WriteString(w, tt.upstream.Body)
			}))
			t.Cleanup(upstream.Close)
			proxy, log := front(t, upstream.URL)

			request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/thing?acl&X-Amz-Signature=sensitive", strings.NewReader(tt.body))
			request.Header.Set("Authorization", strings.Replace(signed, "%s", tt.service, 1))
			if tt.target != "" {
				request.Header.Set("X-Amz-Target", tt.target)
			} else if tt.body != "" {
				request.Header.Set("Content-Type", form)
			}
			recorder := httptest.NewRecorder()
			proxy.ServeHTTP(recorder, request)

			got := answer{recorder.Code, recorder.Header().Get("Content-Type"), tt.want.Body}
			if !strings.Contains(recorder.Body.String(), tt.want.Body) {
				got.Body = recorder.Body.String()
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			if !strings.Contains(log.String(), tt.log) {
				t.Errorf("log lacks %q:\n%s", tt.log, log)
			}
			if strings.Contains(log.String(), "sensitive") {
				t.Errorf("log tells a secret:\n%s", log)
			}
		})
	}
}

func front(t *testing.T, upstream string, routes ...localaws.Route) (http.Handler, *bytes.Buffer) {
	t.Helper()
	target, err := url.Parse(upstream)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	return localaws.NewProxy(target, routes, slog.New(slog.NewTextHandler(&log, nil))), &log
}

func TestProxyPassesHostAndSignature(t *testing.T) {
	t.Parallel()
	var host, authorization string
	upstream := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		host, authorization = r.Host, r.Header.Get("Authorization")
	}))
	t.Cleanup(upstream.Close)
	proxy, _ := front(t, upstream.URL)
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://bucket.s3.amazonaws.com/key", nil)
	request.Header.Set("Authorization", signed)
	proxy.ServeHTTP(httptest.NewRecorder(), request)
	if host != "bucket.s3.amazonaws.com" || authorization != signed {
		t.Errorf("the emulator got host %q and authorization %q", host, authorization)
	}
}

func TestProxyWithoutItsEmulator(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	proxy, _ := front(t, gone.URL)
	for path, want := range map[string]answer{
		"/key":              {503, "application/xml", "<Error><Code>ServiceUnavailable</Code>"},
		localaws.HealthPath: {503, "application/json", `{"status":"emulator down"}`},
	} {
		recorder := httptest.NewRecorder()
		proxy.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if recorder.Code != want.Status || recorder.Header().Get("Content-Type") != want.Type || !strings.Contains(recorder.Body.String(), want.Body) {
			t.Errorf("%s: got %d %v %s", path, recorder.Code, recorder.Header(), recorder.Body)
		}
	}
}

func TestProxyAsksItsRoutesFirst(t *testing.T) {
	t.Parallel()
	upstream := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(upstream.Close)
	proxy, log := front(t, upstream.URL, localaws.Route{
		Name:    "invoke",
		Match:   func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/invocations") },
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }),
	})
	recorder := httptest.NewRecorder()
	proxy.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/2015-03-31/functions/f/invocations", nil))
	if recorder.Code != http.StatusAccepted || !strings.Contains(log.String(), "operation=invoke status=202") {
		t.Errorf("got %d, log %s", recorder.Code, log)
	}
}
