package cloudfront

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/dop251/goja"
	"github.com/google/go-cmp/cmp"
)

func TestWildcard(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pattern, text string
		want          bool
	}{
		{"*", "", true}, {"assets/*", "assets/a/b.js", true}, {"assets/*", "asset", false}, {"*.jpg", "a/b.jpg", true}, {"*.jpg", "a.jpg.png", false},
		{"a?c", "abc", true}, {"a?c", "ac", false}, {"a*b*c", "aXbYc", true}, {"a*b*c", "aXcYb", false}, {"API/*", "api/x", false}, {"", "a", false},
	} {
		if got := wildcard(test.pattern, test.text); got != test.want {
			t.Errorf("%s on %s: %t", test.pattern, test.text, got)
		}
	}
}

func TestLifetime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	policy := &cachePolicy{MinTTL: 1, DefaultTTL: 300, MaxTTL: 3600}
	for control, want := range map[string]time.Duration{
		"": 300 * time.Second, "max-age=60": time.Minute, "max-age=9999, public": time.Hour, "max-age=60, s-maxage=120": 2 * time.Minute,
		"no-cache": time.Second, "private, max-age=60": time.Second, "max-age=0": time.Second, "no-store": time.Second,
	} {
		if got := policy.lifetime(http.Header{"Cache-Control": {control}}, now); got != want {
			t.Errorf("%q: %s, want %s", control, got, want)
		}
	}
	expires := http.Header{"Expires": {now.Add(90 * time.Second).Format(http.TimeFormat)}}
	if got := policy.lifetime(expires, now); got != 90*time.Second {
		t.Errorf("Expires: %s", got)
	}
	zero := 0
	for name, test := range map[string]struct {
		said   *errorResponse
		status int
		want   time.Duration
	}{
		"by itself":         {nil, 404, 10 * time.Second},
		"not by itself":     {nil, 403, 0},
		"told not to":       {&errorResponse{ErrorCachingMinTTL: &zero}, 404, 0},
		"told without time": {&errorResponse{}, 403, 10 * time.Second},
	} {
		if got := errorLifetime(test.said, test.status, time.Minute, false); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

func TestFunctions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		code    string
		path    string // of the request it returns
		header  string // X-Test of it
		query   string
		status  int // of the response it returns
		body    string
		failure string
	}{
		"a request": {code: `function handler(event) { var r = event.request; r.uri = '/new' + r.uri; r.headers['x-test'] = {value: event.viewer.ip}; r.querystring.b = {value: '2'}; return r; }`,
			path: "/new/old", header: "192.0.2.1", query: "a=1&b=2"},
		"asynchronous": {code: `async function handler(event) { const {request} = event; await null; request.uri = request.headers.host.value === 'd.example.net' ? '/host' : '/'; return request; }`,
			path: "/host", query: "a=1"},
		"a response": {code: `function handler(event) { return {statusCode: 302, statusDescription: 'Found', headers: {'location': {value: '/x'}}, body: 'moved'}; }`,
			status: 302, body: "moved"},
		"a packed body": {code: `function handler(event) { return {statusCode: 200, body: {encoding: 'base64', data: 'aGk='}}; }`, status: 200, body: "hi"},
		"a failure":     {code: `function handler(event) { throw new Error('told'); }`, failure: "told"},
		"a rejection":   {code: `async function handler(event) { throw new Error('told'); }`, failure: "told"},
		"nothing":       {code: `function handler(event) { }`, failure: "returns neither"},
		"no handler":    {code: `var a = 1;`, failure: "no function handler"},
		"no end":        {code: `function handler(event) { while (true) {} }`, failure: "too long"},
		"no request":    {code: `function handler(event) { return {}; }`, failure: "begin with a slash"},
		"no path":       {code: `function handler(event) { event.request.uri = 'x'; return event.request; }`, failure: "begin with a slash"},
	}
	d := &distribution{ID: "E1", DomainName: "d.example.net"}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/old?a=1", nil)
			vm, returned, err := run(goja.MustCompile("test.js", test.code, false), eventOf(d, r, "/old", "viewer-request", "id"), func(string) {})
			var got struct {
				path, header, query, body string
				status                    int
			}
			if err == nil && test.status != 0 {
				var o *object
				if o, err = respond(vm, returned); err == nil {
					got.status, got.body = o.status, string(o.body)
				}
			} else if err == nil {
				got.path, err = apply(vm, returned, r)
				got.header, got.query = r.Header.Get("X-Test"), r.URL.RawQuery
			}
			if test.failure != "" {
				if err == nil || !strings.Contains(err.Error(), test.failure) {
					t.Fatalf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := []any{test.path, test.header, test.query, test.status, test.body}
			if diff := cmp.Diff(want, []any{got.path, got.header, got.query, got.status, got.body}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatReachesTheOrigin(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/x?a=1&b=2", strings.NewReader("{}"))
	for name, value := range map[string]string{"Authorization": "token", "Content-Type": "application/json", "Accept-Encoding": "br", "Cookie": "s=1", "X-Own": "1"} {
		r.Header.Set(name, value)
	}
	to := &origin{DomainName: "api.example.net"}
	all := &originRequestPolicy{}
	all.Parameters.Headers.Behaviour, all.Parameters.Headers.Names = "allExcept", []string{"host"}
	all.Parameters.Cookies.Behaviour, all.Parameters.Query.Behaviour = "all", "all"
	type sent struct {
		Host, URL string
		Header    http.Header
	}
	const via = "1.1 local.cloudfront.net (CloudFront)"
	none := toOrigin(r, to, "/v1/x", &cachePolicy{}, nil)
	want := sent{"api.example.net", "/v1/x", http.Header{"Content-Type": {"application/json"}, "User-Agent": {"Amazon CloudFront"}, "Via": {via}, "X-Forwarded-For": {"192.0.2.1"}}}
	if diff := cmp.Diff(want, sent{none.Host, none.URL.String(), none.Header}); diff != "" {
		t.Errorf("without a policy (-want +got):\n%s", diff)
	}
	much := toOrigin(r, to, "/v1/x", &cachePolicy{}, all)
	want.URL = "/v1/x?a=1&b=2"
	want.Header.Set("Authorization", "token")
	want.Header.Set("Cookie", "s=1")
	want.Header.Set("X-Own", "1")
	if diff := cmp.Diff(want, sent{much.Host, much.URL.String(), much.Header}); diff != "" {
		t.Errorf("with all of it (-want +got):\n%s", diff)
	}
}

func TestWhomAPolicyLetsRead(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:cloudfront::123456789012:distribution/E1"
	for name, test := range map[string]struct {
		statement string
		want      bool
	}{
		"this distribution":    {`"Condition":{"StringEquals":{"AWS:SourceArn":"` + arn + `"}}`, true},
		"like it":              {`"Condition":{"ArnLike":{"aws:SourceArn":["arn:aws:cloudfront::123456789012:distribution/*"]}}`, true},
		"another":              {`"Condition":{"StringEquals":{"aws:SourceArn":"` + arn + `0"}}`, false},
		"an unknown condition": {`"Condition":{"Bool":{"aws:SecureTransport":"true"}}`, false},
		"any":                  {`"Sid":"any"`, true},
	} {
		var p policy
		if err := json.Unmarshal([]byte(`{"Statement":[{"Effect":"Allow","Principal":{"Service":"cloudfront.amazonaws.com"},"Action":"s3:Get*",`+test.statement+`}]}`), &p); err != nil {
			t.Fatal(err)
		}
		if got := holds(p.Statement[0].Condition, arn) && covers(p.Statement[0].Action[0], "s3:GetObject"); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
