package connect_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/goal-mandala/mandala-deploy/functions/internal/config"
	"github.com/goal-mandala/mandala-deploy/functions/internal/connect"
	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/pgtest"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const user = domain.ID("018f3c1e-0000-4000-8000-000000000001")

// database opens the database behind the front, as a function does.
func database(t *testing.T, f *front, name string, timeout time.Duration, change ...func(*config.Database)) *store.DB {
	t.Helper()
	settings := config.Database{Host: "127.0.0.1", Port: f.port(), Name: name, User: "goal_mandala_app", Auth: config.Password}
	for _, edit := range change {
		edit(&settings)
	}
	db, err := connect.Database(t.Context(), settings, "tasks", timeout)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// list is a request that reads.
func list(ctx context.Context, db *store.DB) error {
	return db.Read(ctx, user, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Goals(ctx, "", store.Window{})
		return err
	})
}

// TestAProcessHasOneConnection holds a function's instance to its share of the 50
// connections (R6.2), and its statements to 500 ms (R6.1).
func TestAProcessHasOneConnection(t *testing.T) {
	t.Parallel()
	made := pgtest.New(t)
	f := newFront(t, made, nil)
	db := database(t, f, made.Name, store.APITimeout)
	var group errgroup.Group
	for range 20 {
		group.Go(func() error { return list(t.Context(), db) })
	}
	if err := group.Wait(); err != nil || f.accepted.Load() != 1 {
		t.Errorf("%d connections, %v", f.accepted.Load(), err)
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	want := map[string]string{
		"application_name": "tasks", "database": made.Name, "timezone": "UTC", "user": "goal_mandala_app",
		"idle_in_transaction_session_timeout": "30000", "idle_session_timeout": "5000", "lock_timeout": "400", "statement_timeout": "500",
	}
	if diff := cmp.Diff(want, f.startups[0]); diff != "" {
		t.Errorf("what the connection is asked for (-want +got):\n%s", diff)
	}
}

// TestADatabaseThatWentAwayComesBack loses the database between two requests, and for
// some of them: those fail soon and as unavailable, and the first after it works.
func TestADatabaseThatWentAwayComesBack(t *testing.T) {
	t.Parallel()
	made := pgtest.New(t)
	f := newFront(t, made, nil)
	db := database(t, f, made.Name, store.WorkflowTimeout)
	works := func(when string) {
		t.Helper()
		if err := list(t.Context(), db); err != nil {
			t.Errorf("%s: %v", when, err)
		}
		if _, err := db.SchemaVersion(t.Context()); err != nil {
			t.Errorf("%s, the schema's version: %v", when, err)
		}
	}
	works("at first")
	for range 3 { // at once: the pool does not look whether a connection is alive
		f.sever()
		works("after the connection was lost")
	}
	f.leave()
	for range 2 {
		started := time.Now()
		if err := list(t.Context(), db); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("while it is away: %v", err)
		}
		if took := time.Since(started); took > 10*time.Second {
			t.Errorf("fails after %s", took)
		}
	}
	f.listen()
	works("when it is back")
}

// TestANetworkThatLosesEverythingEndsTheRequest: no answer comes, not even that of a
// statement that took too long.
func TestANetworkThatLosesEverythingEndsTheRequest(t *testing.T) {
	t.Parallel()
	made := pgtest.New(t)
	f := newFront(t, made, nil)
	db := database(t, f, made.Name, 100*time.Millisecond) // and so 2 s for a transaction
	f.silent.Store(true)
	started := time.Now()
	if err := list(t.Context(), db); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("nothing answers a new connection: %v", err)
	}
	f.silent.Store(false)
	f.sever() // or pgx waits for a farewell
	// Until a connection is there whose statements are in time on a slow machine, too.
	for err := list(t.Context(), db); err != nil; err = list(t.Context(), db) {
		if !errors.Is(err, store.ErrUnavailable) || time.Since(started) > time.Minute {
			t.Fatal(err)
		}
	}
	f.silent.Store(true)
	started = time.Now()
	if err := list(t.Context(), db); !errors.Is(err, store.ErrUnavailable) || time.Since(started) > 20*time.Second {
		t.Errorf("nothing answers any more, for %s: %v", time.Since(started), err)
	}
	f.sever()
}

// TestEachConnectionSignsInWithATokenOfItsOwn: tokens of IAM are good for 15 minutes, and
// the credentials that sign them change. Only TLS with a certificate of an authority that
// is trusted gets one.
func TestEachConnectionSignsInWithATokenOfItsOwn(t *testing.T) {
	made := pgtest.New(t)
	serving, authority := certify(t)
	f := newFront(t, made, serving)
	var fetched atomic.Int64
	credentials := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"AccessKeyId": "KEY%d", "SecretAccessKey": "hidden", "Token": "session", "Expiration": %q}`,
			fetched.Add(1), time.Now().Add(time.Minute).UTC().Format(time.RFC3339)) // which is soon
	}))
	defer credentials.Close()
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", credentials.URL)
	t.Setenv("AWS_REGION", "ap-northeast-1")
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"} {
		t.Setenv(name, "") // they would come first
	}
	iam := func(settings *config.Database) {
		settings.Auth, settings.TLS, settings.CAFile = config.IAM, true, authority
	}
	db := database(t, f, made.Name, store.WorkflowTimeout, iam)
	for range 3 {
		for range 2 {
			if err := list(t.Context(), db); err != nil {
				t.Fatal(err)
			}
		}
		f.sever()
	}
	var keys []string
	for _, password := range f.passwords {
		token, err := url.Parse("https://" + password)
		if err != nil {
			t.Fatal(err)
		}
		query := token.Query()
		key, _, _ := strings.Cut(query.Get("X-Amz-Credential"), "/")
		keys = append(keys, strings.Join([]string{token.Host, query.Get("Action"), query.Get("DBUser"), key, query.Get("X-Amz-Expires")}, " "))
	}
	var want []string
	for i := range 3 {
		want = append(want, fmt.Sprintf("%s connect goal_mandala_app KEY%d 900", f.address, i+1))
	}
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Errorf("tokens (-want +got):\n%s", diff)
	}

	stranger := database(t, f, made.Name, store.WorkflowTimeout, iam, func(settings *config.Database) { settings.CAFile = "" })
	if err := list(t.Context(), stranger); !errors.Is(err, store.ErrUnavailable) || len(f.passwords) != 3 {
		t.Errorf("a database that nobody vouches for got a token: %v", err)
	}
	credentials.Close()
	f.sever()
	err := list(t.Context(), db)
	if !errors.Is(err, store.ErrUnavailable) || strings.Contains(err.Error(), "hidden") {
		t.Errorf("without credentials: %v", err)
	}
}
