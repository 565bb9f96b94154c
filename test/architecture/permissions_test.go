package architecture

import (
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// The roles of the layer delivery.
const (
	planRole   = "plan"
	deployRole = "deploy"
)

// deployments are the files of internal/aws whose reading only a deployment does:
// the plan role, which a pull request has, need not be able to.
var deployments = map[string]string{
	"bootstrap*.go": "destroy looks whether the tool's bucket is still as it should be",
	"find*.go":      "apply adopts what an interrupted run left behind",
	"import_id.go":  "apply adopts what an interrupted run left behind",
	"invoke.go":     "apply runs the migrations",
	"metrics.go":    "apply watches a canary",
	"secret.go":     "apply tells Slack",
	"snapshots.go":  "apply copies the database",
	"untracked.go":  "apply lists what an interrupted run left behind",
}

// withheld are calls that a role makes and is refused, with the reason: whoever
// looks by it finds out less.
var withheld = map[string]map[string]string{
	planRole: {
		"cloudwatchlogs:FilterLogEvents": "a pull request reads no line of a log (R1.4): the checks performance.cold-start and performance.queries cannot tell by this role",
	},
}

// administrators are calls that neither role may make, with the reason.
var administrators = []string{ // the bucket and its key are made before the roles are, by `mandala-deploy bootstrap`
	"kms:CreateKey", "kms:EnableKeyRotation", "kms:CreateAlias", "s3:CreateBucket", "s3:PutBucketEncryption", "s3:PutBucketLifecycleConfiguration",
	"s3:PutBucketOwnershipControls", "s3:PutBucketTagging", "s3:PutBucketVersioning", "s3:PutPublicAccessBlock",
	"cloudtrail:LookupEvents", // an auditor asks it, who is none of those that he looks at
}

// unbounded are the actions that AWS takes with all resources only: allowed for
// some they are allowed for none.
var unbounded = []string{
	"acm:ListCertificates", "ce:GetCostAndUsage", "cloudtrail:DescribeTrails", "cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics",
	"cognito-idp:DescribeUserPoolDomain", "cognito-idp:ListUserPools", "iam:ListPolicies", "iam:ListRoles", "kms:ListAliases", "kms:ListKeys",
	"lambda:GetAccountSettings", "lambda:ListFunctions", "logs:DescribeQueryDefinitions", "s3:ListAllMyBuckets", "ses:DescribeConfigurationSet",
	"ses:GetIdentityDkimAttributes", "ses:GetIdentityVerificationAttributes", "ses:GetTemplate", "sns:ListTopics", "sqs:ListQueues",
	"tag:GetResources", "xray:GetGroups", "xray:GetSamplingRules",
}

// reached are the resources, as the module calls them, that an action has to be
// allowed for where they are more than one kind, or others than one would think.
var reached = map[string][]string{
	"cloudwatch:DescribeAlarms":        {"local.arns.every_alarm"},
	"iam:GetPolicy":                    {"local.arns.policies", "local.arns.aws_policies"},
	"iam:GetPolicyVersion":             {"local.arns.policies", "local.arns.aws_policies"},
	"logs:DescribeLogGroups":           {"local.arns.log_groups"},
	"logs:DescribeMetricFilters":       {"local.arns.log_groups"}, // verify asks by the filter's name
	"s3:GetBucketLogging":              {"local.arns.buckets", "local.bucket_arn"},
	"s3:GetBucketOwnershipControls":    {"local.arns.buckets", "local.bucket_arn"},
	"s3:GetBucketPolicy":               {"local.arns.buckets", "local.bucket_arn"},
	"s3:GetBucketPublicAccessBlock":    {"local.arns.buckets", "local.bucket_arn"},
	"s3:GetBucketVersioning":           {"local.arns.buckets", "local.bucket_arn"},
	"s3:GetEncryptionConfiguration":    {"local.arns.buckets", "local.bucket_arn"},
	"s3:GetLifecycleConfiguration":     {"local.arns.buckets", "local.bucket_arn"},
	"s3:ListBucket":                    {"local.arns.buckets", "local.bucket_arn"},
	"secretsmanager:DescribeSecret":    {"local.arns.managed_secrets", "local.arns.secrets"},
	"secretsmanager:GetResourcePolicy": {"local.arns.managed_secrets", "local.arns.secrets"},
	"sns:GetTopicAttributes":           {"local.arns.topics"},
	"sns:ListSubscriptionsByTopic":     {"local.arns.topics"},
}

// grant is a statement of a role's policies that allows something.
type grant struct {
	actions   []string
	resources string // as the module writes them; "*" is all
}

// TestRolesMayDoWhatTheyDo holds the roles of the layer delivery to the requests that
// the product makes by them: one without its permission fails in AWS only, where no
// emulator asks.
func TestRolesMayDoWhatTheyDo(t *testing.T) {
	t.Parallel()
	roles := map[string][]grant{planRole: grants(t, "plan.tf"), deployRole: grants(t, "deploy_*.tf")}
	for _, dir := range []string{"internal/aws", "internal/verify"} {
		made := calls(t, dir)
		if len(made) == 0 {
			t.Errorf("%s calls nothing", dir)
		}
		for _, each := range once(made) {
			wanted, err := asked(each)
			if err != nil {
				t.Errorf("%s: %v", each.where, err)
				continue
			}
			for _, role := range callers(dir, each, made) {
				for _, action := range wanted {
					if fault := lacks(roles[role], action); fault != "" {
						t.Errorf("%s: %s needs %s, which %s", each.where, each, action, "the role "+role+" "+fault)
					}
				}
			}
		}
	}
}

// TestTablesOfCallsAreOfCalls keeps the tables to what there is.
func TestTablesOfCallsAreOfCalls(t *testing.T) {
	t.Parallel()
	called, needed, files := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, each := range slices.Concat(calls(t, "internal/aws"), calls(t, "internal/verify")) {
		called[each.String()] = true
		wanted, _ := asked(each) // the other test tells what is unknown
		for _, action := range wanted {
			needed[action] = true
		}
		for pattern := range deployments {
			if matched, _ := path.Match("internal/aws/"+pattern, each.file); matched {
				files[pattern] = true
			}
		}
	}
	for pattern := range deployments {
		if !files[pattern] {
			t.Errorf("deployments: internal/aws/%s calls nothing", pattern)
		}
	}
	names := slices.Clone(administrators)
	for name := range actions {
		names = append(names, name)
	}
	for _, calls := range withheld {
		for name := range calls {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if !called[name] {
			t.Errorf("%s is in a table, and nobody calls it", name)
		}
	}
	for _, action := range slices.Concat(unbounded, slices.Collect(maps.Keys(reached))) {
		if !needed[action] {
			t.Errorf("%s is in a table, and nobody needs it", action)
		}
	}
}

// callers gives the roles by which an operation is called from a package. Both
// verify; what changes something is the deployment's.
func callers(dir string, c call, made []call) []string {
	if slices.Contains(administrators, c.String()) && dir == "internal/aws" {
		return nil
	}
	plans := c.reads() && slices.ContainsFunc(made, func(same call) bool {
		return same.String() == c.String() && (dir == "internal/verify" || !deploys(same.file))
	})
	roles := []string{deployRole}
	if plans {
		roles = append(roles, planRole)
	}
	return slices.DeleteFunc(roles, func(role string) bool { return withheld[role][c.String()] != "" })
}

// deploys reports whether only a deployment runs a file of internal/aws.
func deploys(file string) bool {
	for pattern := range deployments {
		if matched, _ := path.Match("internal/aws/"+pattern, file); matched {
			return true
		}
	}
	return false
}

// lacks says what is wrong with a role's permission for an action; "" is nothing.
func lacks(role []grant, action string) string {
	var resources []string
	for _, each := range role {
		if !slices.ContainsFunc(each.actions, func(pattern string) bool {
			matched, err := path.Match(strings.ToLower(pattern), strings.ToLower(action))
			return err == nil && matched
		}) {
			continue
		}
		resources = append(resources, each.resources)
	}
	switch {
	case len(resources) == 0:
		return "does not have"
	case slices.Contains(resources, `"*"`):
		return ""
	case slices.Contains(unbounded, action):
		return "has for some resources only, and AWS takes it with all of them"
	}
	for _, wanted := range reached[action] {
		if !slices.ContainsFunc(resources, func(each string) bool { return slices.Contains(words.FindAllString(each, -1), wanted) }) {
			return "does not have for " + wanted
		}
	}
	return ""
}

// words are the names in an expression.
var words = regexp.MustCompile(`[A-Za-z0-9_.]+`)

// grants gives what the statements in files of the module delivery allow.
func grants(t *testing.T, pattern string) []grant {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(top, "modules/delivery", pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("modules/delivery has no %s: %v", pattern, err)
	}
	var all []grant
	for _, file := range files {
		name := path.Join("modules/delivery", filepath.Base(file))
		body, err := parse(name)
		if err != nil {
			t.Fatal(err)
		}
		source := read(t, name)
		_ = hclsyntax.VisitAll(body, func(node hclsyntax.Node) hcl.Diagnostics {
			if object, is := node.(*hclsyntax.ObjectConsExpr); is {
				if found, allows := statementIn(t, object, source); allows {
					all = append(all, found)
				}
			}
			return nil
		})
	}
	return all
}

// statementIn reads an object that is a statement and allows something.
func statementIn(t *testing.T, object *hclsyntax.ObjectConsExpr, source string) (found grant, allows bool) {
	t.Helper()
	members := map[string]hclsyntax.Expression{}
	for _, item := range object.Items {
		members[hcl.ExprAsKeyword(item.KeyExpr)] = item.ValueExpr
	}
	if members["Sid"] == nil || members["Effect"] == nil || members["Action"] == nil || literal(t, members["Effect"]) != "Allow" {
		return grant{}, false
	}
	listed, is := members["Action"].(*hclsyntax.TupleConsExpr)
	if !is {
		t.Fatalf("%v: the actions are not spelt out", members["Action"].Range())
	}
	for _, action := range listed.Exprs {
		found.actions = append(found.actions, literal(t, action))
	}
	if resources := members["Resource"]; resources != nil { // the bucket's key has its own, merged in
		at := resources.Range()
		found.resources = source[at.Start.Byte:at.End.Byte]
	}
	return found, true
}

// literal gives a text that is spelt out.
func literal(t *testing.T, expression hclsyntax.Expression) string {
	t.Helper()
	value, problems := expression.Value(nil)
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	return value.AsString()
}
