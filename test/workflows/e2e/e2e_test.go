// Package e2e runs the workflows of .github, unchanged, with act: their jobs' steps are
// processes of this machine. They deploy a small project with the real command line and
// Terraform to a local AWS, and ask a stand-in of GitHub's API on loopback, which is held
// to GitHub's own description.
//
// What else stands in for something:
//
//   - testdata/project for the root: two layers without a provider, a site, and a health
//     check that an HTTP server answers by what was deployed. What the whole root's other
//     layers would have made beside them, the test makes. So each run takes seconds; that
//     the whole root deploys and is verified, test/deploy shows.
//   - its Makefile for the real one, whose tests take an hour: it writes down what is
//     called. Only build does something, and puts the real command line in place.
//   - testdata/actions for the actions that are not in this repository, in bash and Python:
//     nothing is fetched, and there need be no Node.
//   - the first of them, checkout, for the reviewers of a GitHub Environment, of which act
//     knows nothing: where the workflow's file says that a job has one, it waits for the
//     test's word, and fails where that is no.
//   - configure-aws-credentials for GitHub's tokens and AWS's look at them: what the token
//     says follows from the workflow's file, and whether the role trusts it from the
//     role's policy in the local AWS, which itself would not look.
//   - the test for GitHub's runner that cancels a step: see run.cancel.
//
// act leaves out the jobs' concurrency groups and time limits; test/workflows holds those.
package e2e

import (
	"context"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// world is what all places share: a local AWS.
type world struct {
	aws     aws.Config
	address string
	python  string // the program itself: what is on PATH may look for it each time
}

func TestWorkflows(t *testing.T) {
	t.Parallel()
	act(t)
	host := kit.New(t, map[string]string{"test/workflows/e2e/testdata/project/environments": "environments"})
	w := &world{aws: host.AWSConfig(context.WithoutCancel(t.Context())), address: host.LocalAWS()}
	python, err := exec.CommandContext(t.Context(), "python3", "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		t.Fatalf("python3: %v", err)
	}
	w.python = strings.TrimSpace(string(python))
	// The scenarios run in parallel; the group ends before the local AWS does.
	t.Run("all", func(t *testing.T) {
		for name, scenario := range map[string]func(*testing.T, *world){
			"approval":     testApproval,
			"deployment":   testDeployment,
			"drift":        testDrift,
			"forms":        testForms,
			"pull request": testPullRequest,
			"trust":        testTrust,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				scenario(t, w)
			})
		}
	})
}
