package localaws_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// The proxy's sender is held up between the last byte of a request and its
// look at what follows, as a busy machine does, until the answer has begun.
// The client still has to get all of it, not a 200 that breaks off.
func TestProxyAnswersInFullWhileItsSenderLags(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		headers    map[string]string
		looks      int // at the end of the body before the request is sent
	}{
		{"streamed", `{"resourceArn":"arn"}`, map[string]string{"X-Amz-Target": "Logs_20140328.ListTagsForResource"}, 0},
		{"read for its action", "Action=DescribeVpcs&Version=2016-11-15", map[string]string{"Content-Type": form}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			const half = 64 << 10 // bytes, more than is buffered on the way
			rest, begun := make(chan struct{}), make(chan struct{})
			upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if got, err := io.ReadAll(r.Body); err != nil || string(got) != tt.body {
					t.Errorf("the emulator got %q, %v; want %q", got, err, tt.body)
				}
				_, _ = io.WriteString(w, strings.Repeat("a", half))
				_ = http.NewResponseController(w).Flush()
				<-rest
				_, _ = io.WriteString(w, strings.Repeat("b", half))
			}))
			t.Cleanup(upstream.Close)
			proxy, log := front(t, upstream.URL)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.Body = &laggingBody{ReadCloser: r.Body, left: r.ContentLength, looks: tt.looks, until: begun}
				proxy.ServeHTTP(w, r)
			}))
			t.Cleanup(server.Close)

			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			for name, value := range tt.headers {
				request.Header.Set(name, value)
			}
			response, err := server.Client().Do(request)
			close(begun)
			if err != nil {
				close(rest)
				t.Fatal(err)
			}
			defer response.Body.Close()
			// Time for a look at the end to do harm; too little of it hides a
			// fault on a slow machine, but never invents one.
			time.Sleep(50 * time.Millisecond)
			close(rest)
			content, err := io.ReadAll(response.Body)
			if err != nil || len(content) != 2*half {
				t.Errorf("status %d with %d of %d bytes, %v; the proxy's log:\n%s", response.StatusCode, len(content), 2*half, err, log)
			}
		})
	}
}

// laggingBody lets so many looks at its end pass and holds up the next.
type laggingBody struct {
	io.ReadCloser
	left  int64 // bytes
	looks int
	until <-chan struct{}
}

func (b *laggingBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		if b.looks == 0 {
			<-b.until
		}
		b.looks--
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	if n > 0 {
		err = nil // the end comes with a look of its own
	}
	return n, err
}
