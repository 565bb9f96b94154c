package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/release"
)

// cloud is what a world has deployed beside its layers: the functions goals and
// health of layer app with their versions and aliases, a site, a database. It stands
// for Lambda, S3, CloudFront, RDS, CloudWatch, and for who verifies and who is told.
type cloud struct {
	outputs map[string]any // of the root

	mu          sync.Mutex
	versions    map[string][]engine.FunctionVersion // function → published, the first is 1
	latest      map[string]engine.FunctionVersion   // function → not published; none where the newest is
	aliases     map[string]engine.Alias
	moves       []string // function version shares, as they were made
	refuse      string   // function whose alias cannot be moved
	refuseAll   string   // function whose alias does not take all calls to another version than its first
	files       map[string]engine.SiteUpload
	puts        []string // keys, as they were put
	invalidated []string
	snapshots   []string
	schema      int64
	classes     map[int64]release.Class // of migrations that there are
	migrated    []string                // payloads
	notices     []engine.Notice
	broken      map[string]bool // releases that do not verify
	alarms      []string        // that go off once they were looked at
	looked      bool
	failing     map[string]bool // releases whose calls fail
	seen        []string        // releases that were verified
	blind       error           // what asking for metrics gives
	unseen      bool            // Terraform sees no difference in functions

	contractionFails bool // at the second of several migrations

	fail map[string]int // method → how often it fails
}

// failed gives the error of a method that is to fail.
func (c *cloud) failed(method string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fail[method] == 0 {
		return nil
	}
	c.fail[method]--
	return errors.New("AWS refuses " + method)
}

func newCloud() *cloud {
	return &cloud{
		outputs:  map[string]any{"site_bucket": "site", "distribution_id": "E1", "alerts_topic_arn": "topic"},
		versions: map[string][]engine.FunctionVersion{}, latest: map[string]engine.FunctionVersion{}, aliases: map[string]engine.Alias{}, files: map[string]engine.SiteUpload{},
		classes: map[int64]release.Class{}, broken: map[string]bool{}, failing: map[string]bool{}, fail: map[string]int{},
	}
}

// code is what a layer's functions are to run.
type code struct {
	functions map[string]string // name → digest
	release   string
}

// code reads it from a composed root.
func (w *world) code(dir string) code {
	var artifacts struct {
		Artifacts map[string]struct{ SHA256 string }
	}
	var named struct{ Release string }
	for file, into := range map[string]any{"mandala-functions.tfvars.json": &artifacts, "mandala-release.tfvars.json": &named} {
		if body := w.dirs[dir].files[file]; body != nil {
			if err := json.Unmarshal(body, into); err != nil {
				w.t.Error(err)
			}
		}
	}
	c := code{functions: map[string]string{}, release: named.Release}
	for name, a := range artifacts.Artifacts {
		c.functions[name] = a.SHA256
	}
	return c
}

func (c code) version(function string) engine.FunctionVersion {
	return engine.FunctionVersion{CodeSHA256: c.functions[function], Settings: c.functions[function] + " " + c.release, Release: c.release}
}

