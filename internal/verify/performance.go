package verify

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
)

// Bounds of R6.1, and the series of requests by which a probe measures.
const (
	apiSeconds       = 2.0 // p95 of the API
	pageSeconds      = 3.0
	coldStartSeconds = 3.0
	cacheHitPercent  = 80.0
	probeRequests    = 50
	day              = 24 * time.Hour
)

func performanceChecks() []Check {
	return append([]Check{
		{
			ID: "performance.api-latency", Area: Performance, Requirements: []string{"R6.1"},
			Title:  "95 of 100 requests to the API are answered within 2 s",
			Reads:  []string{"cloudwatch:GetMetricStatistics", "with --probe: GET /health of the API, 50 times"},
			Remedy: "look at dashboard api and at the traces of slow requests; a function with more memory gets more processor",
			Run:    apiAnswersQuickly,
		},
		{
			ID: "performance.page-load", Area: Performance, Requirements: []string{"R6.1"},
			Title:  "the entry page is there within 3 s",
			Reads:  []string{"GET / of the site"},
			Remedy: "look at dashboard cloudfront: what CloudFront has to ask the bucket for takes longest",
			Run:    pageLoadsQuickly,
		},
		{
			ID: "performance.cold-start", Area: Performance, Requirements: []string{"R6.1"},
			Title:  "a function starts within 3 s",
			Reads:  []string{"logs:FilterLogEvents"},
			Remedy: "read saved query slow-invocations; more memory makes starts quicker, provisioned concurrency does away with them at a price",
			Run:    functionsStartQuickly,
		},
		{
			ID: "performance.queries", Area: Performance, Requirements: []string{"R6.1"},
			Title:  "no query of the last day was slow enough to be logged",
			Reads:  []string{"logs:FilterLogEvents"},
			Remedy: "run saved query slow-database-queries and look at Performance Insights for what the query waits for",
			Run:    queriesAreQuick,
		},
		{
			ID: "performance.cache-hit-rate", Area: Performance, Requirements: []string{"R6.1"},
			Title:  "CloudFront answers 80 of 100 requests from its cache",
			Reads:  []string{"cloudwatch:GetMetricStatistics"},
			Remedy: "see which paths miss (CloudFront's access log): assets with a hash in their name belong under the cached prefixes",
			Run:    cacheHits,
		},
		{
			ID: "performance.cache-settings", Area: Performance, Requirements: []string{"R1.3", "R6.1"},
			Title:  "the site's assets are kept 30 days, its pages 5 minutes, the API's answers not at all",
			Reads:  []string{"cloudfront:GetDistributionConfig", "cloudfront:GetCachePolicy"},
			Remedy: "apply the layer frontend: its cache policies set the times",
			Run:    cacheIsSet,
		},
	}, append(capacityChecks(), transportChecks()...)...)
}

// lastDay gives a metric's value over the last day; ok is false where nothing was
// measured.
func lastDay(ctx context.Context, s *Subject, in aws.Config, input *cloudwatch.GetMetricStatisticsInput) (point types.Datapoint, ok bool, err error) {
	now := s.Now()
	input.StartTime, input.EndTime, input.Period = aws.Time(now.Add(-day)), aws.Time(now), aws.Int32(int32(day/time.Second))
	found, err := cloudwatch.NewFromConfig(in).GetMetricStatistics(ctx, input)
	if err != nil || len(found.Datapoints) == 0 {
		return types.Datapoint{}, false, err
	}
	return found.Datapoints[0], true, nil
}

func dimension(name, value string) types.Dimension {
	return types.Dimension{Name: &name, Value: &value}
}

