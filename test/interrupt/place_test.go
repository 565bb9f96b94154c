// Package interrupt proves what happens to runs that are killed, interrupted,
// or in each other's way: nothing that was created is lost or created twice,
// and everyone is told who holds what.
package interrupt

import (
	"context"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// place is a copy of the fixture with a local AWS of its own.
type place struct {
	*kit.Project
	environment string
	bucket      string
	config      aws.Config
	s3          *s3.Client
	gateway     *gateway // of environment remote
}

// password is the fixture's only secret. It must turn up nowhere but in the
// states.
const password = "pw-7c1f0d5be2a94be38f6e"

// fixture gives the folders of a root: "root", which makes things in AWS, or "quiet",
// which has no provider to wait for and layers that take as long as their variables say.
func fixture(name string) map[string]string {
	from := "test/interrupt/testdata/" + name
	return map[string]string{from + "/environments": "environments", from + "/modules": "modules"}
}

// local gives a place with environment local of a fixture.
func local(t *testing.T, name string) *place {
	t.Helper()
	return newPlace(t, kit.New(t, fixture(name)), "local")
}

// remote gives a place with environment remote, which reaches the local AWS
// through a gateway.
func remote(t *testing.T) *place {
	t.Helper()
	p := newPlace(t, kit.New(t, fixture("root")), "remote")
	p.gateway = newGateway(t, p.LocalAWS())
	p.Env = append(p.Env, "AWS_ENDPOINT_URL="+p.gateway.URL, "AWS_ACCESS_KEY_ID=AKIAMANDALALOCAL0000", "AWS_SECRET_ACCESS_KEY=mandala-local",
		"AWS_EC2_METADATA_DISABLED=true", "NO_PROXY=127.0.0.1,localhost")
	return p
}

func newPlace(t *testing.T, project *kit.Project, environment string) *place {
	t.Helper()
	p := &place{Project: project, environment: environment, bucket: "interrupt-" + environment + "-deploy"}
	p.config, p.s3 = project.AWSConfig(t.Context()), project.S3(t.Context())
	p.set("")
	return p
}

// of gives the place to another test.
func (p *place) of(t *testing.T) *place {
	t.Helper()
	given := *p
	given.Project = p.For(t)
	return &given
}

// set writes the environment's variables: the password and these lines.
func (p *place) set(lines string) {
	p.Write("environments/"+p.environment+"/terraform.tfvars",
		"environment = \""+p.environment+"\"\npassword = \""+password+"\"\n"+lines+"\n")
}

// empty makes the account new: no resources, no bucket; and makes the bucket.
func (p *place) empty(t *testing.T) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.LocalAWS()+"/moto-api/reset", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, response.Body)
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("the emulator's reset answered %s", response.Status)
	}
	p.Must(0, "bootstrap", p.environment)
}

// object reads an object of the bucket, nil where there is none.
func (p *place) object(t *testing.T, key string) []byte {
	t.Helper()
	out, err := p.s3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &p.bucket, Key: &key})
	var missing *types.NoSuchKey
	if errors.As(err, &missing) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// keys lists the objects of the bucket.
func (p *place) keys(t *testing.T, prefix string) []string {
	t.Helper()
	var keys []string
	pages := s3.NewListObjectsV2Paginator(p.s3, &s3.ListObjectsV2Input{Bucket: &p.bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range page.Contents {
			keys = append(keys, *object.Key)
		}
	}
	return keys
}

// status is what the tests read of `status --json`.
type status struct {
	Lease *struct {
		engine.Holder
		Expired bool `json:"expired"`
	} `json:"lease"`
	LastDeployment *engine.Record `json:"last_deployment"`
	Interrupted    []string       `json:"interrupted"`
}

func (p *place) status() status {
	var s status
	p.JSON(0, &s, "status", p.environment)
	return s
}

// slice gives a file in a layer's directory below the work directory.
func (p *place) slice(layer string, name ...string) string {
	return filepath.Join(append([]string{p.Dir, ".mandala", p.environment, "run", "layer-" + layer}, name...)...)
}

// eventually waits until something is so.
func eventually(t *testing.T, limit time.Duration, what string, so func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	for !so() {
		select {
		case <-ctx.Done():
			t.Fatalf("not within %s: %s", limit, what)
		case <-time.After(pollEvery):
		}
	}
}
