// Package e2e runs the real workflows of .github with act, which runs them as GitHub
// does, without containers: their jobs' steps are processes of this machine. What they
// deploy is a small project with the real command line, Terraform and a local AWS, and
// GitHub's API is a stand-in on loopback that is held to GitHub's own description.
package e2e

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// world is what all places share: a local AWS.
type world struct {
	aws     aws.Config
	address string
}

func TestWorkflows(t *testing.T) {
	t.Parallel()
	act(t)
	host := kit.New(t, map[string]string{"test/workflows/e2e/testdata/project/environments": "environments"})
	w := &world{aws: host.AWSConfig(context.WithoutCancel(t.Context())), address: host.LocalAWS()}
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
