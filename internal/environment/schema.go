package environment

import (
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"time"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/gocty"
)

// attribute describes one attribute of deploy.hcl. The schema below is the
// only list of them: decoding and the test of docs/deploy-hcl.md follow it.
type attribute struct {
	block    string // "" at the top level
	name     string
	kind     cty.Type
	required bool
	initial  string // the default, as it would be written in HCL; "" when required
	// set stores a value that has the kind already, or tells what is wrong
	// with it, as words that follow "must be".
	set func(*Settings, cty.Value) (want string)
}

// path gives "block.name" or "name".
func (a attribute) path() string {
	if a.block == "" {
		return a.name
	}
	return a.block + "." + a.name
}

var (
	regionPattern  = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]+$`)
	accountPattern = regexp.MustCompile(`^([0-9]{12})?$`)
	bucketPattern  = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	typePattern    = regexp.MustCompile(`^[a-z][a-z0-9]*_[a-z0-9_]+$`)
	layerPattern   = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)
	prefixPattern  = regexp.MustCompile(`^([A-Za-z0-9_.-]+/)+$`)
	areaPattern    = regexp.MustCompile(`^(health|security|monitoring|cost|performance|data)$`)
	stepPattern    = regexp.MustCompile(`^([1-9][0-9]?)% for ([0-9]+(s|m|h))$`)
	pathPattern    = regexp.MustCompile(`^/[^\s]*$`)
)

const areaWords = "areas: health, security, monitoring, cost, performance, data"

const bucketWords = "a bucket name of 3 to 63 lower-case letters, digits, dots and hyphens"

func schema() []attribute {
	text, list := cty.String, cty.List(cty.String)
	return []attribute{
		{name: "target", kind: text, required: true, set: func(s *Settings, v cty.Value) string {
			s.Target = Target(v.AsString())
			return oneOf(s.Target, TargetAWS, TargetLocal)
		}},
		{name: "region", kind: text, required: true, set: func(s *Settings, v cty.Value) string {
			s.Region = v.AsString()
			return matching(s.Region, regionPattern, "an AWS region such as \"ap-northeast-1\"")
		}},
		{name: "account", kind: text, initial: `""`, set: func(s *Settings, v cty.Value) string {
			s.Account = v.AsString()
			return matching(s.Account, accountPattern, "an AWS account id of 12 digits, in quotes")
		}},
		{block: "state", name: "bucket", kind: text, initial: `"mandala-deploy-<environment>"`, set: func(s *Settings, v cty.Value) string {
			s.State.Bucket = v.AsString()
			return matching(s.State.Bucket, bucketPattern, bucketWords)
		}},
		{block: "state", name: "lease_seconds", kind: cty.Number, initial: "60", set: func(s *Settings, v cty.Value) string {
			return whole(v, &s.State.LeaseSeconds, 5, 3600)
		}},
		{block: "approval", name: "required", kind: cty.Bool, initial: "false", set: func(s *Settings, v cty.Value) string {
			s.Approval.Required = v.True()
			return ""
		}},
		{block: "functions", name: "source", kind: text, initial: `""`, set: func(s *Settings, v cty.Value) string {
			s.Functions.Source = v.AsString()
			return folder(s.Functions.Source, "functions")
		}},
		{block: "functions", name: "architecture", kind: text, initial: `"arm64"`, set: func(s *Settings, v cty.Value) string {
			s.Functions.Architecture = Architecture(v.AsString())
			return oneOf(s.Functions.Architecture, ARM64, X86, ThisHost)
		}},
		{block: "release", name: "required", kind: cty.Bool, initial: "false", set: func(s *Settings, v cty.Value) string {
			s.Release.Required = v.True()
			return ""
		}},
		{block: "frontend", name: "source", kind: text, initial: `""`, set: func(s *Settings, v cty.Value) string {
			s.Frontend.Source = v.AsString()
			return folder(s.Frontend.Source, "frontend/dist")
		}},
		{block: "frontend", name: "immutable", kind: list, initial: `["assets/"]`, set: func(s *Settings, v cty.Value) string {
			return words(v, &s.Frontend.Immutable, prefixPattern, "a list of folders of the site such as [\"assets/\"]")
		}},
		{block: "migrations", name: "source", kind: text, initial: `""`, set: func(s *Settings, v cty.Value) string {
			s.Migrations.Source = v.AsString()
			return folder(s.Migrations.Source, "functions/migrations")
		}},
		{block: "migrations", name: "function", kind: text, initial: `"migrate"`, set: func(s *Settings, v cty.Value) string {
			s.Migrations.Function = v.AsString()
			return matching(s.Migrations.Function, layerPattern, "a function's short name")
		}},
		{block: "canary", name: "steps", kind: list, initial: "[]", set: func(s *Settings, v cty.Value) string {
			return canarySteps(v, &s.Canary.Steps)
		}},
		{block: "canary", name: "functions", kind: list, initial: "[]", set: func(s *Settings, v cty.Value) string {
			return words(v, &s.Canary.Functions, layerPattern, "a list of functions' short names")
		}},
		{block: "canary", name: "max_error_percent", kind: cty.Number, initial: "5", set: func(s *Settings, v cty.Value) string {
			s.Canary.MaxErrorPercent, _ = v.AsBigFloat().Float64()
			if s.Canary.MaxErrorPercent < 0 || s.Canary.MaxErrorPercent > 100 {
				return "a percentage from 0 to 100"
			}
			return ""
		}},
		{block: "backup", name: "database", kind: text, initial: `"when-touched"`, set: func(s *Settings, v cty.Value) string {
			s.Backup.Database = DatabaseBackup(v.AsString())
			return oneOf(s.Backup.Database, BackupAlways, BackupWhenTouched, BackupNever)
		}},
		{block: "backup", name: "keep_snapshots", kind: cty.Number, initial: "7", set: func(s *Settings, v cty.Value) string {
			return whole(v, &s.Backup.KeepSnapshots, 1, 50)
		}},
		{block: "guard", name: "stateful_types", kind: list, initial: "[]", set: func(s *Settings, v cty.Value) string {
			return words(v, &s.Guard.StatefulTypes, typePattern, "a list of resource types such as [\"aws_dynamodb_table\"]")
		}},
		{block: "rollback", name: "on_failure", kind: cty.Bool, initial: "false", set: func(s *Settings, v cty.Value) string {
			s.Rollback.OnFailure = v.True()
			return ""
		}},
		{block: "rollback", name: "keep_releases", kind: cty.Number, initial: "10", set: func(s *Settings, v cty.Value) string {
			return whole(v, &s.Rollback.KeepReleases, 1, 1000)
		}},
		{block: "rollback", name: "layers", kind: list, initial: "[]", set: func(s *Settings, v cty.Value) string {
			return words(v, &s.Rollback.Layers, layerPattern, "a list of layer names")
		}},
		{block: "verify", name: "areas", kind: list, initial: "[]", set: func(s *Settings, v cty.Value) string {
			return words(v, &s.Verify.Areas, areaPattern, "a list of "+areaWords)
		}},
		{block: "verify", name: "health_path", kind: text, initial: `"/health"`, set: func(s *Settings, v cty.Value) string {
			s.Verify.HealthPath = v.AsString()
			return matching(s.Verify.HealthPath, pathPattern, "a path that starts with \"/\"")
		}},
		{block: "verify", name: "attempts", kind: cty.Number, initial: "5", set: func(s *Settings, v cty.Value) string {
			return whole(v, &s.Verify.Attempts, 1, 100)
		}},
		{block: "verify", name: "monthly_budget_usd", kind: cty.Number, initial: "100", set: func(s *Settings, v cty.Value) string {
			s.Verify.MonthlyBudgetUSD, _ = v.AsBigFloat().Float64()
			if s.Verify.MonthlyBudgetUSD <= 0 {
				return "a number above 0"
			}
			return ""
		}},
		{block: "notify", name: "slack_webhook_secret", kind: text, initial: `""`, set: func(s *Settings, v cty.Value) string {
			s.Notify.SlackWebhookSecret = v.AsString()
			return ""
		}},
	}
}

// defaults gives the settings of a deploy.hcl that sets nothing.
func defaults(name string) Settings {
	return Settings{
		State:      State{Bucket: "mandala-deploy-" + name, LeaseSeconds: 60},
		Functions:  Functions{Architecture: ARM64},
		Frontend:   Frontend{Immutable: []string{"assets/"}},
		Migrations: Migrations{Function: "migrate"},
		Canary:     Canary{MaxErrorPercent: 5},
		Backup:     Backup{Database: BackupWhenTouched, KeepSnapshots: 7},
		Rollback:   Rollback{KeepReleases: 10},
		Verify:     Verify{HealthPath: "/health", Attempts: 5, MonthlyBudgetUSD: 100},
	}
}

func oneOf[T ~string](value T, allowed ...T) string {
	words := ""
	for i, a := range allowed {
		if a == value {
			return ""
		}
		switch {
		case i == 0:
		case i == len(allowed)-1:
			words += " or "
		default:
			words += ", "
		}
		words += fmt.Sprintf("%q", a)
	}
	return words
}

func matching(value string, pattern *regexp.Regexp, want string) string {
	if pattern.MatchString(value) {
		return ""
	}
	return want
}

func whole(v cty.Value, into *int, least, most int) string {
	var n int
	if err := gocty.FromCtyValue(v, &n); err != nil || n < least || n > most {
		return fmt.Sprintf("a whole number from %d to %d", least, most)
	}
	*into = n
	return ""
}

func words(v cty.Value, into *[]string, pattern *regexp.Regexp, want string) string {
	all := []string{}
	for _, element := range v.AsValueSlice() {
		if element.IsNull() || !pattern.MatchString(element.AsString()) {
			return want
		}
		all = append(all, element.AsString())
	}
	*into = all
	return ""
}

// folder accepts a folder below the project's, or none.
func folder(value, example string) string {
	if value != "" && !fs.ValidPath(value) {
		return fmt.Sprintf("a folder of the project such as %q", example)
	}
	return ""
}

// canarySteps reads steps such as "10% for 5m": growing shares, each held for at
// least a second.
func canarySteps(v cty.Value, into *[]CanaryStep) string {
	const want = "a list of growing steps such as [\"10% for 5m\", \"50% for 5m\"]"
	steps := []CanaryStep{}
	for _, element := range v.AsValueSlice() {
		if element.IsNull() {
			return want
		}
		parts := stepPattern.FindStringSubmatch(element.AsString())
		if parts == nil {
			return want
		}
		percent, _ := strconv.Atoi(parts[1])
		held, err := time.ParseDuration(parts[2])
		if err != nil || held < time.Second || len(steps) > 0 && steps[len(steps)-1].Percent >= percent {
			return want
		}
		steps = append(steps, CanaryStep{Percent: percent, Hold: held})
	}
	*into = steps
	return ""
}
