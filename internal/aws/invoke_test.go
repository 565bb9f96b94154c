package aws

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// A call that did not run is repeated; one that may have run is not.
func TestInvokeRepeatsWhatDidNotRun(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first answer
		calls int
		fails bool
	}{
		"throttled":        {answer{status: http.StatusTooManyRequests, code: "TooManyRequestsException"}, 2, false},
		"not yet callable": {answer{status: http.StatusConflict, code: "ResourceConflictException"}, 2, false},
		"may have run":     {answer{status: http.StatusInternalServerError, code: "ServiceException"}, 1, true},
		"refused":          {answer{status: http.StatusForbidden, code: "AccessDeniedException"}, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				if calls++; calls > 1 {
					_, _ = w.Write([]byte(`{"ok":true}`))
					return
				}
				w.Header().Set("X-Amzn-Errortype", c.first.code)
				w.WriteHeader(c.first.status)
			}))
			defer server.Close()
			client := &Client{lambda: lambda.New(lambda.Options{
				Region: region, BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
			})}
			answer, err := client.Invoke(t.Context(), "f", "7", []byte("{}"))
			if (err != nil) != c.fails || calls != c.calls || !c.fails && string(answer.Payload) != `{"ok":true}` {
				t.Errorf("%d calls, %s, %v", calls, answer.Payload, err)
			}
		})
	}
}
