package deploy

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
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
	Phases     []struct{ Name, Status, Note string }
	RolledBack *deployed `json:"rolled_back"`
	Errors     []struct{ Code string }
}

// standing is what stands of a release: what everybody sees and what runs.
type standing struct {
	Version string            // as the API tells it
	Page    string            // the site's entry
	Aliases map[string]string // function → version of its alias
	Code    map[string]string // function → digest of that version's code
	Level   map[string]string // function → its log level, which the environment's values set
}

func stands(t *testing.T, a *kit.Application) standing {
	t.Helper()
	s := standing{Aliases: map[string]string{}, Code: map[string]string{}, Level: map[string]string{}}
	var health struct{ Version string }
	a.Anybody().Call(http.StatusOK, &health, "GET", "/health", nil)
	s.Version, s.Page = health.Version, page(t, a)
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

// checkReleases deploys two releases, goes back to the first, and has a third one that
// does not work go back by itself (R2.2, R2.3; correctness properties 1 and 2).
func checkReleases(t *testing.T, p *kit.Project, a *kit.Application) {
	p.Replace("environments/local/deploy.hcl", "on_failure    = false", "on_failure    = true")
	p.Replace("environments/local/deploy.hcl", `database = "never"`, `database = "always"`)
	release := func(version string, code int) (*deployed, string) {
		p.Must(0, "release", "build", version, "-e", "local")
		var done deployed
		result := p.JSON(code, &done, "apply", "local", "--version", version, "--auto-approve")
		return &done, result.Stderr
	}
	if done, told := release("v1.0.0", 0); done.Release != "v1.0.0" || done.Result != "succeeded" {
		t.Fatalf("%+v\n%s", done, told)
	}
	first := stands(t, a)
	if first.Version != "v1.0.0" {
		t.Errorf("the API says that it is %s", first.Version)
	}
	// The same again changes nothing.
	var again deployed
	p.JSON(0, &again, "apply", "local", "--version", "v1.0.0", "--auto-approve")
	if len(again.Phases) > 0 || !cmp.Equal(first, stands(t, a)) {
		t.Errorf("deployed again: %+v", again)
	}
	user := a.SignUp("releases@example.com")

	// Code, site and configuration change.
	p.Write("functions/reflections/edition.go", "package main\n\nimport \"os\"\n\nvar _, _ = os.LookupEnv(\"EDITION\") // another build\n")
	p.Replace("frontend/index.html", "Goals as a mandala chart: sub-goals, actions and tasks around one aim.</p>", "The second edition.</p>")
	p.Replace("environments/local/terraform.tfvars", `generator = "offline"`, "generator = \"offline\"\n  log_level = \"DEBUG\"")
	if done, told := release("v1.1.0", 0); done.Result != "succeeded" || !slices.ContainsFunc(done.Phases, func(p struct{ Name, Status, Note string }) bool { return p.Name == "snapshot" && p.Note != "" }) {
		t.Fatalf("%+v\n%s", done, told)
	}
	second := stands(t, a)
	if second.Version != "v1.1.0" || !strings.Contains(second.Page, "The second edition") || second.Level["goals"] != "DEBUG" || second.Aliases["goals"] == first.Aliases["goals"] {
		t.Errorf("v1.1.0: %+v", second)
	}
	var goal identified
	user.Call(http.StatusCreated, &goal, "POST", "/goals", map[string]any{"title": "Written under v1.1.0"})

	// Back.
	p.Must(1, "rollback", "local", "--version", "v1.0.0") // nobody said rollback
	p.Must(0, "rollback", "local", "--previous", "--dry-run")
	if diff := cmp.Diff(second, stands(t, a)); diff != "" {
		t.Errorf("a rehearsal changed something (-before +after):\n%s", diff)
	}
	begun, answered := time.Now(), make(chan time.Duration, 1)
	go func() {
		for time.Since(begun) < 2*time.Minute {
			var health struct{ Version string }
			got, err := a.Anybody().Try(t.Context(), "GET", "/health", nil)
			if err == nil && json.Unmarshal(got.Body, &health) == nil && health.Version == "v1.0.0" {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		answered <- time.Since(begun)
	}()
	var back deployed
	p.JSON(0, &back, "rollback", "local", "--version", "v1.0.0", "--confirm", "rollback", "--reason", "test")
	t.Logf("the old code answered after %.1f s, everything was back after %.1f s", (<-answered).Seconds(), time.Since(begun).Seconds())
	if diff := cmp.Diff(first, stands(t, a)); diff != "" {
		t.Errorf("after the rollback (-v1.0.0 +now):\n%s", diff)
	}
	user.Call(http.StatusOK, &goal, "GET", "/goals/"+goal.ID, nil)
	p.Must(0, "plan", "local", "--version", "v1.0.0", "--detailed-exitcode")
	p.Must(0, "drift", "local")

	// A release whose health fails goes back by itself.
	p.Replace("functions/health/handler.go", "answer := health{Status: stateOK,", "answer := health{Status: stateDegraded,")
	failed, told := release("v1.2.0", 4)
	if failed.RolledBack == nil || failed.RolledBack.Release != "v1.0.0" || failed.RolledBack.Result != "succeeded" {
		t.Errorf("%+v\n%s", failed, told)
	}
	if diff := cmp.Diff(first, stands(t, a)); diff != "" {
		t.Errorf("after going back by itself (-v1.0.0 +now):\n%s", diff)
	}
	if refused := p.Must(1, "rollback", "local", "--version", "v1.2.0", "--confirm", "rollback"); !strings.Contains(refused.Stderr, "MD0826") {
		t.Errorf("going to what never worked: %s", refused)
	}
	var history struct {
		Deployments []struct{ Operation, Release, Result string }
	}
	p.JSON(0, &history, "history", "local", "--limit", "4")
	var lines []string
	for _, d := range history.Deployments {
		lines = append(lines, d.Operation+" "+d.Release+" "+d.Result)
	}
	want := []string{"rollback v1.0.0 succeeded", "apply v1.2.0 failed", "rollback v1.0.0 succeeded", "apply v1.1.0 succeeded"}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
}
