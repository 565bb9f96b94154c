package deploy

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// deployed is what the tests read of a deployment or a rollback.
type deployed struct {
	Release    string
	Result     string
	Phases     []phase
	RolledBack *deployed `json:"rolled_back"`
	Errors     []struct{ Code string }
}

type phase struct{ Name, Status, Note string }

// standing is what stands of a release: what everybody sees and what runs.
type standing struct {
	Version string            // as the API tells it
	Schema  int64             // as the API tells it
	Page    string            // the site's entry
	Aliases map[string]string // function → version of its alias
	Code    map[string]string // function → digest of that version's code
	Level   map[string]string // function → its log level, which the environment's values set
}

func stands(t *testing.T, a *kit.Application) standing {
	t.Helper()
	s := standing{Aliases: map[string]string{}, Code: map[string]string{}, Level: map[string]string{}}
	var health struct {
		Version  string
		Database struct {
			SchemaVersion int64
		}
	}
	a.Anybody().Call(http.StatusOK, &health, "GET", "/health", nil)
	s.Version, s.Schema, s.Page = health.Version, health.Database.SchemaVersion, page(t, a)
	client := lambda.NewFromConfig(a.Config)
	names, _ := a.Outputs["function_names"].(map[string]any)
	for short, name := range names {
		full := fmt.Sprint(name)
		alias, err := client.GetAlias(t.Context(), &lambda.GetAliasInput{FunctionName: &full, Name: aws.String("live")})
		if err != nil {
			t.Fatal(err)
		}
		if alias.RoutingConfig != nil && len(alias.RoutingConfig.AdditionalVersionWeights) > 0 {
			t.Errorf("%s shares its calls out: %v", full, alias.RoutingConfig.AdditionalVersionWeights)
		}
		version, err := client.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: &full, Qualifier: alias.FunctionVersion})
		if err != nil {
			t.Fatal(err)
		}
		s.Aliases[short], s.Code[short] = aws.ToString(alias.FunctionVersion), aws.ToString(version.CodeSha256)
		s.Level[short] = version.Environment.Variables["LOG_LEVEL"]
	}
	return s
}

func page(t *testing.T, a *kit.Application) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.Site+"/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := kit.Client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body := make([]byte, 1<<16)
	n, _ := response.Body.Read(body)
	return string(body[:n])
}

// releases is the life of an environment that gets one release after the other.
type releases struct {
	*kit.Project
	t   *testing.T
	app *kit.Application
}

// checkReleases deploys releases, goes back, and has others that do not work go back by
// themselves (R2.2, R2.3; correctness properties 1 and 2).
func checkReleases(t *testing.T, p *kit.Project, a *kit.Application) {
	p.Replace("environments/local/deploy.hcl", "on_failure    = false", "on_failure    = true")
	p.Replace("environments/local/deploy.hcl", `database = "never"`, `database = "always"`)
	var good standing
	want := []string{}
	ran := func(records ...string) { want = slices.Concat(records, want) } // the newest first
	step := func(name string, do func(releases)) {
		if t.Failed() {
			return
		}
		t.Run(name, func(t *testing.T) { do(releases{p.For(t), t, a}) })
	}
	step("back and forth", func(r releases) {
		good = r.backAndForth()
		ran("rollback v1.1.0 succeeded", "rollback v1.1.0 crashed", "apply v1.2.0 succeeded", "apply v1.1.0 succeeded", "apply v1.0.0 succeeded")
	})
	step("unhealthy", func(r releases) {
		r.unhealthy(good)
		ran("rollback v1.1.0 succeeded", "apply v1.3.0 failed")
	})
	step("failing canary", func(r releases) {
		r.failingCanary(good)
		ran("rollback v1.1.0 succeeded", "apply v1.4.0 failed")
	})
	step("killed in functions", func(r releases) {
		r.killedInFunctions(good)
		ran("rollback v1.1.0 succeeded", "apply v1.5.0 crashed")
	})
	var history struct {
		Deployments []struct{ Operation, Release, Result string }
	}
	p.JSON(0, &history, "history", "local", "--limit", "12")
	var lines []string
	for _, d := range history.Deployments {
		lines = append(lines, d.Operation+" "+d.Release+" "+d.Result)
	}
	if diff := cmp.Diff(want, lines[:min(len(want), len(lines))]); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
}

// build stores the working tree as a release.
func (r releases) build(version string) { r.Must(0, "release", "build", version, "-e", "local") }

