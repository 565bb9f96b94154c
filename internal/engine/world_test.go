package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/engine/enginetest"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/journal"
	"github.com/goal-mandala/mandala-deploy/internal/lease"
)

// world is a stand-in for everything outside the engine: Terraform, disk, AWS
// and processes. Its Terraform plans what the layers of a composed root want
// against the states in the store, and knows nothing else; leases, records and
// states are the real ones, in memory.
//
// The root has the layers base ← app ← web, and other by itself; each wants
// two resources.
type world struct {
	bootstraps int // how often the bucket was put right
	t          *testing.T
	store      *enginetest.MemoryStore

	mu       sync.Mutex
	wants    map[string][]string // layer → names of its resources
	account  map[string]bool     // addresses of what exists
	dirs     map[string]laid
	plans    map[string]*tfjson.Plan
	applied  []string            // layers in the order in which their applies began
	faults   map[string]fault    // by layer
	notes    []string            // what the engine told
	leftover map[string][]byte   // by directory
	tidied   int                 // how often Tidy was called
	alive    func() bool         // whether processes of dead runs still run
	pending  map[string]bool     // layers whose steps plan more than the preview did
	cloud    *cloud              // what is deployed beside the layers; nil where nothing is
	deploys  map[string][]string // layer → functions that its first resource deploys, where the root takes any
}

// fault takes over an apply once its creations are made and reported, before
// the state is written.
type fault func(ctx context.Context) error

type laid struct{ files, secret map[string][]byte }

const (
	region  = "ap-northeast-1"
	account = "123456789012"
	host    = "here"
	ttl     = time.Second // of leases
)

func newWorld(t *testing.T) *world {
	t.Helper()
	return &world{
		t: t, store: &enginetest.MemoryStore{}, account: map[string]bool{}, dirs: map[string]laid{}, plans: map[string]*tfjson.Plan{},
		faults: map[string]fault{}, leftover: map[string][]byte{}, pending: map[string]bool{}, alive: func() bool { return false },
		wants: map[string][]string{"base": {"one", "two"}, "app": {"one", "two"}, "web": {"one", "two"}, "other": {"one", "two"}},
	}
}

// project gives the root's files; without leaves layers out, and "takes
// functions" declares the variables of functions' code.
func project(without ...string) fstest.MapFS {
	files := fstest.MapFS{
		"environments/test/deploy.hcl": {Data: []byte(`target = "aws"
region = "` + region + `"
account = "` + account + `"
state { bucket = "bucket" }
approval { required = false }
`)},
	}
	var root strings.Builder
	for _, each := range [][2]string{{"base", ""}, {"app", "base"}, {"web", "app"}, {"other", ""}} {
		layer, upstream := each[0], each[1]
		files["modules/"+layer+"/main.tf"] = &fstest.MapFile{Data: []byte("variable \"on\" {\n  type = string\n  default = \"\"\n}\noutput \"id\" {\n  value = var.on\n}\n")}
		if slices.Contains(without, layer) {
			continue
		}
		fmt.Fprintf(&root, "module %q {\n  source = \"../modules/%s\"\n", layer, layer)
		if upstream != "" {
			fmt.Fprintf(&root, "  on = module.%s.id\n", upstream)
		}
		root.WriteString("}\n")
	}
	if slices.Contains(without, "takes functions") {
		root.WriteString("variable \"artifacts\" {\n  default = {}\n}\nvariable \"architecture\" {\n  default = \"arm64\"\n}\n")
	}
	files["environments/main.tf"] = &fstest.MapFile{Data: []byte(root.String())}
	return files
}

