package verify

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	cftypes "github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/rds"
)

func capacityChecks() []Check {
	return []Check{
		{
			ID: "performance.function-limits", Area: Performance, Requirements: []string{"R1.2", "R1.7"},
			Title:  "functions have 512 MB, and the seconds of their kind",
			Reads:  []string{"lambda:GetFunctionConfiguration"},
			Remedy: "apply the layer functions",
			Run:    functionsHaveTheirLimits,
		},
		{
			ID: "performance.concurrency", Area: Performance, Requirements: []string{"R1.2", "R6.2"},
			Title:  "the account may run 100 executions at a time",
			Reads:  []string{"lambda:GetAccountSettings"},
			Remedy: "ask AWS for a higher quota of concurrent executions of Lambda",
			Run:    executionsMayRun,
		},
		{
			ID: "performance.reserved-concurrency", Area: Performance, Requirements: []string{"R1.2", "R6.2"},
			Title:  "no function has executions set apart, which would also bound it",
			Reads:  []string{"lambda:GetFunctionConcurrency"},
			Remedy: "take it away with `aws lambda delete-function-concurrency`, and apply the layer functions",
			Run:    nothingIsSetApart,
		},
		{
			ID: "performance.api-throttling", Area: Performance, Requirements: []string{"R1.2", "R6.2"},
			Title:  "the API takes 1,000 requests a second and bursts of 2,000",
			Reads:  []string{"apigateway:GetStage"},
			Remedy: "apply the layer api; api.throttle of the environment's values sets the rate",
			Run:    apiTakesItsLoad,
		},
		{
			ID: "performance.database-connections", Area: Performance, Requirements: []string{"R6.2"},
			Title:  "the database takes 50 connections",
			Reads:  []string{"rds:DescribeDBClusters", "rds:DescribeDBClusterParameters"},
			Remedy: "raise database.capacity_acu.max: the memory at the most decides how many connections the database takes",
			Run:    databaseTakesConnections,
		},
	}
}

func functionsHaveTheirLimits(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	functions, err := liveFunctions(ctx, s)
	if err != nil {
		return nil, err
	}
	seconds := catalogued()
	for _, f := range functions {
		v.must(aws.ToInt32(f.MemorySize) == 512, "function %s has %d MB", f.short, aws.ToInt32(f.MemorySize))
		if want, known := seconds[f.short]; known {
			v.must(aws.ToInt32(f.Timeout) == want, "function %s has %d s, not %d", f.short, aws.ToInt32(f.Timeout), want)
		}
	}
	v.saw("memory and seconds of %d functions", len(functions))
	return v.give()
}

func executionsMayRun(ctx context.Context, s *Subject) ([]string, error) {
	const wanted = 100
	var v verdict
	account, err := lambda.NewFromConfig(s.AWS).GetAccountSettings(ctx, &lambda.GetAccountSettingsInput{})
	if err != nil {
		return nil, err
	}
	if l := account.AccountLimit; l != nil {
		v.saw("the account may run %d at a time, %d of them not set apart", l.ConcurrentExecutions, aws.ToInt32(l.UnreservedConcurrentExecutions))
		v.must(l.ConcurrentExecutions >= wanted, "the account may run %d executions at a time", l.ConcurrentExecutions)
	}
	return v.give()
}

func nothingIsSetApart(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	client := lambda.NewFromConfig(s.AWS)
	reserved, err := eachFunction(ctx, s, func(ctx context.Context, short, full string) (string, error) {
		found, err := client.GetFunctionConcurrency(ctx, &lambda.GetFunctionConcurrencyInput{FunctionName: &full})
		if err != nil || found.ReservedConcurrentExecutions == nil {
			return "", err
		}
		return short, nil
	})
	if err != nil {
		return nil, err
	}
	for _, short := range reserved {
		v.must(short == "", "function %s has concurrency set apart, which also bounds it", short)
	}
	v.saw("concurrency of %d functions", len(reserved))
	return v.give()
}