// deploy builds and deploys a release, which ends with an exit code.
func (r releases) deploy(version string, code int) *deployed {
	r.t.Helper()
	r.build(version)
	var done deployed
	result := r.JSON(code, &done, "apply", "local", "--version", version, "--auto-approve")
	if code == 0 && (done.Release != version || done.Result != "succeeded") {
		r.t.Fatalf("%+v\n%s", done, result.Stderr)
	}
	return &done
}

// edit gives the functions a code that they did not have yet.
func (r releases) edit(edition string) {
	r.Write("functions/reflections/edition.go", fmt.Sprintf("package main\n\nimport \"os\"\n\nvar _, _ = os.LookupEnv(%q)\n", edition))
}

// wentBack holds a deployment to having failed, and what stands to what stood.
func (r releases) wentBack(done *deployed, good standing) {
	r.t.Helper()
	if done.RolledBack == nil || done.RolledBack.Release != good.Version || done.RolledBack.Result != "succeeded" {
		r.t.Errorf("it did not go back: %+v", done)
	}
	if diff := cmp.Diff(good, stands(r.t, r.app)); diff != "" {
		r.t.Errorf("after %s went back by itself (-%s +now):\n%s", done.Release, good.Version, diff)
	}
}

// backAndForth deploys three releases and goes back to the second by a rollback that is
// killed in between; it gives what stands of that.
func (r releases) backAndForth() standing {
	t := r.t
	r.deploy("v1.0.0", 0)
	first := stands(t, r.app)
	if first.Version != "v1.0.0" {
		t.Errorf("the API says that it is %s", first.Version)
	}
	user := r.app.SignUp("releases@example.com")

	// Code, site and configuration change.
	r.edit("v1.1.0")
	r.Replace("frontend/index.html", "Goals as a mandala chart: sub-goals, actions and tasks around one aim.</p>", "The second edition.</p>")
	r.Replace("environments/local/terraform.tfvars", `generator = "offline"`, "generator = \"offline\"\n  log_level = \"DEBUG\"")
	if done := r.deploy("v1.1.0", 0); !slices.ContainsFunc(done.Phases, func(p phase) bool { return p.Name == "snapshot" && p.Note != "" }) {
		t.Errorf("no snapshot: %+v", done.Phases)
	}
	second := stands(t, r.app)
	if second.Version != "v1.1.0" || !strings.Contains(second.Page, "The second edition") || second.Level["goals"] != "DEBUG" || second.Aliases["reflections"] == first.Aliases["reflections"] {
		t.Errorf("v1.1.0: %+v", second)
	}

	// The schema expands.
	r.edit("v1.2.0")
	r.Replace("frontend/index.html", "The second edition.</p>", "The third edition.</p>")
	r.Replace("environments/local/terraform.tfvars", `log_level = "DEBUG"`, `log_level = "WARN"`)
	r.Write("functions/migrations/00090_colours.sql", "-- class: expand\n\n-- +goose Up\nALTER TABLE goals ADD COLUMN colour text NOT NULL DEFAULT 'blue';\n\n-- +goose Down\nSELECT 1;\n")
	r.deploy("v1.2.0", 0)
	third := stands(t, r.app)
	if third.Version != "v1.2.0" || third.Schema != 90 || second.Schema >= 90 {
		t.Errorf("v1.2.0: %+v", third)
	}
	var goal identified
	user.Call(http.StatusCreated, &goal, "POST", "/goals", map[string]any{"title": "Written under v1.2.0"})

	// Back: nobody said so; a rehearsal; one that is killed once the old code answers; and again.
	r.Must(1, "rollback", "local", "--version", "v1.1.0")
	r.Must(0, "rollback", "local", "--version", "v1.1.0", "--dry-run")
	if diff := cmp.Diff(third, stands(t, r.app)); diff != "" {
		t.Errorf("a rehearsal changed something (-before +after):\n%s", diff)
	}
	back := []string{"rollback", "local", "--version", "v1.1.0", "--confirm", "rollback", "--reason", "test"}
	killed := r.Start(back...)
	r.answers("v1.1.0")
	if err := killed.Cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	killed.Wait()
	r.Must(0, back...)
	second.Schema = third.Schema // which goes forward only
	if diff := cmp.Diff(second, stands(t, r.app)); diff != "" {
		t.Errorf("after the rollback (-v1.1.0 +now):\n%s", diff)
	}
	user.Call(http.StatusOK, &goal, "GET", "/goals/"+goal.ID, nil)
	r.Must(0, "drift", "local")
	var again deployed
	approval := filepath.Join(t.TempDir(), "approval.json")
	r.Must(0, "plan", "local", "--version", "v1.1.0", "--out", approval)
	r.JSON(0, &again, "apply", "local", "--version", "v1.1.0", "--approval", approval, "--reason", "again")
	if len(again.Phases) > 0 || !cmp.Equal(second, stands(t, r.app)) {
		t.Errorf("deployed again: %+v", again)
	}
	return second
}

