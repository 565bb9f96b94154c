package httpapi_test

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

// FuzzIfMatch: a tag is taken if it is one that ETag gives, and nothing else is.
func FuzzIfMatch(f *testing.F) {
	for _, tag := range []string{"", "*", `"1"`, ` "12" `, `W/"1"`, `"0"`, `"-1"`, `"+1"`, `"01"`, `"9223372036854775808"`, `"1", "2"`, `"`} {
		f.Add(tag)
	}
	form := regexp.MustCompile(`^"[1-9][0-9]*"$`)
	f.Fuzz(func(t *testing.T, tag string) {
		var version int64
		var err error
		router := newRouter(&bytes.Buffer{})
		router.Handle("GET", "/x", func(_ context.Context, request *httpapi.Request) (httpapi.Response, error) {
			version, err = request.IfMatch()
			return httpapi.Tagged("body", version), err
		})
		request := event("GET", "/x", "")
		request.Headers["If-Match"] = tag
		answer, serveErr := router.Serve(t.Context(), request)
		if serveErr != nil {
			t.Fatal(serveErr)
		}
		trimmed := strings.TrimSpace(tag)
		_, tooLarge := strconv.ParseInt(strings.Trim(trimmed, `"`), 10, 64)
		switch {
		case trimmed == "" || trimmed == "*":
			if err != nil || version != store.AnyVersion {
				t.Errorf("%q: %d, %v", tag, version, err)
			}
		case form.MatchString(trimmed) && tooLarge == nil:
			if err != nil || answer.Headers["ETag"] != trimmed {
				t.Errorf("%q: %v, %v", tag, answer.Headers, err)
			}
		default:
			if !errors.Is(err, store.ErrStale) || answer.StatusCode != 412 {
				t.Errorf("%q: %d, %v", tag, answer.StatusCode, err)
			}
		}
	})
}
