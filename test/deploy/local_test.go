// Package deploy deploys the project's own environment for real: real
// Terraform, the real AWS provider, a local AWS, through the command line.
package deploy

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/goal-mandala/mandala-deploy/test/kit"
	"github.com/goal-mandala/mandala-deploy/test/mutations"
)

type applied struct {
	DeploymentID string `json:"deployment_id"`
	Environment  string
	Result       string
	Layers       []struct {
		Name    string
		Result  string
		Seconds float64
	}
	Outputs map[string]any
}

// TestLocal takes environment local through its life: from nothing, a second plan, the
// application's use, releases, the guides' commands, settings that somebody changes behind its back, and its
// end. In a project where it stands already (MANDALA_TEST_PROJECT names the folder), it is
// used only. Changes in place are TestProduction's.
func TestLocal(t *testing.T) {
	t.Parallel()
	if standing := kit.Standing(t); standing != nil {
		outputs := standing.RootOutputs("local")
		checkApplication(t, standing, outputs, false)
		t.Run("documents", func(t *testing.T) {
			checkDocuments(t, standing.For(t), kit.NewApplication(t, standing, outputs), true)
		})
		t.Run("mutations", func(t *testing.T) { mutations.Prove(t, standing.For(t), outputs) })
		return
	}
	p := kit.Real(t)

	var done applied
	p.JSON(0, &done, "apply", "local", "--auto-approve")
	if done.Result != "succeeded" || done.Environment != "local" || done.DeploymentID == "" {
		t.Fatalf("apply: %+v", done)
	}
	if len(done.Layers) != 12 {
		t.Errorf("layers: %+v", done.Layers)
	}
	for _, layer := range done.Layers {
		if layer.Result != "succeeded" || layer.Seconds <= 0 {
			t.Errorf("layer %s: %s in %v s", layer.Name, layer.Result, layer.Seconds)
		}
	}

	// What stands works, and its use leaves a second plan nothing to do.
	checkApplication(t, p, done.Outputs, true)
	t.Run("verification", func(t *testing.T) { checkVerification(t, p.For(t), kit.NewApplication(t, p, done.Outputs)) })
	p.Must(0, "plan", "local", "--detailed-exitcode")

	t.Run("releases", func(t *testing.T) { checkReleases(t, p.For(t), kit.NewApplication(t, p, done.Outputs)) })
	if !t.Failed() { // what others should have run
		t.Run("documents", func(t *testing.T) { checkDocuments(t, p.For(t), kit.NewApplication(t, p, done.Outputs), false) })
	}
	t.Run("mutations", func(t *testing.T) { mutations.Prove(t, p.For(t), done.Outputs) })
	if t.Failed() {
		return
	}

	p.Must(0, "destroy", "local", "--confirm", "local")
	var status struct {
		Layers []struct {
			Name      string
			Resources int
		}
		LastDeployment struct{ Operation, Status string } `json:"last_deployment"`
		Lease          any
	}
	p.JSON(0, &status, "status", "local")
	for _, layer := range status.Layers {
		if layer.Resources != 0 {
			t.Errorf("layer %s has %d resources left", layer.Name, layer.Resources)
		}
	}
	if status.Lease != nil || status.LastDeployment.Operation != "destroy" || status.LastDeployment.Status != "succeeded" {
		t.Errorf("status: %+v", status)
	}
	nothingLeft(t, p)
}

// nothingLeft looks for what a destroy could have forgotten.
func nothingLeft(t *testing.T, p *kit.Project) {
	t.Helper()
	config := p.AWSConfig(t.Context())
	vpcs, err := ec2.NewFromConfig(config).DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{
		Filters: []ec2types.Filter{{Name: aws.String("is-default"), Values: []string{"false"}}}})
	if err != nil || len(vpcs.Vpcs) != 0 {
		t.Errorf("VPCs left: %v, %v", vpcs, err)
	}
	clusters, err := rds.NewFromConfig(config).DescribeDBClusters(t.Context(), &rds.DescribeDBClustersInput{})
	if err != nil || len(clusters.DBClusters) != 0 {
		t.Errorf("clusters left: %v, %v", clusters, err)
	}
	secrets, err := secretsmanager.NewFromConfig(config).ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{})
	if err != nil || len(secrets.SecretList) != 0 {
		t.Errorf("secrets left: %v, %v", secrets, err)
	}
}
