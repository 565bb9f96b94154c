package aws

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// trailWorld answers LookupEvents with pages, each region its own.
func trailWorld(t *testing.T, answer func(request map[string]any, page string) (status int, body any)) *Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request map[string]any
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			t.Error(err)
		}
		page, _ := request["NextToken"].(string)
		status, body := answer(request, page)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}))
	t.Cleanup(server.Close)
	client, err := New(t.Context(), Options{Region: globalRegion, Endpoint: server.URL, Credentials: &Static{AccessKeyID: "key", SecretAccessKey: "secret"}})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func trailEvent(id string, at int64, name, record string) map[string]any {
	return map[string]any{"EventId": id, "EventTime": at, "EventName": name, "EventSource": "rds.amazonaws.com", "Username": "somebody", "CloudTrailEvent": record}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	from := time.Unix(1_000, 0).UTC()
	role := `{"userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::1:assumed-role/deploy/run-7","sessionContext":{"sessionIssuer":{"userName":"deploy"}}},"requestParameters":{"masterUserPassword":"hunter2"}}`
	c := trailWorld(t, func(request map[string]any, page string) (int, any) {
		if page == "" {
			want := []any{map[string]any{"AttributeKey": "ReadOnly", "AttributeValue": "false"}}
			if diff := cmp.Diff(want, request["LookupAttributes"]); diff != "" {
				t.Error(diff)
			}
			return 200, map[string]any{"Events": []any{trailEvent("c", 1030, "CreateDBCluster", role), trailEvent("b", 1020, "DeleteDBCluster", `{"errorCode":"AccessDenied","userIdentity":{"type":"IAMUser","userName":"ken"}}`)}, "NextToken": "2"}
		}
		return 200, map[string]any{"Events": []any{trailEvent("a", 1010, "ConsoleLogin", `{"userIdentity":{"type":"Root"}}`), trailEvent("0", 1005, "Rotate", `no JSON`), trailEvent("z", 900, "Before", "{}")}}
	})
	calls, more, err := c.Changes(t.Context(), from, from.Add(time.Minute), 100)
	if err != nil || more {
		t.Fatalf("more %v, %v", more, err)
	}
	call := func(id string, at int64, actor, name, failed string) engine.TrailCall {
		return engine.TrailCall{ID: id, Time: time.Unix(at, 0).UTC(), Actor: actor, Source: "rds.amazonaws.com", Name: name, Error: failed}
	}
	want := []engine.TrailCall{call("c", 1030, "role deploy as run-7", "CreateDBCluster", ""), call("b", 1020, "user ken", "DeleteDBCluster", "AccessDenied"), call("a", 1010, "root of the account", "ConsoleLogin", ""), call("0", 1005, "somebody", "Rotate", "")}
	if diff := cmp.Diff(want, calls); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if calls, more, err = c.Changes(t.Context(), from, from.Add(time.Minute), 2); err != nil || !more || len(calls) != 2 {
		t.Errorf("of two at most: %d, more %v, %v", len(calls), more, err)
	}
}

func TestChangesThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	c := trailWorld(t, func(_ map[string]any, page string) (int, any) {
		if page == "" {
			return 200, map[string]any{"Events": []any{trailEvent("a", 1010, "Create", "{}")}, "NextToken": "2"}
		}
		return 400, map[string]any{"__type": "AccessDeniedException", "message": "no"}
	})
	calls, more, err := c.Changes(t.Context(), time.Unix(1_000, 0), time.Unix(2_000, 0), 100)
	if !problem.Is(err, problem.AccessDenied) || len(calls) != 1 || !more {
		t.Errorf("%d calls, more %v, %v", len(calls), more, err)
	}
}
