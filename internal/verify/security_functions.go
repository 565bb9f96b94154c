package verify

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/goal-mandala/mandala-deploy/internal/iampolicy"
)

// function is one of the environment's, as it stands and as it is called.
type function struct {
	name, short string
	draft       functionState  // what the next version will be
	live        *functionState // the version that the alias live names; nil where there is none
	policies    []iampolicy.Document
	reserved    *int32
}

// functionState is what a version of a function is like.
type functionState struct {
	label           string
	role, key       string
	subnets, groups []string
	environment     map[string]string
}

// states gives the function's states.
func (f function) states() []functionState {
	if f.live == nil {
		return []functionState{f.draft}
	}
	return []functionState{*f.live, f.draft}
}

// functionsOf gives the environment's functions.
func functionsOf(ctx context.Context, s *Subject) ([]function, error) {
	return recall(ctx, "functions", func(ctx context.Context) ([]function, error) {
		client, prefix := lambda.NewFromConfig(s.AWS), s.Name()+"-"
		var all []function
		listed, err := listOf(ctx, "the functions", lambda.NewListFunctionsPaginator(client, &lambda.ListFunctionsInput{}),
			func(page *lambda.ListFunctionsOutput) []lambdatypes.FunctionConfiguration { return page.Functions })
		if err != nil {
			return nil, err
		}
		for _, each := range listed {
			if name := text(each.FunctionName); strings.HasPrefix(name, prefix) {
				found := function{name: name, short: strings.TrimPrefix(name, prefix)}
				if err := found.read(ctx, client); err != nil {
					return nil, fmt.Errorf("function %s: %w", name, err)
				}
				all = append(all, found)
			}
		}
		return all, nil
	})
}

func (f *function) read(ctx context.Context, client *lambda.Client) error {
	for _, qualifier := range []string{"", liveAlias} {
		input := &lambda.GetFunctionConfigurationInput{FunctionName: &f.name}
		label := "the draft of " + f.name
		if qualifier != "" {
			input.Qualifier, label = &qualifier, f.name
		}
		found, err := client.GetFunctionConfiguration(ctx, input)
		switch {
		case qualifier != "" && answered(err, "ResourceNotFoundException"):
			continue
		case err != nil:
			return err
		}
		state := functionState{label: label, role: text(found.Role), key: text(found.KMSKeyArn)}
		if found.VpcConfig != nil {
			state.subnets, state.groups = found.VpcConfig.SubnetIds, found.VpcConfig.SecurityGroupIds
		}
		if found.Environment != nil {
			state.environment = found.Environment.Variables
		}
		if qualifier == "" {
			f.draft = state
		} else {
			f.live = &state
		}
	}
	for _, qualifier := range []*string{nil, awssdk.String(liveAlias)} {
		found, err := client.GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: &f.name, Qualifier: qualifier})
		switch {
		case answered(err, "ResourceNotFoundException"):
			continue
		case err != nil:
			return err
		}
		policy, err := iampolicy.Read("function "+f.name, text(found.Policy))
		if err != nil {
			return err
		}
		f.policies = append(f.policies, policy)
	}
	concurrency, err := client.GetFunctionConcurrency(ctx, &lambda.GetFunctionConcurrencyInput{FunctionName: &f.name})
	if err != nil {
		return err
	}
	f.reserved = concurrency.ReservedConcurrentExecutions
	return nil
}

func functionSecurityChecks() []Check {
	configurations := []string{"lambda:ListFunctions", "lambda:GetFunctionConfiguration"}
	return []Check{
		{
			ID: "security.functions-network", Title: "every function is in the private subnets, with the functions' security group alone", Requirements: []string{"R1.2", "R4.3"},
			Reads:  append(slices.Clone(configurations), "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups"),
			Remedy: "apply the layer functions; a function outside the VPC reaches the database no more and the internet without the NAT gateway",
			Run:    functionsNetwork,
		},
		{
			ID: "security.functions-concurrency", Title: "no function reserves concurrency", Requirements: []string{"R1.2"},
			Reads:  []string{"lambda:ListFunctions", "lambda:GetFunctionConcurrency"},
			Remedy: "take the reservation away (lambda:DeleteFunctionConcurrency): it takes from the account's common pool, and one of 0 stops the function",
			Run:    functionsConcurrency,
		},
		{
			ID: "security.functions-encrypted", Title: "every function's environment is encrypted with a key of the environment's", Requirements: []string{"R4.4"},
			Reads:  append(slices.Clone(configurations), "kms:ListAliases", "kms:DescribeKey"),
			Remedy: "apply the layer functions, which names its key",
			Run:    functionsEncrypted,
		},
		{
			ID: "security.no-secret-values", Title: "no function's environment and no output holds a secret's value", Requirements: []string{"R1.2", "R1.4"},
			Reads:  append(slices.Clone(configurations), "the root's outputs"),
			Remedy: "give the function the secret's ARN (…_SECRET_ARN) and let it read the value at run time; the value that stood there is known to too many and has to be changed",
			Run:    noSecretValues,
		},
		{
			ID: "security.functions-private", Title: "nobody may call a function but the services that it answers, each for one source", Requirements: []string{"R4.1", "R4.3"},
			Reads:  []string{"lambda:ListFunctions", "lambda:GetPolicy"},
			Remedy: "remove the statement from the function's policy (lambda:RemovePermission) and look in the trail for who added it",
			Run:    functionsPrivate,
		},
	}
}