func apiAnswersQuickly(ctx context.Context, s *Subject) ([]string, error) {
	if s.Probe {
		return probeAPI(ctx, s)
	}
	var v verdict
	point, ok, err := lastDay(ctx, s, s.AWS, &cloudwatch.GetMetricStatisticsInput{
		Namespace: aws.String("AWS/ApiGateway"), MetricName: aws.String("Latency"), ExtendedStatistics: []string{"p95"},
		Dimensions: []types.Dimension{dimension("ApiName", s.Name()+"-api"), dimension("Stage", "v1")},
	})
	if err != nil {
		return nil, err
	}
	p95, measured := point.ExtendedStatistics["p95"]
	if !ok || !measured {
		return nil, fmt.Errorf("CloudWatch has no latency of the API for the last day: it had no traffic, and --probe makes some: %w", ErrNotMeasurable)
	}
	v.saw("p95 of the last day: %.0f ms", p95)
	v.must(p95/1000 < apiSeconds, "p95 of the last day is %.0f ms", p95)
	return v.give()
}

// probeAPI measures by requests one after the other, so that it is no load by itself.
func probeAPI(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	var took []time.Duration
	failed := 0
	for range probeRequests {
		answer, err := fetch(ctx, s, s.API+s.Settings.Verify.HealthPath)
		if err != nil && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil || answer.status >= 500 {
			failed++
			continue
		}
		took = append(took, answer.took)
	}
	v.must(failed == 0, "%d of %d requests failed", failed, probeRequests)
	if len(took) > 0 {
		slices.Sort(took)
		p95 := took[(len(took)*95-1)/100]
		v.saw("%d requests: half within %v, p95 %v, the slowest %v", len(took), rounded(took[len(took)/2]), rounded(p95), rounded(took[len(took)-1]))
		v.must(p95.Seconds() < apiSeconds, "p95 of %d requests is %v", len(took), rounded(p95))
	}
	return v.give()
}

func rounded(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }

func pageLoadsQuickly(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	answer, err := fetch(ctx, s, s.Site+"/")
	if err != nil {
		v.must(false, "the site does not answer: %s", oneLine(err.Error()))
		return v.give()
	}
	v.saw("status %d, %d bytes in %v", answer.status, len(answer.body), rounded(answer.took))
	v.must(answer.took.Seconds() < pageSeconds, "the entry page took %v", rounded(answer.took))
	return v.give()
}

// functionsStartQuickly reads the reports that Lambda writes into a function's log:
// those of starts alone tell how long one took.
func functionsStartQuickly(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	client, since := cloudwatchlogs.NewFromConfig(s.AWS), s.Now().Add(-day).UnixMilli()
	starts, err := eachFunction(ctx, s, func(ctx context.Context, short, full string) (start, error) {
		one := start{short: short}
		pages := cloudwatchlogs.NewFilterLogEventsPaginator(client, &cloudwatchlogs.FilterLogEventsInput{
			LogGroupName: aws.String("/aws/lambda/" + full), StartTime: &since, FilterPattern: aws.String("initDurationMs"), Limit: aws.Int32(1000),
		})
		for pages.HasMorePages() && one.count < 1000 { // a busy function's are many, and alike
			page, err := pages.NextPage(ctx)
			if err != nil {
				return one, err
			}
			for _, event := range page.Events {
				one.count++
				one.slowest = max(one.slowest, initDuration(text(event.Message)))
			}
		}
		return one, nil
	})
	if err != nil {
		return nil, err
	}
	count := 0
	slowest := time.Duration(0)
	for _, one := range starts {
		count += one.count
		slowest = max(slowest, one.slowest)
		v.must(one.slowest.Seconds() < coldStartSeconds, "a start of function %s took %v", one.short, rounded(one.slowest))
	}
	if count == 0 {
		return nil, fmt.Errorf("no function was started in the last day: %w", ErrNotMeasurable)
	}
	v.saw("%d starts in the last day, the slowest took %v", count, rounded(slowest))
	return v.give()
}

type start struct {
	short   string
	count   int
	slowest time.Duration
}

