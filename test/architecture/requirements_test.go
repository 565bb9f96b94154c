package architecture

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// catalogued are the ids of infrastructure, monitoring, security and cost.
var catalogued = []string{
	"R1.1", "R1.2", "R1.3", "R1.4", "R1.5", "R1.6", "R1.7",
	"R3.1", "R3.2", "R3.3", "R3.4",
	"R4.1", "R4.2", "R4.3", "R4.4",
	"R7.1", "R7.2",
}

var (
	cited = regexp.MustCompile("`([^`]+)`")
	place = regexp.MustCompile(`^([a-z0-9_/.-]+\.(?:tf|tfvars)): (.+)$`)
)

// TestRequirementsAreInTheCode reads docs/requirements.md: each fact must be
// where it is said to be, and be proved by a test that exists and looks there.
func TestRequirementsAreInTheCode(t *testing.T) {
	t.Parallel()
	facts := rows(read(t, "docs/requirements.md"), "id", "fact", "resource or argument", "check")
	covered := map[string]bool{}
	for _, fact := range facts {
		if len(fact) != 4 {
			t.Errorf("a row has %d cells instead of 4: %v", len(fact), fact)
			continue
		}
		covered[fact[0]] = true
		for i, name := range []string{"id", "fact", "resource or argument", "check"} {
			if fact[i] == "" {
				t.Errorf("the cell %q is empty: %v", name, fact)
			}
		}
		if err := proved(fact[2], fact[3]); err != nil {
			t.Errorf("%s: %s: %v", fact[0], fact[1], err)
		}
	}
	for _, id := range catalogued {
		if !covered[id] {
			t.Errorf("docs/requirements.md has no row for %s", id)
		}
		delete(covered, id)
	}
	for id := range covered {
		t.Errorf("docs/requirements.md speaks of %q, which is none of the catalogue's ids", id)
	}
}

// proved tells what is wrong with a row's places and checks.
func proved(places, checks string) error {
	var addresses []string
	for _, citation := range cited.FindAllStringSubmatch(places, -1) {
		named := place.FindStringSubmatch(citation[1])
		if named == nil {
			return fmt.Errorf("%q is not FILE: ADDRESS", citation[1])
		}
		if err := find(named[1], named[2]); err != nil {
			return err
		}
		addresses = append(addresses, named[2])
	}
	if len(addresses) == 0 {
		return fmt.Errorf("no place is named in %q", places)
	}
	named := cited.FindAllStringSubmatch(checks, -1)
	if len(named) == 0 {
		return fmt.Errorf("no check is named in %q", checks)
	}
	for _, citation := range named {
		if err := check(citation[1], addresses); err != nil {
			return err
		}
	}
	return nil
}

// check tells what is wrong with a check: MODULE/RUN of `terraform test`, which
// must speak of one of the resources, or a Go test.
func check(name string, addresses []string) error {
	if strings.HasPrefix(name, "Test") {
		return goTest(name)
	}
	module, run, _ := strings.Cut(name, "/")
	text, err := runText(module, run)
	if err != nil {
		return err
	}
	for _, address := range addresses {
		way := steps(address)
		switch way[0] {
		case "ephemeral", "local", "module", "var":
			return nil // no assertion can name them as such
		}
		if strings.Contains(text, way[0]+"."+way[1]) && strings.Contains(text, way[len(way)-1]) {
			return nil
		}
	}
	return fmt.Errorf("the run %s speaks of none of %s", name, strings.Join(addresses, ", "))
}

// runText gives what a module's run asserts.
func runText(module, run string) (string, error) {
	files, err := filepath.Glob(filepath.Join(top, "modules", module, "tests", "*.tftest.hcl"))
	if err != nil {
		return "", err
	}
	for _, file := range files {
		path, err := filepath.Rel(top, file)
		if err != nil {
			return "", err
		}
		body, err := parse(path)
		if err != nil {
			return "", err
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		for _, block := range body.Blocks {
			if block.Type == "run" && block.Labels[0] == run {
				whole := block.Body.SrcRange
				return string(content[whole.Start.Byte:whole.End.Byte]), nil
			}
		}
	}
	return "", fmt.Errorf("module %s has no run %s", module, run)
}

// goTest looks for a Go test; for a part of one, TestX/…/part, the part must
// stand in the same folder as a name in quotes.
func goTest(name string) error {
	test, part, _ := strings.Cut(name, "/")
	part = part[strings.LastIndex(part, "/")+1:]
	for _, pattern := range []string{"modules/*_test.go", "test/*_test.go", "test/architecture/*_test.go"} {
		files, err := filepath.Glob(filepath.Join(top, pattern))
		if err != nil {
			return err
		}
		var all strings.Builder
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			all.Write(content)
		}
		if !strings.Contains(all.String(), "\nfunc "+test+"(t *testing.T)") {
			continue
		}
		if part != "" && !strings.Contains(all.String(), `"`+part+`":`) {
			return fmt.Errorf("%s has no part %q", test, part)
		}
		return nil
	}
	return fmt.Errorf("there is no test %s", test)
}
