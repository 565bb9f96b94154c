package aws

import (
	"maps"
	"strings"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// finding is one look-up and what it should give.
type finding struct {
	resourceType string
	values       map[string]any
	taken        map[string]bool
	want         string // "" for not found
}

func (f finding) check(t *testing.T, c *Client) {
	t.Helper()
	got, found, err := c.Find(t.Context(), f.resourceType, f.values, f.taken)
	if err != nil || got != f.want || found != (f.want != "") {
		t.Errorf("got %q, %v, %v; want %q", got, found, err, f.want)
	}
}

func tagged(name string, more ...string) map[string]any {
	tags := map[string]any{"Environment": "staging", "Name": name, "Release": "v2"}
	for i := 0; i+1 < len(more); i += 2 {
		tags[more[i]] = more[i+1]
	}
	return tags
}

// specification gives the tags of what a run of release v1 left.
func specification(kind types.ResourceType, name string) []types.TagSpecification {
	tag := func(key, value string) types.Tag { return types.Tag{Key: &key, Value: &value} }
	return []types.TagSpecification{{ResourceType: kind, Tags: []types.Tag{tag("Environment", "staging"), tag("Name", name), tag("Release", "v1")}}}
}

func makeVPC(t *testing.T, c *Client, name string) string {
	t.Helper()
	made, err := c.ec2.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: awssdk.String("10.9.0.0/16"), TagSpecifications: specification(types.ResourceTypeVpc, name)})
	if err != nil {
		t.Fatal(err)
	}
	return *made.Vpc.VpcId
}

func TestFindByTags(t *testing.T) {
	t.Parallel()
	c := client(t, "us-west-2")
	vpc := makeVPC(t, c, "by-tags")
	values := func(changes map[string]any) map[string]any {
		all := map[string]any{"cidr_block": "10.9.0.0/16", "tags_all": tagged("by-tags")}
		maps.Copy(all, changes)
		return all
	}
	tests := map[string]finding{
		"another release's tag does not matter": {"aws_vpc", values(nil), nil, vpc},
		"taken":                                 {"aws_vpc", values(nil), map[string]bool{vpc: true}, ""},
		"another range":                         {"aws_vpc", values(map[string]any{"cidr_block": "10.8.0.0/16"}), nil, ""},
		"range not known":                       {"aws_vpc", values(map[string]any{"cidr_block": nil}), nil, ""},
		"another environment":                   {"aws_vpc", values(map[string]any{"tags_all": tagged("by-tags", "Environment", "production")}), nil, ""},
		"a tag that it lacks":                   {"aws_vpc", values(map[string]any{"tags_all": tagged("by-tags", "Owner", "x")}), nil, ""},
		"no tags at all":                        {"aws_vpc", values(map[string]any{"tags_all": nil}), nil, ""},
		"only the release as a tag":             {"aws_vpc", values(map[string]any{"tags_all": map[string]any{"Release": "v1"}}), nil, ""},
		"a type that is not looked for":         {"aws_cloudwatch_dashboard", values(nil), nil, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { t.Parallel(); test.check(t, c) })
	}
}

func TestFindGateway(t *testing.T) {
	t.Parallel()
	c := client(t, "us-west-1")
	vpc := makeVPC(t, c, "gateway")
	made, err := c.ec2.CreateInternetGateway(t.Context(), &ec2.CreateInternetGatewayInput{TagSpecifications: specification(types.ResourceTypeInternetGateway, "gateway")})
	if err != nil {
		t.Fatal(err)
	}
	id := *made.InternetGateway.InternetGatewayId
	values := map[string]any{"vpc_id": vpc, "tags_all": tagged("gateway")}
	finding{"aws_internet_gateway", values, nil, id}.check(t, c) // killed before it was attached
	if _, err := c.ec2.AttachInternetGateway(t.Context(), &ec2.AttachInternetGatewayInput{InternetGatewayId: &id, VpcId: &vpc}); err != nil {
		t.Fatal(err)
	}
	finding{"aws_internet_gateway", values, nil, id}.check(t, c)
	values["vpc_id"] = "vpc-of-another"
	finding{"aws_internet_gateway", values, nil, ""}.check(t, c)
}

