package architecture

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sdk is where the AWS SDK's packages are: those of services have operations.
const sdk = "github.com/aws/aws-sdk-go-v2/"

// call is an operation of AWS that the product calls.
type call struct {
	where     string // file:line
	file      string // relative to the repository
	service   string // package of the SDK: cloudwatchlogs
	operation string // FilterLogEvents
}

func (c call) String() string { return c.service + ":" + c.operation }

// calls gives the operations that a package of the product calls. Each takes an
// input of its own type, a paginator's and a waiter's pages, too: so whoever calls
// one names that type.
func calls(t *testing.T, dir string) []call {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(top, dir, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no sources in %s: %v", dir, err)
	}
	var all []call
	files := token.NewFileSet()
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		file := path.Join(dir, filepath.Base(name))
		where := func(node ast.Node) string { return fmt.Sprintf("%s:%d", file, files.Position(node.Pos()).Line) }
		services := map[string]string{}
		for _, each := range parsed.Imports {
			imported := strings.Trim(each.Path.Value, `"`)
			if strings.HasPrefix(imported, sdk+"feature/") {
				t.Errorf("%s: what %s calls is not seen here: call the operations themselves", where(each), imported)
			}
			service, found := strings.CutPrefix(imported, sdk+"service/")
			if !found || strings.Contains(service, "/") {
				continue
			}
			alias := service
			if each.Name != nil {
				alias = each.Name.Name
			}
			services[alias] = service
		}
		ast.Inspect(parsed, func(node ast.Node) bool {
			switch is := node.(type) {
			case *ast.SelectorExpr:
				from, named := is.X.(*ast.Ident)
				operation, input := strings.CutSuffix(is.Sel.Name, "Input")
				if named && input && operation != "" && services[from.Name] != "" {
					all = append(all, call{where(is), file, services[from.Name], operation})
				}
			case *ast.CallExpr:
				if hidesItsInput(is) {
					t.Errorf("%s: which operation is called is not seen here: give it an empty input", where(is))
				}
			}
			return true
		})
	}
	return all
}

// hidesItsInput reports whether a call could be an operation's with no input.
func hidesItsInput(called *ast.CallExpr) bool {
	method, ok := called.Fun.(*ast.SelectorExpr)
	if !ok || !method.Sel.IsExported() || len(called.Args) < 2 {
		return false
	}
	context, first := called.Args[0].(*ast.Ident)
	input, second := called.Args[1].(*ast.Ident)
	return first && second && strings.HasSuffix(strings.ToLower(context.Name), "ctx") && input.Name == "nil"
}

// once leaves one call of each operation, the first.
func once(all []call) []call {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(all), func(c call) bool {
		known := seen[c.String()]
		seen[c.String()] = true
		return known
	})
}

// prefixes are the services' in IAM, by the SDK's package.
var prefixes = map[string]string{
	"acm": "acm", "apigateway": "apigateway", "budgets": "budgets", "cloudfront": "cloudfront", "cloudtrail": "cloudtrail",
	"cloudwatch": "cloudwatch", "cloudwatchlogs": "logs", "cognitoidentityprovider": "cognito-idp", "costexplorer": "ce", "ec2": "ec2",
	"eventbridge": "events", "iam": "iam", "kms": "kms", "lambda": "lambda", "rds": "rds", "resourcegroupstaggingapi": "tag",
	"route53": "route53", "s3": "s3", "scheduler": "scheduler", "secretsmanager": "secretsmanager", "ses": "ses", "sfn": "states",
	"sns": "sns", "sqs": "sqs", "sts": "sts", "wafv2": "wafv2", "xray": "xray",
}

// actions are what IAM asks for an operation, where that is not the action of the
// same name, or more than it.
var actions = map[string][]string{
	"budgets:DescribeBudget":                     {"budgets:ViewBudget"},
	"budgets:DescribeNotificationsForBudget":     {"budgets:ViewBudget"},
	"budgets:DescribeSubscribersForNotification": {"budgets:ViewBudget"},
	"kms:CreateKey":                              {"kms:CreateKey", "kms:TagResource"},
	"lambda:GetFunctionConfiguration":            {"lambda:GetFunctionConfiguration", "kms:Decrypt"}, // of its environment
	"lambda:Invoke":                              {"lambda:InvokeFunction"},
	"rds:CreateDBClusterSnapshot":                {"rds:CreateDBClusterSnapshot", "rds:AddTagsToResource", "kms:CreateGrant", "kms:DescribeKey"},
	"s3:DeleteObjects":                           {"s3:DeleteObject"},
	"s3:GetBucketEncryption":                     {"s3:GetEncryptionConfiguration"},
	"s3:GetBucketLifecycleConfiguration":         {"s3:GetLifecycleConfiguration"},
	"s3:GetObject":                               {"s3:GetObject", "kms:Decrypt"},
	"s3:GetPublicAccessBlock":                    {"s3:GetBucketPublicAccessBlock"},
	"s3:HeadBucket":                              {"s3:ListBucket"},
	"s3:HeadObject":                              {"s3:GetObject"},
	"s3:ListBuckets":                             {"s3:ListAllMyBuckets"},
	"s3:ListObjectsV2":                           {"s3:ListBucket"},
	"s3:PutBucketEncryption":                     {"s3:PutEncryptionConfiguration"},
	"s3:PutBucketLifecycleConfiguration":         {"s3:PutLifecycleConfiguration"},
	"s3:PutObject":                               {"s3:PutObject", "kms:GenerateDataKey"},
	"s3:PutPublicAccessBlock":                    {"s3:PutBucketPublicAccessBlock"},
	"secretsmanager:GetSecretValue":              {"secretsmanager:GetSecretValue", "kms:Decrypt"},
	"sts:GetCallerIdentity":                      {}, // everybody may ask who he is
}

// asked gives the actions that IAM asks for a call. The actions of API Gateway are
// the methods of HTTP.
func asked(c call) ([]string, error) {
	if named, known := actions[c.String()]; known {
		return named, nil
	}
	prefix, known := prefixes[c.service]
	if !known {
		return nil, fmt.Errorf("nobody knows what IAM calls the service %s: add it to prefixes", c.service)
	}
	if prefix != "apigateway" {
		return []string{prefix + ":" + c.operation}, nil
	}
	for verb, method := range map[string]string{"Create": "POST", "Delete": "DELETE", "Get": "GET", "Import": "POST", "Put": "PUT", "Update": "PATCH"} {
		if strings.HasPrefix(c.operation, verb) {
			return []string{"apigateway:" + method}, nil
		}
	}
	return nil, fmt.Errorf("nobody knows the method of API Gateway's %s: add it to actions", c.operation)
}

// reads reports whether an operation only reads.
func (c call) reads() bool {
	return slices.ContainsFunc([]string{"Describe", "Filter", "Get", "Head", "List"}, func(verb string) bool { return strings.HasPrefix(c.operation, verb) })
}