// outdated reports whether a layer's functions run something else.
func (c *cloud) outdated(layer string, now code) bool {
	if c == nil || layer != "app" {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for name := range now.functions {
		if c.unseen {
			break
		}
		all := c.versions[name]
		if latest, ok := c.latest[name]; ok {
			all = append(slices.Clone(all), latest)
		}
		if len(all) == 0 || all[len(all)-1].Settings != now.version(name).Settings {
			return true
		}
	}
	return false
}

// publish makes new versions, as Lambda does where something changed.
func (c *cloud) publish(layer string, now code) {
	if !c.outdated(layer, now) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for name := range now.functions {
		version := now.version(name)
		version.Number = strconv.Itoa(len(c.versions[name]) + 1)
		c.versions[name] = append(c.versions[name], version)
		if _, ok := c.aliases[name]; !ok {
			c.aliases[name] = engine.Alias{Version: version.Number}
		}
	}
}

// resources gives what a layer's state has of it.
func (c *cloud) resources(layer string) []map[string]any {
	if c == nil || layer != "app" {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	type m = map[string]any
	functions, aliases := []m{}, []m{}
	for _, name := range slices.Sorted(maps.Keys(c.versions)) {
		newest := strconv.Itoa(len(c.versions[name]))
		functions = append(functions, m{"index_key": name, "attributes": m{"id": name, "function_name": name, "version": newest}})
		aliases = append(aliases, m{"index_key": name, "attributes": m{"id": name, "function_name": name, "name": "live"}})
	}
	const provider = `provider["terraform.io/builtin/terraform"]`
	all := []m{{"module": "module.app", "mode": "managed", "type": "aws_rds_cluster", "name": "this", "provider": provider,
		"instances": []m{{"attributes": m{"id": "cluster", "cluster_identifier": "cluster"}}}}}
	for kind, instances := range map[string][]m{"aws_lambda_function": functions, "aws_lambda_alias": aliases} {
		all = append(all, m{"module": "module.app", "mode": "managed", "type": kind, "name": "this", "provider": provider, "instances": instances})
	}
	return all
}

// Alias, FunctionVersion, NewestVersion, PutCode, PublishVersion and MoveAlias are engine.Aliases.
func (c *cloud) Alias(_ context.Context, function, _ string) (engine.Alias, error) {
	if err := c.failed("Alias"); err != nil {
		return engine.Alias{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	alias, ok := c.aliases[function]
	if !ok {
		return engine.Alias{}, engine.ErrNotFound
	}
	return alias, nil
}

func (c *cloud) FunctionVersion(_ context.Context, function, version string) (engine.FunctionVersion, error) {
	if err := c.failed("FunctionVersion"); err != nil {
		return engine.FunctionVersion{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if version == engine.LatestVersion {
		if latest, ok := c.latest[function]; ok {
			return latest, nil
		}
		version = strconv.Itoa(len(c.versions[function]))
	}
	n, err := strconv.Atoi(version)
	if err != nil || n < 1 || n > len(c.versions[function]) {
		return engine.FunctionVersion{}, engine.ErrNotFound
	}
	return c.versions[function][n-1], nil
}

func (c *cloud) NewestVersion(_ context.Context, function string) (string, error) {
	if err := c.failed("NewestVersion"); err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return strconv.Itoa(len(c.versions[function])), nil
}

func (c *cloud) PutCode(_ context.Context, function, bucket, key string) error {
	if err := c.failed("PutCode"); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	version, ok := c.latest[function]
	if !ok || bucket == "" {
		return fmt.Errorf("%s has what it should", function)
	}
	version.CodeSHA256 = strings.TrimPrefix(key, "artifacts/sha256/")
	version.Settings = version.CodeSHA256 + " " + version.Release
	c.latest[function] = version
	return nil
}

func (c *cloud) PublishVersion(_ context.Context, function string) error {
	if err := c.failed("PublishVersion"); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if version, ok := c.latest[function]; ok {
		version.Number = strconv.Itoa(len(c.versions[function]) + 1)
		c.versions[function] = append(c.versions[function], version)
		delete(c.latest, function)
	}
	return nil
}

func (c *cloud) MoveAlias(_ context.Context, function, _ string, to engine.Alias) error {
	if err := c.failed("MoveAlias"); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if function == c.refuse || function == c.refuseAll && len(to.Shares) == 0 && to.Version != "1" {
		return fmt.Errorf("Lambda refuses to move %s", function) //nolint:revive,staticcheck // a name
	}
	c.aliases[function] = engine.Alias{Version: to.Version, Shares: to.Shares}
	c.moves = append(c.moves, fmt.Sprintf("%s %s %v", function, to.Version, to.Shares))
	return nil
}

// Calls and Alarming are engine.Metrics.
func (c *cloud) Calls(ctx context.Context, function, _, version string, _ time.Time) (calls, failed int, err error) {
	v, err := c.FunctionVersion(ctx, function, version)
	if err == nil && c.failing[v.Release] {
		return 100, 50, nil
	}
	return 100, 0, errors.Join(err, c.blind)
}

func (c *cloud) Alarming(context.Context, string) ([]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.looked {
		c.looked = true
		return nil, nil
	}
	return c.alarms, nil
}

// SiteFiles, PutSiteFile, DeleteSiteFiles and Invalidate are engine.Site.
func (c *cloud) SiteFiles(context.Context, string) (map[string]engine.SiteObject, error) {
	if err := c.failed("SiteFiles"); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	files := map[string]engine.SiteObject{}
	for key, file := range c.files {
		files[key] = engine.SiteObject{SHA256: file.SHA256}
	}
	return files, nil
}

func (c *cloud) PutSiteFile(_ context.Context, _ string, file engine.SiteUpload) error {
	if err := c.failed("PutSiteFile"); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.files[file.Key] = file
	c.puts = append(c.puts, file.Key)
	return nil
}

func (c *cloud) DeleteSiteFiles(_ context.Context, _ string, keys []string) error {
	if err := c.failed("DeleteSiteFiles"); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range keys {
		delete(c.files, key)
	}
	return nil
}

func (c *cloud) Invalidate(_ context.Context, _ string, paths []string, _ string) (string, error) {
	if err := c.failed("Invalidate"); err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.invalidated = append(c.invalidated, strings.Join(paths, " "))
	return "I1", nil
}

// TakeSnapshot, ListSnapshots and DeleteSnapshot are engine.Snapshots.
func (c *cloud) TakeSnapshot(_ context.Context, _, name string, _ map[string]string) error {
	if err := c.failed("TakeSnapshot"); err != nil {
		return err
	}
	c.snapshots = append(c.snapshots, name)
	return nil
}

func (c *cloud) ListSnapshots(context.Context, string, string) ([]engine.Snapshot, error) {
	if err := c.failed("ListSnapshots"); err != nil {
		return nil, err
	}
	var all []engine.Snapshot
	for _, name := range slices.Backward(c.snapshots) {
		all = append(all, engine.Snapshot{Name: name, Complete: true, Tags: map[string]string{"mandala-deploy:environment": "test"}})
	}
	return all, nil
}

func (c *cloud) DeleteSnapshot(_ context.Context, name string) error {
	if err := c.failed("DeleteSnapshot"); err != nil {
		return err
	}
	c.snapshots = slices.DeleteFunc(c.snapshots, func(each string) bool { return each == name })
	return nil
}

// Invoke is engine.Invoker: the function health migrates, too, to the newest of classes.
func (c *cloud) Invoke(_ context.Context, _, qualifier string, payload []byte) (engine.Invocation, error) {
	if err := c.failed("Invoke"); err != nil {
		return engine.Invocation{}, err
	}
	var request struct {
		DryRun bool          `json:"dry_run"`
		Class  release.Class `json:"class"`
	}
	if err := json.Unmarshal(payload, &request); err != nil {
		return engine.Invocation{}, err
	}
	c.migrated = append(c.migrated, qualifier+" "+string(payload))
	type m = map[string]any
	pending := []m{}
	from := c.schema
	for _, version := range slices.Sorted(maps.Keys(c.classes)) {
		if version > c.schema {
			pending = append(pending, m{"version": version, "name": "x", "class": c.classes[version]})
			if c.contractionFails && !request.DryRun && request.Class == release.Contract && from != c.schema {
				c.schema = from // the first of them is made, and stays
				return engine.Invocation{Error: "Unhandled", Payload: []byte(`{"errorMessage": "the second fails"}`)}, nil
			}
			if request.Class != "" && c.classes[version] != request.Class {
				return engine.Invocation{Error: "Unhandled", Payload: []byte(`{"errorMessage": "not of the class"}`)}, nil
			}
			from = max(from, version)
		}
	}
	report := m{"from": c.schema, "current": c.schema, "pending": pending}
	if !request.DryRun {
		c.schema, report["current"] = from, from
	}
	body, err := json.Marshal(report)
	return engine.Invocation{Payload: body}, err
}

// Verify is engine.Verifier.
func (c *cloud) Verify(_ context.Context, request engine.VerifyRequest) (*engine.Verification, error) {
	c.seen = append(c.seen, request.Release)
	check := engine.CheckResult{ID: "health.version", Area: "health", Result: engine.CheckPassed}
	if c.broken[request.Release] {
		check.Result, check.Reason = engine.CheckFailed, "no"
	}
	return &engine.Verification{Areas: request.Areas, Release: request.Release, Checks: []engine.CheckResult{check}}, nil
}

// Notify is engine.Notifier.
func (c *cloud) Notify(_ context.Context, notice engine.Notice) error {
	c.notices = append(c.notices, notice)
	return nil
}
