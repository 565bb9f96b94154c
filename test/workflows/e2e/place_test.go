package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/github/githubtest"
	"github.com/goal-mandala/mandala-deploy/internal/localaws"
	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// commandLimit bounds one command: the longest, a whole workflow, takes a minute on a
// busy machine.
const commandLimit = 5 * time.Minute

// place is a repository on GitHub with the real workflows and a small project, which
// they deploy to a local AWS.
type place struct {
	*world
	t       *testing.T
	tool    string // the real command line
	home    string
	project string // what its names begin with
	repo    string // the repository, whose branch main the runs take
	shell   string // an administrator's copy of it
	vars    map[string]string
	token   string // of runs, for GitHub's API
	hub     *githubtest.Repository
	api     string // where hub answers
	runner  *runner
	runs    int
}

// newPlace gives a place whose names begin with a project's. The folder, one of
// testdata, has the project's files.
func newPlace(t *testing.T, w *world, folder, project string) *place {
	t.Helper()
	p := &place{
		t: t, world: w, tool: kit.Binary(t), home: t.TempDir(),
		project: project, repo: t.TempDir(), shell: t.TempDir(), token: "ghs_" + project + "-0815",
		vars: map[string]string{"AWS_REGION": kit.Region},
	}
	p.hub = githubtest.New(p.token)
	p.hub.App, p.hub.Clock = true, time.Now
	p.runner = newRunner(p)
	p.api = githubtest.NewServer(t, "", p.runner.permitted(p.hub)).URL
	p.copyTree(filepath.Join("testdata", folder))
	p.copyTree("../../../.github", ".github")
	for _, script := range []string{"scripts/go-test", "scripts/job-summary"} {
		p.copyTree("../../../"+script, script)
	}
	p.write(".gitignore", "/bin/\n/.mandala/\n")
	p.git(p.repo, "init", "--quiet", "--initial-branch", "main")
	return p
}

// copyTree copies a file or a folder into the repository, as it is or below a name.
func (p *place) copyTree(from string, below ...string) {
	p.t.Helper()
	to := filepath.Join(append([]string{p.repo}, below...)...)
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(path, from))
		info, err := entry.Info()
		if err != nil {
			return err
		}
		body, err := os.ReadFile(path)
		return errors.Join(err, os.MkdirAll(filepath.Dir(target), 0o700), os.WriteFile(target, body, info.Mode()))
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// write writes a file of the repository, in which PROJECT stands for the project's name.
func (p *place) write(name, body string) {
	p.t.Helper()
	path := filepath.Join(p.repo, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(strings.ReplaceAll(body, "PROJECT", p.project)), 0o600)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) read(name string) string {
	p.t.Helper()
	body, err := os.ReadFile(filepath.Join(p.repo, name))
	if err != nil {
		p.t.Fatal(err)
	}
	return string(body)
}

// commit commits what was written, and gives the commit.
func (p *place) commit(message string) string {
	p.t.Helper()
	p.git(p.repo, "add", "--all")
	p.git(p.repo, "commit", "--quiet", "--message", message)
	head := p.git(p.repo, "rev-parse", "HEAD")
	p.hub.Commit(githubtest.RepositoryCommit{SHA: head, Message: message})
	return head
}

func (p *place) git(dir string, args ...string) string {
	p.t.Helper()
	out, code := p.command(dir, nil, "git", args...)
	if code != 0 {
		p.t.Fatalf("git %v: %s", args, out)
	}
	return strings.TrimSpace(out)
}

