package verify

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"golang.org/x/sync/errgroup"
)

// liveAlias is the alias by which everything calls a function.
const liveAlias = "live"

func functionChecks() []Check {
	return []Check{
		{
			ID: "monitoring.functions-complete", Area: Monitoring, Requirements: []string{"R1.2"},
			Title:  "every function of the catalogue is deployed",
			Reads:  []string{"lambda:GetFunctionConfiguration"},
			Remedy: "apply the layer functions: `mandala-deploy plan ENV` shows what is missing",
			Run:    functionsAreThere,
		},
		{
			ID: "monitoring.function-aliases", Area: Monitoring, Requirements: []string{"R1.2", "R2.3"},
			Title:  "alias live of every function leads to one published version",
			Reads:  []string{"lambda:GetAlias"},
			Remedy: "a weight that stayed behind is a canary that was cut short: deploy or roll back again, which moves the alias",
			Run:    aliasesLead,
		},
		{
			ID: "monitoring.function-dead-letters", Area: Monitoring, Requirements: []string{"R1.2", "R1.7"},
			Title:  "an event that a function fails at for good is kept",
			Reads:  []string{"lambda:GetFunctionConfiguration"},
			Remedy: "apply the layer functions; every function's dead letters go to queue NAME-functions-dead-letters",
			Run:    deadLettersAreKept,
		},
		{
			ID: "monitoring.function-secrets-cache", Area: Monitoring, Requirements: []string{"R1.2", "R1.4"},
			Title:  "functions keep a secret for five minutes, no longer",
			Reads:  []string{"lambda:GetFunctionConfiguration"},
			Remedy: "apply the layer functions: SECRETS_CACHE_SECONDS is 300",
			Run:    secretsAreCached,
		},
	}
}

// catalogued gives the functions of R1.2 and R1.7 and the health check's, with the
// seconds that each may take.
func catalogued() map[string]int32 {
	seconds := map[string]int32{}
	for limit, names := range map[int32][]string{
		30:  {"auth", "goals", "tasks", "reflections", "health", "slack-notifier"},
		300: {"reminder"},
		900: {
			"ai", "start-workflow", "get-status", "cancel-workflow", "task-generation", "validate-input", "get-actions", "create-batches",
			"save-tasks", "update-progress", "aggregate-results", "update-goal-status", "handle-error", "migrate",
		},
	} {
		for _, name := range names {
			seconds[name] = limit
		}
	}
	return seconds
}

// liveFunction is what alias live of a function leads to.
type liveFunction struct {
	short, full string
	*lambda.GetFunctionConfigurationOutput
}

func (f liveFunction) subnets() []string {
	if f.VpcConfig == nil {
		return nil
	}
	return f.VpcConfig.SubnetIds
}

// functionNames gives the functions' full names by short name, as the root tells.
func functionNames(s *Subject) (map[string]string, error) {
	found, ok := s.Outputs["function_names"].(map[string]any)
	if !ok || len(found) == 0 {
		return nil, fmt.Errorf("the root has no output function_names")
	}
	names := map[string]string{}
	for short, name := range found {
		names[short] = fmt.Sprint(name)
	}
	return names, nil
}

// concurrentReads bounds the requests of one check: Lambda answers 15 a second to
// reading.
const concurrentReads = 5

// liveFunctions reads every function as it is called, sorted by name.
func liveFunctions(ctx context.Context, s *Subject) ([]liveFunction, error) {
	return recall(ctx, "functions", func(ctx context.Context) ([]liveFunction, error) {
		client := lambda.NewFromConfig(s.AWS)
		return eachFunction(ctx, s, func(ctx context.Context, short, full string) (liveFunction, error) {
			found, err := client.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &full, Qualifier: aws.String(liveAlias)})
			return liveFunction{short, full, found}, err
		})
	})
}

// eachFunction reads something of every function, a few at a time, in the order of
// the names.
func eachFunction[T any](ctx context.Context, s *Subject, read func(ctx context.Context, short, full string) (T, error)) ([]T, error) {
	names, err := functionNames(s)
	if err != nil {
		return nil, err
	}
	all, mu := map[string]T{}, sync.Mutex{}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(concurrentReads)
	for short, full := range names {
		group.Go(func() error {
			one, err := read(groupCtx, short, full)
			mu.Lock()
			defer mu.Unlock()
			all[short] = one
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var list []T
	for _, short := range slices.Sorted(maps.Keys(all)) {
		list = append(list, all[short])
	}
	return list, nil
}

func functionsAreThere(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	functions, err := liveFunctions(ctx, s)
	if err != nil {
		return nil, err
	}
	there := map[string]bool{}
	for _, f := range functions {
		there[f.short] = true
		v.must(f.State == "" || f.State == types.StateActive || f.State == types.StateInactive, "function %s is %s", f.short, f.State)
	}
	v.saw("%d functions", len(functions))
	for name := range catalogued() {
		v.must(there[name], "there is no function %s", name)
	}
	return v.give()
}

func aliasesLead(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	published := regexp.MustCompile(`^[1-9][0-9]*$`)
	client := lambda.NewFromConfig(s.AWS)
	faults, err := eachFunction(ctx, s, func(ctx context.Context, short, full string) (string, error) {
		alias, err := client.GetAlias(ctx, &lambda.GetAliasInput{FunctionName: &full, Name: aws.String(liveAlias)})
		if err != nil && answered(err, "ResourceNotFoundException") {
			return "function " + short + " has no alias live", nil
		}
		if err != nil {
			return "", err
		}
		if !published.MatchString(text(alias.FunctionVersion)) {
			return fmt.Sprintf("alias live of %s leads to %s, which is no published version", short, text(alias.FunctionVersion)), nil
		}
		if alias.RoutingConfig != nil && len(alias.RoutingConfig.AdditionalVersionWeights) > 0 {
			return fmt.Sprintf("a part of %s's calls goes to another version than %s", short, text(alias.FunctionVersion)), nil
		}
		return "", nil
	})
	if err != nil {
		return nil, err
	}
	for _, fault := range faults {
		v.must(fault == "", "%s", fault)
	}
	v.saw("alias live of %d functions", len(faults))
	return v.give()
}

func deadLettersAreKept(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	functions, err := liveFunctions(ctx, s)
	if err != nil {
		return nil, err
	}
	want := "arn:aws:sqs:" + s.Region + ":" + s.Account + ":" + s.Name() + "-functions-dead-letters"
	v.saw("%s", want)
	for _, f := range functions {
		v.must(f.DeadLetterConfig != nil && text(f.DeadLetterConfig.TargetArn) == want, "function %s loses what it fails at", f.short)
	}
	return v.give()
}

func secretsAreCached(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	functions, err := liveFunctions(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, f := range functions {
		kept := ""
		if f.Environment != nil {
			kept = f.Environment.Variables["SECRETS_CACHE_SECONDS"]
		}
		v.must(kept == "300", "function %s keeps secrets for %q seconds, not 300", f.short, kept)
	}
	v.saw("SECRETS_CACHE_SECONDS of %d functions", len(functions))
	return v.give()
}