func queriesAreQuick(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	group := "/aws/rds/cluster/" + s.Name() + "/postgresql"
	client, since := cloudwatchlogs.NewFromConfig(s.AWS), aws.Int64(s.Now().Add(-day).UnixMilli())
	some, err := client.FilterLogEvents(ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &group, StartTime: since, Limit: aws.Int32(1)})
	if err != nil {
		return nil, err
	}
	if len(some.Events) == 0 && some.NextToken == nil {
		return nil, fmt.Errorf("the database wrote nothing into %s in the last day: %w", group, ErrNotMeasurable)
	}
	slow := 0
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(client, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &group, StartTime: since, FilterPattern: aws.String(`"duration:"`)})
	for pages.HasMorePages() && slow < 1000 {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		slow += len(page.Events)
	}
	v.saw("%d queries of 1,000 ms or more were logged in the last day", slow)
	v.must(slow == 0, "%d queries of the last day took 1,000 ms or more", slow)
	return v.give()
}

func cacheHits(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	id, err := s.Output("distribution_id")
	if err != nil {
		return nil, err
	}
	point, ok, err := lastDay(ctx, s, global(s), &cloudwatch.GetMetricStatisticsInput{
		Namespace: aws.String("AWS/CloudFront"), MetricName: aws.String("CacheHitRate"), Statistics: []types.Statistic{types.StatisticAverage},
		Dimensions: []types.Dimension{dimension("DistributionId", id), dimension("Region", "Global")},
	})
	if err != nil {
		return nil, err
	}
	if !ok || point.Average == nil {
		return nil, fmt.Errorf("CloudWatch has no cache hit rate for the last day: the site had no traffic: %w", ErrNotMeasurable)
	}
	v.saw("%.1f %% of the last day's requests were answered from the cache", *point.Average)
	v.must(*point.Average > cacheHitPercent, "%.1f %% of the last day's requests were answered from the cache", *point.Average)
	return v.give()
}

// AWS's own policy that keeps nothing has the same id in every account.
const managedCachingDisabled = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"

func cacheIsSet(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	d, err := distribution(ctx, s)
	if err != nil {
		return nil, err
	}
	client := cloudfront.NewFromConfig(s.AWS)
	kept := func(policy *string, what string, usual, most time.Duration) error {
		if text(policy) == "" {
			v.must(false, "%s: no cache policy", what)
			return nil
		}
		found, err := client.GetCachePolicy(ctx, &cloudfront.GetCachePolicyInput{Id: policy})
		if err != nil {
			return err
		}
		c := found.CachePolicy.CachePolicyConfig
		v.saw("%s: %d s, at most %d s", what, aws.ToInt64(c.DefaultTTL), aws.ToInt64(c.MaxTTL))
		v.must(aws.ToInt64(c.DefaultTTL) == int64(usual.Seconds()), "%s: kept %d s, not %d", what, aws.ToInt64(c.DefaultTTL), int64(usual.Seconds()))
		v.must(aws.ToInt64(c.MaxTTL) <= int64(most.Seconds()), "%s: kept up to %d s, more than %d", what, aws.ToInt64(c.MaxTTL), int64(most.Seconds()))
		return nil
	}
	v.must(aws.ToBool(d.DefaultCacheBehavior.Compress), "pages are not compressed")
	if err := kept(d.DefaultCacheBehavior.CachePolicyId, "pages", 5*time.Minute, time.Hour); err != nil {
		return nil, err
	}
	assets, api := 0, false
	for _, behaviour := range d.CacheBehaviors.Items {
		if text(behaviour.PathPattern) == "/api/*" {
			api = true
			v.must(text(behaviour.CachePolicyId) == managedCachingDisabled, "the API's answers are kept")
			continue
		}
		assets++
		v.must(aws.ToBool(behaviour.Compress), "%s is not compressed", text(behaviour.PathPattern))
		if err := kept(behaviour.CachePolicyId, text(behaviour.PathPattern), 30*day, 365*day); err != nil {
			return nil, err
		}
	}
	v.must(assets > 0, "no path is kept as an asset")
	v.must(api, "there is no way /api/* to the API")
	return v.give()
}
