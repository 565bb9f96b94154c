// Package preview proves, with the real Terraform and AWS provider on small
// roots, that a preview is exact, that what was approved is what is applied,
// and that nothing goes that was not meant to.
package preview_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// account is the local AWS that all scenarios share: each has an environment
// with a bucket and names of its own.
type account struct {
	owner *kit.Project
	tool  kit.TerraformTool
}

// TestPreview runs the scenarios beside each other in one local AWS.
func TestPreview(t *testing.T) {
	t.Parallel()
	owner := kit.New(t, fixture("ladder"))
	configure(owner, "local", settings{})
	shared := &account{owner: owner, tool: owner.Terraform()}
	for name, run := range map[string]func(*testing.T, *account){
		"approvals":     approvals,
		"confirmations": confirmations,
		"guards":        guards,
		"shapes":        shapes,
		"monolith":      monolith,
		"orphans":       orphans,
		"staging":       staging,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, shared)
		})
	}
}

// fixture gives the folders of a fixture for kit.New.
func fixture(name string) map[string]string {
	from := "test/preview/testdata/" + name + "/"
	return map[string]string{from + "environments": "environments", from + "modules": "modules"}
}

// settings are the parts of a deploy.hcl that scenarios vary.
type settings struct {
	approvalRequired bool
}

// bucketOf names an environment's bucket.
func bucketOf(environment string) string { return "preview-" + environment + "-deploy" }

// configure makes an environment of a project: a deploy.hcl and the variable
// that every root has, its name.
func configure(p *kit.Project, environment string, s settings) {
	p.Write("environments/"+environment+"/deploy.hcl", fmt.Sprintf(`target  = "local"
region  = "ap-northeast-1"
account = "123456789012"

state {
  bucket        = %q
  lease_seconds = 30
}

approval {
  required = %t
}
`, bucketOf(environment), s.approvalRequired))
}

// scene is one project with one environment in the shared local AWS.
type scene struct {
	*kit.Project
	account     *account
	environment string
}

// open makes a project of a fixture with an environment of that name; values
// is its terraform.tfvars beside the environment's name.
func (a *account) open(t *testing.T, from, environment, values string) *scene {
	t.Helper()
	s := &scene{Project: kit.New(t, fixture(from)), account: a, environment: environment}
	s.ShareLocalAWS(a.owner)
	configure(s.Project, environment, settings{})
	s.values(values)
	return s
}

// values writes the environment's terraform.tfvars.
func (s *scene) values(body string) {
	s.Write("environments/"+s.environment+"/terraform.tfvars", fmt.Sprintf("environment = %q\n%s\n", s.environment, body))
}

// do runs a command on the environment: its name is the second argument.
func (s *scene) do(t *testing.T, code int, command string, flags ...string) kit.Result {
	t.Helper()
	return s.Must(code, append([]string{command, s.environment}, flags...)...)
}

// apply applies without a question.
func (s *scene) apply(t *testing.T, code int, flags ...string) kit.Result {
	t.Helper()
	return s.do(t, code, "apply", append([]string{"--auto-approve"}, flags...)...)
}

// plan previews the environment.
func (s *scene) plan(t *testing.T, code int, flags ...string) plan {
	t.Helper()
	var p plan
	s.JSON(code, &p, append([]string{"plan", s.environment}, flags...)...)
	return p
}

// settled wants nothing to be left to do.
func (s *scene) settled(t *testing.T, flags ...string) {
	t.Helper()
	s.do(t, 0, "plan", append([]string{"--detailed-exitcode"}, flags...)...)
}

// plan is the JSON of a preview.
type plan struct {
	Digest string `json:"digest"`
	Layers []struct {
		Name    string `json:"name"`
		Changes []struct {
			Address  string   `json:"address"`
			Actions  []string `json:"actions"`
			Stateful bool     `json:"stateful"`
		} `json:"changes"`
	} `json:"layers"`
	Steps []struct {
		Layer     string   `json:"layer"`
		Stage     string   `json:"stage"`
		Addresses []string `json:"addresses"`
	} `json:"steps"`
	Summary map[string]int `json:"summary"`
	Guarded []string       `json:"guarded"`

	Warnings []string `json:"warnings"`
}