func functionsNetwork(ctx context.Context, s *Subject) ([]string, error) {
	all, err := functionsOf(ctx, s)
	if err != nil {
		return nil, err
	}
	net, err := networkOf(ctx, s)
	if err != nil {
		return nil, err
	}
	group := net.group(s.Name() + "-functions")
	if group == nil {
		return nil, &Failure{Reasons: []string{"the VPC has no security group " + s.Name() + "-functions"}}
	}
	var v verdict
	for _, each := range all {
		for _, state := range each.states() {
			inside := len(state.subnets) > 0
			for _, subnet := range state.subnets {
				inside = inside && slices.Contains(net.private, subnet)
			}
			v.must(inside, "%s is not in the private subnets: %v", state.label, state.subnets)
			v.must(!inside || slices.Equal(state.groups, []string{text(group.GroupId)}), "%s has the security groups %v", state.label, state.groups)
		}
	}
	v.must(len(all) > 0, "%s has no functions", s.Name())
	v.saw("%d functions in %v", len(all), net.private)
	return v.give()
}

func functionsConcurrency(ctx context.Context, s *Subject) ([]string, error) {
	all, err := functionsOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	for _, each := range all {
		v.must(each.reserved == nil, "%s reserves a concurrency of %d", each.name, awssdk.ToInt32(each.reserved))
	}
	v.must(len(all) > 0, "%s has no functions", s.Name())
	v.saw("%d functions, none with a reservation", len(all))
	return v.give()
}

func functionsEncrypted(ctx context.Context, s *Subject) ([]string, error) {
	all, err := functionsOf(ctx, s)
	if err != nil {
		return nil, err
	}
	keys, err := keysOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	for _, each := range all {
		for _, state := range each.states() {
			v.must(keys.have(state.key), "the environment of %s is encrypted with %s", state.label, orNothing(state.key))
		}
	}
	v.must(len(all) > 0, "%s has no functions", s.Name())
	v.saw("%d functions", len(all))
	return v.give()
}

// secretShapes are what values look like that must stand nowhere in clear.
var secretShapes = regexp.MustCompile(`-----BEGIN |A(KI|SI)A[A-Z0-9]{16}|hooks\.slack\.com/|\bxox[a-z]-|eyJ[A-Za-z0-9_-]{10,}\.|://[^/@:\s]+:[^/@\s]+@`)

// secretNames are variables and outputs that, by their name, are about a secret.
var secretNames = regexp.MustCompile(`(?i)(SECRET|PASSWORD|PASSWD|TOKEN|CREDENTIAL|PRIVATE_KEY|API_KEY|JWT_KEY|WEBHOOK)`)

// secretARN is all that may stand there instead.
var secretARN = regexp.MustCompile(`^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[^:]+$`)

// holdsSecret reports whether a value is a secret's, by its shape or its name. A number
// of seconds is none.
func holdsSecret(name, value string) bool {
	plain := value == "" || secretARN.MatchString(value) || regexp.MustCompile(`^[0-9]{1,9}$`).MatchString(value)
	return secretShapes.MatchString(value) || secretNames.MatchString(name) && !plain
}

func noSecretValues(ctx context.Context, s *Subject) ([]string, error) {
	all, err := functionsOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	variables, arns := 0, 0
	for _, each := range all {
		for _, state := range each.states() {
			for name, value := range state.environment {
				variables++
				if secretARN.MatchString(value) {
					arns++
				}
				// The value is not told: reasons stand in records and reports.
				v.must(!holdsSecret(name, value), "%s: the variable %s looks like a secret's value", state.label, name)
			}
		}
	}
	for name, value := range s.Outputs {
		for _, each := range textsIn(value) {
			// The names of outputs speak of secrets: their ARNs, their names, and
			// tokens that a domain publishes.
			v.must(!secretShapes.MatchString(each), "the output %s looks like a secret's value", name)
		}
	}
	v.must(len(all) > 0, "%s has no functions", s.Name())
	v.saw("%d functions with %d variables, %d of them ARNs of secrets, and %d outputs", len(all), variables, arns, len(s.Outputs))
	return v.give()
}

// textsIn gives the texts in an output.
func textsIn(value any) []string {
	var all []string
	switch is := value.(type) {
	case string:
		all = append(all, is)
	case []any:
		for _, each := range is {
			all = append(all, textsIn(each)...)
		}
	case map[string]any:
		for _, each := range is {
			all = append(all, textsIn(each)...)
		}
	}
	return all
}

func functionsPrivate(ctx context.Context, s *Subject) ([]string, error) {
	all, err := functionsOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	statements := 0
	for _, each := range all {
		for _, policy := range each.policies {
			for _, fault := range iampolicy.Faults(policy, "function", s.Account) {
				v.must(false, "function %s: %s", each.name, fault)
			}
			for _, statement := range policy.Allowing() {
				statements++
				v.must(len(statement.Principal["Service"]) == 0 || statement.NamesCaller(),
					"function %s: statement %q lets %v call it for anybody", each.name, statement.Sid, []string(statement.Principal["Service"]))
			}
		}
	}
	v.must(len(all) > 0, "%s has no functions", s.Name())
	v.saw("%d functions with %d statements that let services call them", len(all), statements)
	return v.give()
}

// orNothing names what is empty.
func orNothing(name string) string {
	if name == "" {
		return "no key of one's own"
	}
	return name
}
