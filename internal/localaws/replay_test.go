package localaws_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestProxyGivesALostAnswerAgain: a further attempt of a call that was answered
// gets that answer, and the emulator does not hear of it; every other request
// reaches the emulator.
func TestProxyGivesALostAnswerAgain(t *testing.T) {
	t.Parallel()
	type attempt struct{ method, id, attempt, want string }
	tests := map[string][]attempt{
		"the second attempt":     {{"POST", "a", "attempt=1; max=3", "200 1"}, {"POST", "a", "attempt=2; max=3", "200 1"}, {"POST", "a", "attempt=3; max=3", "200 1"}},
		"another call":           {{"POST", "a", "attempt=1; max=3", "200 1"}, {"POST", "b", "attempt=1; max=3", "200 2"}},
		"the first never came":   {{"POST", "a", "attempt=2; max=3", "200 1"}},
		"attempt ten is not one": {{"POST", "a", "attempt=1; max=25", "200 1"}, {"POST", "a", "attempt=10; max=25", "200 1"}},
		"a look":                 {{"GET", "a", "attempt=1; max=3", "200 1"}, {"GET", "a", "attempt=2; max=3", "200 2"}},
		"no SDK":                 {{"POST", "", "", "200 1"}, {"POST", "", "", "200 2"}},
		"an error":               {{"POST", "error", "attempt=1; max=3", "503 1"}, {"POST", "error", "attempt=2; max=3", "503 2"}},
		"a large answer":         {{"POST", "large", "attempt=1; max=3", "200 1"}, {"POST", "large", "attempt=2; max=3", "200 2"}},
	}
	for name, attempts := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				// As moto's server does: to close a connection with something unread resets it,
				// and the answer is lost where it has not all arrived.
				_, _ = io.Copy(io.Discard, r.Body)
				n := asked.Add(1)
				w.Header().Set("X-Made", "once")
				if r.Header.Get("Amz-Sdk-Invocation-Id") == "error" {
					w.WriteHeader(http.StatusServiceUnavailable)
				}
				_, _ = fmt.Fprint(w, n)
				if r.Header.Get("Amz-Sdk-Invocation-Id") == "large" {
					_, _ = io.WriteString(w, strings.Repeat(" ", 2<<20))
				}
			}))
			t.Cleanup(upstream.Close)
			proxy, _ := front(t, upstream.URL)
			for _, a := range attempts {
				request := httptest.NewRequestWithContext(t.Context(), a.method, "http://ec2.amazonaws.com/", strings.NewReader("Action=CreateFlowLogs"))
				request.Header.Set("Authorization", signed)
				request.Header.Set("Amz-Sdk-Invocation-Id", a.id)
				request.Header.Set("Amz-Sdk-Request", a.attempt)
				answer := httptest.NewRecorder()
				proxy.ServeHTTP(answer, request)
				got := fmt.Sprint(answer.Code, " ", strings.TrimSpace(answer.Body.String()))
				if diff := cmp.Diff(a.want, got); diff != "" {
					t.Errorf("%+v (-want +got):\n%s", a, diff)
				}
				if answer.Header().Get("X-Made") != "once" {
					t.Errorf("%+v: the headers are gone: %v", a, answer.Header())
				}
			}
		})
	}
}