// engine gives an engine on the world, as one process of the tool has it.
func (w *world) engine(without ...string) *engine.Engine {
	w.t.Helper()
	files := project(without...)
	env, err := environment.Load(files, "test")
	if err != nil {
		w.t.Fatal(err)
	}
	var ids sync.Mutex
	w.mu.Lock()
	defer w.mu.Unlock()
	return &engine.Engine{
		Environment: env, Project: files, ProjectDir: "/project",
		Terraform: w, Store: w.store, Cloud: w, Adopter: w, Files: w, Processes: w,
		Leases: lease.Of(w.store, ttl, lease.SystemClock{}), Journals: journal.Of(w.store, now),
		Actor: engine.Actor{User: "user", Host: host, PID: 1}, Clock: now, Parallelism: 2,
		NewID: func() string {
			ids.Lock()
			defer ids.Unlock()
			return fmt.Sprintf("run-%d", time.Now().UnixNano())
		},
		Progress: func(p engine.Progress) {
			if p.Kind == engine.ProgressNote {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.notes = append(w.notes, p.Text)
			}
		},
	}
}

func now() time.Time { return time.Now().UTC() }

// Identity and Bootstrap are engine.Cloud.
func (w *world) Identity(context.Context) (engine.Identity, error) {
	return engine.Identity{Account: account, ARN: "arn", Region: region}, nil
}

func (w *world) Bootstrap(context.Context, string, map[string]string) ([]string, error) {
	w.bootstraps++
	return nil, nil
}

// ImportID and Find are engine.Adopter: an address is its own id, and what is
// called "locked" cannot be imported.
func (w *world) ImportID(_ context.Context, _, id string, _ map[string]any) (string, bool, error) {
	return id, !strings.HasSuffix(id, ".locked"), nil
}

func (w *world) Find(_ context.Context, _ string, planned map[string]any, taken map[string]bool) (string, bool, error) {
	name, _ := planned["name"].(string)
	w.mu.Lock()
	defer w.mu.Unlock()
	return name, w.account[name] && !taken[name], nil
}

func (w *world) HalfMade(string) bool { return false }

// Alive and EndOrphans are engine.Processes.
func (w *world) Alive(p engine.Process) (alive, known bool) { return w.alive(), p.Host == host }

func (w *world) EndOrphans(engine.Process) int { return 0 }

// Lay and Leftover are engine.Files.
func (w *world) Lay(name string, files, secret map[string][]byte) (engine.Directory, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dirs[name] = laid{maps.Clone(files), maps.Clone(secret)}
	return directory(name), nil
}

func (w *world) Leftover(name string) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.leftover[name], nil
}

// Tidy is engine.Files, too.
func (w *world) Tidy() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tidied++
	return nil
}

type directory string

func (d directory) Path() string   { return string(d) }
func (d directory) Release() error { return nil }
func (d directory) Leave() error   { return nil }
func (d directory) Unsaved() bool  { return false }

// Init, Version, ReadEvents, Plan and Apply are engine.Terraform.
func (w *world) Init(context.Context, string) error { return nil }

func (w *world) Forget(context.Context, string, []string) error { return nil }

func (w *world) PushState(context.Context, string, []byte) error { return nil }

func (w *world) Version(context.Context) (string, error) { return "1.11.4", nil }

func (w *world) ReadEvents(r io.Reader, sink func(engine.Event)) error {
	decoder := json.NewDecoder(r)
	for {
		var event engine.Event
		if err := decoder.Decode(&event); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		sink(event)
	}
}

var (
	moduleBlock = regexp.MustCompile(`(?m)^module "(\w+)"`)
	importBlock = regexp.MustCompile(`import \{\s+to = (\S+)\s+id = "([^"]+)"`)
)

