package deploy

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// checkSite asks CloudFront's address for pages, files and the API.
func checkSite(t *testing.T, a *kit.Application) {
	bucket := a.Output("site_bucket")
	client := s3.NewFromConfig(a.Config, func(o *s3.Options) { o.UsePathStyle = true })
	for key, content := range map[string][2]string{
		"assets/app.3f2a.js": {"text/javascript", "console.log('the application')"},
		"robots.txt":         {"text/plain", "User-agent: *"},
	} {
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: &bucket, Key: &key, ContentType: aws.String(content[0]), Body: strings.NewReader(content[1])}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if _, err := client.DeleteObject(context.WithoutCancel(t.Context()), &s3.DeleteObjectInput{Bucket: &bucket, Key: &key}); err != nil {
				t.Error(err)
			}
		})
	}
	tests := []struct {
		path   string
		status int
		kind   string
		holds  string
	}{
		{"/", 200, "text/html", "<html"},
		{"/goals/anything", 200, "text/html", "<html"}, // drawn by the application
		{"/missing.css", 200, "text/html", "<html"},
		{"/assets/app.3f2a.js", 200, "text/javascript", "the application"},
		{"/robots.txt", 200, "text/plain", "User-agent"},
		{"/api/health", 200, "application/json", `"status"`},
		{"/api/goals", 401, "", ""},
	}
	for _, test := range tests {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.Site+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := kit.Client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != test.status || !strings.HasPrefix(response.Header.Get("Content-Type"), test.kind) || !strings.Contains(strings.ToLower(string(body)), strings.ToLower(test.holds)) {
			t.Errorf("%s: %d %v\n%.300s", test.path, response.StatusCode, response.Header, body)
		}
		for header, want := range map[string]string{
			"Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
			"X-Content-Type-Options":    "nosniff",
			"X-Frame-Options":           "DENY",
			"Referrer-Policy":           "strict-origin-when-cross-origin",
		} {
			if got := response.Header.Get(header); got != want {
				t.Errorf("%s: %s is %q, wanted %q", test.path, header, got, want)
			}
		}
		if response.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s has no Content-Security-Policy", test.path)
		}
	}
}
