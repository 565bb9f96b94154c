package interrupt

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/google/go-cmp/cmp"
)

// inventory is what exists, by resource type: ids, with repetitions, in order.
type inventory map[string][]string

func (i inventory) add(resourceType, id string) { i[resourceType] = append(i[resourceType], id) }

func (i inventory) sort() inventory {
	for _, ids := range i {
		slices.Sort(ids)
	}
	return i
}

// checkInventory compares what exists in the account with the states: nothing
// outside a state, nothing twice, nothing missing.
func (p *place) checkInventory(t *testing.T) {
	t.Helper()
	if diff := cmp.Diff(p.inStates(t), p.inAccount(t)); diff != "" {
		t.Errorf("the account differs from the states (-states +account):\n%s", diff)
	}
}

// inStates reads every state of the bucket.
func (p *place) inStates(t *testing.T) inventory {
	t.Helper()
	found := inventory{}
	for _, layer := range []string{"network", "app"} {
		body := p.object(t, "states/"+layer+".tfstate")
		if body == nil {
			continue
		}
		var state struct {
			Resources []struct {
				Mode, Type string
				Instances  []struct {
					Deposed    string
					Attributes map[string]any
				}
			}
		}
		if err := json.Unmarshal(body, &state); err != nil {
			t.Fatal(err)
		}
		for _, resource := range state.Resources {
			if resource.Mode != "managed" {
				continue
			}
			for _, instance := range resource.Instances {
				if id := identity(resource.Type, instance.Attributes); id != "" {
					found.add(resource.Type, id)
				}
			}
		}
	}
	return found.sort()
}

// identity gives what a resource is known by in its account; "" for those that
// are part of another one or exist in the state alone.
func identity(resourceType string, attributes map[string]any) string {
	text := func(name string) string { value, _ := attributes[name].(string); return value }
	switch resourceType {
	case "terraform_data", "aws_default_security_group", "aws_s3_bucket_public_access_block", "aws_s3_bucket_versioning":
		return ""
	case "aws_route":
		return text("route_table_id") + "_" + text("destination_cidr_block")
	case "aws_iam_role_policy_attachment":
		return text("role") + "/" + text("policy_arn")
	}
	return text("id")
}

// inAccount asks each service what it has, but for what AWS makes itself and
// for the environment's bucket and its key.
func (p *place) inAccount(t *testing.T) inventory {
	t.Helper()
	ctx, found := t.Context(), inventory{}
	for _, list := range []func(context.Context, aws.Config, inventory) error{listNetwork, listRules, listIdentities, listKeys, listSecrets, p.listBuckets} {
		if err := list(ctx, p.config, found); err != nil {
			t.Fatal(err)
		}
	}
	return found.sort()
}

// vpcOf lists the VPCs that are not AWS's own.
func vpcsOf(ctx context.Context, client *ec2.Client) (map[string]bool, error) {
	vpcs, err := client.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{})
	if err != nil {
		return nil, err
	}
	ours := map[string]bool{}
	for _, vpc := range vpcs.Vpcs {
		if !aws.ToBool(vpc.IsDefault) {
			ours[*vpc.VpcId] = true
		}
	}
	return ours, nil
}

func listNetwork(ctx context.Context, config aws.Config, found inventory) error {
	client := ec2.NewFromConfig(config)
	ours, err := vpcsOf(ctx, client)
	if err != nil {
		return err
	}
	for vpc := range ours {
		found.add("aws_vpc", vpc)
	}
	subnets, err := client.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})
	if err != nil {
		return err
	}
	for _, subnet := range subnets.Subnets {
		if ours[*subnet.VpcId] {
			found.add("aws_subnet", *subnet.SubnetId)
		}
	}
	gateways, err := client.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{})
	if err != nil {
		return err
	}
	for _, gateway := range gateways.InternetGateways {
		if len(gateway.Attachments) == 0 || ours[*gateway.Attachments[0].VpcId] {
			found.add("aws_internet_gateway", *gateway.InternetGatewayId)
		}
	}
	tables, err := client.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{})
	if err != nil {
		return err
	}
	for _, table := range tables.RouteTables {
		if ours[*table.VpcId] {
			addTable(found, table)
		}
	}
	addresses, err := client.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{})
	if err != nil {
		return err
	}
	for _, address := range addresses.Addresses {
		found.add("aws_eip", *address.AllocationId)
	}
	flows, err := client.DescribeFlowLogs(ctx, &ec2.DescribeFlowLogsInput{})
	if err != nil {
		return err
	}
	for _, flow := range flows.FlowLogs {
		found.add("aws_flow_log", *flow.FlowLogId)
	}
	endpoints, err := client.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{})
	if err != nil {
		return err
	}
	for _, endpoint := range endpoints.VpcEndpoints {
		if !strings.HasPrefix(strings.ToLower(string(endpoint.State)), "delet") {
			found.add("aws_vpc_endpoint", *endpoint.VpcEndpointId)
		}
	}
	return nil
}