// actions gives what happens by address, for example "delete,create".
func (p plan) actions() map[string]string {
	all := map[string]string{}
	for _, layer := range p.Layers {
		for _, c := range layer.Changes {
			all[c.Address] = strings.Join(c.Actions, ",")
		}
	}
	return all
}

// steps gives the steps in order, "layer stage" each.
func (p plan) steps() []string {
	all := []string{}
	for _, s := range p.Steps {
		all = append(all, s.Layer+" "+s.Stage)
	}
	return all
}

// failure is the JSON of a command that failed.
type failure struct {
	Errors []struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Next    string `json:"next"`
	} `json:"errors"`
}

// refuses wants a command to fail with one code, and gives what it said.
func (s *scene) refuses(t *testing.T, code, command string, flags ...string) string {
	t.Helper()
	var f failure
	result := s.JSON(1, &f, append([]string{command, s.environment}, flags...)...)
	var said []string
	for _, each := range f.Errors {
		if each.Code != code {
			t.Fatalf("want %s alone: %s", code, result)
		}
		said = append(said, each.Message, each.Next)
	}
	if len(said) == 0 {
		t.Fatalf("want %s: %s", code, result)
	}
	return strings.Join(said, "\n")
}

// state reads a layer's state, as plain JSON, straight from the bucket.
func (s *scene) state(t *testing.T, layer string) map[string]any {
	t.Helper()
	var state map[string]any
	if err := json.Unmarshal(s.Object(bucketOf(s.environment), "states/"+layer+".tfstate"), &state); err != nil {
		t.Fatalf("state of %s: %v", layer, err)
	}
	return state
}

// putState writes a layer's state with the next serial, as Terraform would.
func (s *scene) putState(t *testing.T, layer string, state map[string]any) {
	t.Helper()
	state["serial"] = state["serial"].(float64) + 1
	body, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	ctx := bounded(t)
	_, err = s.S3(ctx).PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(bucketOf(s.environment)), Key: aws.String("states/" + layer + ".tfstate"), Body: bytes.NewReader(body),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// deletions gives the addresses that the last deployment deleted, in the order
// in which AWS or Terraform had finished with them.
func (s *scene) deletions(t *testing.T) []string {
	t.Helper()
	var status struct {
		Last struct {
			ID string `json:"id"`
		} `json:"last_deployment"`
	}
	s.JSON(0, &status, "status", s.environment)
	ctx := bounded(t)
	listed, err := s.S3(ctx).ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String(bucketOf(s.environment)), Prefix: aws.String("deployments/")})
	if err != nil {
		t.Fatal(err)
	}
	deleted := []string{}
	for _, object := range listed.Contents {
		if !strings.HasSuffix(*object.Key, "-"+status.Last.ID+"/events.jsonl") {
			continue
		}
		for line := range strings.Lines(string(s.Object(bucketOf(s.environment), *object.Key))) {
			var event struct{ Kind, Address, Action string }
			if err := json.Unmarshal([]byte(line), &event); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			if event.Kind == "apply_complete" && event.Action == "delete" {
				deleted = append(deleted, event.Address)
			}
		}
	}
	return deleted
}

// before wants the first of two addresses to have been deleted before the second.
func before(t *testing.T, deleted []string, first, second string) {
	t.Helper()
	i, j := slices.Index(deleted, first), slices.Index(deleted, second)
	if i < 0 || j < 0 || i > j {
		t.Errorf("%s is not deleted before %s: %q", first, second, deleted)
	}
}

// layers gives the layers that status lists.
func (s *scene) layers(t *testing.T) []string {
	t.Helper()
	var status struct {
		Layers []struct {
			Name string `json:"name"`
		} `json:"layers"`
	}
	s.JSON(0, &status, "status", s.environment)
	names := []string{}
	for _, layer := range status.Layers {
		names = append(names, layer.Name)
	}
	return names
}

// cut takes text out of a file: from the first occurrence of begin through the
// next one of end.
func (s *scene) cut(t *testing.T, name, begin, end string) {
	t.Helper()
	before, rest, ok := strings.Cut(s.Read(name), begin)
	_, after, found := strings.Cut(rest, end)
	if !ok || !found {
		t.Fatalf("%s does not hold %q … %q", name, begin, end)
	}
	s.Write(name, before+after)
}

// bounded gives a context for what a scenario asks of the local AWS.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), kit.Timeout)
	t.Cleanup(cancel)
	return ctx
}