func TestFindGroupAndRules(t *testing.T) {
	t.Parallel()
	c := client(t, "eu-west-1")
	vpc := makeVPC(t, c, "rules")
	group, err := c.ec2.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{GroupName: awssdk.String("web"), Description: awssdk.String("web"), VpcId: &vpc, TagSpecifications: specification(types.ResourceTypeSecurityGroup, "web")})
	if err != nil {
		t.Fatal(err)
	}
	rule, err := c.ec2.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{GroupId: group.GroupId, IpPermissions: []types.IpPermission{{
		IpProtocol: awssdk.String("tcp"), FromPort: awssdk.Int32(443), ToPort: awssdk.Int32(443), IpRanges: []types.IpRange{{CidrIp: awssdk.String("10.0.0.0/8")}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	egress := "" // every new group has one that allows all
	rules, err := c.ec2.DescribeSecurityGroupRules(t.Context(), &ec2.DescribeSecurityGroupRulesInput{Filters: []types.Filter{ec2Filter("group-id", *group.GroupId)}})
	if err != nil {
		t.Fatal(err)
	}
	for _, each := range rules.SecurityGroupRules {
		if isTrue(each.IsEgress) {
			egress = *each.SecurityGroupRuleId
		}
	}
	ingress := *rule.SecurityGroupRules[0].SecurityGroupRuleId
	https := func(changes map[string]any) map[string]any {
		all := map[string]any{"security_group_id": *group.GroupId, "ip_protocol": "tcp", "from_port": float64(443), "to_port": float64(443), "cidr_ipv4": "10.0.0.0/8"}
		maps.Copy(all, changes)
		return all
	}
	const in, out = "aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"
	tests := map[string]finding{
		"group by its name":         {"aws_security_group", map[string]any{"vpc_id": vpc, "name": "web"}, nil, *group.GroupId},
		"group, taken":              {"aws_security_group", map[string]any{"vpc_id": vpc, "name": "web"}, map[string]bool{*group.GroupId: true}, ""},
		"group of someone else":     {"aws_security_group", map[string]any{"vpc_id": vpc, "name": "web", "tags_all": tagged("web", "Environment", "other")}, nil, ""},
		"group by its tags":         {"aws_security_group", map[string]any{"vpc_id": vpc, "tags_all": tagged("web")}, nil, *group.GroupId},
		"rule":                      {in, https(nil), nil, ingress},
		"rule, taken":               {in, https(nil), map[string]bool{ingress: true}, ""},
		"rule, protocol by number":  {in, https(map[string]any{"ip_protocol": "6"}), nil, ingress},
		"rule, other port":          {in, https(map[string]any{"to_port": float64(444)}), nil, ""},
		"rule, other source":        {in, https(map[string]any{"cidr_ipv4": "10.0.0.0/9"}), nil, ""},
		"rule, source not known":    {in, https(map[string]any{"cidr_ipv4": nil}), nil, ""},
		"rule, other direction":     {out, https(nil), nil, ""},
		"rule for every protocol":   {out, https(map[string]any{"ip_protocol": "-1", "from_port": nil, "to_port": nil, "cidr_ipv4": "0.0.0.0/0"}), nil, egress},
		"rule, the group not known": {in, https(map[string]any{"security_group_id": nil}), nil, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { t.Parallel(); test.check(t, c) })
	}
}

func TestFindNamed(t *testing.T) {
	t.Parallel()
	c := client(t, "sa-east-1")
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx, name := t.Context(), "named"
	must(c.logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &name, Tags: map[string]string{"Environment": "staging"}}))
	must(c.logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: awssdk.String("made-by-aws")}))
	document := `{"Version":"2012-10-17","Statement":[]}`
	must(c.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &document}))
	must(c.iam.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: awssdk.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`)}))
	must(c.rds.CreateDBParameterGroup(ctx, &rds.CreateDBParameterGroupInput{DBParameterGroupName: &name, DBParameterGroupFamily: awssdk.String("aurora-postgresql16"), Description: &name}))
	key, err := c.kms.CreateKey(ctx, &kms.CreateKeyInput{})
	must(key, err)
	must(c.kms.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: awssdk.String("alias/named"), TargetKeyId: key.KeyMetadata.KeyId}))
	policy := "arn:aws:iam::123456789012:policy/named"
	tags := tagged("named")
	tests := map[string]finding{
		"log group":                       {"aws_cloudwatch_log_group", map[string]any{"name": name, "tags_all": tags}, nil, name},
		"a name taken by another type":    {"aws_cloudwatch_log_group", map[string]any{"name": name, "tags_all": tags}, map[string]bool{name: true}, name},
		"log group of someone else":       {"aws_cloudwatch_log_group", map[string]any{"name": name, "tags_all": tagged(name, "Environment", "other")}, nil, ""},
		"log group that AWS made":         {"aws_cloudwatch_log_group", map[string]any{"name": "made-by-aws", "tags_all": tags}, nil, "made-by-aws"},
		"only a prefix of a log group":    {"aws_cloudwatch_log_group", map[string]any{"name": "name"}, nil, ""},
		"role":                            {"aws_iam_role", map[string]any{"name": name}, nil, name},
		"no such role":                    {"aws_iam_role", map[string]any{"name": "none"}, nil, ""},
		"policy":                          {"aws_iam_policy", map[string]any{"name": name}, nil, policy},
		"no such inline policy":           {"aws_iam_role_policy", map[string]any{"role": name, "name": "none"}, nil, ""},
		"no such attachment":              {"aws_iam_role_policy_attachment", map[string]any{"role": name, "policy_arn": policy}, nil, ""},
		"attachment to no role":           {"aws_iam_role_policy_attachment", map[string]any{"role": "none", "policy_arn": policy}, nil, ""},
		"parameter group":                 {"aws_db_parameter_group", map[string]any{"name": name}, nil, name},
		"no such cluster parameter group": {"aws_rds_cluster_parameter_group", map[string]any{"name": "none"}, nil, ""},
		"no such subnet group":            {"aws_db_subnet_group", map[string]any{"name": "none"}, nil, ""},
		"no such cluster":                 {"aws_rds_cluster", map[string]any{"cluster_identifier": "none"}, nil, ""},
		"no such instance":                {"aws_rds_cluster_instance", map[string]any{"identifier": "none"}, nil, ""},
		"no such bucket":                  {"aws_s3_bucket", map[string]any{"bucket": "no-such-bucket"}, nil, ""},
		"alias":                           {"aws_kms_alias", map[string]any{"name": "alias/named", "target_key_id": *key.KeyMetadata.KeyId}, nil, "alias/named"},
		"alias of another key":            {"aws_kms_alias", map[string]any{"name": "alias/named", "target_key_id": "another"}, nil, ""},
		"no such alias":                   {"aws_kms_alias", map[string]any{"name": "alias/none", "target_key_id": "another"}, nil, ""},
		"no such secret":                  {"aws_secretsmanager_secret", map[string]any{"name": "none"}, nil, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { t.Parallel(); test.check(t, c) })
	}
}

func TestFindBucketOfThisAccount(t *testing.T) {
	t.Parallel()
	bucketFor(t, "found-bucket")
	finding{"aws_s3_bucket", map[string]any{"bucket": "found-bucket", "tags_all": tagged("x")}, nil, "found-bucket"}.check(t, client(t, region))
}

func TestFindSecret(t *testing.T) {
	t.Parallel()
	c := client(t, "eu-north-1")
	secret, err := c.secrets.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: awssdk.String("a/key"), SecretString: awssdk.String("hidden")})
	if err != nil {
		t.Fatal(err)
	}
	arn := *secret.ARN
	finding{"aws_secretsmanager_secret", map[string]any{"name": "a/key"}, nil, arn}.check(t, c)
	finding{"aws_secretsmanager_secret", map[string]any{"name": "a/key"}, map[string]bool{arn: true}, ""}.check(t, c)
	version := map[string]any{"secret_id": arn}
	finding{"aws_secretsmanager_secret_version", version, nil, arn + "|" + *secret.VersionId}.check(t, c)
	version["secret_string_wo_version"] = float64(1)
	finding{"aws_secretsmanager_secret_version", version, nil, ""}.check(t, c)

	if _, err := c.secrets.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: &arn}); err != nil {
		t.Fatal(err)
	}
	_, _, err = c.Find(t.Context(), "aws_secretsmanager_secret", map[string]any{"name": "a/key"}, nil)
	if !problem.Is(err, problem.CannotAdopt) || !strings.Contains(err.Error(), "a/key") {
		t.Errorf("deleted secret: %v, want MD0506", err)
	}
}

func TestFindKey(t *testing.T) {
	t.Parallel()
	c := client(t, "ca-central-1")
	tags := map[string]string{"Environment": "staging", "Name": "key", "Release": "v1"}
	var ids []string
	for range 2 {
		key, err := c.kms.CreateKey(t.Context(), &kms.CreateKeyInput{Description: awssdk.String("Secrets"), Tags: kmsTags(tags)})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, *key.KeyMetadata.KeyId)
	}
	if _, err := c.kms.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: &ids[0]}); err != nil {
		t.Fatal(err)
	}
	tests := map[string]finding{
		"the one that is not being deleted": {"aws_kms_key", map[string]any{"description": "Secrets", "tags_all": tagged("key")}, nil, ids[1]},
		"another description":               {"aws_kms_key", map[string]any{"description": "Logs", "tags_all": tagged("key")}, nil, ""},
		"taken":                             {"aws_kms_key", map[string]any{"description": "Secrets", "tags_all": tagged("key")}, map[string]bool{ids[1]: true}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { t.Parallel(); test.check(t, c) })
	}
}

// The emulator knows no escapes, so this one is tested by itself.
func TestFiltersMatchLiterally(t *testing.T) {
	t.Parallel()
	filter := ec2Filter("tag:Name", `a*b?c\d`)
	if diff := cmp.Diff([]string{`a\*b\?c\\d`}, filter.Values); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