func (w *world) Plan(ctx context.Context, dir string, options engine.PlanOptions) (*tfjson.Plan, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var text strings.Builder
	for _, body := range w.dirs[dir].files {
		text.Write(body)
		text.WriteByte('\n')
	}
	var kept []string
	for _, m := range moduleBlock.FindAllStringSubmatch(text.String(), -1) {
		kept = append(kept, m[1])
	}
	imports := map[string]string{}
	for _, m := range importBlock.FindAllStringSubmatch(text.String(), -1) {
		imports[m[1]] = m[2]
	}
	present := addresses(w.t, w.dirs[dir].secret["terraform.tfstate"])
	layer, isSlice := strings.CutPrefix(dir, "layer-")
	if isSlice {
		present = w.stateOf(layer)
	}
	plan := &tfjson.Plan{OutputChanges: map[string]*tfjson.Change{}}
	add := func(address string, actions tfjson.Actions, importID string) {
		if len(options.Targets) > 0 && !slices.Contains(options.Targets, address) {
			return
		}
		change := &tfjson.Change{Actions: actions, After: map[string]any{"name": address, "keys": w.keys(dir, address)}, AfterUnknown: map[string]any{"id": true}}
		if importID != "" {
			change.Importing = &tfjson.Importing{ID: importID}
			change.Before, change.AfterUnknown = change.After, false
		}
		if actions.Delete() {
			change.Before, change.After, change.AfterUnknown = map[string]any{"id": address}, nil, false
		}
		if options.Brief {
			change = &tfjson.Change{Actions: actions, Importing: change.Importing, AfterUnknown: true}
		}
		plan.ResourceChanges = append(plan.ResourceChanges, &tfjson.ResourceChange{Address: address, Mode: tfjson.ManagedResourceMode, Type: "test_thing", Change: change})
	}
	wanted := map[string]bool{}
	for _, layer := range kept {
		wants := w.wants[layer]
		if isSlice && w.pending[layer] {
			wants = append(slices.Clone(wants), "unapproved")
		}
		changes := len(plan.ResourceChanges)
		for _, name := range wants {
			address := address(layer, name)
			wanted[address] = !options.Destroy
			switch {
			case options.Destroy || slices.Contains(present, address):
				if !options.Destroy && name == "one" && w.cloud.outdated(layer, w.code(dir)) {
					add(address, tfjson.Actions{tfjson.ActionUpdate}, "")
				}
			case imports[address] != "":
				add(address, tfjson.Actions{tfjson.ActionNoop}, imports[address])
			default:
				add(address, tfjson.Actions{tfjson.ActionCreate}, "")
			}
		}
		if len(plan.ResourceChanges) > changes {
			plan.OutputChanges["module_"+layer] = &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionUpdate}, AfterUnknown: true}
		}
	}
	if w.cloud != nil {
		for name, value := range w.cloud.outputs {
			plan.OutputChanges[name] = &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionCreate}, After: value, AfterUnknown: false}
		}
	}
	for _, address := range present {
		if !wanted[address] {
			add(address, tfjson.Actions{tfjson.ActionDelete}, "")
		}
	}
	w.plans[dir] = plan
	return plan, nil
}

// keys gives the keys of the archives that a resource deploys.
func (w *world) keys(dir, address string) []any {
	var values struct {
		Artifacts map[string]struct{ Key string }
	}
	if body := w.dirs[dir].files["mandala-functions.tfvars.json"]; body != nil {
		if err := json.Unmarshal(body, &values); err != nil {
			w.t.Error(err)
		}
	}
	var keys []any
	for layer, functions := range w.deploys {
		for _, function := range functions {
			if a, ok := values.Artifacts[function]; ok && strings.HasPrefix(address, "module."+layer+".") {
				keys = append(keys, a.Key)
			}
		}
	}
	return keys
}

