package lambda

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

// function is one version of a function as it is deployed.
type function struct {
	arn         string // without qualifier
	name        string
	region      string
	version     string // a number or $LATEST
	digest      string // of the code, hexadecimal
	packageType string
	runtime     string
	handler     string
	role        string
	environment map[string]string
	timeout     time.Duration
	memoryMB    int
	logGroup    string
	logLevel    string // of the function itself; empty for text
	systemLevel string // of START, END and REPORT; empty for text
	tracing     bool
	deadLetters string // ARN of a queue or topic
	reserved    *int   // concurrent executions; nil for no limit of its own
	fingerprint string // differs where any setting or the code differs
}

// deployed is what GetFunction answers, as far as it is of use here.
type deployed struct {
	Configuration json.RawMessage
	Concurrency   struct{ ReservedConcurrentExecutions *int }
}

// configuration is the part of it that describes the function.
type configuration struct {
	FunctionArn, FunctionName, Version     string
	CodeSha256, Handler, PackageType, Role string
	Runtime                                string
	Timeout, MemorySize                    int
	Environment                            struct{ Variables map[string]string }
	LoggingConfig                          struct{ LogFormat, LogGroup, ApplicationLogLevel, SystemLogLevel string }
	TracingConfig                          struct{ Mode string }
	DeadLetterConfig                       struct{ TargetArn string }
}

// alias is what GetAlias answers.
type alias struct {
	FunctionVersion string
	RoutingConfig   struct{ AdditionalVersionWeights map[string]float64 }
}

// pick chooses the version that a call of the alias runs; random is in [0, 1).
func (a alias) pick(random float64) string {
	weights := a.RoutingConfig.AdditionalVersionWeights
	for _, version := range slices.Sorted(maps.Keys(weights)) {
		if random < weights[version] {
			return version
		}
		random -= weights[version]
	}
	return a.FunctionVersion
}

// maxAnswers bounds what the resolver remembers of each kind.
const maxAnswers = 4096

// resolver finds the version that a name stands for. It remembers what moto
// answered until a change passes by.
type resolver struct {
	emulator *upstream.Client
	account  string

	mu         sync.Mutex
	generation int // rises with every change; an answer of before is not kept
	functions  map[name]*function
	aliases    map[name]alias
}

func newResolver(e *upstream.Client, account string) *resolver {
	return &resolver{emulator: e, account: account, functions: map[name]*function{}, aliases: map[name]alias{}}
}

// forget drops every answer: something was changed.
func (r *resolver) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.generation++
	clear(r.functions)
	clear(r.aliases)
}

// notFoundError is AWS's answer to a name that nothing has.
type notFoundError struct{ arn string }

func (e *notFoundError) Error() string { return "Function not found: " + e.arn }

// resolve gives the version that n stands for; random, in [0, 1), chooses
// where an alias shares its calls out.
func (r *resolver) resolve(ctx context.Context, n name, random float64) (*function, error) {
	version := n.qualifier
	if version == "" {
		version = "$LATEST"
	}
	if version != "$LATEST" && strings.Trim(version, "0123456789") != "" {
		a, err := remembered(r, r.aliases, n, func() (alias, error) { return r.askAlias(ctx, n) })
		if err != nil {
			return nil, r.explain(err, n)
		}
		version = a.pick(random)
	}
	exact := name{region: n.region, function: n.function, qualifier: version}
	fn, err := remembered(r, r.functions, exact, func() (*function, error) { return r.askFunction(ctx, exact) })
	if err != nil {
		return nil, r.explain(err, n)
	}
	return fn, nil
}

// explain words moto's 404 as AWS does on invocation.
func (r *resolver) explain(err error, n name) error {
	if upstream.NotFound(err) {
		return &notFoundError{arn: n.arn(r.account)}
	}
	return fmt.Errorf("asking for function %s: %w", n.function, err)
}

// remembered gives the answer from memory, else asks and keeps it.
func remembered[V any](r *resolver, answers map[name]V, n name, ask func() (V, error)) (V, error) {
	r.mu.Lock()
	value, ok := answers[n]
	generation := r.generation
	r.mu.Unlock()
	if ok {
		return value, nil
	}
	value, err := ask()
	if err != nil {
		return value, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.generation == generation {
		if len(answers) >= maxAnswers {
			clear(answers)
		}
		answers[n] = value
	}
	return value, nil
}

func (r *resolver) askAlias(ctx context.Context, n name) (a alias, err error) {
	err = r.emulator.Get(ctx, "lambda", n.region, "/2015-03-31/functions/"+url.PathEscape(n.function)+"/aliases/"+url.PathEscape(n.qualifier), &a)
	return a, err
}

func (r *resolver) askFunction(ctx context.Context, n name) (*function, error) {
	var answer deployed
	err := r.emulator.Get(ctx, "lambda", n.region, "/2015-03-31/functions/"+url.PathEscape(n.function)+"?Qualifier="+url.QueryEscape(n.qualifier), &answer)
	if err != nil {
		return nil, err
	}
	return describe(answer, n, r.account)
}

// describe makes a function of moto's answer.
func describe(answer deployed, n name, account string) (*function, error) {
	var c configuration
	if err := json.Unmarshal(answer.Configuration, &c); err != nil {
		return nil, err
	}
	digest, err := hexDigest(c.CodeSha256)
	if err != nil {
		return nil, fmt.Errorf("code of function %s: %w", n.function, err)
	}
	sum := sha256.Sum256(answer.Configuration)
	fn := &function{
		arn:  name{region: n.region, function: n.function}.arn(account),
		name: n.function, region: n.region, version: n.qualifier,
		digest: digest, packageType: c.PackageType, runtime: c.Runtime, handler: c.Handler, role: c.Role,
		environment: c.Environment.Variables,
		timeout:     time.Duration(c.Timeout) * time.Second,
		memoryMB:    c.MemorySize,
		logGroup:    c.LoggingConfig.LogGroup,
		tracing:     c.TracingConfig.Mode == "Active",
		deadLetters: c.DeadLetterConfig.TargetArn,
		reserved:    answer.Concurrency.ReservedConcurrentExecutions,
		fingerprint: hex.EncodeToString(sum[:]),
	}
	if fn.logGroup == "" {
		fn.logGroup = "/aws/lambda/" + fn.name
	}
	if c.LoggingConfig.LogFormat == "JSON" {
		fn.logLevel, fn.systemLevel = c.LoggingConfig.ApplicationLogLevel, c.LoggingConfig.SystemLogLevel
	}
	return fn, nil
}

// hexDigest turns the hash that AWS tells, base64, into the name of a file.
func hexDigest(sha256Base64 string) (string, error) {
	sum, err := base64.StdEncoding.DecodeString(sha256Base64)
	if err != nil || len(sum) != sha256.Size {
		return "", fmt.Errorf("%q is no hash of code", sha256Base64)
	}
	return hex.EncodeToString(sum), nil
}