func addTable(found inventory, table types.RouteTable) {
	for _, association := range table.Associations {
		if aws.ToBool(association.Main) {
			return
		}
		found.add("aws_route_table_association", *association.RouteTableAssociationId)
	}
	found.add("aws_route_table", *table.RouteTableId)
	for _, route := range table.Routes {
		// An endpoint's routes have a prefix list for their destination.
		if aws.ToString(route.GatewayId) != "local" && route.DestinationCidrBlock != nil {
			found.add("aws_route", *table.RouteTableId+"_"+*route.DestinationCidrBlock)
		}
	}
}

func listRules(ctx context.Context, config aws.Config, found inventory) error {
	client := ec2.NewFromConfig(config)
	ours, err := vpcsOf(ctx, client)
	if err != nil {
		return err
	}
	groups, err := client.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{})
	if err != nil {
		return err
	}
	named := map[string]bool{}
	for _, group := range groups.SecurityGroups {
		if ours[*group.VpcId] && *group.GroupName != "default" {
			named[*group.GroupId] = true
			found.add("aws_security_group", *group.GroupId)
		}
	}
	rules, err := client.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{})
	if err != nil {
		return err
	}
	for _, rule := range rules.SecurityGroupRules {
		direction := "ingress"
		if aws.ToBool(rule.IsEgress) {
			direction = "egress"
		}
		if named[*rule.GroupId] {
			found.add("aws_vpc_security_group_"+direction+"_rule", *rule.SecurityGroupRuleId)
		}
	}
	return nil
}

func listIdentities(ctx context.Context, config aws.Config, found inventory) error {
	client := iam.NewFromConfig(config)
	roles, err := client.ListRoles(ctx, &iam.ListRolesInput{})
	if err != nil {
		return err
	}
	for _, role := range roles.Roles {
		found.add("aws_iam_role", *role.RoleName)
		inline, err := client.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: role.RoleName})
		if err != nil {
			return err
		}
		for _, policy := range inline.PolicyNames {
			found.add("aws_iam_role_policy", *role.RoleName+":"+policy)
		}
		attached, err := client.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: role.RoleName})
		if err != nil {
			return err
		}
		for _, policy := range attached.AttachedPolicies {
			found.add("aws_iam_role_policy_attachment", *role.RoleName+"/"+*policy.PolicyArn)
		}
	}
	policies, err := client.ListPolicies(ctx, &iam.ListPoliciesInput{Scope: iamtypes.PolicyScopeTypeLocal})
	if err != nil {
		return err
	}
	for _, policy := range policies.Policies {
		found.add("aws_iam_policy", *policy.Arn)
	}
	return nil
}

// listKeys lists the keys of the fixture and all aliases: of the other keys,
// the environment's own has an alias with the bucket's name, and AWS's have
// reserved ones.
func listKeys(ctx context.Context, config aws.Config, found inventory) error {
	client := kms.NewFromConfig(config)
	keys, err := client.ListKeys(ctx, &kms.ListKeysInput{})
	if err != nil {
		return err
	}
	for _, key := range keys.Keys {
		about, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: key.KeyId})
		if err != nil {
			return err
		}
		meta := about.KeyMetadata
		if meta.KeyState == kmstypes.KeyStateEnabled && strings.HasPrefix(aws.ToString(meta.Description), "Key of interrupt-") {
			found.add("aws_kms_key", *meta.KeyId)
		}
	}
	aliases, err := client.ListAliases(ctx, &kms.ListAliasesInput{})
	if err != nil {
		return err
	}
	for _, alias := range aliases.Aliases {
		name := aws.ToString(alias.AliasName)
		if !strings.HasPrefix(name, "alias/aws/") && !strings.Contains(name, "-deploy") {
			found.add("aws_kms_alias", name)
		}
	}
	return nil
}

func listSecrets(ctx context.Context, config aws.Config, found inventory) error {
	logs := cloudwatchlogs.NewFromConfig(config)
	groups, err := logs.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{})
	if err != nil {
		return err
	}
	for _, group := range groups.LogGroups {
		found.add("aws_cloudwatch_log_group", *group.LogGroupName)
	}
	client := secretsmanager.NewFromConfig(config)
	secrets, err := client.ListSecrets(ctx, &secretsmanager.ListSecretsInput{})
	if err != nil {
		return err
	}
	for _, secret := range secrets.SecretList {
		found.add("aws_secretsmanager_secret", *secret.ARN)
		versions, err := client.ListSecretVersionIds(ctx, &secretsmanager.ListSecretVersionIdsInput{SecretId: secret.ARN})
		if err != nil {
			return err
		}
		for _, version := range versions.Versions {
			// A replaced version stays as the previous one: AWS cannot delete it.
			if slices.Contains(version.VersionStages, "AWSCURRENT") {
				found.add("aws_secretsmanager_secret_version", *secret.ARN+"|"+*version.VersionId)
			}
		}
	}
	return nil
}

func (p *place) listBuckets(ctx context.Context, _ aws.Config, found inventory) error {
	buckets, err := p.s3.ListBuckets(ctx, &s3.ListBucketsInput{})
	if err != nil {
		return err
	}
	for _, bucket := range buckets.Buckets {
		if *bucket.Name != p.bucket {
			found.add("aws_s3_bucket", *bucket.Name)
		}
	}
	return nil
}
