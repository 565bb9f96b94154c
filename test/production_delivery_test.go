package test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"
)

// The repository that production's values name, and its issuer of tokens.
const (
	repository  = "goal-mandala/mandala-deploy"
	tokenIssuer = "token.actions.githubusercontent.com"
)

// checkDelivery holds the roles of GitHub Actions and the tool's bucket to R4.1,
// and to R2.2's and R2.3's part in them.
func checkDelivery(t *testing.T, s *stack) {
	client := iam.NewFromConfig(s.config)
	provider := "arn:aws:iam::" + s.Account + ":oidc-provider/" + tokenIssuer
	found, err := client.GetOpenIDConnectProvider(t.Context(), &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: &provider})
	if err != nil {
		t.Fatalf("R2.2: identity provider %s: %v", provider, err)
	}
	facts(t, "R2.2", map[string]bool{
		"identity provider: GitHub's":     strings.TrimPrefix(aws.ToString(found.Url), "https://") == tokenIssuer,
		"identity provider: for STS only": slices.Equal(found.ClientIDList, []string{"sts.amazonaws.com"}),
	})
	checkTrust(t, s, client, "deploy", provider, "repo:"+repository+":environment:"+s.Environment)
	checkTrust(t, s, client, "plan", provider, "repo:"+repository+":pull_request", "repo:"+repository+":ref:refs/heads/main")
	checkTrust(t, s, client, "release", provider, "repo:"+repository+":ref:refs/heads/main")
	checkPlanRole(t, s)
	checkReleaseRole(t, s)
	checkDeployRole(t, s)
	checkToolBucket(t, s)
}

// checkTrust: who may be a role is spelt out, audience and subjects.
func checkTrust(t *testing.T, s *stack, client *iam.Client, role, provider string, subjects ...string) {
	t.Helper()
	arn := s.output(t, role+"_role_arn")
	name := arn[strings.LastIndex(arn, "/")+1:]
	found, err := client.GetRole(t.Context(), &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		t.Fatalf("R2.2: role %s: %v", name, err)
	}
	want := policy{Statement: statements{{
		Effect: "Allow", Principal: principals{"Federated": {provider}}, Action: texts{"sts:AssumeRoleWithWebIdentity"},
		Condition: map[string]map[string]texts{"StringEquals": {tokenIssuer + ":aud": {"sts.amazonaws.com"}, tokenIssuer + ":sub": subjects}},
	}}}
	if diff := cmp.Diff(want, parsePolicy(t, "trust of "+name, aws.ToString(found.Role.AssumeRolePolicyDocument))); diff != "" {
		t.Errorf("R4.1: who may be %s (-want +got):\n%s", name, diff)
	}
}

// checkPlanRole: a pull request may change what runs with this role, so it reads
// only, and nothing that users or operators wrote.
func checkPlanRole(t *testing.T, s *stack) {
	t.Helper()
	name := s.Name + "-delivery-plan"
	denied := map[string]bool{}
	for _, each := range s.identityStatements(t, name) {
		if each.Effect == "Deny" {
			for _, action := range each.Action {
				denied[action] = denied[action] || slices.Equal(each.Resource, texts{"*"}) && len(each.Condition) == 0
			}
			continue
		}
		for _, action := range each.Action {
			if !reads(action) && (action != "kms:Decrypt" || len(each.Condition) == 0) {
				t.Errorf("R4.1: %s, statement %s: %s is more than reading", name, each.Sid, action)
			}
		}
		for _, action := range []string{
			"cognito-idp:AdminGetUser", "cognito-idp:ListUsers", "logs:FilterLogEvents", "logs:GetLogEvents", "logs:GetQueryResults", "logs:StartQuery",
			"rds:DownloadDBLogFilePortion", "secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue", "ssm:GetParameter", "states:GetExecutionHistory", "states:DescribeExecution",
		} {
			if each.Covers(action) {
				t.Errorf("R1.4: %s, statement %s: allows %s", name, each.Sid, action)
			}
		}
		if each.Covers("s3:GetObject") {
			for _, resource := range each.Resource {
				if !slices.Contains([]string{"arn:aws:s3:::" + s.Bucket + "/*", "arn:aws:s3:::" + s.output(t, "site_bucket") + "/*"}, resource) {
					t.Errorf("R4.1: %s reads objects of %s", name, resource)
				}
			}
		}
	}
	for _, action := range []string{"secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue", "ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"} {
		if !denied[action] {
			t.Errorf("R1.4: %s is not denied %s, whatever is allowed by mistake", name, action)
		}
	}
}

