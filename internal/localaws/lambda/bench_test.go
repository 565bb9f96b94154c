package lambda_test

import (
	"encoding/base64"
	"regexp"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// BenchmarkWarm is an invocation by the SDK of a process that runs.
func BenchmarkWarm(b *testing.B) {
	api := deploy(b, plane(b, nil), "bench-warm", nil)
	for b.Loop() {
		if _, err := api.Invoke(b.Context(), &awslambda.InvokeInput{FunctionName: aws.String("bench-warm")}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCold is an invocation that starts the process; init-ms is what its
// REPORT calls Init Duration.
func BenchmarkCold(b *testing.B) {
	address := plane(b, nil)
	api := deploy(b, address, "bench-cold", nil)
	inits := regexp.MustCompile(`Init Duration: ([\d.]+) ms`)
	total, crash := 0.0, []byte(`{"do":"exit"}`)
	for b.Loop() {
		output, err := api.Invoke(b.Context(), &awslambda.InvokeInput{FunctionName: aws.String("bench-cold"), Payload: crash, LogType: types.LogTypeTail})
		if err != nil {
			b.Fatal(err)
		}
		logs, _ := base64.StdEncoding.DecodeString(*output.LogResult)
		found := inits.FindSubmatch(logs)
		if found == nil {
			b.Fatalf("no cold start:\n%s", logs)
		}
		init, _ := strconv.ParseFloat(string(found[1]), 64)
		total += init
	}
	b.ReportMetric(total/float64(b.N), "init-ms")
}
