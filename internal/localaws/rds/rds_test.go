package rds

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/postgres"
)

const answer = `<CreateDBClusterResponse><CreateDBClusterResult><DBCluster><DBClusterIdentifier>main</DBClusterIdentifier>
<Engine>ENGINE</Engine><DatabaseName>app</DatabaseName><MasterUsername>admin</MasterUsername><Port>5432</Port></DBCluster></CreateDBClusterResult></CreateDBClusterResponse>`

// ask sends an action through a plane to an emulator that answers status and body,
// and gives what comes back.
func ask(t *testing.T, p *Plane, form url.Values, status int, body string) *httptest.ResponseRecorder {
	t.Helper()
	emulator := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if content, err := io.ReadAll(r.Body); err != nil || string(content) != form.Encode() {
			t.Errorf("the emulator gets %q, %v", content, err)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(form.Encode()))
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIA/20260101/ap-northeast-1/rds/aws4_request, SignedHeaders=host, Signature=0")
	if !IsWatched(r) {
		t.Error("the request is not watched")
	}
	w := httptest.NewRecorder()
	p.Watch(emulator).ServeHTTP(w, r)
	return w
}

func TestWithoutPostgreSQLClustersAreMadeAllTheSame(t *testing.T) {
	t.Parallel()
	p := &Plane{missing: postgres.ErrMissing, logger: slog.New(slog.DiscardHandler), clusters: map[key]*cluster{}, snapshots: map[key]string{}}
	create := url.Values{"Action": {"CreateDBCluster"}, "DBClusterIdentifier": {"main"}}
	for _, engine := range []string{"aurora-mysql", "aurora-postgresql"} {
		body := strings.ReplaceAll(answer, "ENGINE", engine)
		if got := ask(t, p, create, http.StatusOK, body); got.Code != http.StatusOK || got.Body.String() != body {
			t.Errorf("%s: %d %s", engine, got.Code, got.Body)
		}
	}
	all := p.Databases()
	if len(all) != 1 || all[0].Cluster != "main" || all[0].URL != "" || all[0].Err == nil {
		t.Errorf("databases: %+v", all)
	}
	if p.Environment() != nil {
		t.Error("the emulator is told of sockets that are not there")
	}
	snapshot := url.Values{"Action": {"CreateDBClusterSnapshot"}, "DBClusterIdentifier": {"main"}, "DBClusterSnapshotIdentifier": {"s"}}
	if got := ask(t, p, snapshot, http.StatusOK, "snapshot"); got.Code != http.StatusOK {
		t.Errorf("a snapshot: %d", got.Code)
	}
	remove := url.Values{"Action": {"DeleteDBCluster"}, "DBClusterIdentifier": {"main"}, "SkipFinalSnapshot": {"true"}}
	if got := ask(t, p, remove, http.StatusBadRequest, "refused"); got.Code != http.StatusBadRequest || len(p.Databases()) != 1 {
		t.Errorf("a deletion that is refused: %d, %+v", got.Code, p.Databases())
	}
	if ask(t, p, remove, http.StatusOK, "removed"); len(p.Databases()) != 0 {
		t.Errorf("after the deletion: %+v", p.Databases())
	}
	p.Close()
}

func TestKey(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]key{
		"Main": {"ap-northeast-1", "main"},
		"arn:aws:rds:us-east-1:123456789012:cluster-snapshot:one":           {"us-east-1", "one"},
		"arn:aws:rds:us-east-1:123456789012:cluster-snapshot:rds:main-2026": {"us-east-1", "rds:main-2026"},
		"arn:aws:rds:us-east-1": {"ap-northeast-1", "arn:aws:rds:us-east-1"},
	} {
		q := request{form: url.Values{"Name": {name}}, region: "ap-northeast-1"}
		if diff := cmp.Diff(want, q.key("Name"), cmp.AllowUnexported(key{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