func (w *world) Apply(ctx context.Context, dir string, options engine.ApplyOptions, sink func(engine.Event)) error {
	layer := strings.TrimPrefix(dir, "layer-")
	w.mu.Lock()
	w.applied = append(w.applied, layer)
	plan, fail := w.plans[dir], w.faults[layer]
	present := w.stateOf(layer)
	w.mu.Unlock()
	options.Started(engine.Process{Host: host, PID: 4711, Started: "mark"})
	for _, rc := range plan.ResourceChanges {
		action := "create"
		switch {
		case rc.Change.Actions.Delete():
			action = "delete"
			present = slices.DeleteFunc(present, func(a string) bool { return a == rc.Address })
		case rc.Change.Actions.Update():
			action = "update"
		case rc.Change.Importing != nil:
			action = "import"
			present = append(present, rc.Address)
		default:
			present = append(present, rc.Address)
		}
		sink(engine.Event{Kind: engine.ApplyStart, Time: now(), Address: rc.Address, Action: action})
		w.mu.Lock()
		w.account[rc.Address] = action != "delete"
		w.mu.Unlock()
		sink(engine.Event{Kind: engine.ApplyComplete, Time: now(), Address: rc.Address, Action: action, IDKey: "id", IDValue: rc.Address})
	}
	w.cloud.publish(layer, w.code(dir))
	if fail != nil {
		if err := fail(ctx); err != nil {
			return err
		}
	}
	w.putState(layer, present)
	return nil
}

func address(layer, name string) string { return "module." + layer + ".test_thing." + name }

// stateOf gives the addresses in a layer's state.
func (w *world) stateOf(layer string) []string {
	object, err := w.store.Get(context.Background(), engine.StateKey(layer))
	if errors.Is(err, engine.ErrNotFound) {
		return nil
	}
	if err != nil {
		w.t.Error(err)
	}
	return addresses(w.t, object.Body)
}

func addresses(t *testing.T, state []byte) []string {
	if len(state) == 0 {
		return nil
	}
	var document struct {
		Resources []struct{ Module, Type, Name string }
	}
	if err := json.Unmarshal(state, &document); err != nil {
		t.Error(err)
	}
	var all []string
	for _, r := range document.Resources {
		if !strings.HasPrefix(r.Type, "aws_") { // those are the cloud's
			all = append(all, r.Module+"."+r.Type+"."+r.Name)
		}
	}
	return all
}

// putState writes a layer's state as Terraform's backend does.
func (w *world) putState(layer string, present []string) {
	type m = map[string]any
	upstream := map[string][]string{"app": {"base"}, "web": {"app"}}[layer]
	resources := []m{}
	for _, address := range present {
		resources = append(resources, m{"module": "module." + layer, "mode": "managed", "type": "test_thing", "name": address[strings.LastIndex(address, ".")+1:],
			"provider": `provider["terraform.io/builtin/terraform"]`, "instances": []m{{"attributes": m{"id": address}}}})
	}
	resources = append(resources, w.cloud.resources(layer)...)
	document := m{"version": 4, "terraform_version": "1.11.4", "serial": now().UnixNano(), "lineage": "lineage-" + layer, "resources": resources, "outputs": m{}}
	if len(present) > 0 {
		document["outputs"] = m{
			"module_" + layer:           m{"value": m{"id": layer}, "type": []any{"object", m{"id": "string"}}},
			"module_" + layer + "_meta": m{"value": m{"sensitive": m{}, "upstream": upstream}, "type": "dynamic"},
		}
	}
	body, err := json.Marshal(document)
	if err != nil {
		w.t.Error(err)
	}
	if _, err := w.store.Put(context.Background(), engine.StateKey(layer), body, engine.Condition{}); err != nil {
		w.t.Error(err)
	}
}

// untracked lists what exists outside any state, and doubles what a state has
// but does not exist with a "!".
func (w *world) untracked() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	tracked := map[string]bool{}
	for layer := range w.wants {
		for _, each := range w.stateOf(layer) {
			tracked[each] = true
		}
	}
	var lost []string
	for address, exists := range w.account {
		if exists && !tracked[address] {
			lost = append(lost, address)
		}
	}
	for address := range tracked {
		if !w.account[address] {
			lost = append(lost, "!"+address)
		}
	}
	slices.Sort(lost)
	return lost
}

// told reports whether a note holds text.
func (w *world) told(text string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.notes, func(n string) bool { return strings.Contains(n, text) })
}