// checkReleaseRole: nobody has approved anything where this role is taken, so it adds
// releases, and changes none and nothing that runs.
func checkReleaseRole(t *testing.T, s *stack) {
	t.Helper()
	arn, allowed := "arn:aws:s3:::"+s.Bucket, map[string][]string{}
	for _, each := range s.identityStatements(t, s.Name+"-delivery-release") {
		if each.Effect != "Allow" {
			t.Errorf("R4.1: the release role's statement %s is no permission", each.Sid)
		}
		for _, action := range each.Action {
			allowed[action] = append(allowed[action], each.Resource...)
			if strings.HasPrefix(action, "kms:") && len(each.Condition) == 0 {
				t.Errorf("R4.1: the release role may %s with every key", action)
			}
		}
	}
	keys := []string{"arn:aws:kms:" + s.config.Region + ":" + s.Account + ":key/*"}
	stored := []string{arn + "/artifacts/*", arn + "/releases/*"}
	want := map[string][]string{
		"kms:Decrypt": keys, "kms:GenerateDataKey": keys, "s3:ListBucket": {arn}, "s3:GetObject": stored, "s3:PutObject": stored,
	}
	if diff := cmp.Diff(want, allowed); diff != "" {
		t.Errorf("R4.1: what the release role may do (-want +got):\n%s", diff)
	}
}

// reads reports whether an action only reads.
func reads(action string) bool {
	_, verb, _ := strings.Cut(action, ":")
	return verb == "GET" || verb == "ViewBudget" || verb == "ValidateStateMachineDefinition" ||
		slices.ContainsFunc([]string{"Describe", "Get", "List"}, func(each string) bool { return strings.HasPrefix(verb, each) })
}

// checkDeployRole: what deploying does not need, the role may not do.
func checkDeployRole(t *testing.T, s *stack) {
	t.Helper()
	name := s.Name + "-delivery-deploy"
	var secrets []string
	all := s.identityStatements(t, name)
	if len(all) == 0 {
		t.Fatalf("R2.2: %s may do nothing", name)
	}
	for _, each := range all {
		if each.Effect != "Allow" {
			continue
		}
		for _, action := range []string{
			"cloudtrail:StopLogging", "cognito-idp:AdminGetUser", "cognito-idp:ListUsers", "iam:CreateAccessKey", "iam:CreateUser", "organizations:LeaveOrganization",
			"rds:DownloadDBLogFilePortion", "secretsmanager:BatchGetSecretValue", "sts:AssumeRole",
		} {
			if each.Covers(action) {
				t.Errorf("R4.1: %s, statement %s: allows %s", name, each.Sid, action)
			}
		}
		if each.Covers("secretsmanager:GetSecretValue") {
			secrets = append(secrets, each.Resource...)
		}
		if each.Covers("iam:PassRole") && len(each.Condition["StringEquals"]["iam:PassedToService"]) == 0 {
			t.Errorf("R4.1: %s passes roles to any service: %+v", name, each)
		}
		if each.Covers("iam:AttachRolePolicy") && len(each.Condition["ArnLike"]["iam:PolicyARN"]) == 0 {
			t.Errorf("R4.1: %s attaches any policy: %+v", name, each)
		}
		for _, resource := range each.Resource {
			if strings.Contains(resource, ":s3:::"+s.Name+"-audit") && strings.HasSuffix(resource, "/*") {
				t.Errorf("R4.2: %s reaches the trail's files: %+v", name, each)
			}
			if (each.Covers("iam:CreateRole") || each.Covers("iam:PassRole")) && !strings.HasSuffix(resource, ":role/"+s.Name+"-*") {
				t.Errorf("R4.1: %s makes or passes other roles than the environment's: %s", name, resource)
			}
		}
	}
	prefix := "arn:aws:secretsmanager:" + s.config.Region + ":" + s.Account + ":secret:" + s.Name + "/"
	if diff := cmp.Diff([]string{prefix + "jwt-key-??????", prefix + "slack-webhook-??????"}, sorted(secrets)); diff != "" {
		t.Errorf("R1.4: secrets whose values %s may read (-want +got):\n%s", name, diff)
	}
}

// checkToolBucket: what a rollback goes back to can be neither overwritten nor
// destroyed, by nobody.
func checkToolBucket(t *testing.T, s *stack) {
	t.Helper()
	checkClosed(t, "R2.3", s, s.Bucket)
	document := s.bucketPolicy(t, s.Bucket)
	arn := "arn:aws:s3:::" + s.Bucket
	kept := texts{arn + "/artifacts/*", arn + "/releases/*"}
	denies := func(action string, condition map[string]map[string]texts) bool {
		return slices.ContainsFunc(document.Statement, func(each statement) bool {
			return each.Effect == "Deny" && cmp.Equal(each.Principal, principals{"AWS": {"*"}}) && each.Covers(action) && cmp.Equal(each.Resource, kept) && cmp.Equal(each.Condition, condition)
		})
	}
	facts(t, "R2.3", map[string]bool{
		"tool's bucket: nothing is allowed by it": len(document.Allowing()) == 0,
		"tool's bucket: releases are written once": denies("s3:PutObject", map[string]map[string]texts{
			"Bool": {"s3:ObjectCreationOperation": {"true"}}, "Null": {"s3:if-none-match": {"true"}},
		}),
		"tool's bucket: only the deploy role hides releases": denies("s3:DeleteObject", map[string]map[string]texts{
			"ArnNotEquals": {"aws:PrincipalArn": {s.output(t, "deploy_role_arn")}},
		}),
		"tool's bucket: nobody destroys their versions": denies("s3:DeleteObjectVersion", nil),
	})
}
