package e2e

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// issuer is GitHub's of the tokens of runs, as IAM calls it.
const issuer = "token.actions.githubusercontent.com"

// account is what stands beside the small project, and is the administrator's.
type account struct {
	roles map[string]string // ARNs, by deploy, plan and release
	vpc   string
}

// prepare makes, through AWS's own interface, what the whole root's layers make: the
// roles that trust GitHub, as the layer delivery has them, and what the checks of health
// look for beside an API and a site. It tells the repository's variables.
func (p *place) prepare() account {
	p.t.Helper()
	ctx := context.WithoutCancel(p.t.Context())
	must := func(err error) {
		p.t.Helper()
		if err != nil {
			p.t.Fatal(err)
		}
	}
	made := account{roles: map[string]string{}}
	roles := iam.NewFromConfig(p.aws)
	provider := "arn:aws:iam::123456789012:oidc-provider/" + issuer
	_, err := roles.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{Url: aws.String("https://" + issuer), ClientIDList: []string{"sts.amazonaws.com"}})
	if err != nil && !strings.Contains(err.Error(), "EntityAlreadyExists") { // of another place in the same account
		must(err)
	}
	for kind, subjects := range map[string][]string{
		"deploy":  {"repo:o/r:environment:production"},
		"plan":    {"repo:o/r:pull_request", "repo:o/r:ref:refs/heads/main"},
		"release": {"repo:o/r:ref:refs/heads/main"},
	} {
		trust, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
			"Effect": "Allow", "Principal": map[string]any{"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity",
			"Condition": map[string]any{"StringEquals": map[string]any{issuer + ":aud": "sts.amazonaws.com", issuer + ":sub": subjects}},
		}}})
		must(err)
		longest := int32(3600)
		if kind == "deploy" {
			longest = 7200
		}
		role, err := roles.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String(p.project + "-production-delivery-" + kind), AssumeRolePolicyDocument: aws.String(string(trust)), MaxSessionDuration: &longest})
		must(err)
		made.roles[kind] = *role.Role.Arn
	}
	p.vars["AWS_DEPLOY_ROLE_ARN"] = made.roles["deploy"]
	p.vars["AWS_PLAN_ROLE_ARN_PRODUCTION"] = made.roles["plan"]
	p.vars["AWS_RELEASE_ROLE_ARN_PRODUCTION"] = made.roles["release"]
	p.vars["PLAN_ENVIRONMENTS"] = `[{"environment":"production","role":"AWS_PLAN_ROLE_ARN_PRODUCTION","region":"AWS_REGION"}]`

	networks, err := ec2.NewFromConfig(p.aws).DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: []ec2types.Filter{{Name: aws.String("is-default"), Values: []string{"true"}}}})
	must(err)
	if len(networks.Vpcs) != 1 {
		p.t.Fatalf("the account has %d networks by default", len(networks.Vpcs))
	}
	made.vpc = *networks.Vpcs[0].VpcId

	subnets, err := ec2.NewFromConfig(p.aws).DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{made.vpc}}}})
	must(err)
	var ids []string
	for _, subnet := range subnets.Subnets {
		ids = append(ids, *subnet.SubnetId)
	}
	function, functions := aws.String(p.project+"-production-counter"), lambda.NewFromConfig(p.aws)
	_, err = functions.CreateFunction(ctx, &lambda.CreateFunctionInput{FunctionName: function, Role: aws.String(made.roles["deploy"]), Runtime: lambdatypes.RuntimeProvidedal2023, Handler: aws.String("bootstrap"), Publish: true,
		Code: &lambdatypes.FunctionCode{ZipFile: archive(p)}, VpcConfig: &lambdatypes.VpcConfig{SubnetIds: ids, SecurityGroupIds: []string{}}})
	must(err)
	_, err = functions.CreateAlias(ctx, &lambda.CreateAliasInput{FunctionName: function, Name: aws.String("live"), FunctionVersion: aws.String("1")})
	must(err)

	database, name := rds.NewFromConfig(p.aws), aws.String(p.project+"-production")
	_, err = database.CreateDBCluster(ctx, &rds.CreateDBClusterInput{DBClusterIdentifier: name, Engine: aws.String("aurora-postgresql"), MasterUsername: aws.String("ann"), MasterUserPassword: aws.String("not-a-secret")})
	must(err)
	for i, zone := range []string{"a", "c"} {
		_, err = database.CreateDBInstance(ctx, &rds.CreateDBInstanceInput{DBInstanceIdentifier: aws.String(fmt.Sprintf("%s-%d", *name, i)), DBClusterIdentifier: name,
			DBInstanceClass: aws.String("db.serverless"), Engine: aws.String("aurora-postgresql"), AvailabilityZone: aws.String(kit.Region + zone)})
		must(err)
	}
	_, err = p.s3().CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(p.project + "-site"),
		CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraint(kit.Region)}})
	must(err)
	return made
}

// archive is a function's code, which nobody calls.
func archive(p *place) []byte {
	p.t.Helper()
	var body bytes.Buffer
	z := zip.NewWriter(&body)
	file, err := z.Create("bootstrap")
	if err == nil {
		_, err = file.Write([]byte("#!/bin/sh\n"))
	}
	if err = errors.Join(err, z.Close()); err != nil {
		p.t.Fatal(err)
	}
	return body.Bytes()
}

// values writes the environment's values; the lines may add to them.
func (p *place) values(made account, address string, lines ...string) {
	p.t.Helper()
	all := []string{
		fmt.Sprintf("project = %q", p.project), fmt.Sprintf("address = %q", address), fmt.Sprintf("vpc_id = %q", made.vpc), fmt.Sprintf("site_bucket = %q", p.project+"-site"),
		fmt.Sprintf("roles = { deploy = %q, plan = %q, release = %q }", made.roles["deploy"], made.roles["plan"], made.roles["release"]),
	}
	p.write("environments/production/terraform.tfvars", strings.Join(append(all, lines...), "\n")+"\n")
}
