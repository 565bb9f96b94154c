package aws

import (
	"encoding/json"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// The layer delivery manages the whole policy of the bucket that Bootstrap
// makes: were their statements to differ by a letter, each would undo what the
// other did.
func TestBootstrapAgreesWithTheLayerDelivery(t *testing.T) {
	t.Parallel()
	const bucket = "goal-mandala-production-deploy"
	policy := deliveryPolicy(t, bucket)

	with, differs, err := withTLSOnly(policy, "aws", bucket)
	if err != nil || differs || with != policy {
		t.Errorf("bootstrap would change the layer's policy (differs %v, %v):\n%s", differs, err, with)
	}

	// And it keeps the layer's other statements where its own has gone.
	var document struct {
		Version   string
		Statement []map[string]any
	}
	if err := json.Unmarshal([]byte(policy), &document); err != nil {
		t.Fatal(err)
	}
	all := len(document.Statement)
	if all < 2 || document.Statement[0]["Sid"] != tlsOnly {
		t.Fatalf("statements %v", document.Statement)
	}
	document.Statement = document.Statement[1:]
	without, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	with, differs, err = withTLSOnly(string(without), "aws", bucket)
	if err != nil || !differs {
		t.Fatalf("differs %v, %v", differs, err)
	}
	if err := json.Unmarshal([]byte(with), &document); err != nil || len(document.Statement) != all {
		t.Errorf("%d statements of %d, %v", len(document.Statement), all, err)
	}
}

// deliveryPolicy evaluates the policy in the module's source.
func deliveryPolicy(t *testing.T, bucket string) string {
	t.Helper()
	parsed, diagnostics := hclparse.NewParser().ParseHCLFile("../../modules/delivery/bucket.tf")
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	variables := map[string]cty.Value{
		"aws_iam_role": cty.ObjectVal(map[string]cty.Value{"this": cty.ObjectVal(map[string]cty.Value{
			"deploy": cty.ObjectVal(map[string]cty.Value{"arn": cty.StringVal("arn:aws:iam::123456789012:role/deploy")}),
		})}),
		"var": cty.ObjectVal(map[string]cty.Value{"bucket_name": cty.StringVal(bucket)}),
	}
	known := map[string]cty.Value{"partition": cty.StringVal("aws")}
	evaluate := func(expression hcl.Expression) cty.Value {
		t.Helper()
		variables["local"] = cty.ObjectVal(known)
		value, diagnostics := expression.Value(&hcl.EvalContext{
			Variables: variables, Functions: map[string]function.Function{"jsonencode": stdlib.JSONEncodeFunc},
		})
		if diagnostics.HasErrors() {
			t.Fatal(diagnostics)
		}
		return value
	}
	var policy hcl.Expression
	for _, block := range parsed.Body.(*hclsyntax.Body).Blocks {
		switch {
		case block.Type == "locals":
			for _, name := range []string{"bucket_arn", "immutable"} { // in the order of their references
				known[name] = evaluate(block.Body.Attributes[name].Expr)
			}
		case block.Type == "resource" && block.Labels[0] == "aws_s3_bucket_policy":
			policy = block.Body.Attributes["policy"].Expr
		}
	}
	if policy == nil {
		t.Fatal("the module has no aws_s3_bucket_policy")
	}
	return evaluate(policy).AsString()
}
