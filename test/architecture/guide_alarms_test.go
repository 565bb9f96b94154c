package architecture

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// moduleLocals evaluates the locals of a module. What it does not know is unknown.
type moduleLocals struct {
	t         *testing.T
	found     map[string]hclsyntax.Expression
	values    map[string]cty.Value
	variables map[string]cty.Value
}

// localsOf reads the locals of a module that is given variables.
func localsOf(t *testing.T, dir string, variables map[string]cty.Value) *moduleLocals {
	t.Helper()
	m := &moduleLocals{t: t, found: map[string]hclsyntax.Expression{}, values: map[string]cty.Value{}, variables: variables}
	files, err := filepath.Glob(filepath.Join(top, dir, "*.tf"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		body, err := parse(dir + "/" + filepath.Base(file))
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range body.Blocks {
			if block.Type == "variable" {
				if _, given := variables[block.Labels[0]]; !given {
					variables[block.Labels[0]] = cty.DynamicVal
				}
			}
			if block.Type != "locals" {
				continue
			}
			for name, attribute := range block.Body.Attributes {
				m.found[name] = attribute.Expr
			}
		}
	}
	return m
}

// value evaluates one local, after those that it refers to.
func (m *moduleLocals) value(name string) cty.Value {
	m.t.Helper()
	if value, known := m.values[name]; known {
		return value
	}
	expression := m.found[name]
	if expression == nil {
		m.t.Fatalf("there is no local.%s", name)
	}
	locals := map[string]cty.Value{}
	for _, reference := range expression.Variables() {
		if reference.RootName() == "local" {
			to := reference[1].(hcl.TraverseAttr).Name
			locals[to] = m.value(to)
		}
	}
	value, problems := expression.Value(&hcl.EvalContext{
		Variables: map[string]cty.Value{"local": cty.ObjectVal(locals), "var": cty.ObjectVal(m.variables), "data": cty.DynamicVal},
		Functions: map[string]function.Function{"merge": stdlib.MergeFunc, "tostring": stdlib.MakeToFunc(cty.String)},
	})
	if problems.HasErrors() {
		m.t.Fatal(problems)
	}
	m.values[name] = value
	return value
}

// alarmNames gives the names of production's alarms without its prefix, as the module
// monitoring makes them for the root's functions, queues and database.
func alarmNames(t *testing.T) []string {
	t.Helper()
	functions := map[string]cty.Value{}
	for name := range rootFunctions(t).AsValueMap() {
		functions[name] = cty.ObjectVal(map[string]cty.Value{"function_name": cty.UnknownVal(cty.String)})
	}
	var instances []cty.Value
	for range values(t, "production")["database.instance_count"][1] - '0' { // `2`
		instances = append(instances, cty.UnknownVal(cty.String))
	}
	m := localsOf(t, "modules/monitoring", map[string]cty.Value{
		"database":                cty.ObjectVal(map[string]cty.Value{"instance_identifiers": cty.TupleVal(instances), "maximum_acu": cty.UnknownVal(cty.Number)}),
		"dead_letter_queue_names": given(t, "monitoring", "dead_letter_queue_names"),
		"functions":               cty.ObjectVal(functions),
	})
	var names []string
	for _, each := range []string{"alarms", "global_alarms"} {
		for name := range m.value(each).AsValueMap() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// given evaluates what the root hands to a module.
func given(t *testing.T, module, argument string) cty.Value {
	t.Helper()
	body, err := parse("environments/main.tf")
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range body.Blocks {
		if block.Type != "module" || block.Labels[0] != module || block.Body.Attributes[argument] == nil {
			continue
		}
		value, problems := block.Body.Attributes[argument].Expr.Value(&hcl.EvalContext{Variables: map[string]cty.Value{"module": cty.DynamicVal, "var": cty.DynamicVal}})
		if problems.HasErrors() {
			t.Fatal(problems)
		}
		return value
	}
	t.Fatalf("the root gives module %s no %s", module, argument)
	return cty.NilVal
}

// updateAlarms writes the anchors of the alarms anew.
var updateAlarms = flag.Bool("update-alarms", false, "write the anchors of the alarms' sections in docs/guide anew")

// familyOf is the heading of an alarm's section: its name, or that of its family.
func familyOf(alarm string) string {
	for _, family := range []struct{ form, name string }{
		{`^function-.+-(error-rate|outage|throttles)$`, "function-F-$1"},
		{`^database-[0-9]+-(connections|unavailable|capacity|cpu)$`, "database-N-$1"},
	} {
		if form := regexp.MustCompile(family.form); form.MatchString(alarm) {
			return form.ReplaceAllString(alarm, family.name)
		}
	}
	return alarm
}

// TestEveryAlarmHasARunbook holds the operations manuals to the alarms that there are: a
// section for each, with its meaning, its dashboard and its steps, to which the link in
// its message leads.
func TestEveryAlarmHasARunbook(t *testing.T) {
	t.Parallel()
	names := alarmNames(t)
	if len(names) < 80 {
		t.Fatalf("only %d alarms are found: %v", len(names), names)
	}
	families := map[string][]string{}
	for _, name := range names {
		families[familyOf(name)] = append(families[familyOf(name)], name)
	}
	for guide, parts := range map[string][]string{
		guides[0]: {"- **Meaning:**", "- **Dashboard:**", "- **Steps:**\n  1. "},
		guides[1]: {"- **意味:**", "- **ダッシュボード:**", "- **手順:**\n  1. "},
	} {
		page := guide + "/operations.md"
		document := read(t, page)
		if *updateAlarms {
			document = withAnchors(document, families)
			if err := os.WriteFile(filepath.Join(top, page), []byte(document), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		sections := map[string]string{}
		for _, section := range strings.Split(document, "\n### ")[1:] {
			title, text, _ := strings.Cut(section, "\n")
			text, _, _ = strings.Cut(text, "\n## ")
			sections[title] = text
		}
		for family, alarms := range families {
			text, there := sections[family]
			if !there {
				t.Errorf("%s has no section %s", page, family)
				continue
			}
			for _, part := range parts {
				if strings.Count(text, part) != 1 {
					t.Errorf("%s: section %s has no %q", page, family, part)
				}
			}
			leads := append(anchors(text), slug(family))
			leads = slices.DeleteFunc(leads, func(each string) bool { return each == slug(family) && family != alarms[0] })
			slices.Sort(leads)
			if diff := cmp.Diff(alarms, leads); diff != "" {
				t.Errorf("%s: section %s is not where the messages lead: go test ./test/architecture -run TestEveryAlarm -update-alarms (-alarms +anchors):\n%s", page, family, diff)
			}
		}
		for title := range sections {
			if families[title] == nil && strings.Contains(sections[title], parts[0]) {
				t.Errorf("%s: there is no alarm %s", page, title)
			}
		}
	}
}

// anchorLine is the line of a family's section that has the anchors of its alarms.
var anchorLine = regexp.MustCompile(`(?m)^### (\S+)\n\n(<!-- anchors -->|(<a id="[^"]+"></a>)+)$`)

func withAnchors(document string, families map[string][]string) string {
	return anchorLine.ReplaceAllStringFunc(document, func(found string) string {
		family := anchorLine.FindStringSubmatch(found)[1]
		var line strings.Builder
		for _, alarm := range families[family] {
			fmt.Fprintf(&line, "<a id=%q></a>", alarm)
		}
		return "### " + family + "\n\n" + line.String()
	})
}

// TestMessagesLeadToTheRunbook holds what the root tells the function that writes to Slack,
// unless an environment's values say otherwise, to being the manual's address.
func TestMessagesLeadToTheRunbook(t *testing.T) {
	t.Parallel()
	functions := rootFunctions(t).AsValueMap()
	if !functions["slack-notifier"].GetAttr("environment").Type().HasAttribute("RUNBOOK_URL") {
		t.Fatal("slack-notifier is not told RUNBOOK_URL")
	}
	const address = `"https://github.com/${var.delivery.repository}/blob/${var.delivery.branch}/docs/guide/en/operations.md"`
	if !strings.Contains(read(t, "environments/functions.tf"), address) {
		t.Errorf("environments/functions.tf does not lead messages to %s", address)
	}
}

// TestTheManualNamesWhatThereIs holds the dashboards and saved queries that the manual names
// to those of the module monitoring.
func TestTheManualNamesWhatThereIs(t *testing.T) {
	t.Parallel()
	m := localsOf(t, "modules/monitoring", map[string]cty.Value{})
	keys := func(name string) []string {
		object, is := m.found[name].(*hclsyntax.ObjectConsExpr)
		if !is {
			t.Fatalf("local.%s is no object", name)
		}
		var all []string
		for _, each := range object.Items {
			all = append(all, hcl.ExprAsKeyword(each.KeyExpr.(*hclsyntax.ObjectConsKeyExpr).Wrapped))
		}
		return all
	}
	dashboards, queries := keys("dashboards"), keys("queries")
	dashboard := regexp.MustCompile(`(?i)\*\*Dashboard:\*\* ([^\n]+)`)
	quoted := regexp.MustCompile("`([a-z-]+)`")
	document := read(t, guides[0]+"/operations.md")
	for _, line := range dashboard.FindAllStringSubmatch(document, -1) {
		named := quoted.FindStringSubmatch(line[1])
		if len(named) == 0 || !slices.Contains(dashboards, named[1]) {
			t.Errorf("there is no dashboard as in %q, only %v", line[1], dashboards)
		}
	}
	for _, named := range regexp.MustCompile("[Qq]uery `([a-z-]+)`").FindAllStringSubmatch(document, -1) {
		if !slices.Contains(queries, named[1]) {
			t.Errorf("there is no saved query %s, only %v", named[1], queries)
		}
	}
	for _, query := range queries {
		for _, page := range []string{"operations.md", "troubleshooting.md"} {
			if !strings.Contains(read(t, guides[0]+"/"+page), "`"+query+"`") {
				t.Errorf("%s says nothing of the saved query %s", page, query)
			}
		}
	}
}