// environ gives what commands get: nothing of the user's but what Go, Python and
// Terraform need.
func (p *place) environ() []string {
	environ := []string{"HOME=" + p.home, "CHECKPOINT_DISABLE=1", "AWS_EC2_METADATA_DISABLED=true", "NO_PROXY=127.0.0.1,localhost",
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=ann", "GIT_AUTHOR_EMAIL=ann@example.test", "GIT_COMMITTER_NAME=ann", "GIT_COMMITTER_EMAIL=ann@example.test"}
	for _, name := range []string{"PATH", "TMPDIR", "LANG", "SSL_CERT_FILE", "PIP_FIND_LINKS"} {
		if value, ok := os.LookupEnv(name); ok {
			environ = append(environ, name+"="+value)
		}
	}
	return environ
}

// command runs a command to its end and gives what it wrote and its exit code.
func (p *place) command(dir string, environ []string, name string, args ...string) (string, int) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(p.t.Context()), commandLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, append(p.environ(), environ...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 30 * time.Second
	out, err := cmd.CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		p.t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// admin runs the command line in an administrator's shell, on the head of main; it has
// to end with a code.
func (p *place) admin(code int, args ...string) string {
	p.t.Helper()
	if _, err := os.Stat(filepath.Join(p.shell, ".git")); err != nil {
		p.git(p.shell, "clone", "--quiet", p.repo, ".")
	}
	p.git(p.shell, "pull", "--quiet", "--ff-only")
	var environ []string
	for name, value := range localaws.Environment(p.address, kit.Region) {
		environ = append(environ, name+"="+value)
	}
	out, got := p.command(p.shell, environ, p.tool, args...)
	if got != code {
		p.t.Fatalf("mandala-deploy %v ended with %d, not %d:\n%s", args, got, code, out)
	}
	return out
}

// history gives the records of deployments, newest first.
func (p *place) history() []engine.Record {
	p.t.Helper()
	var records []engine.Record
	for _, line := range p.stands() {
		name, _, _ := strings.Cut(line, " ")
		key := strings.TrimPrefix(name, p.bucket()+"/")
		if !strings.HasPrefix(key, "deployments/") || !strings.HasSuffix(key, "/record.json") {
			continue
		}
		var r engine.Record
		body, err := p.object(context.WithoutCancel(p.t.Context()), p.bucket(), key)
		if err == nil {
			err = json.Unmarshal(body, &r)
		}
		if err != nil {
			p.t.Fatal(err)
		}
		records = append(records, r)
	}
	slices.SortFunc(records, func(a, b engine.Record) int { return b.StartedAt.Compare(a.StartedAt) })
	return records
}

func (p *place) bucket() string { return p.project + "-production-deploy" }

func (p *place) s3() *s3.Client {
	return s3.NewFromConfig(p.aws, func(o *s3.Options) {
		o.UsePathStyle = true
		o.DisableLogOutputChecksumValidationSkipped = true
	})
}

// object gives an object of a bucket; nil where there is none.
func (p *place) object(ctx context.Context, bucket, key string) ([]byte, error) {
	object, err := p.s3().GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	var none *types.NoSuchKey
	if errors.As(err, &none) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer object.Body.Close()
	return io.ReadAll(object.Body)
}

// stands gives what the environment's buckets hold: states, releases, records and the
// site, a line for each object with what tells its content. Leases are left out: who
// only looks may hold one.
func (p *place) stands() []string {
	p.t.Helper()
	ctx := context.WithoutCancel(p.t.Context())
	var lines []string
	for _, bucket := range []string{p.bucket(), p.project + "-site"} {
		pages := s3.NewListObjectsV2Paginator(p.s3(), &s3.ListObjectsV2Input{Bucket: &bucket})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				p.t.Fatal(err)
			}
			for _, object := range page.Contents {
				if !strings.HasPrefix(*object.Key, "leases/") {
					lines = append(lines, fmt.Sprintf("%s/%s %s", bucket, *object.Key, *object.ETag))
				}
			}
		}
	}
	return lines
}

// application stands in for API Gateway and CloudFront: it shows what was deployed, the
// version by the layer's state and the pages by their bucket.
func (p *place) application() *httptest.Server {
	mux := http.NewServeMux()
	health := func(w http.ResponseWriter, r *http.Request) {
		body, err := p.object(r.Context(), p.bucket(), "states/app.tfstate")
		var state struct {
			Resources []struct {
				Type      string
				Name      string
				Instances []struct {
					Attributes struct {
						Input struct {
							Value struct {
								Release string
								Healthy bool
							}
						}
					}
				}
			}
		}
		if err != nil || body == nil || json.NewDecoder(bytes.NewReader(body)).Decode(&state) != nil {
			http.Error(w, "nothing is deployed", http.StatusServiceUnavailable)
			return
		}
		answer := map[string]any{"status": "failing", "database": map[string]any{"status": "ok", "schemaVersion": 1, "schemaTarget": 1}}
		code := http.StatusServiceUnavailable
		for _, resource := range state.Resources {
			if resource.Type == "terraform_data" && resource.Name == "this" && len(resource.Instances) == 1 {
				is := resource.Instances[0].Attributes.Input.Value
				answer["version"] = is.Release
				if is.Healthy {
					answer["status"], code = "ok", http.StatusOK
				}
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(answer)
	}
	mux.HandleFunc("GET /health", health)
	mux.HandleFunc("GET /api/health", health)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		page, err := p.object(r.Context(), p.project+"-site", "index.html")
		if err != nil || page == nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page)
	})
	server := httptest.NewServer(mux)
	p.t.Cleanup(server.Close)
	return server
}

// page gives the site's page as it is deployed.
func (p *place) page() string {
	p.t.Helper()
	page, err := p.object(context.WithoutCancel(p.t.Context()), p.project+"-site", "index.html")
	if err != nil {
		p.t.Fatal(err)
	}
	return string(page)
}

// same fails the test where something stands otherwise than before.
func (p *place) same(before []string) {
	p.t.Helper()
	if now := p.stands(); !slices.Equal(before, now) {
		p.t.Errorf("it stood\n%s\nand now\n%s", strings.Join(before, "\n"), strings.Join(now, "\n"))
	}
}
