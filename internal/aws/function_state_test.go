package aws

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// What Lambda says of a function and of a version of it.
var (
	changing     = answer{status: http.StatusOK, body: `{"Version":"$LATEST","State":"Active","LastUpdateStatus":"InProgress"}`}
	changed      = answer{status: http.StatusOK, body: `{"Version":"$LATEST","State":"Active","LastUpdateStatus":"Successful"}`}
	notChanged   = answer{status: http.StatusOK, body: `{"Version":"$LATEST","State":"Active","LastUpdateStatus":"Failed","LastUpdateStatusReasonCode":"SubnetOutOfIPAddresses","LastUpdateStatusReason":"no address is left"}`}
	conflict     = answer{status: http.StatusConflict, code: "ResourceConflictException", body: `{"Type":"User","message":"An update is in progress"}`}
	notFound     = answer{status: http.StatusNotFound, code: "ResourceNotFoundException", body: `{}`}
	published    = answer{status: http.StatusCreated, body: `{"Version":"7","State":"Pending"}`}
	pending      = answer{status: http.StatusOK, body: `{"Version":"7","State":"Pending","StateReasonCode":"Creating"}`}
	active       = answer{status: http.StatusOK, body: `{"Version":"7","State":"Active"}`}
	inactive     = answer{status: http.StatusOK, body: `{"Version":"7","State":"Inactive","StateReasonCode":"Idle"}`}
	unknownState = answer{status: http.StatusOK, body: `{"Version":"7"}`}
	broken       = answer{status: http.StatusOK, body: `{"Version":"7","State":"Failed","StateReasonCode":"InvalidSecurityGroup","StateReason":"it is gone"}`}
)

const (
	looksAtLatest  = "GET /2015-03-31/functions/f/configuration?Qualifier=%24LATEST"
	looksAtVersion = "GET /2015-03-31/functions/f/configuration?Qualifier=7"
	publishes      = "POST /2015-03-31/functions/f/versions"
)

func TestPublishWhenReady(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answers []answer
		asked   []string // nil: it is looked on until the limit
		want    string   // of the error
	}{
		"at once":                    {[]answer{changed, published, active}, []string{looksAtLatest, publishes, looksAtVersion}, ""},
		"while it is changed":        {[]answer{changing, changing, changed, published, active}, []string{looksAtLatest, looksAtLatest, looksAtLatest, publishes, looksAtVersion}, ""},
		"changed in between":         {[]answer{changed, conflict, changing, changed, published, active}, []string{looksAtLatest, publishes, looksAtLatest, looksAtLatest, publishes, looksAtVersion}, ""},
		"a version made ready":       {[]answer{changed, published, pending, pending, active}, []string{looksAtLatest, publishes, looksAtVersion, looksAtVersion, looksAtVersion}, ""},
		"no states":                  {[]answer{unknownState, published, unknownState}, []string{looksAtLatest, publishes, looksAtVersion}, ""},
		"a change that fails":        {[]answer{changing, notChanged}, []string{looksAtLatest, looksAtLatest}, "its last change failed: SubnetOutOfIPAddresses: no address is left"},
		"a version that fails":       {[]answer{changed, published, pending, broken}, []string{looksAtLatest, publishes, looksAtVersion, looksAtVersion}, "it cannot be run: InvalidSecurityGroup: it is gone"},
		"a change without end":       {[]answer{changing}, nil, "not through with changing it after 2m0s"},
		"a version never ready":      {[]answer{changed, published, pending}, nil, "not through with changing it after 2m0s"},
		"conflicts without end":      {append(repeatPair(changed, conflict, 200), changed), nil, "not through with changing it after 2m0s"},
		"refused for another reason": {[]answer{changed, {status: http.StatusBadRequest, code: "CodeStorageExceededException", body: `{"message":"full"}`}}, []string{looksAtLatest, publishes}, "CodeStorageExceededException: full"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				from, begun := &answers{list: test.answers}, time.Now()
				err := from.client().PublishVersion(t.Context(), "f")
				if (test.want == "" && err != nil) || (test.want != "" && (!problem.Is(err, problem.RequestFailed) || !strings.Contains(err.Error(), test.want))) {
					t.Errorf("got %v, want %q", err, test.want)
				}
				if diff := cmp.Diff(test.asked, from.asked); diff != "" && test.asked != nil {
					t.Errorf("asked (-want +got):\n%s", diff)
				}
				if took := time.Since(begun); took > 2*functionLimit || (test.asked == nil && took < functionLimit) {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

func TestVersionThatIsMadeReady(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answers []answer
		asked   int
		want    string
	}{
		"ready":                {[]answer{active}, 1, ""},
		"not called for weeks": {[]answer{inactive}, 1, ""},
		"soon ready":           {[]answer{pending, pending, active}, 3, ""},
		"fails then":           {[]answer{pending, broken}, 2, "InvalidSecurityGroup"},
		"known not to be run":  {[]answer{broken}, 1, ""}, // callers are led away from it
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				from := &answers{list: test.answers}
				version, err := from.client().FunctionVersion(t.Context(), "f", "7")
				if (test.want == "") != (err == nil) || (err == nil && version.Number != "7") || (err != nil && !strings.Contains(err.Error(), test.want)) {
					t.Errorf("got %+v, %v", version, err)
				}
				if len(from.asked) != test.asked {
					t.Errorf("asked %d times, want %d", len(from.asked), test.asked)
				}
			})
		})
	}
	from := &answers{list: []answer{notFound}}
	if _, err := from.client().FunctionVersion(t.Context(), "f", "7"); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("none: %v", err)
	}
	from = &answers{list: []answer{notFound}}
	if err := from.client().PublishVersion(t.Context(), "f"); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("no function: %v", err)
	}
}

func repeatPair(one, other answer, times int) []answer {
	var all []answer
	for range times {
		all = append(all, one, other)
	}
	return all
}

func TestPutCode(t *testing.T) {
	t.Parallel()
	c := client(t, region)
	name, bucket, key := "recoded", "recoded-archives", "artifacts/sha256/x"
	makeFunction(t, c, name, nil)
	if _, err := c.Bootstrap(t.Context(), bucket, nil); err != nil {
		t.Fatal(err)
	}
	archive := program(t, "another program")
	if _, err := c.s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(archive)}); err != nil {
		t.Fatal(err)
	}
	if err := c.PutCode(t.Context(), name, bucket, key); err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(archive)
	if latest, err := c.FunctionVersion(t.Context(), name, engine.LatestVersion); err != nil || latest.CodeSHA256 != hex.EncodeToString(digest[:]) {
		t.Errorf("%+v, %v", latest, err)
	}
	if err := c.PutCode(t.Context(), "nobody", bucket, key); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
}