// answers waits until a version answers everybody.
func (r releases) answers(version string) {
	r.t.Helper()
	r.app.Eventually(3*time.Minute, version+" answers", func() bool {
		var health struct{ Version string }
		got, err := r.app.Anybody().Try(r.t.Context(), "GET", "/health", nil)
		return err == nil && json.Unmarshal(got.Body, &health) == nil && health.Version == version
	})
}

// unhealthy deploys a release whose health fails.
func (r releases) unhealthy(good standing) {
	const ok, degraded = "answer := health{Status: stateOK,", "answer := health{Status: stateDegraded,"
	r.Replace("functions/health/handler.go", ok, degraded)
	r.wentBack(r.deploy("v1.3.0", 4), good)
	if refused := r.Must(1, "rollback", "local", "--version", "v1.3.0", "--confirm", "rollback"); !strings.Contains(refused.Stderr, "MD0826") {
		r.t.Errorf("going to what never worked: %s", refused)
	}
	r.Replace("functions/health/handler.go", degraded, ok)
}

// failingCanary deploys a release whose calls fail while a part of them goes to it.
func (r releases) failingCanary(good standing) {
	const canary = "\ncanary {\n  steps = [\"50% for 2m\"]\n}\n"
	settings, handler := r.Read("environments/local/deploy.hcl"), r.Read("functions/goals/handler.go")
	r.Write("environments/local/deploy.hcl", settings+canary)
	r.Write("functions/goals/edition.go", "package main\n\nimport \"os\"\n\nfunc broken() { os.Exit(3) }\n")
	r.Replace("functions/goals/handler.go", "(h handler) list(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {", "(h handler) list(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {\n\tbroken()")
	ctx, done := context.WithCancel(r.t.Context())
	user := r.app.SignUp("canary@example.com")
	calling := make(chan struct{})
	go func() {
		defer close(calling)
		for ctx.Err() == nil {
			_, _ = user.Try(ctx, "GET", "/goals", nil) // some fail: that is what it is for
			select {
			case <-ctx.Done():
			case <-time.After(250 * time.Millisecond):
			}
		}
	}()
	failed := r.deploy("v1.4.0", 4)
	done()
	<-calling
	if !slices.ContainsFunc(failed.Phases, func(p phase) bool { return p.Name == "aliases" && p.Status == "failed" }) {
		r.t.Errorf("the canary did not fail: %+v", failed.Phases)
	}
	r.wentBack(failed, good)
	r.Write("environments/local/deploy.hcl", settings)
	r.Write("functions/goals/handler.go", handler)
	r.Write("functions/goals/edition.go", "package main\n")
}

// killedInFunctions deploys a release whose Terraform is killed when it has changed the
// first function.
func (r releases) killedInFunctions(good standing) {
	r.edit("v1.5.0")
	r.build("v1.5.0")
	client, name := lambda.NewFromConfig(r.app.Config), r.app.Function("reflections")
	latest := func() string {
		found, err := client.GetFunctionConfiguration(r.t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: &name})
		if err != nil {
			r.t.Fatal(err)
		}
		return aws.ToString(found.CodeSha256)
	}
	before := latest()
	running := r.Start("apply", "local", "--version", "v1.5.0", "--auto-approve", "--json")
	r.app.Eventually(5*time.Minute, "a function changes", func() bool { return latest() != before })
	killed := 0
	for _, process := range kit.TerraformProcesses(r.Dir) {
		if process.Command == "apply" && syscall.Kill(-process.PID, syscall.SIGKILL) == nil {
			killed++
		}
	}
	result := running.Wait()
	var failed deployed
	if err := json.Unmarshal([]byte(result.Stdout), &failed); err != nil || killed != 1 || result.Code != 4 {
		r.t.Fatalf("%d killed, %v: %s", killed, err, result)
	}
	r.wentBack(&failed, good)
	r.Must(0, "plan", "local", "--version", good.Version, "--detailed-exitcode")
}
