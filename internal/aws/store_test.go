package aws

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

func bucketFor(t *testing.T, name string) engine.Store {
	t.Helper()
	c := client(t, region)
	_, err := c.s3.CreateBucket(t.Context(), &s3.CreateBucketInput{
		Bucket: &name, CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: region},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c.Store(name)
}

func put(t *testing.T, store engine.Store, key, body string) string {
	t.Helper()
	etag, err := store.Put(t.Context(), key, []byte(body), engine.Condition{})
	if err != nil {
		t.Fatal(err)
	}
	return etag
}

func TestStore(t *testing.T) {
	t.Parallel()
	store := bucketFor(t, "store")
	etag := put(t, store, "a/1", "one")
	put(t, store, "a/2", "two")
	put(t, store, "b", "other")
	object, err := store.Get(t.Context(), "a/1")
	if err != nil || string(object.Body) != "one" || object.ETag != etag || object.Modified.IsZero() {
		t.Errorf("got %q %q %v, %v", object.Body, object.ETag, object.Modified, err)
	}
	keys, err := store.List(t.Context(), "a/")
	if diff := cmp.Diff([]string{"a/1", "a/2"}, keys); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := store.Get(t.Context(), "none"); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("missing object: %v", err)
	}
	if err := store.Delete(t.Context(), "none", ""); err != nil {
		t.Errorf("delete of a missing object: %v", err)
	}
	if _, err := client(t, region).Store("no-such-bucket").Get(t.Context(), "x"); !problem.Is(err, problem.NoBucket) {
		t.Errorf("missing bucket: %v", err)
	}
}

func TestStoreConditions(t *testing.T) {
	t.Parallel()
	store := bucketFor(t, "conditions")
	tests := map[string]struct {
		exists bool
		stale  bool // the ETag is that of an earlier body
		do     func(key, etag string) error
		want   error
	}{
		"put absent, absent":    {false, false, func(k, _ string) error { return putIf(t, store, k, engine.Condition{Absent: true}) }, nil},
		"put absent, there":     {true, false, func(k, _ string) error { return putIf(t, store, k, engine.Condition{Absent: true}) }, engine.ErrPrecondition},
		"put etag, same":        {true, false, func(k, e string) error { return putIf(t, store, k, engine.Condition{ETag: e}) }, nil},
		"put etag, stale":       {true, true, func(k, e string) error { return putIf(t, store, k, engine.Condition{ETag: e}) }, engine.ErrPrecondition},
		"put etag, absent":      {false, false, func(k, _ string) error { return putIf(t, store, k, engine.Condition{ETag: `"0"`}) }, engine.ErrPrecondition},
		"delete etag, same":     {true, false, func(k, e string) error { return store.Delete(t.Context(), k, e) }, nil},
		"delete etag, stale":    {true, true, func(k, e string) error { return store.Delete(t.Context(), k, e) }, engine.ErrPrecondition},
		"delete etag, absent":   {false, false, func(k, _ string) error { return store.Delete(t.Context(), k, `"0"`) }, nil},
		"delete without a word": {true, true, func(k, _ string) error { return store.Delete(t.Context(), k, "") }, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			etag := ""
			if test.exists {
				etag = put(t, store, name, "first")
			}
			if test.stale {
				put(t, store, name, "second")
			}
			if err := test.do(name, etag); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func putIf(t *testing.T, store engine.Store, key string, condition engine.Condition) error {
	t.Helper()
	_, err := store.Put(t.Context(), key, []byte("new"), condition)
	return err
}

func TestOneWinnerOfAConditionalPut(t *testing.T) {
	t.Parallel()
	store := bucketFor(t, "race")
	for round := range 5 {
		var won atomic.Int64
		var racers sync.WaitGroup
		for n := range 8 {
			racers.Go(func() {
				_, err := store.Put(t.Context(), fmt.Sprint(round), []byte(fmt.Sprint(n)), engine.Condition{Absent: true})
				switch {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, engine.ErrPrecondition):
					t.Error(err)
				}
			})
		}
		racers.Wait()
		if won.Load() != 1 {
			t.Errorf("%d winners", won.Load())
		}
	}
}

func TestListReadsEveryPage(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, more, next := "a", "true", "<NextContinuationToken>t</NextContinuationToken>"
		if r.URL.Query().Get("continuation-token") == "t" {
			page, more, next = "b", "false", ""
		}
		_, _ = fmt.Fprintf(w, `<ListBucketResult><IsTruncated>%s</IsTruncated>%s<Contents><Key>%s</Key></Contents></ListBucketResult>`, more, next, page)
	}))
	t.Cleanup(server.Close)
	keys, err := standIn(t, server.URL).Store("b").List(t.Context(), "")
	if diff := cmp.Diff([]string{"a", "b"}, keys); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// standIn is a client of a server that a test makes up.
func standIn(t *testing.T, url string) *Client {
	t.Helper()
	return clientOf(t, Options{Region: region, Endpoint: url, PathStyle: true, Credentials: &Static{AccessKeyID: "test", SecretAccessKey: "test"}})
}