func apiTakesItsLoad(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	stage, err := apiStage(ctx, s)
	if err != nil {
		return nil, err
	}
	all := stage.MethodSettings["*/*"]
	v.saw("%g requests a second, bursts of %d", all.ThrottlingRateLimit, all.ThrottlingBurstLimit)
	v.must(all.ThrottlingRateLimit == 1000, "the API takes %g requests a second", all.ThrottlingRateLimit)
	v.must(all.ThrottlingBurstLimit == 2000, "the API takes bursts of %d", all.ThrottlingBurstLimit)
	v.must(len(stage.MethodSettings) == 1, "single methods have settings of their own")
	return v.give()
}

// databaseTakesConnections: max_connections is AWS's own unless it is set, and AWS
// derives it from the memory at the most: 90 for one ACU, 189 for two, so that at
// least one ACU is enough.
func databaseTakesConnections(ctx context.Context, s *Subject) ([]string, error) {
	const wanted = 50
	var v verdict
	client := rds.NewFromConfig(s.AWS)
	found, err := client.DescribeDBClusters(ctx, &rds.DescribeDBClustersInput{DBClusterIdentifier: aws.String(s.Name())})
	if err != nil {
		return nil, err
	}
	for _, cluster := range found.DBClusters {
		scaling := cluster.ServerlessV2ScalingConfiguration
		v.must(scaling != nil && aws.ToFloat64(scaling.MaxCapacity) >= 1, "the database does not grow to one ACU, which takes %d connections", wanted)
		if scaling != nil {
			v.saw("grows to %g ACU", aws.ToFloat64(scaling.MaxCapacity))
		}
		pages := rds.NewDescribeDBClusterParametersPaginator(client, &rds.DescribeDBClusterParametersInput{DBClusterParameterGroupName: cluster.DBClusterParameterGroup, Source: aws.String("user")})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, parameter := range page.Parameters {
				if text(parameter.ParameterName) == "max_connections" {
					v.must(number(text(parameter.ParameterValue)) >= wanted, "max_connections is set to %s", text(parameter.ParameterValue))
				}
			}
		}
	}
	v.must(len(found.DBClusters) == 1, "there is no database %s", s.Name())
	return v.give()
}

// number reads a whole number; what is none counts as enough, such as a formula.
func number(digits string) int {
	n := 0
	for _, r := range digits {
		if r < '0' || r > '9' {
			return 1 << 30
		}
		n = n*10 + int(r-'0')
	}
	return n
}

// distribution reads the site's distribution.
func distribution(ctx context.Context, s *Subject) (*cftypes.DistributionConfig, error) {
	return recall(ctx, "distribution-config", func(ctx context.Context) (*cftypes.DistributionConfig, error) {
		id, err := s.Output("distribution_id")
		if err != nil {
			return nil, err
		}
		found, err := cloudfront.NewFromConfig(s.AWS).GetDistributionConfig(ctx, &cloudfront.GetDistributionConfigInput{Id: &id})
		if err != nil {
			return nil, err
		}
		return found.DistributionConfig, nil
	})
}

// initDuration reads how long a start took from a line that Lambda wrote, JSON as a
// rule, else the text "Init Duration: 12.34 ms".
func initDuration(line string) time.Duration {
	var report struct {
		Record struct {
			Metrics struct {
				InitDurationMs float64
			}
		}
	}
	if err := json.Unmarshal([]byte(line), &report); err == nil {
		return time.Duration(report.Record.Metrics.InitDurationMs * float64(time.Millisecond))
	}
	_, rest, found := strings.Cut(line, "Init Duration: ")
	if !found {
		return 0
	}
	figure, _, _ := strings.Cut(rest, " ms")
	d, err := time.ParseDuration(figure + "ms")
	if err != nil {
		return 0
	}
	return d
}
