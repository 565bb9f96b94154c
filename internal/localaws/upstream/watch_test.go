package upstream

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
)

// TestPeekLeavesTheBodyWhole: whoever comes after gets what came, an interruption too.
func TestPeekLeavesTheBodyWhole(t *testing.T) {
	t.Parallel()
	broke := errors.New("broke off")
	tests := map[string]struct {
		body io.Reader
		ok   bool
		rest string
		err  error
	}{
		"short":     {strings.NewReader("123"), true, "123", nil},
		"just fits": {strings.NewReader("12345"), true, "12345", nil},
		"too long":  {strings.NewReader("1234567"), false, "1234567", nil},
		"breaks":    {io.MultiReader(strings.NewReader("12"), iotest.ErrReader(broke)), false, "12", broke},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", tt.body)
			body, ok := Peek(r, 5)
			if ok != tt.ok || ok && string(body) != tt.rest {
				t.Errorf("Peek gives %q, %v", body, ok)
			}
			rest, err := io.ReadAll(r.Body)
			if string(rest) != tt.rest || !errors.Is(err, tt.err) {
				t.Errorf("left are %q, %v", rest, err)
			}
		})
	}
}

func TestScope(t *testing.T) {
	t.Parallel()
	tests := map[string][2]string{
		"AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/SNS/aws4_request, SignedHeaders=host": {"sns", "eu-west-1"},
		"AWS4-HMAC-SHA256 Credential=AKIA/20260101, SignedHeaders=host":                            {"", DefaultRegion},
		"": {"", DefaultRegion},
	}
	for header, want := range tests {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)
		r.Header.Set("Authorization", header)
		if service, region := Scope(r); service != want[0] || region != want[1] {
			t.Errorf("%q: %q in %q", header, service, region)
		}
	}
}
